"""What a site did, as lines of a terminal."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from rich.console import Console

import doppelgrid
from doppelgrid.cli.report_lines import print_report
from doppelgrid.sim.report.of_simulation import SiteWatch
from doppelgrid.sim.simulation.simulation import Simulation


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=26, microseconds=601_800), "26.6 s"),
        (timedelta(minutes=2, microseconds=1), "2 min"),
        (timedelta(milliseconds=20), "0.02 s"),
    ],
)
def test_how_long_it_was_is_told_to_a_tenth_of_a_second(span: timedelta, words: str) -> None:
    simulation = Simulation.headless(doppelgrid.load_site("demo"), start_us=1_781_517_600_000_000)
    watch = SiteWatch(simulation)
    simulation.run_for(span)
    told = StringIO()
    print_report(watch.report(), Console(file=told, width=120))
    assert told.getvalue().splitlines()[0].endswith(f", {words}")


def test_of_a_site_whose_time_has_not_begun_there_is_nothing_to_tell() -> None:
    simulation = Simulation.headless(doppelgrid.load_site("demo"), start_us=1_781_517_600_000_000)
    told = StringIO()
    print_report(SiteWatch(simulation).report(), Console(file=told, width=120))
    assert told.getvalue().strip().endswith("no simulated time has passed, so there is nothing to tell")
