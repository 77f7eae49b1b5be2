"""A server that restarts under an application in lockstep: streams drop, nothing answers, and then all is as before."""

from __future__ import annotations

import textwrap
from pathlib import Path

from suites.benches import scenario

from doppelgrid.scenarios.suites.running.case import Case, Verdict, run_case

APP = """
    import asyncio, logging, sys
    from frequenz.client.base.retry import LinearBackoff
    from frequenz.client.common.microgrid.components import ComponentId
    from frequenz.client.microgrid import ApiClientError, MicrogridApiClient
    from frequenz.client.microgrid.metrics import Metric

    logging.basicConfig(level=logging.WARNING, stream=sys.stdout)
    INVERTER = ComponentId(3)

    async def main():
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        client = MicrogridApiClient("grpc://[::1]:8800", retry_strategy=LinearBackoff(interval=1.0))
        stream = client.receive_component_data_samples_stream(INVERTER, [Metric.AC_POWER_ACTIVE])

        async def read():
            async for sample in stream:
                print("sample", round(loop.time() - begin_s))

        reading = asyncio.create_task(read())
        for _ in range(11):
            try:
                await client.set_component_power_active(INVERTER, -3e3)
                print("answered", round(loop.time() - begin_s))
            except ApiClientError as error:
                print("refused", round(loop.time() - begin_s), str(error)[-40:])
            await asyncio.sleep(10)
        await asyncio.sleep(1e6)
    asyncio.run(main())
"""


def run(folder: Path) -> Verdict:
    (folder / "app.py").write_text(textwrap.dedent(APP))
    text = """app: app.py
steps: [{at: 45 s, restart: 30 s}]
checks:
  - {after: restart, expect: inv.power < -2.9 kW, for: 10 s}
  - {after: restart ends, within: 10 s, expect: app commands inv}
  - {at: 74 s, expect: app.silence > 30 s}
"""
    return run_case(Case("try", scenario(folder, text)))


def test_it_is_gone_for_its_time_and_the_application_finds_it_again(tmp_path: Path, capsys: object) -> None:
    verdict = run(tmp_path)
    out, _ = capsys.readouterr()  # type: ignore[attr-defined]
    words = [line.split() for line in out.splitlines()]
    assert [int(each[1]) for each in words if each[0] == "refused"] == [50, 60, 70]
    assert [int(each[1]) for each in words if each[0] == "answered"] == [0, 10, 20, 30, 40, 80, 90, 100]
    sampled = {int(each[1]) for each in words if each[0] == "sample"}
    assert not sampled & set(range(47, 75))
    assert {44, 78, 110} <= sampled
    assert verdict.has_passed, verdict.failures


def test_every_run_has_the_same_digest(tmp_path: Path) -> None:
    assert len({run(tmp_path).digest for _ in range(2)}) == 1
