"""Columns of a run beside what a live site reports: meters with options, outages, ways in parallel, states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from doppelgrid.sim.domain.messages import unsigned_zeros
from doppelgrid.sim.files.units import Unit
from doppelgrid.sim.headless import simulate as simulate_module
from doppelgrid.sim.headless.columns import Columns
from doppelgrid.sim.headless.outcome import RunError
from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.headless.simulate import check_times, inputs_that_end, simulate, with_self_consumption
from doppelgrid.sim.plant.numbering import CONTROL_CYCLE_US
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.recording.names import STATE
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.instruments import Instruments

pytestmark = pytest.mark.usefixtures("interpreted")

NOON = datetime(2026, 6, 15, 11, 50)
MINUTE = timedelta(minutes=1)
OPTIONS = {
    "accuracy_class": "1", "noise": "1 %", "window": "5 s", "power_resolution": "1 W",
    "voltage_resolution": "0.1 V", "current_resolution": "10 mA", "register_resolution": "10 Wh",
}  # fmt: skip
DIP = {
    "profile": "inline",
    "points": [
        {"at": "0 s", "value": "230 V"},
        {"at": "70 s", "value": "20 V"},
        {"at": "85 s", "value": "225 V"},
    ],
}
"""Less than a tenth of the nominal voltage, which is an outage."""
COMPONENTS: dict[str, Any] = {
    "grid": {
        "id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A",
        "outages": [{"from": "2026-06-15T11:50:20+02:00", "duration": "30 s"}],
        "voltages": {"phases": ["230 V", DIP, "230 V"]},
    },
    "main": {"id": 2, "category": "meter", "behind": "grid", "measurement": OPTIONS},
    "house": {
        "id": 3, "category": "meter", "behind": "main", "measurement": {"registers": "runs-backwards"},
        "load": "7 kW", "phases": [2],
    },
    "roof": {"id": 4, "category": "pv_inverter", "behind": "main", "rated_power": "60 kW"},
    "inv": {
        "id": 5, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW",
        "self_consumption": "main", "response_delay": "0 s",
    },
    "one": {"id": 6, "category": "converter", "behind": "inv"},
    "two": {"id": 7, "category": "converter", "behind": "inv"},
    "bat": {"id": 8, "category": "battery", "behind": ["one", "two"]},
    "idle": {"id": 9, "category": "battery_inverter", "behind": "house", "rated_power": "30 kW"},
    "rest": {"id": 10, "category": "battery", "behind": "idle"},
}  # fmt: skip
SITE = Site.model_validate({"microgrid": {"id": 1}, "components": COMPONENTS})
Reported = dict[str, list[Any]]


def by_run(site: Site, rows: int, step: timedelta, resolution: timedelta) -> Reported:
    run = HeadlessRun(site, start_us=site.moment_us(NOON), seed=3, resolution=step)
    columns, found = Columns(run.plant, "all"), {}
    for chunk in run.chunks((rows - 1) * resolution):
        for name, column in columns.of(chunk).items():
            if isinstance(column, tuple):
                found.setdefault(name, []).extend(column[1][number] for number in column[0].tolist())
            elif "_bound_" not in name:
                found.setdefault(name, []).extend(np.asarray(column).tolist())
    return found


def live(site: Site, rows: int, step: timedelta) -> Reported:
    step_us, start_us = round(step.total_seconds() * 1e6), site.moment_us(NOON)
    plant = Plant(
        site, start_us=start_us, seed=3, cycle_us=max(step_us, CONTROL_CYCLE_US), resolution_us=step_us
    )
    instruments, shown = Instruments(plant), {}
    for number in range(rows):
        plant.advance(start_us + number * step_us)
        for key, component in site.components.items():
            reading = instruments.read(key)
            shown.setdefault(f"{component.id}.{STATE}", []).append(" ".join(reading.states))
            for metric, value in unsigned_zeros(reading.values).items():
                shown.setdefault(f"{component.id}.{metric}", []).append(value)
    return shown


def differing(found: Reported, expected: Reported) -> set[str]:
    """Return the columns that are not the same to the bit."""
    assert {name for name in expected if not name.endswith(STATE)} <= found.keys() <= expected.keys()
    return {name for name in found if list(map(str, found[name])) != list(map(str, expected[name]))}


def test_a_run_reports_meters_outages_and_ways_in_parallel_as_a_live_site_does() -> None:
    step = timedelta(seconds=5)
    found, expected = by_run(SITE, 20, step, step), live(SITE, 20, step)
    assert differing(found, expected) == set()
    states = {name: set(column) for name, column in found.items() if name.endswith(STATE)}
    assert states["2.state"] == {"READY", "OFF"}
    assert found["2.state"][13:18] == ["READY", *["OFF"] * 3, "READY"]
    assert states["8.state"] >= {"DISCHARGING RELAY_CLOSED"}
    assert len(set(found["3.AC_ENERGY_ACTIVE"])) > 5
    for name in ("6.DC_POWER", "7.DC_POWER"):
        assert found[name] == [power_w / 2.0 for power_w in found["8.DC_POWER"]]


def test_a_run_of_every_category_reports_what_a_live_site_does() -> None:
    site, step = load_site("all-categories"), timedelta(seconds=30)
    assert differing(by_run(site, 12, step, step), live(site, 12, step)) == set()


def test_a_battery_whose_relays_are_open_is_told_to_be_and_states_go_by_what_flows() -> None:
    """A cold battery must not be charged; one with nothing to do idles; full and empty ones take one way only."""
    components = {
        **{key: COMPONENTS[key] for key in ("grid",)},
        "main": {"id": 2, "category": "meter", "behind": "grid", "load": "7 kW"},
        "inv": COMPONENTS["inv"], "bat": {"id": 8, "category": "battery", "behind": "inv", "initial_soc": "10 %"},
        "roof": {"id": 4, "category": "pv_inverter", "behind": "main", "rated_power": "60 kW", "power": "20 kW"},
    }  # fmt: skip
    site, step = Site.model_validate({"microgrid": {"id": 1}, "components": components}), timedelta(seconds=5)
    found, expected = by_run(site, 14, step, step), live(site, 14, step)
    assert differing(found, expected) == set()
    assert "DISCHARGING" in found["4.state"]
    assert any(word.startswith("CHARGING") for word in found["8.state"])


def test_a_day_is_cut_where_it_is_and_the_moment_at_its_end_is_seen_once() -> None:
    """Chunks are a day long at most, and each moment is in one of them."""
    grid, main = COMPONENTS["grid"], {"id": 2, "category": "meter", "behind": "grid", "load": "7 kW"}
    site = Site.model_validate({"microgrid": {"id": 1}, "components": {"grid": grid, "main": main}})
    run = HeadlessRun(site, start_us=site.moment_us(NOON), resolution=timedelta(hours=1))
    spans = [chunk.samples.times_us for chunk in run.chunks(timedelta(hours=49, minutes=30))]
    assert [len(times) for times in spans] == [24, 24, 3]
    hour_us = 3_600_000_000
    times = np.concatenate(spans) - site.moment_us(NOON)
    assert times.tolist() == [*(number * hour_us for number in range(50)), 49 * hour_us + hour_us // 2]
    coarse = HeadlessRun(site, start_us=site.moment_us(NOON), resolution=timedelta(days=1))
    assert [len(chunk.samples.times_us) for chunk in coarse.chunks(timedelta(days=3))] == [1, 1, 2]
    fine = HeadlessRun(site, start_us=site.moment_us(NOON), resolution=timedelta(milliseconds=100))
    lengths = [len(chunk.samples.times_us) for chunk in fine.chunks(timedelta(seconds=3277))]
    assert lengths == [32768, 3]


def test_inputs_of_a_chunk_are_those_at_its_samples() -> None:
    points = [
        {"at": "0 s", "value": "1 kW"},
        {"at": "90 s", "value": "2 kW"},
        {"at": "120 s", "value": "3 kW"},
    ]
    main = {"id": 2, "category": "meter", "behind": "grid", "load": {"profile": "inline", "points": points}}
    grid = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"}
    site = Site.model_validate({"microgrid": {"id": 1}, "components": {"grid": grid, "main": main}})
    run = HeadlessRun(site, start_us=site.moment_us(NOON), resolution=timedelta(seconds=30))
    (chunk,) = run.chunks(timedelta(seconds=150))
    assert chunk.inputs["main.load"].tolist() == [1e3, 1e3, 1e3, 2e3, 3e3, 3e3]
    assert len(chunk.inputs) == len(list(chunk.inputs)) == len(run.plant.inputs.signals)
    assert chunk.samples.active_w[:, 3:].sum(axis=1) == pytest.approx(chunk.inputs["main.load"])


@pytest.mark.parametrize("share", [1, 2])
def test_what_is_behind_two_meters_is_drawn_by_neither(share: int) -> None:
    """An inverter behind two meters, beside a load behind one of them: what each draws itself is its load."""
    parents = ["left", "right"][:share]
    site = Site.model_validate(
        {
            "microgrid": {"id": 1},
            "components": {
                "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
                "main": {"id": 2, "category": "meter", "behind": "grid"},
                "left": {"id": 3, "category": "meter", "behind": "main"},
                "right": {"id": 4, "category": "meter", "behind": "main"},
                "house": {"id": 5, "category": "meter", "behind": "left", "load": "6 kW"},
                "inv": {
                    "id": 6, "category": "battery_inverter", "behind": parents, "rated_power": "30 kW",
                    "self_consumption": "main", "response_delay": "0 s",
                },
                "bat": {"id": 7, "category": "battery", "behind": "inv"},
            },
        }
    )  # fmt: skip
    summary = simulate(site, timedelta(hours=1), start=NOON, resolution=MINUTE)
    flows = {flow.key: flow.consumed_wh - flow.delivered_wh for flow in summary.flows}
    assert flows["inv"] == pytest.approx(-6e3, rel=0.02)
    assert flows["right"] == pytest.approx(0.0 if share == 1 else flows["inv"] / 2.0)
    assert summary.consumed_wh == pytest.approx(6e3)
    assert summary.produced_wh == pytest.approx(0.0, abs=1e-6)
    assert summary.imbalance_wh == pytest.approx(0.0, abs=1e-6)
    assert summary.throughput_wh > 6e3


@pytest.mark.parametrize(
    ("duration_s", "resolution_s", "wrong"),
    [
        (60.0, 0.1, ""), (60.0, 0.0999, "resolution"), (86400.0, 86400.0, ""), (2e5, 86400.1, "resolution"),
        (60.0, 60.0, ""), (59.9, 60.0, "duration"),
    ],
)  # fmt: skip
def test_durations_from_one_sample_on_and_resolutions_up_to_a_day_make_sense(
    duration_s: float, resolution_s: float, wrong: str
) -> None:
    duration, resolution = timedelta(seconds=duration_s), timedelta(seconds=resolution_s)
    if wrong:
        with pytest.raises(ValueError, match=f"the {wrong} is"):
            check_times(duration, resolution)
    else:
        check_times(duration, resolution)


def test_progress_is_told_in_simulated_time_and_the_run_in_that_of_the_wall(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    main = {"id": 2, "category": "meter", "behind": "grid", "load": "7 kW"}
    site = Site.model_validate(
        {"microgrid": {"id": 1}, "components": {"grid": COMPONENTS["grid"], "main": main}}
    )
    told: list[timedelta] = []
    hour, watch = timedelta(hours=1), iter([100.0, 107.5])
    monkeypatch.setattr(simulate_module, "stopwatch_s", lambda: next(watch))
    summary = simulate(site, 25 * hour, start=NOON, resolution=hour, on_progress=told.append)
    assert told == [23 * hour, 25 * hour]
    assert summary.wall_s == 7.5


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_power_that_is_no_number_is_told_with_its_place_its_time_and_the_inputs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No file may say so much, but hardware of packages may.
    monkeypatch.setattr(
        Unit, "parse", lambda unit, text: float(text.split()[0]) * unit.factors[text.split()[1]]
    )
    points = [{"at": "0 s", "value": "1 kW"}, {"at": "2 s", "value": "1e302 MW"}]
    load = {"profile": "inline", "points": points}
    components = {
        "grid": COMPONENTS["grid"],
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "one": {"id": 3, "category": "meter", "behind": "main", "load": "3 kW"},
        **{
            f"h{number}": {"id": 10 + number, "category": "meter", "behind": "main", "load": load}
            for number in range(9)
        },
    }
    site = Site.model_validate({"microgrid": {"id": 1}, "components": components})
    with pytest.raises(RunError) as caught:
        simulate(site, timedelta(seconds=4), start=NOON)
    told = str(caught.value)
    assert "is no number at 2026-06-15T09:50:02" in told
    assert told.startswith(("the power through grid ", "the power through main "))
    assert "one.load = 3000" in told
    assert "h8.load = 1e+308" in told


def test_inputs_that_end_with_the_run_are_none_that_end_before_it(tmp_path: Path) -> None:
    rows = ["timestamp,power", *(f"2026-06-15T09:{minute:02}:00Z,{minute}" for minute in range(50, 60))]
    (tmp_path / "load.csv").write_text("\n".join(rows))
    load = {"file": "load.csv", "unit": "kW", "positive": "consumption"}
    main = {"id": 2, "category": "meter", "behind": "grid", "load": load}
    site = Site.model_validate(
        {"microgrid": {"id": 1}, "components": {"grid": COMPONENTS["grid"], "main": main}}
    )
    site = site.model_copy(update={"directory": tmp_path})
    start = datetime(2026, 6, 15, 9, 50, tzinfo=UTC)
    for more, ended in ((0, {}), (1, {"main.load": datetime(2026, 6, 15, 10, tzinfo=UTC)})):
        assert inputs_that_end(site, timedelta(minutes=10, microseconds=more), start=start) == ended


def test_inverters_follow_the_grid_unless_they_follow_something_already() -> None:
    components = {
        **{key: COMPONENTS[key] for key in ("grid", "main", "inv", "idle")},
        "house": {**COMPONENTS["house"], "measurement": {}},
        "bat": {"id": 8, "category": "battery", "behind": "inv"},
        "rest": COMPONENTS["rest"],
    }
    site = Site.model_validate({"microgrid": {"id": 1}, "components": components})
    helped: Any = with_self_consumption(site).components
    assert (helped["inv"].self_consumption, helped["idle"].self_consumption) == ("main", "grid")
    assert {key for key in components if helped[key] != site.components[key]} == {"idle"}


def test_bounds_of_the_connection_point_are_those_that_a_live_site_shows() -> None:
    grid = {
        **COMPONENTS["grid"], "outages": None, "rated_power": "40 kW", "feed_in_limit": "20 %",
        "import_limit": {
            "profile": "inline", "points": [{"at": "0 s", "value": "30 kW"}, {"at": "2 min", "value": "5 kW"}],
        },
    }  # fmt: skip
    site = Site.model_validate({"microgrid": {"id": 1}, "components": {**COMPONENTS, "grid": grid}})
    run = HeadlessRun(site, start_us=site.moment_us(NOON), seed=3, resolution=MINUTE)
    (chunk,) = run.chunks(3 * MINUTE)
    columns = Columns(run.plant, "all").of(chunk)
    lower, upper = (columns[f"1.AC_POWER_ACTIVE_bound_0_{end}"] for end in ("lower", "upper"))
    assert list(zip(lower, upper, strict=True)) == [(-12e3, 30e3), (-12e3, 30e3), (-12e3, 5e3), (-12e3, 5e3)]


def test_a_run_that_nobody_asks_for_bounds_sees_all_else_the_same() -> None:
    site = Site.model_validate({"microgrid": {"id": 1}, "components": COMPONENTS})
    seen = []
    for bounds in (True, False):
        run = HeadlessRun(site, start_us=site.moment_us(NOON), seed=3, metrics="main", bounds=bounds)
        (chunk,) = run.chunks(2 * MINUTE)
        seen.append(chunk.samples)
    having, lacking = seen
    names = [name for name in type(having).__slots__ if name != "until_us"]
    without = {name for name in names if np.shape(getattr(lacking, name)) != np.shape(getattr(having, name))}
    assert without == {
        "battery_lower_w", "battery_upper_w", "least_w", "least_delivered_w", "alone_w", "sun_w", "dc_voltage_pu",
        "asked_ac_w", "drawn_beyond_w", "asked_w", "conducts", "reach_lower_w", "reach_upper_w",
    }  # fmt: skip
    for name in set(names) - without:
        assert np.array_equal(getattr(having, name), getattr(lacking, name), equal_nan=True), name


def test_a_run_that_is_not_recorded_is_not_asked_for_bounds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[bool] = []

    class Watched(HeadlessRun):
        def __init__(self, *given: Any, bounds: bool = True, **more: Any) -> None:
            asked.append(bounds)
            super().__init__(*given, bounds=bounds, **more)

    monkeypatch.setattr("doppelgrid.sim.headless.run.HeadlessRun", Watched)
    for record in (None, tmp_path / "day.csv"):
        simulate(load_site("demo"), MINUTE, record=record)
    assert asked == [False, True]
