"""Networks whose voltages are known: in closed form, from other programs, or published with a benchmark network."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from support.network_sites import phases_v

from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.reader import load_site, parse_site
from doppelgrid.sim.site.site import Site

NOON = datetime(2026, 6, 15, 12)
NOMINAL_V = 400.0 / math.sqrt(3.0)


def plant(site: Site | str) -> Plant:
    site = parse_site(site, "case.yaml") if isinstance(site, str) else site
    return Plant(site, start_us=site.moment_us(NOON), seed=0)


def two_buses(zero_sequence: str = "") -> Plant:
    """Return 9 kW at cos phi 0.9, 5 kW delivered, and nothing behind 0.2 + j0.08 Ω."""
    line = f"{{resistance: 0.2 Ω, reactance: 0.08 Ω{zero_sequence}}}"
    return plant(f"""
microgrid: {{id: 1}}
components:
  grid: {{id: 1, category: grid_connection_point}}
  bus: {{id: 2, category: meter, behind: grid, line: {line}}}
  one: {{id: 3, category: meter, behind: bus, load: 9 kW, power_factor: 0.9, phases: [1]}}
  two: {{id: 4, category: meter, behind: bus, load: -5 kW, phases: [2]}}
""")


def test_without_impedance_in_the_neutral_each_phase_is_alone() -> None:
    found = phases_v(two_buses(", zero_sequence_resistance: 0.2 Ω, zero_sequence_reactance: 0.08 Ω"), "bus")
    assert found[0] == pytest.approx([221.2264, 235.1858, 230.9401], abs=5e-5)


def test_with_a_neutral_like_a_phase_a_load_lowers_its_own_phase_and_moves_the_others() -> None:
    site = two_buses()
    found = phases_v(site, "bus")[0]
    assert found == pytest.approx([209.7464, 243.6862, 233.6649], abs=5e-5)
    powers = [complex(9e3, 4358.899), complex(-5e3, 0.0), 0j]
    currents_a = [abs(power) / voltage_v for power, voltage_v in zip(powers, found, strict=True)]
    assert currents_a == pytest.approx([47.677, 20.518, 0.0], abs=5e-4)
    node = site.numbers[1].nodes[1]
    voltages = [
        complex(node.real_1, node.imag_1), complex(node.real_2, node.imag_2), complex(node.real_3, node.imag_3)
    ]  # fmt: skip
    neutral = sum((s / (u * NOMINAL_V)).conjugate() for s, u in zip(powers, voltages, strict=True))
    assert abs(neutral) == pytest.approx(53.489, abs=5e-4)
    turn = complex(-0.5, math.sqrt(0.75))
    zero, positive, negative = (
        abs(voltages[0] + turn**k * voltages[1] + turn ** (2 * k) * voltages[2]) / 3.0 for k in (0, 1, 2)
    )
    assert negative / positive == pytest.approx(0.0206, abs=5e-5)
    assert zero / positive == pytest.approx(0.0671, abs=5e-5)
    sides_v = list(site.readings.voltages("bus").lines_v)
    ends = zip(voltages, voltages[1:] + voltages[:1], strict=True)
    assert sides_v == pytest.approx([NOMINAL_V * abs(one - other) for one, other in ends])


def weak_line(grid_code: str) -> Plant:
    """Return 60 kW of sun and a house behind 0.5 + j0.15 Ω."""
    return plant(f"""
microgrid: {{id: 1}}
components:
  grid: {{id: 1, category: grid_connection_point}}
  far: {{id: 2, category: meter, behind: grid, line: {{resistance: 0.5 Ω, reactance: 0.15 Ω}}}}
  house: {{id: 3, category: meter, behind: far, load: 5 kW}}
  roof:
    {{id: 4, category: pv_inverter, behind: far, rated_power: 60 kW, rated_apparent_power: 66 kVA,
      peak_power: 120 kW, irradiance: 1000 W/m²{grid_code}}}
""")


@pytest.mark.parametrize(
    ("grid_code", "voltage_pu", "power_w", "reactive_var"),
    [
        ("", 1.1486, -60e3, 0.0),
        (", grid_code: vde-ar-n-4105", 1.1486, -60e3, 0.0),
        (
            ", grid_code: {preset: vde-ar-n-4105, volt_var: {reactive_power: 41.66 %, response_time: 10 s}}",
            1.1226, -60e3, 27.5e3,
        ),
        # Its own limit is 0.436 of 66 kVA, for which active power gives way.
        (", grid_code: {preset: vde-ar-n-4105, volt_var: {response_time: 10 s}}", 1.1198, -59.396e3, 28.776e3),
    ],
)  # fmt: skip
def test_reactive_power_by_voltage_lowers_that_of_a_weak_line(
    grid_code: str, voltage_pu: float, power_w: float, reactive_var: float
) -> None:
    site = weak_line(grid_code)
    site.advance(site.site.moment_us(NOON) + 300_000_000)
    assert phases_v(site, "far")[0] / NOMINAL_V == pytest.approx(voltage_pu, abs=5e-5)
    assert site.readings.active_power_w("roof") == pytest.approx(power_w, abs=5.0)
    assert site.readings.reactive_power_var("roof") == pytest.approx(reactive_var, abs=5.0)


def test_reactive_power_that_takes_its_time_comes_to_the_same() -> None:
    site = weak_line(", grid_code: {preset: vde-ar-n-4105, volt_var: {response_time: 10 s}}")
    assert phases_v(site, "far")[0] / NOMINAL_V == pytest.approx(1.1486, abs=5e-5)
    before = np.inf
    for seconds in (1, 2, 5, 10, 20, 60):
        site.advance(site.site.moment_us(NOON) + seconds * 1_000_000)
        now = phases_v(site, "far")[0, 0]
        assert now < before
        before = now
    assert before / NOMINAL_V == pytest.approx(1.1198, abs=5e-5)


@pytest.mark.parametrize("volt_var", ["false", "{response_time: 10 s}"])
def test_its_mean_of_ten_minutes_is_too_high_either_way(volt_var: str) -> None:
    site = weak_line(f", grid_code: {{preset: vde-ar-n-4105, volt_var: {volt_var}}}")
    powers_w = []
    for seconds in range(0, 601, 10):
        site.advance(site.site.moment_us(NOON) + seconds * 1_000_000)
        powers_w.append(site.readings.active_power_w("roof"))
    assert max(powers_w[:30]) < -59e3
    assert max(powers_w) > 0.0


CIGRE_PU = {
    "r1": 0.9808929, "r2": 0.9722439, "r3": 0.9635969, "r4": 0.9555657, "r5": 0.9497641, "r6": 0.9439635,
    "r7": 0.9404771, "r8": 0.9369911, "r9": 0.9335054, "r10": 0.931504, "r11": 0.9612345, "r12": 0.9455332,
    "r13": 0.9355054, "r14": 0.9254825, "r15": 0.9168956, "r16": 0.9350574, "r17": 0.927794, "r18": 0.9238009,
    "i1": 0.9790556, "i2": 0.9434583, "c1": 0.9772133, "c2": 0.9630906, "c3": 0.9489691, "c4": 0.942385,
    "c5": 0.9358011, "c6": 0.9330354, "c7": 0.9302698, "c8": 0.9275042, "c9": 0.9265838, "c10": 0.9312633,
    "c11": 0.9203319, "c12": 0.912269, "c13": 0.912269, "c14": 0.9212823, "c15": 0.9268385, "c16": 0.9246753,
    "c17": 0.9168088, "c18": 0.9214831, "c19": 0.9211163, "c20": 0.9233982,
}  # fmt: skip
"""What pandapower 3.5.6 finds for the network as it packages it."""


def test_the_low_voltage_network_of_cigre_has_the_voltages_of_pandapower() -> None:
    site = plant(load_site(Path(__file__).with_name("cigre_lv.yaml")))
    found = phases_v(site, *CIGRE_PU) / NOMINAL_V
    assert found == pytest.approx(np.array([[voltage_pu] * 3 for voltage_pu in CIGRE_PU.values()]), abs=1e-7)
    assert site.readings.active_power_w("grid") == pytest.approx(714_929.22, abs=0.01)
    assert site.readings.reactive_power_var("grid") == pytest.approx(318_760.11, abs=0.01)
    layout, memory, _ = site.numbers
    losses_w = [now.loss_w for now in memory.nodes]
    transformers = [bool(node.has_switch) for node in layout.nodes]
    assert sum(w for w, is_one in zip(losses_w, transformers, strict=True) if is_one) == pytest.approx(
        6507.466, abs=1e-3
    )
    assert sum(w for w, is_one in zip(losses_w, transformers, strict=True) if not is_one) == pytest.approx(
        21_821.754, abs=1e-3
    )
