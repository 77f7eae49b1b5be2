"""What an application did, as conditions count it."""

from __future__ import annotations

import pytest

from doppelgrid.sim.domain.commands import Acknowledge, Execution
from doppelgrid.sim.language.deeds import MINUTE_US, Deeds


def hear(deeds: Deeds, *times_us: int) -> None:
    for time_us in times_us:
        deeds.hear(Execution(time_us, Acknowledge(1), None, None, 0))


@pytest.mark.parametrize(
    ("times_us", "at_us", "count"),
    [
        ([0, 0, 5], 5, 3),
        ([0, 0, 5], MINUTE_US, 1),
        ([0, MINUTE_US - 1], MINUTE_US - 1, 2),
    ],
    ids=["at once", "longer ago", "just within"],
)
def test_commands_of_the_last_minute_are_counted(times_us: list[int], at_us: int, count: int) -> None:
    deeds = Deeds(0)
    hear(deeds, *times_us)
    assert deeds.per_minute(at_us) == count


def test_no_more_than_a_minute_is_remembered_though_nobody_asks() -> None:
    deeds = Deeds(0)
    hear(deeds, *(number * MINUTE_US // 10 for number in range(1000) for _ in range(20)))
    assert len(deeds._recent) == 10
