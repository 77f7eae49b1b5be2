"""The same program gives the same order of events, whatever the hash seed and the addresses are."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from doppelgrid.scenarios.lockstep.determinism import Collector

PROGRAM = """
import asyncio, random, sys, uuid
from doppelgrid.scenarios.lockstep.determinism import seeded_randomness
from doppelgrid.scenarios.lockstep.virtual_time import VirtualTimeLoop
from doppelgrid.scenarios.lockstep.wall import VirtualClock

clutter = [object() for _ in range(int(sys.argv[1]))]
events = []

async def worker(name):
    await asyncio.sleep(random.randint(0, 3))
    events.append(name)

async def main():
    loop = asyncio.get_running_loop()
    futures = {loop.create_future(): number for number in range(50)}
    for future in set(futures):
        events.append(futures[future])
    pending = {asyncio.create_task(worker(name), name=f"w{name}") for name in range(50)}
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        events.extend(task.get_name() for task in done)
    events.append(str(uuid.uuid4()))

with seeded_randomness(7), asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(VirtualClock(0))) as runner:
    runner.run(main())
print(events)
"""


def events_of_a_run(hash_seed: str, clutter: int) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", PROGRAM, str(clutter)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def reference() -> str:
    return events_of_a_run("0", 0)


@pytest.mark.parametrize(("hash_seed", "clutter"), [("0", 0), ("1", 0), ("4242", 12_345)])
def test_sets_of_tasks_and_futures_iterate_alike_in_every_process(
    reference: str, hash_seed: str, clutter: int
) -> None:
    assert len(reference) > 100
    assert events_of_a_run(hash_seed, clutter) == reference


def test_sets_of_the_clients_ids_iterate_alike_in_every_process() -> None:
    # By itself an id hashes by the address of its class, which is another one in each process.
    code = (
        "from doppelgrid.scenarios.lockstep.determinism import OrdinalLoop\n"
        "OrdinalLoop().close()\n"
        "from frequenz.core.id import BaseId\n"
        "class Id(BaseId, str_prefix='X'): pass\n"
        "print([int(each) for each in {Id(number) for number in (9, 14, 15, 13, 7)}], Id(1) == Id(1))"
    )
    shown = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(5)
    }
    assert len(shown) == 1
    assert shown.pop().endswith("True\n")


class TestGarbage:
    """Garbage with finalisers, as calls that nobody awaits are, ends at the same time in every run."""

    @pytest.fixture
    def ended(self) -> Iterator[list[str]]:
        gc.disable()
        yield []
        gc.enable()

    @staticmethod
    def leave(name: str, ended: list[str]) -> None:
        class Left:
            def __init__(self) -> None:
                self.itself = self

            def __del__(self) -> None:
                ended.append(name)

        Left()

    def test_what_a_run_leaves_ends_when_time_first_passes_and_what_was_before_stays(
        self, ended: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Collector, "_runs", 1)
        self.leave("before", ended)
        collector = Collector()
        collector.start()
        self.leave("in the run", ended)
        assert ended == []
        collector.look(0)
        assert ended == ["in the run"]
        collector.stop()

    @pytest.mark.slow
    def test_what_earlier_runs_have_left_ends_before_a_later_one(self, ended: list[str]) -> None:
        self.leave("before", ended)
        for _ in range(20):
            collector = Collector()
            collector.start()
            collector.stop()
        assert ended == ["before"]
