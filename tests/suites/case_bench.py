"""Runs of single scenarios about the small site, for tests."""

from __future__ import annotations

import textwrap
from pathlib import Path

from suites.benches import HEAD, scenario

from doppelgrid.scenarios.suites.running.case import Case, Verdict, run_case

CHECKS = "checks: [{always: grid.power < 99 kW}]\n"
IDLE_APP = """
    import asyncio
    from frequenz.client.common.microgrid.components import ComponentId
    from frequenz.client.microgrid import MicrogridApiClient

    async def main():
        client = MicrogridApiClient("grpc://[::1]:8800")
        await client.get_microgrid_info()
        await asyncio.sleep(1e6)
    asyncio.run(main())
"""


def run(folder: Path, rest: str, app: str | None = None, *, head: str = HEAD) -> Verdict:
    """Run a scenario about the small site, with an application if its text is given."""
    words = None
    if app is not None:
        (folder / "app.py").write_text(textwrap.dedent(app))
        words = str(folder / "app.py")
    return run_case(Case("try", scenario(folder, rest, head=head), app=words))
