"""Recordings of real sites, held to the checks that their descriptions name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from measured import data_file

from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.signal import Signal
from doppelgrid.sim.inputs.specs import LoadInput, PvPowerInput

pytestmark = pytest.mark.measured

Build = Callable[..., Signal]
Us = Callable[[str], int]
QUARTER_US = 900_000_000
TRADE_STREET = ("no_stated_licence", "site_ucsd_trade_street", "trade_street_2017-03-06_to_2017-05-07.csv.gz")
HOUSE = {"unit": "W", "positive": "consumption", "on_gap": "hold"}
HOME = ("load_home_net_15min", "net_grid_power_2024-03_to_2025-03.csv.gz")


def quarters(signal: Signal, begin_us: int, end_us: int) -> np.ndarray:
    return np.array([signal.at(time_us) for time_us in range(begin_us, end_us, QUARTER_US)])


@pytest.fixture
def trade_street(build: Build, us: Us) -> dict[str, np.ndarray]:
    path = data_file(*TRADE_STREET)

    def column(name: str, positive: str) -> np.ndarray:
        spec = {
            "file": path.name, "column": name, "unit": "kW", "positive": positive,
            "timezone": "America/Los_Angeles", "on_gap": "hold",
        }  # fmt: skip
        signal = build(LoadInput, spec, directory=path.parent, start="2017-03-06T00:00:00-08:00")
        return quarters(signal, us("2017-03-06T00:00:00-08:00"), us("2017-05-07T00:00:00-07:00"))

    return {
        "battery": column("battery_kw", "consumption"),
        "pv": column("pv_kw", "production"),
        "grid": column("total_kw", "consumption"),
        "load": column("load_kw_derived", "consumption"),
    }


def test_the_powers_of_a_site_add_up_to_its_meter(trade_street: dict[str, np.ndarray]) -> None:
    total = trade_street["load"] + trade_street["pv"] + trade_street["battery"]
    assert np.median(np.abs(total - trade_street["grid"])) < 1.0


def test_a_site_s_load_only_makes_sense_with_the_declared_signs(trade_street: dict[str, np.ndarray]) -> None:
    pv, grid, battery = trade_street["pv"], trade_street["grid"], trade_street["battery"]
    assert (grid - pv - battery).min() > 10e3
    assert ((grid + pv - battery) < 0.0).mean() > 0.2
    assert ((grid - pv + battery) < 0.0).mean() > 0.05


def test_the_spring_day_of_a_real_site_has_no_gap(
    build: Build, us: Us, trade_street: dict[str, np.ndarray]
) -> None:
    del trade_street
    path = data_file(*TRADE_STREET)
    spec = {
        "file": path.name, "column": "pv_kw", "unit": "kW", "positive": "production", "on_gap": "hold",
        "timezone": "America/Los_Angeles",
    }  # fmt: skip
    plant = build(PvPowerInput, spec, directory=path.parent, start="2017-03-12T00:00:00-08:00")
    day = quarters(plant, us("2017-03-12T00:00:00-08:00"), us("2017-03-13T00:00:00-07:00"))
    assert len(day) == 92
    assert 11 * 4 <= int(day.argmin()) <= 14 * 4


def test_a_real_recording_with_empty_cells_needs_a_decision(build: Build) -> None:
    path = data_file(*TRADE_STREET)
    spec = {
        "file": path.name, "column": "total_kw", "unit": "kW", "positive": "consumption",
        "timezone": "America/Los_Angeles",
    }  # fmt: skip
    with pytest.raises(InputError, match=r"total_kw is empty, as in \d+ of 6044 rows"):
        build(LoadInput, spec, directory=path.parent, start="2017-03-06T00:00:00-08:00")


def test_a_house_with_pv_imports_and_exports_what_its_description_says(build: Build, us: Us) -> None:
    path = data_file(*HOME)
    spec = {"file": path.name, **HOUSE, "timezone": "Europe/Berlin"}
    begin, end = "2024-03-09T17:07:18+01:00", "2025-03-09T17:07:18+01:00"
    net = build(LoadInput, spec, directory=path.parent, start=begin)
    kwh = quarters(net, us(begin), us(end)) / 4000.0
    assert kwh[kwh > 0.0].sum() == pytest.approx(3564.0, rel=0.01)
    assert kwh[kwh < 0.0].sum() == pytest.approx(-3731.0, rel=0.01)


def test_the_repeated_hour_of_a_real_house_is_kept(build: Build, us: Us) -> None:
    path = data_file(*HOME)
    spec = {"file": path.name, **HOUSE, "timezone": "Europe/Berlin"}
    net = build(LoadInput, spec, directory=path.parent, start="2024-10-27T00:00:00+02:00")
    hours = {us("2024-10-27T02:00:00+02:00"), us("2024-10-27T02:00:00+01:00")}
    assert len({net.at(hour_us + 30 * 60_000_000) for hour_us in hours}) == 2


def test_real_times_in_the_wrong_zone_are_noticed(build: Build) -> None:
    path = data_file(*HOME)
    spec = {"file": path.name, **HOUSE, "timezone": "UTC"}
    with pytest.raises(InputError, match="earlier than the row before it"):
        build(LoadInput, spec, directory=path.parent, start="2024-10-27T00:00:00+02:00")


def test_a_real_pv_plant_keeps_its_time_of_day_anywhere(build: Build, us: Us) -> None:
    path = data_file("pv_sandia_6kw_1min", "baseline6kw_2015-11-11_1min.csv.gz")
    spec = {
        "file": path.name, "column": "Sys1Wac_Avg", "unit": "W", "positive": "production",
        "timezone": "-07:00", "time_format": "%m/%d/%Y %H:%M", "align": "time-of-day",
    }  # fmt: skip
    plant = build(PvPowerInput, spec, directory=path.parent, start="2026-06-15T00:00:00+02:00")
    day = quarters(plant, us("2026-06-15T00:00:00+02:00"), us("2026-06-15T22:00:00+02:00"))
    assert day.min() < -2000.0
    assert 10 * 4 <= int(day.argmin()) <= 14 * 4
    assert 0.0 < day[0] < 10.0
