"""The table of metrics: who reports what, in which unit, what is recorded of it and what replays do with it."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.headless.columns import COLUMNS
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.recording.selection import wanted
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.telemetry.live_parts import NUMBERS
from doppelgrid.sim.telemetry.metrics import (
    METRICS,
    AlternatingSide,
    WhenReplayed,
    flow_side,
    phase_currents_a,
    rows_of,
    shown_side,
)
from doppelgrid.sim.telemetry.parts import parts_of

UNITS = {
    "POWER_ACTIVE": "W", "POWER_REACTIVE": "var", "POWER_APPARENT": "VA", "DC_POWER": "W", "POWER_FACTOR": "1",
    "CURRENT": "A", "VOLTAGE": "V", "FREQUENCY": "Hz", "CAPACITY": "Wh", "SOC_PCT": "%", "TEMPERATURE": "°C",
    "ENERGY_ACTIVE": "Wh", "ENERGY_REACTIVE": "varh", "ENERGY_APPARENT": "VAh", "PRESSURE": "bar",
}  # fmt: skip


@pytest.fixture(scope="module")
def plant() -> Plant:
    site = load_site("all-categories")
    return Plant(site, start_us=site.moment_us(datetime(2026, 6, 15, 12)), seed=0)


def metrics(plant: Plant, key: str) -> list[Metric]:
    return [row.metric for row in rows_of(parts_of(plant, key))]


def test_every_metric_has_one_row_and_the_unit_that_its_name_promises() -> None:
    assert len({row.metric for row in METRICS}) == len(METRICS)
    for row in METRICS:
        assert [row.metric.unit] == [unit for word, unit in UNITS.items() if word in row.metric], row.metric


def test_what_only_switches_reports_no_metrics(plant: Plant) -> None:
    assert metrics(plant, "bat-breaker") == metrics(plant, "precharger") == []


DIRECT = [Metric.DC_VOLTAGE, Metric.DC_CURRENT, Metric.DC_POWER]
HEAT = [Metric.INVERTER_TEMPERATURE, Metric.INVERTER_TEMPERATURE_HEATSINK]


def test_a_converter_reports_its_direct_current_side(plant: Plant) -> None:
    assert metrics(plant, "converter") == DIRECT


def test_a_battery_reports_its_cells_besides(plant: Plant) -> None:
    cells = [Metric.BATTERY_CAPACITY, Metric.BATTERY_SOC_PCT, Metric.BATTERY_TEMPERATURE]
    assert metrics(plant, "battery") == [*DIRECT, *cells]


def test_everything_else_reports_its_alternating_current_side_and_what_is_its_own(plant: Plant) -> None:
    own = {
        "bat-inv": [*DIRECT, *HEAT],
        "dc-inv": [*DIRECT, *HEAT],
        "hybrid-inv": [Metric.DC_POWER, *HEAT],
        "boiler": [Metric.PRESSURE_ABSOLUTE],
    }
    for key in plant.site.components.keys() - {"bat-breaker", "precharger", "converter"}:
        if "battery" not in key and key != "hybrid-bat":
            reported = metrics(plant, key)
            assert reported[0] is Metric.AC_POWER_ACTIVE
            assert len([metric for metric in reported if metric.startswith("AC_")]) == 48
            assert reported[48:] == own.get(key, []), f"{key}: what is its own is listed above"


def test_components_of_a_running_site_report_what_the_table_says(plant: Plant) -> None:
    gateway = Simulation.headless(plant.site, start_us=plant.time_us).gateway
    for key, component in plant.site.components.items():
        assert list(gateway.frame(component.id).values) == metrics(plant, key)


def test_recordings_leave_out_what_follows_from_the_rest() -> None:
    left_out = {row.metric for row in METRICS} - (wanted("main") or set())
    assert Metric.AC_POWER_APPARENT in left_out
    assert Metric.AC_POWER_ACTIVE not in left_out
    assert Metric.DC_POWER in (wanted("main", DIRECT) or set())
    assert Metric.DC_POWER not in (wanted("main", [Metric.AC_POWER_ACTIVE, *DIRECT]) or set())
    assert wanted("all") is None


def test_instants_of_inverters_are_not_recorded_among_means() -> None:
    both = [Metric.AC_POWER_ACTIVE, *DIRECT]
    assert wanted("all", both, means=True) == set(both) - {Metric.DC_POWER}
    assert wanted("all", DIRECT, means=True) is None
    assert wanted("all", both, means=False) is None


def test_replays_add_up_powers_and_do_not_know_registers() -> None:
    ways = {row.metric: row.when_replayed for row in METRICS}
    assert ways[Metric.AC_POWER_REACTIVE_PHASE_2] is WhenReplayed.ADDED_UP
    assert ways[Metric.AC_ENERGY_ACTIVE_CONSUMED] is WhenReplayed.UNKNOWN
    assert ways[Metric.AC_ENERGY_APPARENT_PHASE_1] is WhenReplayed.UNKNOWN
    assert ways[Metric.AC_CURRENT_PHASE_1] is WhenReplayed.FOLLOWS
    assert ways[Metric.BATTERY_SOC_PCT] is WhenReplayed.AS_RECORDED


def test_current_is_apparent_power_over_voltage() -> None:
    currents = phase_currents_a(NUMBERS, (-230.0, 3.0, 1.0), (0.0, 4.0, 0.0), (230.0, 1.0, 0.0))
    assert currents == (1.0, 5.0, 0.0)


@pytest.mark.parametrize(
    ("active_w", "reactive_var", "factor"), [(0.0, 0.0, 1.0), (-3.0, 4.0, -0.6), (1e-300, 0.0, 1.0)]
)
def test_power_factor_has_the_sign_of_active_power_and_is_one_of_none(
    active_w: float, reactive_var: float, factor: float
) -> None:
    row = next(row for row in METRICS if row.metric is Metric.AC_POWER_FACTOR)
    powers = ((active_w, 0.0, 0.0), (reactive_var, 0.0, 0.0))
    side = flow_side(NUMBERS, *powers, (230.0,) * 3, (400.0,) * 3, 50.0)
    assert row.read(side, NUMBERS) == pytest.approx(factor)


def test_the_current_of_all_phases_is_their_sum_and_each_has_a_power_factor_of_its_own() -> None:
    rows = {row.metric: row for row in METRICS}
    side = flow_side(NUMBERS, (-230.0, 690.0, 0.0), (0.0, 920.0, 230.0), (230.0,) * 3, (400.0,) * 3, 50.0)
    assert rows[Metric.AC_CURRENT].read(side, NUMBERS) == pytest.approx(1.0 + 5.0 + 1.0)
    phases = [rows[metric] for metric in Metric if metric.startswith("AC_POWER_FACTOR_PHASE")]
    assert [row.read(side, NUMBERS) for row in phases] == pytest.approx([-1.0, 0.6, 0.0])


def test_a_meter_shows_lines_of_root_three_times_its_balanced_phases() -> None:
    side = shown_side(NUMBERS, (0.0,) * 3, (0.0,) * 3, (0.0,) * 3, (230.0,) * 3, 50.0)
    lines_v = (side.voltage_12_v, side.voltage_23_v, side.voltage_31_v)
    assert lines_v == pytest.approx((230.0 * math.sqrt(3.0),) * 3)


def test_voltage_is_the_mean_between_the_phases() -> None:
    row = next(row for row in METRICS if row.metric is Metric.AC_VOLTAGE)
    side = flow_side(NUMBERS, (0.0,) * 3, (0.0,) * 3, (230.0,) * 3, (390.0, 400.0, 416.0), 50.0)
    assert row.read(side, NUMBERS) == 402.0


@pytest.mark.parametrize("make", [flow_side, shown_side])
def test_columns_have_the_bits_of_their_numbers(make: Any) -> None:
    drawn = np.random.default_rng(7).normal(0.0, 1e4, (13, 2000))
    drawn[6:9, ::5] = 0.0
    drawn[:6, ::7] = 0.0
    expected: dict[Metric, list[float]] = {}
    for row in rows_of([AlternatingSide]):
        expected[row.metric] = [
            row.read(made(make, NUMBERS, numbers), NUMBERS) for numbers in drawn.T.tolist()
        ]
    side = made(make, COLUMNS, drawn)
    for row in rows_of([AlternatingSide]):
        assert row.read(side, COLUMNS).tolist() == expected[row.metric], row.metric


def made(make: Any, arithmetic: Any, fields: Any) -> AlternatingSide:
    """Return a side of three powers, reactive powers, voltages or currents, voltages, and a frequency."""
    parts = [tuple(fields[first : first + 3]) for first in (0, 3, 6, 9)]
    side: AlternatingSide = make(arithmetic, *parts, fields[12])
    return side
