"""What `check` prints of a network: impedances by hand, voltages of rated load and feed-in by closed forms."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import doppelgrid
from doppelgrid.cli.check import check
from doppelgrid.sim.plant.network_figures import NetworkFigures, NodeFigures, network_figures
from doppelgrid.sim.site.site import Site

NOON = datetime(2026, 6, 15, 12)
APP = typer.Typer()
APP.command()(check)
LINE = {"resistance": "0.1 Ω", "reactance": "0.05 Ω", "rated_current": "40 A"}
GRID = {
    "id": 1,
    "category": "grid_connection_point",
    "short_circuit_power": "2 MVA",
    "short_circuit_r_x": 0.5,
}
MAIN = {"id": 2, "category": "meter", "behind": "grid"}
HOUSE = {"id": 3, "category": "meter", "behind": "main", "line": LINE}
E_V = 400.0 / math.sqrt(3.0)
PLAIN = {"grid": {"id": 1, "category": "grid_connection_point"}, "main": MAIN}
OHMIC = {**LINE, "reactance": "0 Ω"}
FAR = {**HOUSE, "line": OHMIC}


def site(components: dict[str, dict[str, Any]]) -> Site:
    return Site.model_validate({"microgrid": {"id": 7}, "components": components})


def figures(components: dict[str, dict[str, Any]]) -> NetworkFigures:
    where = site(components)
    found = network_figures(where, start_us=where.moment_us(NOON))
    assert found is not None
    return found


def at(found: NetworkFigures, key: str) -> NodeFigures:
    return next(node for node in found.nodes if node.key == key)


def far_v(power_w: float) -> float:
    """Return the voltage behind 0.1 Ω of a phase that draws a power."""
    return 0.5 * (E_V + math.sqrt(E_V * E_V - 4.0 * 0.1 * power_w))


def test_impedances_add_up_from_the_source() -> None:
    source_ohm = 1.1 * 400.0**2 / 2e6
    source = source_ohm / math.hypot(1.0, 0.5) * complex(0.5, 1.0)
    found = figures({"grid": GRID, "main": MAIN, "house": HOUSE})
    grid, house = at(found, "grid"), at(found, "house")
    assert grid.impedance_ohm == pytest.approx(source)
    assert house.impedance_ohm == pytest.approx(source + complex(0.1, 0.05))
    assert grid.short_circuit_va == pytest.approx(2e6 / 1.1)
    assert house.short_circuit_va == pytest.approx(400.0**2 / abs(source + complex(0.1, 0.05)))
    assert [node.way for node in found.nodes] == ["the grid, 2 MVA", "0.1 + j0.05 Ω"]


def test_impedances_are_those_for_the_voltage_of_their_node() -> None:
    """A transformer of 4 % and 250 kVA behind 20 kV has 0.0256 Ω; what is before it goes by the square of its ratio."""
    found = figures({
        "grid": {"id": 1, "category": "grid_connection_point", "voltage": "20 kV", "short_circuit_power": "60 MVA"},
        "trafo": {
            "id": 2, "category": "power_transformer", "behind": "grid", "rated_apparent_power": "250 kVA",
            "short_circuit_voltage": "4 %", "load_loss": "2.5 kW",
        },
        "house": {"id": 3, "category": "meter", "behind": "trafo", "line": {"type": "nayy-4x150", "length": "100 m"}},
    })  # fmt: skip
    source = 1.1 * 20e3**2 / 60e6 / math.hypot(1.0, 0.1) * complex(0.1, 1.0)
    own = 400.0**2 / 250e3 * complex(0.01, math.sqrt(0.04**2 - 0.01**2))
    behind = source * (400.0 / 20e3) ** 2 + own
    assert at(found, "grid").impedance_ohm == pytest.approx(source)
    assert at(found, "trafo").impedance_ohm == pytest.approx(behind)
    assert at(found, "house").impedance_ohm == pytest.approx(behind + complex(0.0208, 0.008))
    assert at(found, "trafo").short_circuit_va == pytest.approx(400.0**2 / abs(behind))
    assert at(found, "trafo").way == "250 kVA Dyn5"


def test_at_rated_load_devices_draw_what_they_are_rated_and_loads_what_the_file_says() -> None:
    found = figures({
        **PLAIN, "house": {**FAR, "load": "6 kW"},
        "shop": {"id": 4, "category": "meter", "behind": "house",
                 "load": {"profile": "bdew-h0", "annual_energy": "26.28 MWh"}},
        "car": {"id": 5, "category": "ev_charger", "behind": "house", "rated_power": "11 kW"},
        "store": {"id": 6, "category": "battery_inverter", "behind": "house", "rated_power": "4 kW"},
        "cells": {"id": 7, "category": "battery", "behind": "store"},
        "roof": {"id": 8, "category": "pv_inverter", "behind": "house", "rated_power": "15 kW"},
    })  # fmt: skip
    assert found.load_w == pytest.approx(24e3)
    assert found.feed_in_w == pytest.approx(-19e3)
    house = at(found, "house")
    assert house.drop == pytest.approx(1.0 - far_v(8e3) / E_V, rel=1e-9)
    assert house.rise == pytest.approx(far_v(-19e3 / 3.0) / E_V - 1.0, rel=1e-9)
    assert house.loading == pytest.approx(8e3 / far_v(8e3) / 40.0, rel=1e-9)
    assert found.left_out == ()


def test_the_lowest_and_the_highest_phase_count_where_devices_use_one() -> None:
    line = {**OHMIC, "zero_sequence_resistance": "0.1 Ω"}
    found = figures({
        **PLAIN, "house": {**FAR, "line": line, "load": "2 kW", "phases": [1]},
        "roof": {"id": 8, "category": "pv_inverter", "behind": "house", "rated_power": "3 kW", "phases": [2]},
    })  # fmt: skip
    house = at(found, "house")
    assert house.drop == pytest.approx(1.0 - far_v(2e3) / E_V, rel=1e-9)
    assert house.rise == pytest.approx(far_v(-3e3) / E_V - 1.0, rel=1e-9)
    assert house.loading == pytest.approx(3e3 / far_v(-3e3) / 40.0, rel=1e-9)


def test_a_load_that_cannot_be_carried_is_told_and_feeding_in_is_known_still() -> None:
    found = figures({
        **PLAIN, "house": {**FAR, "load": "500 kW"},
        "roof": {"id": 8, "category": "pv_inverter", "behind": "house", "rated_power": "3 kW"},
    })  # fmt: skip
    house = at(found, "house")
    assert house.drop is None
    assert house.loading is None
    assert house.rise == pytest.approx(far_v(-1e3) / E_V - 1.0, rel=1e-9)


def test_what_no_number_tells_is_left_out_and_named() -> None:
    points = [{"at": "00:00", "value": "3 kW"}, {"at": "12:20", "value": "12 kW"}]
    found = figures({**PLAIN, "house": {**FAR, "load": {"profile": "inline", "points": points}}})
    assert found.left_out == ("house",)
    assert found.load_w == 0.0
    assert at(found, "house").drop == pytest.approx(0.0, abs=1e-12)


def test_outages_and_voltages_of_the_grid_at_that_time_do_not_count() -> None:
    grid = {
        **PLAIN["grid"], "voltages": {"phases": ["225 V", "240 V", "231 V"]},
        "outages": [{"from": "2026-06-15T11:00", "duration": "3 h"}],
    }  # fmt: skip
    found = figures({"grid": grid, "main": MAIN, "house": {**FAR, "load": "24 kW"}})
    assert at(found, "house").drop == pytest.approx(1.0 - far_v(8e3) / E_V, rel=1e-9)


def test_a_site_without_lines_has_no_network() -> None:
    where = doppelgrid.load_site("demo")
    assert network_figures(where, start_us=where.moment_us(NOON)) is None


SITE = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point}
  main: {id: 2, category: meter, behind: grid}
  house: {id: 3, category: meter, behind: main, line: {type: nayy-4x50, length: 200 m}%s}
"""


def checked(tmp_path: Path, more: str) -> str:
    path = tmp_path / "site.yaml"
    path.write_text(SITE % more)
    result = CliRunner().invoke(APP, [str(path)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_check_prints_a_row_for_each_node_within_80_columns() -> None:
    printed = CliRunner().invoke(APP, ["village"]).stdout.split("\nNetwork: ")[1]
    table = printed.split("\n\nAn SDK app")[0]
    assert all(len(line) <= 80 for line in table.splitlines())
    rows = {line.split()[0]: line.split() for line in table.splitlines() if "nayy" in line or "kVA" in line}
    village = doppelgrid.load_site("village")
    found = network_figures(village, start_us=village.moment_us(NOON))
    assert found is not None
    for node in found.nodes[1:]:
        assert node.drop is not None
        assert node.rise is not None
        assert node.loading is not None
        assert rows[node.key][-6:] == [
            f"{1e3 * abs(node.impedance_ohm):.4g}",
            f"{node.impedance_ohm.real / node.impedance_ohm.imag:.2f}",
            f"{node.short_circuit_va / 1e6:.3g}",
            f"{100.0 * node.drop:.1f}",
            f"{100.0 * node.rise:.1f}",
            f"{100.0 * node.loading:.0f}",
        ]


def test_check_says_for_what_its_voltages_are(tmp_path: Path) -> None:
    printed = checked(tmp_path, ", load: 12 kW")
    assert "drop where 12 kW are drawn" in printed
    assert "rise where these devices give 0 kW and no load draws" in printed
    (grid,) = [line for line in printed.splitlines() if "the grid" in line]
    # Without an impedance there is no limit to what a short circuit draws.
    assert grid.split()[3:] == ["–", "–", "–", "0.0", "0.0", "–"]


def test_check_prints_impedances_where_recordings_do_not_reach(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("time,power\n2020-01-01T00:00Z,5\n2020-01-01T01:00Z,6\n")
    printed = checked(tmp_path, ", load: {file: load.csv, unit: kW, positive: consumption}")
    assert "drop, rise and loaded are not known: " in printed
    (house,) = [line for line in printed.splitlines() if line.startswith(" house") and "nayy" in line]
    assert house.split()[-3:] == ["–", "–", "–"]
    assert house.split()[-6] == "129.5"


def test_check_says_what_collapses_and_what_is_left_out(tmp_path: Path) -> None:
    assert "the network cannot carry the load: voltages collapse" in checked(tmp_path, ", load: 900 kW")
    points = "{profile: inline, points: [{at: 00:00, value: 1 kW}, {at: 12:00, value: 2 kW}]}"
    assert "in neither, as no number says what they draw: house" in checked(tmp_path, f", load: {points}")


def test_check_prints_nothing_of_a_network_without_lines() -> None:
    assert "Network" not in CliRunner().invoke(APP, ["demo"]).stdout
