"""Numbers, units and lines of variations: what is drawn to the digit, and which words are said of what is wrong."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

from doppelgrid.sim.ensemble import ensemble
from doppelgrid.sim.ensemble import variation as variation_module
from doppelgrid.sim.ensemble.ensemble import Job, Result, jobs_of, numbers_of, table
from doppelgrid.sim.ensemble.variation import (
    Draw,
    Quantity,
    VariationError,
    cases,
    in_words,
    load_variation,
    parse_variation,
    quantity,
)
from doppelgrid.sim.headless.outcome import BatterySummary, FlowSummary, RunError, Summary
from doppelgrid.sim.headless.simulate import DEFAULT_START
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site

DEMO = load_site("demo")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (5, (5.0, "")), (-2.5, (-2.5, "")), ("5", (5.0, "")), ("5 kWh", (5.0, "kWh")), ("5kWh", (5.0, "kWh")),
        (" +1_000.5e1  W/m² ", (10005.0, "W/m²")), (".5 %", (0.5, "%")), ("10 °", (10.0, "°")), ("3.", (3.0, "")),
        (1e100, (1e100, "")), (-1e100, (-1e100, "")),
    ],
)  # fmt: skip
def test_quantities_are_numbers_with_or_without_a_unit(value: object, read: tuple[float, str]) -> None:
    assert quantity(value) == Quantity(*read)


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        None,
        "kWh",
        "5 6",
        "",
        "1e101",
        1.1e100,
        -1.1e100,
        math.nan,
        math.inf,
        [5],
        {},
        "5 _a",
        "1__ kW",
        "1__0",
    ],
)
def test_everything_else_is_none(value: object) -> None:
    assert quantity(value) is None


@pytest.mark.parametrize(
    ("value", "text"), [("5 kW", "5 kW"), (5, "5"), ({"a": "ü"}, '{"a": "ü"}'), (None, "null")]
)
def test_values_are_told_on_a_line(value: object, text: str) -> None:
    assert in_words(value) == text


class Part:
    """Stands in for the stream of a draw: the share is the one that is wanted."""

    share = 0.0

    def __init__(self, name: str) -> None:
        Part.name = name

    def random(self) -> float:
        return Part.share


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> type[Part]:
    monkeypatch.setattr(variation_module, "Random", Part)
    return Part


@pytest.mark.parametrize(
    ("draw", "part", "value"),
    [
        (Draw("a.b", 1, "°", 10.0, 0.0, 10.0, 40.0), 0.0, "10 °"),
        (Draw("a.b", 1, "°", 10.0, 0.0, 10.0, 40.0), 0.25, "17.5 °"),
        (Draw("a.b", 1, "", 10.0, 0.0, 10.0, 40.0), 1.0 / 3.0, 20.0),
        (Draw("a.b", 1, "", 0.0, 0.0, 0.0, 1.0), 1.0 / 7.0, 0.142857),
        (Draw("a.b", 1, "kW", 5.0, 2.0, -math.inf, math.inf), 0.5, "5 kW"),
        (Draw("a.b", 1, "", 5.0, 2.0, -math.inf, math.inf), NormalDist().cdf(1.5), 8.0),
        (Draw("a.b", 1, "", 0.0, 1.0, 0.0, math.inf), 0.5, float(f"{NormalDist().inv_cdf(0.75):.6g}")),
        (Draw("a.b", 1, "", 0.0, 1.0, -1.0, 1.0), 0.0, -1.0),
        (Draw("a.b", 1, "", 0.0, 1.0, -1.0, 1.0), 0.5, 0.0),
        (Draw("a.b", 1, "", 0.0, 0.0, 1.23456789, 1.23456799), 0.5, 1.23456799),
    ],
)
def test_what_is_drawn_is_the_quantile_at_a_share_with_six_digits(
    share: type[Part], draw: Draw, part: float, value: object
) -> None:
    share.share = part
    drawn = draw.value(7)
    assert drawn == (pytest.approx(value, abs=1e-12) if isinstance(value, float) else value)
    assert share.name == "7/vary/a.b"


@pytest.mark.parametrize(
    ("text", "draw"),
    [
        ("{from: 1 kW, to: 3 kW}", ("kW", 1.0, 0.0, 1.0, 3.0)),
        ("{mean: 5, deviation: 2}", ("", 5.0, 2.0, -math.inf, math.inf)),
        ("{mean: 5 W, deviation: 40 %, from: 5 W}", ("W", 5.0, 2.0, 5.0, math.inf)),
        ("{mean: 5 W, deviation: 1 W, to: 5 W, from: 1 W}", ("W", 5.0, 1.0, 1.0, 5.0)),
        ("{mean: 5 %, deviation: 2 %}", ("%", 5.0, 2.0, -math.inf, math.inf)),
    ],
)
def test_a_draw_is_what_its_mapping_says(text: str, draw: tuple[Any, ...]) -> None:
    (read,) = parse_variation(f"vary:\n\n  a.b: {text}", "vary.yaml").draws
    assert read == Draw("a.b", 3, *draw)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("{mean: 5}", ["a.b.deviation is missing; accepted: a number, with the unit that the site file wants"]),
        ("{deviation: 5}", ["a.b.mean is missing; accepted: a number, with the unit that the site file wants"]),
        ("{from: 5}", ["a.b.to is missing; accepted: a number, with the unit that the site file wants"]),
        ("[]", ["a.b is empty; accepted: a list of values, {from, to}, or {mean, deviation}"]),
        ("{from: x, to: []}", [
            "a.b.from is 'x'; accepted: a number, with the unit that the site file wants",
            "a.b.to is empty; accepted: a number, with the unit that the site file wants",
        ]),
        ("{mean: 5, deviation: 1 kW}", ["a.b.deviation is 1 kW; accepted: a number without a unit, like mean"]),
        ("{mean: 5 W, deviation: 1, from: 9 W}", ["a.b.deviation is 1; accepted: a number in W, like mean"]),
        ("{mean: 5, deviation: -1}", ["a.b.deviation is -1; accepted: a deviation greater than zero"]),
        ("{mean: 5, deviation: 1, from: 5.1}", ["a.b.mean is 5; accepted: a mean between from and to"]),
        ("{mean: 5, deviation: 1, from: 7, to: 6}", ["a.b.to is 6; accepted: more than from, 7"]),
        ("[1, '2', 1 kW]", []),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_draw_is_said_once(text: str, messages: list[str]) -> None:
    whole = f"vary:\n  a.b: {text}"
    if messages == []:
        (choice,) = parse_variation(whole, "vary.yaml").choices
        assert (choice.values, choice.lines) == ((1, "2", "1 kW"), (2, 2, 2))
        return
    with pytest.raises(VariationError) as caught:
        parse_variation(whole, "vary.yaml")
    assert str(caught.value).splitlines() == [f"vary.yaml:2: {message}" for message in messages]


def test_all_faults_are_told_in_the_order_of_their_lines() -> None:
    text = "\n".join(
        [
            "more: 1",
            "vary:",
            "  a b: [1]",
            "  c: 5",
            "  d: [1, 1]",
            "  d.e: [2]",
            "  f[1].g: [3]",
            "  f[1]: [4]",
            "  fg: [5]",
        ]
    )
    with pytest.raises(VariationError) as caught:
        parse_variation(text, "vary.yaml")
    assert [(problem.line, problem.field, problem.found) for problem in caught.value.problems] == [
        (1, "more", "unknown"), (3, "a b", "no name"), (4, "c", "5"), (5, "d[1]", "1 once more"),
        (6, "d.e", "a part of d, which varies, too"), (7, "f[1].g", "a part of f[1], which varies, too"),
    ]  # fmt: skip


def test_runs_may_be_as_many_as_is_said_but_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variation_module, "MOST_RUNS", 6)
    three = parse_variation("vary: {battery.capacity: [46 kWh, 92 kWh, 184 kWh]}", "vary.yaml")
    assert [(case.run, case.seed) for case in cases(DEMO, three, runs=2, seed=5)] == [
        (0, 5), (1, 5), (2, 5), (3, 6), (4, 6), (5, 6),
    ]  # fmt: skip
    for runs in (0, 3, -1):
        with pytest.raises(
            ValueError, match=f"{runs} runs of 3 combinations; accepted: 1 to 6 runs together"
        ):
            cases(DEMO, three, runs=runs, seed=5)


def test_of_very_many_problems_the_first_are_told() -> None:
    values = ", ".join(f"{-number} kWh" for number in range(1, 60))
    with pytest.raises(VariationError) as caught:
        cases(DEMO, parse_variation(f"vary: {{battery.capacity: [{values}]}}", "vary.yaml"), runs=1, seed=0)
    assert len(caught.value.problems) == 20


def test_a_file_is_read_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "vary.yaml"
    path.write_text("vary: {a.b: [1]}")
    assert load_variation(path) == load_variation(str(path))
    assert load_variation(path).file == str(path)
    with pytest.raises(VariationError, match="the file is unreadable"):
        load_variation(tmp_path)
    with pytest.raises(VariationError, match="the file is unreadable"):
        load_variation("a\0b")


def summary(**changes: Any) -> Summary:
    def pack(key: str, cycles: float) -> BatterySummary:
        return BatterySummary(key, cycles, 0.5, 0.6, 0.4, 0.7, 18.0, 33.0, 250.0)

    grid = FlowSummary("grid", "grid_connection_point", 5e3, 2e3, 9e3, -1e3)
    whole = Summary(
        grid=grid, peak_w=7e3, peak_us=1, flows=(grid, FlowSummary("inv", "battery_inverter", 1.5e3, 500.0, 1.0, 0.0)),
        batteries=(pack("one", 1.0), pack("two", 2.0)), consumed_wh=11e3, produced_wh=12e3, lost_wh=13e3,
        stored_wh=-14e3, imbalance_wh=0.0, throughput_wh=1.0, events=1, samples=1, duration_us=1, wall_s=1.0,
    )  # fmt: skip
    return whole._replace(**changes)


def test_a_summary_is_told_in_kilowatts_and_kilowatt_hours() -> None:
    assert numbers_of(summary()) == {
        "import_kwh": 5.0, "export_kwh": 2.0, "peak_kw": 7.0, "consumed_kwh": 11.0, "produced_kwh": 12.0,
        "lost_kwh": 13.0, "stored_kwh": -14.0, "full_cycles": 1.5,
        **{
            f"{key}.{name}": value
            for key, cycles in (("one", 1.0), ("two", 2.0))
            for name, value in {
                "full_cycles": cycles, "soc_first": 0.5, "soc_last": 0.6, "soc_least": 0.4, "soc_greatest": 0.7,
                "warmest_c": 33.0, "lost_kwh": 0.25,
            }.items()
        },
        "grid.consumed_kwh": 5.0, "grid.delivered_kwh": 2.0, "inv.consumed_kwh": 1.5, "inv.delivered_kwh": 0.5,
    }  # fmt: skip
    bare = numbers_of(summary(peak_w=None, batteries=()))
    assert (bare["peak_kw"], bare["full_cycles"]) == (None, None)


@pytest.mark.parametrize(
    ("values", "column", "cells"),
    [
        (["1 kW", "2.5 kW"], "x [kW]", [1.0, 2.5]),
        ([1, "2"], "x", [1.0, 2.0]),
        (["1 kW", "2 W"], "x", ["1 kW", "2 W"]),
        (["1 kW", 2], "x", ["1 kW", "2"]),
        (["1 kW", "word"], "x", ["1 kW", "word"]),
        ([{"a": 1}, "1 kW"], "x", [json.dumps({"a": 1}), "1 kW"]),
    ],
)
def test_what_was_varied_is_a_column_of_numbers_where_all_have_one_unit(
    values: list[object], column: str, cells: list[object]
) -> None:
    results = [
        Result(number, 0, {"x": value}, {"y": float(number)}, None) for number, value in enumerate(values)
    ]
    frame = table(results[::-1])
    assert list(frame.columns) == ["run", "seed", column, "y"]
    assert (frame["run"].tolist(), frame[column].tolist()) == ([0, 1], cells)


def test_an_unknown_name_is_told_on_the_line_of_its_first_value() -> None:
    for text, line in (
        ("vary:\n  nobody.x:\n    - 1\n    - 2", 3),
        ("vary:\n\n  nobody.x: {from: 1, to: 2}", 3),
    ):
        with pytest.raises(VariationError) as caught:
            cases(DEMO, parse_variation(text, "vary.yaml"), runs=1, seed=0)
        assert [(problem.line, problem.field, problem.found) for problem in caught.value.problems] == [
            (line, "nobody.x", "unknown")
        ]


def test_a_value_that_does_not_fit_is_told_on_its_own_line_with_the_others_that_matter() -> None:
    text = """\
vary:
  pv-inv.tilt: [10 °]
  battery.min_soc:
    - 5 %
    - 60 %
  battery.capacity: {from: 50 kWh, to: 60 kWh}
"""
    with pytest.raises(VariationError) as caught:
        cases(DEMO, parse_variation(text, "vary.yaml"), runs=1, seed=3)
    (problem,) = caught.value.problems
    assert problem.line in (5, 6)
    assert "battery.min_soc = 60 %" in problem.found
    assert "battery.capacity = 5" in problem.found
    assert "pv-inv.tilt" not in problem.found
    assert problem.found.endswith("in run 1 (seed 3)")


class TestJobs:
    @pytest.fixture
    def job(self) -> Job:
        (made,) = jobs_of(DEMO, timedelta(minutes=2), resolution=timedelta(minutes=1), seed=4)
        return made

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (ValueError("no site"), "no site"),
            (RunError("no number"), "no number"),
            (ZeroDivisionError("by zero"), "by zero"),
            (KeyError("a"), "KeyError: 'a'"),
            (BrokenProcessPool("x"), "a worker process ended abruptly"),
        ],
    )
    def test_a_run_that_fails_says_why(
        self, job: Job, error: Exception, words: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> Summary:
            raise error

        monkeypatch.setattr(ensemble, "simulate", fail)
        assert ensemble.run_job(job) == Result(0, 4, {}, {}, words)

    def test_a_job_is_carried_out_as_it_says(self, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[Any] = []

        def note(site: Site, duration: timedelta, **given: Any) -> Summary:
            asked.append((site.components, duration, given["start"], given["seed"], given["resolution"]))
            return summary()

        monkeypatch.setattr(ensemble, "simulate", note)
        result = ensemble.run_job(job)
        assert asked == [(DEMO.components, timedelta(minutes=2), DEFAULT_START, 4, timedelta(minutes=1))]
        assert result == Result(0, 4, {}, numbers_of(summary()), None)

    @pytest.mark.parametrize(
        ("workers", "jobs", "processes"), [(1, 3, 0), (3, 1, 0), (2, 3, 2), (5, 3, 3), (None, 3, 3)]
    )
    def test_there_are_no_more_processes_than_jobs_and_none_for_one(
        self, job: Job, workers: int | None, jobs: int, processes: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun: list[int] = []

        class Here:
            """Stands in for worker processes."""

            def __init__(self, count: int) -> None:
                begun.append(count)

            def __enter__(self) -> Here:
                return self

            def __exit__(self, *_: object) -> None:
                pass

            def results(self, jobs: Sequence[Job]) -> list[Result]:
                return [ensemble.run_job(each) for each in jobs]

        monkeypatch.setattr(ensemble, "Processes", Here)
        monkeypatch.setattr(ensemble, "cores", lambda: 8)
        monkeypatch.setattr(ensemble, "simulate", lambda *_, **__: summary())
        many = [job._replace(run=number) for number in range(jobs)]
        assert [result.run for result in ensemble.run_jobs(many, workers=workers)] == list(range(jobs))
        assert begun == [processes] * (processes > 0)

    def test_results_come_in_the_order_of_their_runs_whatever_came_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def backwards(jobs: Sequence[Job], **_: object) -> Iterator[Result]:
            yield from (Result(job.run, job.seed, job.values, {}, None) for job in reversed(jobs))

        monkeypatch.setattr(ensemble, "run_jobs", backwards)
        told: list[int] = []
        results = ensemble.simulate_many(
            DEMO, timedelta(minutes=2), runs=3, seed=7, resolution=timedelta(minutes=1),
            vary=parse_variation("vary: {pv-inv.tilt: [10 °, 20 °]}", "vary.yaml"),
            on_result=lambda result: told.append(result.run),
        )  # fmt: skip
        assert [(result.run, result.seed) for result in results] == [
            (0, 7),
            (1, 7),
            (2, 8),
            (3, 8),
            (4, 9),
            (5, 9),
        ]
        assert told == [5, 4, 3, 2, 1, 0]

    def test_runs_that_were_told_to_end_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ensemble.end_if_told(timedelta())
        told = threading.Event()
        monkeypatch.setattr(ensemble, "told_to_end", told)
        ensemble.end_if_told(timedelta())
        told.set()
        with pytest.raises(InterruptedError):
            ensemble.end_if_told(timedelta())
