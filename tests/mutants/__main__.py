"""Plants faults and says which of them the tests notice: `python -m mutants`, or `make mutants`."""

from __future__ import annotations

import argparse
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from .faults import Fault, draw
from .known import equivalents, reason_for
from .reach import Reach, Test
from .report import Verdict, line_of, table_of
from .sources import FOLDERS, ROOT, below, install, top_package
from .trial import Bench

_FOLDER = ROOT / "build" / "mutants"


def main() -> int:
    """Plant faults; end with 1 if one survives."""
    parser = argparse.ArgumentParser(
        prog="mutants", description="Plant faults into the code and run its tests."
    )
    parser.add_argument("--number", type=int, default=60, help="of faults; 60 if not given")
    parser.add_argument("--seed", default="0", help="chooses them; 0 if not given")
    parser.add_argument(
        "--benches", type=int, default=2, help="how many are looked at at a time; 2 if not given"
    )
    parser.add_argument("--of", default="", metavar="PATH", help="a file or folder; all if not given")
    parser.add_argument("--list", action="store_true", help="show the faults and look at none")
    parser.add_argument(
        "--folder", type=Path, default=_FOLDER, help="for copies and what is known of the tests"
    )
    given = parser.parse_args()
    if given.number < 1:
        parser.error(f"--number {given.number}: accepted: 1 or more")
    found = below(given.of)
    if not found:
        parser.error(
            f"--of {given.of}: no faults are planted there; accepted: {', '.join(FOLDERS)} and below"
        )
    faults = draw(found, given.number, given.seed)
    if given.list:
        for fault in faults:
            print(fault.diff)
        return 0
    verdicts = []
    for verdict in _verdicts(faults, given.folder, given.benches):
        verdicts.append(verdict)
        print(f"{len(verdicts):>3}/{len(faults)} {line_of(verdict)}", flush=True)
    print(f"\n{len(faults)} faults of seed {given.seed}\n{table_of(verdicts)}")
    return int(any(verdict.word == "survived" for verdict in verdicts))


def _verdicts(faults: Sequence[Fault], folder: Path, number: int) -> Iterator[Verdict]:
    known = equivalents()
    base = folder / "base"
    install(base)
    reach = Reach(folder / "reach", base)
    reach.refresh()
    benches: queue.SimpleQueue[Bench] = queue.SimpleQueue()
    for place in range(number):
        benches.put(Bench(folder / "benches" / str(place), base, top_package(), reach.kept))

    def look_at(fault: Fault, *groups: Sequence[Test]) -> Verdict:
        reason = reason_for(fault, known)
        if reason:
            return Verdict(fault, reason, None)
        bench = benches.get()
        try:
            return Verdict(fault, "", bench.look_at(fault, *groups))
        finally:
            benches.put(bench)

    with ThreadPoolExecutor(number) as pool:
        looks = [
            pool.submit(look_at, fault, reach.tests_of(fault.place), reach.other_tests_of(fault.place))
            for fault in faults
        ]
        for done in as_completed(looks):
            yield done.result()


if __name__ == "__main__":
    raise SystemExit(main())
