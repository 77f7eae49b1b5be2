"""The page of verdicts: all that was found is on it, it needs nothing else, no text of a file is code."""

from __future__ import annotations

import json
import math
import re
import zlib
from base64 import b64decode
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from suites.benches import HEAD, scenario

from doppelgrid.scenarios.suites.report.page import Plots, page
from doppelgrid.scenarios.suites.running.case import Case, Verdict, run_case
from doppelgrid.scenarios.suites.running.series import MOST_POINTS, Commanded, Gathering
from doppelgrid.sim.domain.messages import Reading
from doppelgrid.sim.domain.metrics import Metric

NASTY = "</script><b>x</b> & 'y'"
STEPS = f'steps: [{{at: 30 s, say: "{NASTY}"}}]\n'


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    folder = tmp_path_factory.mktemp("page")
    rest = f"{STEPS}checks: [{{always: grid.power < 99 kW}}, {{at: 1 min, expect: grid.power > 9 kW}}]\n"
    head = HEAD.replace("a try", f'"{NASTY}"')
    return run_case(Case("try", scenario(folder, rest, head=head)))


class Reader(HTMLParser):
    """Gathers the texts of a page, and what it loads from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.scripts: dict[str, str] = {}
        self.tags: list[str] = []
        self._script: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href") and value]
        self._script = given.get("id") or "" if tag == "script" else None

    def handle_endtag(self, tag: str) -> None:
        self._script = None if tag == "script" else self._script

    def handle_data(self, data: str) -> None:
        if self._script is None:
            self.words.append(data)
        else:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data


def figure_in(text: str) -> str:
    """Return the first plot of a page, as the page unpacks it."""
    return zlib.decompress(b64decode(Reader(text).scripts["figure-0"], validate=True)).decode()


def test_a_page_tells_checks_steps_seed_and_digest(verdict: Verdict) -> None:
    words = " ".join(Reader(page([verdict])).words)
    for text in (
        "0 passed, 1 failed", "always grid.power < 99 kW", "held at every one of 120 samplings",
        "at 1 min expect grid.power > 9 kW", "is not true: grid.power = 4.0448 kW", "2026-06-15 00:01:00",
        verdict.digest, "seed 0", NASTY,
    ):  # fmt: skip
        assert text in words


def test_a_page_loads_nothing_from_elsewhere(verdict: Verdict) -> None:
    assert Reader(page([verdict])).links == ["#case-0"]


def test_no_text_of_a_file_becomes_a_part_of_the_page(verdict: Verdict) -> None:
    assert "b" not in Reader(page([verdict])).tags


def test_a_plot_has_powers_and_soc_at_every_sampling_and_marks_what_was_done_and_what_failed(
    verdict: Verdict,
) -> None:
    figure = json.loads(figure_in(page([verdict])))
    lines = {line["name"]: line for line in figure["data"] if line.get("mode") == "lines"}
    assert list(lines) == ["grid kW", "main kW", "inv kW", "inv DC kW", "battery kW", "battery SoC"]
    assert len(lines["main kW"]["x"]) == len(lines["main kW"]["y"]) == 120
    assert lines["main kW"]["y"][0] == pytest.approx(4.0448, abs=1e-3)
    assert lines["battery SoC"]["y"][0] == pytest.approx(60.0)
    assert [mark["x0"] for mark in figure["layout"]["shapes"]] == ["2026-06-15T00:01:00.000"]
    bars = {(bar["name"], text) for bar in figure["data"] if bar.get("type") == "bar" for text in bar["text"]}
    assert ("steps", f"{escape(NASTY)}<br>00:00:30") in bars
    assert any(lane == "checks" and "at 1 min expect grid.power" in text for lane, text in bars)


def test_a_time_line_has_spans_commands_and_refusals(tmp_path: Path) -> None:
    steps = "steps: [{at: 30 s, fault: {inv: trip}, for: 20 s}, {at: 70 s, fault: {inv: trip}}]\n"
    verdict = run_case(Case("try", scenario(tmp_path, f"{steps}checks: [{{always: grid.power < 99 kW}}]\n")))
    assert verdict.series is not None
    told = (
        Commanded(verdict.start_us, "inv: set power 1 kW", False),
        Commanded(verdict.start_us, "no", True),
    )
    drawn = replace(verdict, series=verdict.series._replace(commands=told))
    figure = json.loads(figure_in(page([drawn])))
    bars = [bar for bar in figure["data"] if bar.get("type") == "bar"]
    faults = next(bar for bar in bars if bar["name"] == "faults")
    assert faults["x"] == [20_000.0, 50_000.0]
    assert len({bar["marker"]["color"] for bar in bars if bar["name"] == "commands"}) == 2


def test_axes_make_room_for_their_own_ticks_below_the_bar_of_tools(verdict: Verdict) -> None:
    layout = json.loads(figure_in(page([verdict])))["layout"]
    assert all(layout[axis]["automargin"] for axis in ("yaxis", "yaxis2", "yaxis3"))
    assert layout["margin"]["t"] >= 40


def test_curves_of_one_colour_differ_in_their_dashes(verdict: Verdict) -> None:
    assert verdict.series is not None
    values = {f"c{number}.AC_POWER_ACTIVE": (0.0,) * 120 for number in range(13)}
    drawn = replace(verdict, series=verdict.series._replace(values=values))
    data = json.loads(figure_in(page([drawn])))["data"]
    dashes = [line["line"]["dash"] for line in data if line.get("mode") == "lines"]
    assert all(one != other for one, other in zip(dashes, dashes[10:], strict=False))


def test_memory_for_plots_does_not_grow_with_cases(verdict: Verdict) -> None:
    with Plots() as plots:
        put = [plots.put(verdict) for _ in range(3)]
        assert [each.series for each in put] == [None] * 3
        assert plots.get(put[2].plot or 0) == plots.get(0) != ""


def test_the_same_verdict_gives_the_same_page(verdict: Verdict) -> None:
    assert page([verdict]) == page([verdict])


def test_a_case_that_never_ran_is_told_with_its_error() -> None:
    words = " ".join(Reader(page([Verdict("a", "a.yaml", "", (), "its process ended: SIGKILL")])).words)
    assert "its process ended: SIGKILL" in words


def test_a_long_run_is_thinned_evenly() -> None:
    gathering = Gathering({"main": (Metric.AC_POWER_ACTIVE,)})
    for number in range(10 * MOST_POINTS):
        gathering.look(
            number, lambda _key, power=float(number): Reading({Metric.AC_POWER_ACTIVE: power}, {}, ())
        )
    series = gathering.series()
    assert MOST_POINTS / 2 <= len(series.times_us) <= MOST_POINTS
    assert (
        len({later - earlier for earlier, later in zip(series.times_us, series.times_us[1:], strict=False)})
        == 1
    )
    assert series.values["main.AC_POWER_ACTIVE"] == tuple(map(float, series.times_us))


def test_what_is_not_known_is_a_gap(verdict: Verdict) -> None:
    series = verdict.series
    assert series is not None
    values = {name: (math.nan, *column[1:]) for name, column in series.values.items()}
    text = page([Verdict("a", "a.yaml", "", (), series=series._replace(values=values))])
    assert json.loads(figure_in(text))["data"][0]["y"][0] is None
    assert not re.search(r"\bNaN\b", figure_in(text))
