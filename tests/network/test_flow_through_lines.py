"""What flows through lines and what that does to whoever hangs on them, at sites that run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.network_sites import phases_v

from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.domain.switching import Position
from doppelgrid.sim.kernel.network import RELEASED_US
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.reader import load_site, parse_site
from doppelgrid.sim.site.site import Site

NOON = datetime(2026, 6, 15, 12)
NOMINAL_V = 400.0 / math.sqrt(3.0)
SECOND_US = 1_000_000
BOOKKEEPING = {"is_known", "next_input_us", "holds_until_us"}
"""What only says how far the plant has looked ahead."""

FEEDER = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, voltage: 20 kV, short_circuit_power: 60 MVA%(grid)s}
  trafo: {id: 2, category: power_transformer, behind: grid, preset: oil-250kva, rated_apparent_power: 250 kVA%(trafo)s}
  main: {id: 3, category: breaker, behind: trafo}
  yard: {id: 4, category: meter, behind: main, line: {type: nayy-4x50, length: 200 m}}
  base: {id: 5, category: meter, behind: yard, load: 20 kW, phases: [1]}
  switch: {id: 6, category: breaker, behind: yard}
  barn: {id: 7, category: meter, behind: switch, line: {type: nayy-4x50, length: 100 m}}
  mill: {id: 8, category: meter, behind: barn, load: 6 kW, power_factor: 0.8}
  other: {id: 9, category: meter, behind: main, line: {type: nayy-4x150, length: 100 m}, load: 9 kW}
%(more)s
"""


def feeder(more: str = "", grid: str = "", trafo: str = "") -> Plant:
    return running(parse_site(FEEDER % {"grid": grid, "trafo": trafo, "more": more}, "feeder.yaml"))


def running(site: Site, start: datetime = NOON) -> Plant:
    plant = Plant(site, start_us=site.moment_us(start), seed=3)
    plant.operating_point.solve()
    return plant


def after(plant: Plant, seconds: float) -> Plant:
    plant.advance(plant.time_us + round(seconds * SECOND_US))
    plant.operating_point.solve()
    return plant


def remembered(plant: Plant) -> object:
    state = plant.save()
    numbers = {name: value for name, value in state.numbers.items() if name not in BOOKKEEPING}
    return state._replace(numbers=numbers)


def active_w(plant: Plant, key: str) -> float:
    return plant.readings.active_power_w(key)


def powers(flow: Any) -> tuple[complex, complex, complex]:
    return (
        complex(flow.active_1, flow.reactive_1),
        complex(flow.active_2, flow.reactive_2),
        complex(flow.active_3, flow.reactive_3),
    )


def voltages_pu(node: Any) -> tuple[complex, complex, complex]:
    return (
        complex(node.real_1, node.imag_1), complex(node.real_2, node.imag_2), complex(node.real_3, node.imag_3)
    )  # fmt: skip


def through_lines(plant: Plant) -> Iterator[tuple[str, complex, complex]]:
    """Yield of each line and transformer what goes in beyond what comes out, and what its impedances take [VA].

    The first by what flows at its ends, the second by currents and voltages of its far end.
    """
    layout, memory, _ = plant.numbers
    keys = list(plant.places.components)
    for number, own in enumerate(layout.nodes):
        far = voltages_pu(memory.nodes[number])
        if own.parent < 0 or not any(far):
            continue
        near = voltages_pu(memory.nodes[own.parent])
        arriving = powers(memory.components[own.component])
        far_y, near_y = complex(own.far_g, own.far_b), complex(own.near_g, own.near_b)
        currents = [(s / u).conjugate() + far_y * u for s, u in zip(arriving, far, strict=True)]
        z, mutual = (
            complex(own.resistance, own.reactance),
            complex(own.mutual_resistance, own.mutual_reactance),
        )
        taken = z * sum(abs(current) ** 2 for current in currents) + mutual * abs(sum(currents)) ** 2
        taken += sum(far_y.conjugate() * abs(u) ** 2 for u in far)
        taken += sum(near_y.conjugate() * abs(u) ** 2 for u in near)
        # What goes into all lines that begin at a node is what flows there without what is drawn beside them.
        yield keys[own.component], complex(memory.nodes[number].loss_w, 0.0), taken


def balances(plant: Plant) -> Iterator[tuple[str, float, float]]:
    """Yield of all through which power flows what comes in, and what goes out or is lost in lines [W]."""
    lost = lost_w(plant)
    flows, site = plant.readings.flows().ac, plant.site
    for key, component in site.components.items():
        behind = [name for name, other in site.components.items() if key in other.behind and name in flows]
        if behind and getattr(component, "load", None) is None and component.category not in {
            "battery_inverter", "hybrid_inverter", "uninterruptible_power_supply"
        }:  # fmt: skip
            yield key, flows[key].active_w, sum(flows[name].active_w + lost.get(name, 0.0) for name in behind)


def lost_w(plant: Plant) -> dict[str, float]:
    layout, memory, _ = plant.numbers
    keys = list(plant.places.components)
    return {keys[own.component]: now.loss_w for own, now in zip(layout.nodes, memory.nodes, strict=True)}


@pytest.mark.parametrize("hour", [3, 12, 19])
def test_what_goes_in_comes_out_or_is_lost_in_lines(hour: int) -> None:
    plant = after(running(load_site("village"), datetime(2026, 6, 15, hour)), 600.0)
    seen = list(balances(plant))
    assert {key for key, _, _ in seen} > {"grid", "trafo", "main", "house-1", "house-5", "farm"}
    for _, into_w, out_w in seen:
        assert into_w == pytest.approx(out_w, rel=1e-9, abs=1e-6)
    lines = list(through_lines(plant))
    assert len(lines) == 8
    for _, lost, taken in lines:
        assert lost.real == pytest.approx(taken.real, rel=1e-6, abs=1e-5)
        assert lost.real > 0.0


def test_what_is_lost_is_what_the_current_costs_in_phases_and_neutral() -> None:
    plant = feeder()
    ohm, length_km = 0.642, 0.2
    current_a = [
        abs(power) / voltage_v
        for power, voltage_v in zip(
            powers(plant.numbers[1].components[plant.places.components["yard"]]),
            phases_v(plant, "yard")[0],
            strict=True,
        )
    ]
    assert lost_w(plant)["yard"] > ohm * length_km * sum(a * a for a in current_a)
    alone = feeder()
    alone.switching.switch("switch", Position.OFF)
    alone.operating_point.solve()
    current_a[0] = 20e3 / phases_v(alone, "yard")[0, 0]
    # There and back, through a conductor like the phase's.
    expected_w = 2.0 * ohm * length_km * current_a[0] ** 2
    assert lost_w(alone)["yard"] == pytest.approx(expected_w, rel=1e-4)


def test_a_look_in_between_changes_nothing() -> None:
    village = load_site("village")
    often, seldom = running(village), running(village)
    for _ in range(90):
        after(often, 10.0).readings.flows()
        phases_v(often, "farm", "grid")
    after(seldom, 900.0)
    assert remembered(often) == remembered(seldom)


@settings(max_examples=5, derandomize=True)
@given(before_s=st.integers(1, 900), after_s=st.integers(1, 900))
def test_a_snapshot_goes_on_with_the_same_bits(before_s: int, after_s: int) -> None:
    village = load_site("village")
    whole = after(running(village, datetime(2026, 6, 15, 17)), before_s)
    other = running(village, datetime(2026, 6, 15, 17))
    other.restore(whole.save())
    assert phases_v(other, "farm").tolist() == phases_v(whole, "farm").tolist()
    assert after(other, after_s).save() == after(whole, after_s).save()


def test_what_is_switched_off_has_no_voltage_behind_it_and_its_neighbours_have_the_right_one() -> None:
    plant, alone = feeder(), feeder()
    before_v = phases_v(plant, "grid", "trafo", "yard", "barn", "mill", "other")
    plant.switching.switch("switch", Position.OFF)
    plant.operating_point.solve()
    assert not phases_v(plant, "barn", "mill").any()
    assert active_w(plant, "barn") == active_w(plant, "mill") == active_w(plant, "switch") == 0.0
    assert lost_w(plant)["barn"] == 0.0
    # What goes on is as if its line were the only thing there: 10 W of a cable that nothing flows through.
    alone.switching.switch("mill", Position.OFF)
    alone.operating_point.solve()
    assert phases_v(plant, "yard", "other") == pytest.approx(phases_v(alone, "yard", "other"), rel=1e-6)
    assert active_w(plant, "yard") == pytest.approx(20e3)
    plant.switching.switch("switch", Position.ON)
    plant.operating_point.solve()
    assert phases_v(plant, "grid", "trafo", "yard", "barn", "mill", "other") == pytest.approx(
        before_v, rel=1e-10
    )


def test_a_load_that_is_switched_off_leaves_the_voltage_of_its_node() -> None:
    plant = feeder()
    lower_v = phases_v(plant, "barn")
    plant.switching.switch("mill", Position.OFF)
    plant.operating_point.solve()
    assert active_w(plant, "mill") == 0.0
    assert (phases_v(plant, "barn") > lower_v).all()
    assert phases_v(plant, "mill").tolist() == phases_v(plant, "barn").tolist()


def test_a_transformer_that_is_switched_off_has_no_voltage_behind_it_and_loses_nothing() -> None:
    plant = feeder()
    idle_w = lost_w(plant)["trafo"]
    plant.switching.switch("trafo", Position.OFF)
    plant.operating_point.solve()
    assert idle_w > 270.0
    assert lost_w(plant)["trafo"] == active_w(plant, "grid") == 0.0
    assert plant.readings.reactive_power_var("grid") == 0.0
    assert not phases_v(plant, "trafo", "main", "yard").any()
    assert phases_v(plant, "grid")[0] == pytest.approx([20e3 / math.sqrt(3.0)] * 3)
    plant.switching.switch("trafo", Position.ON)
    plant.operating_point.solve()
    assert lost_w(plant)["trafo"] == pytest.approx(idle_w, rel=1e-9)


def test_one_behind_which_nothing_draws_loses_what_its_iron_does() -> None:
    plant = feeder()
    plant.switching.switch("main", Position.OFF)
    plant.operating_point.solve()
    assert active_w(plant, "grid") == pytest.approx(270.0, rel=1e-3)
    magnetising_var = math.sqrt((0.005 * 250e3) ** 2 - 270.0**2)
    assert plant.readings.reactive_power_var("grid") == pytest.approx(magnetising_var, rel=1e-3)


def test_an_outage_takes_all_voltages_and_they_come_back() -> None:
    plant = feeder(grid=", outages: [{from: 60 s, duration: 30 s}]")
    keys = ("grid", "trafo", "yard", "barn", "other")
    before_v = phases_v(plant, *keys)
    after(plant, 61.0)
    assert not phases_v(plant, *keys).any()
    assert not any(lost_w(plant).values())
    assert active_w(plant, "grid") == 0.0
    after(plant, 30.0)
    assert phases_v(plant, *keys) == pytest.approx(before_v, rel=1e-10)


def test_voltages_follow_those_of_the_grid_phase_by_phase() -> None:
    plant = running(parse_site("""
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, voltages: {phases: [240 V, 220 V, 230 V]}, short_circuit_power: 20 MVA}
  far: {id: 2, category: meter, behind: grid, line: {resistance: 0.1 Ω, reactance: 0.1 Ω}}
""", "idle.yaml"))  # fmt: skip
    assert phases_v(plant, "far")[0] == pytest.approx([240.0, 220.0, 230.0], rel=1e-12)
    lines_v = plant.readings.voltages("far").lines_v
    expected_v = [
        math.sqrt(a * a + b * b + a * b) for a, b in ((240.0, 220.0), (220.0, 230.0), (230.0, 240.0))
    ]
    assert list(lines_v) == pytest.approx(expected_v, rel=1e-12)


def test_the_reactance_of_a_cable_goes_with_the_frequency() -> None:
    text = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, frequency: %s}
  far: {id: 2, category: meter, behind: grid, line: {type: nayy-4x150, length: 1 km}}
"""
    at_50, at_60 = (
        running(parse_site(text % hertz, "cable.yaml")).numbers[0].nodes[1] for hertz in ("50 Hz", "60 Hz")
    )
    assert at_60.resistance == at_50.resistance
    assert at_60.reactance == pytest.approx(1.2 * at_50.reactance)
    assert at_60.mutual_reactance == pytest.approx(1.2 * at_50.mutual_reactance)
    assert at_60.far_b == pytest.approx(1.2 * at_50.far_b)
    assert at_50.reactance * NOMINAL_V**2 == pytest.approx(0.08)
    assert at_50.far_b / NOMINAL_V**2 == pytest.approx(0.5 * 2.0 * math.pi * 50.0 * 261e-9)


class TestDevices:
    """See the voltages of their own node, each phase its own."""

    def test_a_load_of_constant_impedance_draws_by_the_voltage_of_each_phase(self) -> None:
        plant = feeder(
            more="  oven: {id: 20, category: meter, behind: yard, load: 6 kW, zip: constant-impedance}"
        )
        found, (yard_v,) = plant.readings.flows().ac["oven"], phases_v(plant, "yard")
        assert yard_v[0] < 210.0
        assert yard_v[1] > 225.0
        for drawn_w, phase_v in zip((found.p1, found.p2, found.p3), yard_v, strict=True):
            assert drawn_w == pytest.approx(2e3 * (phase_v / NOMINAL_V) ** 2, rel=1e-7)

    def test_one_on_a_single_phase_goes_by_that(self) -> None:
        plant = feeder(
            more="  oven: {id: 20, category: meter, behind: yard, load: 2 kW, zip: constant-impedance, phases: [3]}"
        )
        (yard_v,) = phases_v(plant, "yard")
        assert active_w(plant, "oven") == pytest.approx(2e3 * (yard_v[2] / NOMINAL_V) ** 2, rel=1e-7)

    def test_a_capacitor_bank_gives_by_the_square_of_the_voltage_where_it_is(self) -> None:
        plant = feeder(
            more="  caps: {id: 20, category: capacitor_bank, behind: yard, rated_reactive_power: 6 kvar, steps: 1}"
        )
        plant.set_points.send("caps", PowerType.REACTIVE, -6e3)
        after(plant, 120.0)
        yard_v = phases_v(plant, "yard")[0].mean()
        found_var = plant.readings.reactive_power_var("caps")
        assert found_var == pytest.approx(-6e3 * (yard_v / NOMINAL_V) ** 2, rel=1e-7)

    def test_a_car_draws_its_current_at_the_voltage_of_each_phase(self) -> None:
        plant = feeder(
            more="""\
  car:
    {id: 20, category: ev_charger, behind: yard, rated_power: 22 kW,
     sessions: [{arrive: "11:00", stay: 7 h, energy: 40 kWh}]}
"""
        )
        after(plant, 120.0)
        found, (yard_v,) = plant.readings.flows().ac["car"], phases_v(plant, "yard")
        drawn_w = (found.p1, found.p2, found.p3)
        assert min(drawn_w) > 1e3
        currents_a = [power_w / phase_v for power_w, phase_v in zip(drawn_w, yard_v, strict=True)]
        assert currents_a == pytest.approx([currents_a[0]] * 3, rel=1e-6)

    def test_inverters_answer_to_the_voltage_of_their_own_node_and_phases(self) -> None:
        roof = (
            "category: pv_inverter, rated_power: 10 kW, rated_apparent_power: 11 kVA, irradiance: 0 W/m², "
            "grid_code: {preset: vde-ar-n-4105, volt_var: {response_time: 10 s}}"
        )
        plant = feeder(
            more=f"""\
  near: {{id: 20, behind: other, {roof}}}
  far: {{id: 21, behind: yard, {roof}}}
  one: {{id: 22, behind: yard, phases: [1], {roof}}}
  two: {{id: 23, behind: yard, phases: [2], {roof}}}
"""
        )
        plant.advance(plant.time_us + 300_000_000)
        (other_v, yard_v) = phases_v(plant, "other", "yard")
        assert (abs(other_v / NOMINAL_V - 1.0) < 0.03).all()

        def share(voltage_pu: float) -> float:
            capacitive, inductive = (
                max(by_pu, 0.0) / 0.04 for by_pu in (0.97 - voltage_pu, voltage_pu - 1.03)
            )
            return 0.436 * (min(inductive, 1.0) - min(capacitive, 1.0))

        found = {key: plant.readings.reactive_power_var(key) / 11e3 for key in ("near", "far", "one", "two")}
        assert found["near"] == 0.0
        assert found["one"] == pytest.approx(share(yard_v[0] / NOMINAL_V), abs=1e-6)
        assert found["two"] == pytest.approx(share(yard_v[1] / NOMINAL_V), abs=1e-6)
        assert found["one"] < -0.1
        assert found["two"] > 0.0
        # The phase that is farthest from the nominal voltage counts.
        assert found["far"] == pytest.approx(found["one"], abs=1e-6)


class TestCollapse:
    """What lines cannot carry is switched off, and the rest lives on."""

    @staticmethod
    def overloaded(power_kw: int, phases: list[int]) -> Plant:
        return feeder(
            more=f"""\
  far: {{id: 19, category: meter, behind: barn, line: {{type: nayy-4x50, length: 400 m}}}}
  heavy: {{id: 20, category: meter, behind: far, load: {power_kw} kW, phases: {phases}}}
"""
        )

    @pytest.mark.parametrize(
        ("power_kw", "phases"),
        [(60, [2]), (30, [1]), (40, [3]), (150, [1, 2, 3]), (90, [1, 2]), (400, [1, 2, 3])],
    )
    def test_the_node_with_the_lowest_voltage_is_switched_off_for_a_minute_again_and_again(
        self, power_kw: int, phases: list[int]
    ) -> None:
        plant, without = self.overloaded(power_kw, phases), feeder()
        assert not phases_v(plant, "far", "heavy").any()
        assert active_w(plant, "heavy") == 0.0
        assert phases_v(plant, "yard", "barn", "other") == pytest.approx(
            phases_v(without, "yard", "barn", "other"), rel=1e-6
        )
        layout, memory, _ = plant.numbers
        number = layout.components[plant.places.components["far"]].node
        assert [now.collapses for now in memory.nodes] == [
            int(node == number) for node in range(len(layout.nodes))
        ]
        assert memory.nodes[number].dark_until_us == plant.time_us + RELEASED_US
        after(plant, 59.9)
        assert memory.nodes[number].collapses == 1
        after(plant, 0.2)
        assert memory.nodes[number].collapses == 2
        assert active_w(plant, "heavy") == 0.0

    def test_it_is_on_again_where_its_load_has_gone(self) -> None:
        plant = self.overloaded(60, [2])
        plant.switching.switch("heavy", Position.OFF)
        assert not phases_v(plant, "far").any()
        after(plant, 30.0)
        assert not phases_v(plant, "far").any()
        after(plant, 31.0)
        assert (phases_v(plant, "far") > 195.0).all()
        assert [now.dark_until_us for now in plant.numbers[1].nodes] == [0] * len(plant.numbers[1].nodes)

    @pytest.mark.parametrize(("reactance_ohm", "share"), [(0.0, 0.998), (0.2, 0.998), (1.0, 0.98)])
    def test_a_load_of_all_but_what_the_line_can_carry_is_carried(
        self, reactance_ohm: float, share: float
    ) -> None:
        z_ohm = abs(complex(0.5, reactance_ohm))
        power_w = share * NOMINAL_V**2 / (2.0 * (0.5 + z_ohm))
        line = (
            f"{{resistance: 0.5 Ω, reactance: {reactance_ohm} Ω, "
            f"zero_sequence_resistance: 0.5 Ω, zero_sequence_reactance: {reactance_ohm} Ω}}"
        )
        plant = running(parse_site(f"""
microgrid: {{id: 1}}
components:
  grid: {{id: 1, category: grid_connection_point}}
  far: {{id: 2, category: meter, behind: grid, phases: [1], load: {power_w} W, line: {line}}}
""", "heavy.yaml"))  # fmt: skip
        # |E|² = |U + z I|² at cos phi 1, solved for U²; of two solutions the greater.
        middle = 0.5 * NOMINAL_V**2 - 0.5 * power_w
        square_v2 = middle + math.sqrt(middle**2 - (z_ohm * power_w) ** 2)
        assert phases_v(plant, "far")[0, 0] == pytest.approx(math.sqrt(square_v2), rel=1e-8)

    def test_one_of_more_than_that_is_not(self) -> None:
        plant = running(parse_site(f"""
microgrid: {{id: 1}}
components:
  grid: {{id: 1, category: grid_connection_point}}
  far:
    {{id: 2, category: meter, behind: grid, load: {1.001 * 3.0 * NOMINAL_V**2 / 2.0} W,
      line: {{resistance: 0.5 Ω, reactance: 0 Ω}}}}
""", "heavy.yaml"))  # fmt: skip
        assert not phases_v(plant, "far").any()
        assert active_w(plant, "far") == active_w(plant, "grid") == 0.0


def test_a_day_of_the_village_stays_within_its_voltages_and_counts_what_its_lines_lose() -> None:
    plant = running(load_site("village"), datetime(2026, 6, 15, 0))
    least_v, most_v = math.inf, 0.0
    for _ in range(48):
        after(plant, timedelta(minutes=30).total_seconds())
        farm_v = phases_v(plant, "farm", "roof-farm")
        least_v, most_v = min(least_v, farm_v.min()), max(most_v, farm_v.max())
    assert 0.85 * NOMINAL_V < least_v < NOMINAL_V < most_v < 1.1 * NOMINAL_V
