"""Reactive power that is shown can be had, and is accepted."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from doppelgrid.sim.domain.messages import OutOfBoundsError, RequestStatus
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Ranges
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

REACTIVE = Metric.AC_POWER_REACTIVE
DEVICE = 3


def running(device: dict[str, Any], phase: str = "230 V", **others: dict[str, Any]) -> Simulation:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "voltages": {"phases": [phase] * 3}},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "device": {"id": DEVICE, "behind": "main", **device},
        **others,
    }
    simulation = Simulation.headless(
        Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=0, seed=0
    )
    simulation.run_for(timedelta(seconds=2))
    return simulation


def shown(simulation: Simulation) -> Ranges:
    return simulation.gateway.frame(DEVICE).bounds[REACTIVE]


@pytest.mark.parametrize("phase", ["235 V", "240 V", "250 V"])
def test_a_capacitor_bank_accepts_what_a_high_voltage_makes_of_all_its_steps(phase: str) -> None:
    bank = running({"category": "capacitor_bank", "rated_reactive_power": "60 kvar", "steps": 6}, phase)
    ((lower_var, _),) = shown(bank)
    assert lower_var < -61e3
    bank.gateway.set_power(DEVICE, PowerType.REACTIVE, lower_var, 60)
    bank.run_for(timedelta(seconds=5))
    assert bank.gateway.frame(DEVICE).values[REACTIVE] == pytest.approx(lower_var)


@pytest.mark.parametrize("phase", ["229 V", "230.94 V", "231 V", "240 V"])
@pytest.mark.parametrize("steps", [1, 4])
async def test_a_capacitor_bank_told_what_it_showed_before_the_voltage_fell_gives_all_that_it_can(
    phase: str, steps: int
) -> None:
    bank = running({"category": "capacitor_bank", "rated_reactive_power": "10 kvar", "steps": steps}, phase)
    ((before_var, _),) = shown(bank)
    bank.drive("grid", "voltage", 0.991 * 400.0)
    request = bank.gateway.set_power(DEVICE, PowerType.REACTIVE, before_var, 60)
    bank.run_for(timedelta(seconds=5))
    ((lower_var, _),) = shown(bank)
    assert (
        bank.gateway.frame(DEVICE).values[REACTIVE] == pytest.approx(lower_var) != pytest.approx(before_var)
    )
    assert [update.status async for update in request][-1] is RequestStatus.SUCCESS


@pytest.mark.parametrize("told_var", [-10_250.0, 1.0])
def test_a_capacitor_bank_accepts_no_more_than_voltages_move_it(told_var: float) -> None:
    bank = running({"category": "capacitor_bank", "rated_reactive_power": "10 kvar"}, "230 V")
    with pytest.raises(OutOfBoundsError):
        bank.gateway.set_power(DEVICE, PowerType.REACTIVE, told_var, 60)


def test_a_capacitor_bank_accepts_nothing_beyond_what_clients_leave_it() -> None:
    bank = running({"category": "capacitor_bank", "rated_reactive_power": "10 kvar"})
    bank.gateway.augment_bounds(DEVICE, REACTIVE, [(-9e3, 0.0)], lifetime_s=600)
    with pytest.raises(OutOfBoundsError, match="accepted: -9000 to 0 var"):
        bank.gateway.set_power(DEVICE, PowerType.REACTIVE, -9_001.0, 60)


@pytest.mark.parametrize("phase", ["144 V", "173 V", "208 V", "225 V", "250 V"])
@pytest.mark.parametrize("part", [1.0, 0.5, 0.7])
def test_a_capacitor_bank_gives_the_nearest_whole_steps_of_its_voltage(phase: str, part: float) -> None:
    bank = running({"category": "capacitor_bank", "rated_reactive_power": "60 kvar", "steps": 6}, phase)
    ((lower_var, _),) = shown(bank)
    bank.gateway.set_power(DEVICE, PowerType.REACTIVE, part * lower_var, 60)
    bank.run_for(timedelta(seconds=5))
    assert bank.gateway.frame(DEVICE).values[REACTIVE] == pytest.approx(round(6 * part) * lower_var / 6)
    assert bank.plant.tracking.has_reached("device", PowerType.REACTIVE)


@pytest.mark.parametrize(
    ("left_var", "told_var", "given_steps"),
    [
        ((-1318.0, 0.0), -1318.0, 0), ((-3000.0, -1000.0), -1000.0, 1), ((-3000.0, -1000.0), -3000.0, 1),
        ((-5700.0, 0.0), -5700.0, 2), ((-20e3, 0.0), -19e3, 9), ((-1318.0, -200.0), -1318.0, 0),
    ],
)  # fmt: skip
def test_a_capacitor_bank_keeps_within_what_clients_leave_it(
    left_var: tuple[float, float], told_var: float, given_steps: int
) -> None:
    bank = running({"category": "capacitor_bank", "rated_reactive_power": "20 kvar", "steps": 9})
    ((all_var, _),) = shown(bank)
    bank.gateway.augment_bounds(DEVICE, REACTIVE, [left_var], lifetime_s=600)
    bank.gateway.set_power(DEVICE, PowerType.REACTIVE, told_var, 60)
    bank.run_for(timedelta(seconds=5))
    assert bank.gateway.frame(DEVICE).values[REACTIVE] == pytest.approx(given_steps * all_var / 9)
    assert bank.plant.tracking.has_reached("device", PowerType.REACTIVE)


def test_at_rest_an_inverter_with_a_least_power_factor_shows_no_reactive_power() -> None:
    inverter = {"category": "battery_inverter", "rated_power": "10 kW", "min_power_factor": 0.9}
    battery = {"id": 4, "category": "battery", "behind": "device", "preset": "lfp-92kwh"}
    assert shown(running(inverter, battery=battery)) == ((0.0, 0.0),)


@pytest.mark.parametrize("reactive_var", [1000.0, None])
def test_an_inverter_told_what_it_draws_at_rest_shows_what_reactive_power_it_has_beside(
    reactive_var: float | None,
) -> None:
    keys = {
        "category": "battery_inverter",
        "rated_power": "100 kW",
        "standby_power": "100 W",
        "min_power_factor": 0.95,
    }
    battery = {"id": 4, "category": "battery", "behind": "device", "preset": "lfp-92kwh"}
    inverter = running(keys, battery=battery)
    if reactive_var is not None:
        inverter.gateway.set_power(DEVICE, PowerType.REACTIVE, reactive_var, 60)
    for power_w in (20e3, 100.0):
        inverter.gateway.set_power(DEVICE, PowerType.ACTIVE, power_w, 60)
        inverter.run_for(timedelta(seconds=10))
    most_var = 100.0 * math.tan(math.acos(0.95))
    assert inverter.gateway.frame(DEVICE).values[REACTIVE] == pytest.approx(
        0.0 if reactive_var is None else most_var
    )
    assert shown(inverter) == (pytest.approx((-most_var, most_var)),)


LIMITS = {
    "fixed": ({"rated_power": "30 kW", "max_reactive_power": "3 kvar"}, 3000.0),
    "fixed, of one that has more apparent power": (
        {"rated_power": "30 kW", "rated_apparent_power": "40 kVA", "max_reactive_power": "3 kvar"}, 3000.0
    ),
    "by power factor": ({"rated_power": "10 kW", "min_power_factor": 0.8}, 6000.0),
    "by power factor, at the rated power": (
        {"rated_power": "10 kW", "rated_apparent_power": "20 kVA", "min_power_factor": 0.8}, 7500.0
    ),
    "by apparent power": ({"rated_power": "10 kW", "rated_apparent_power": "12 kVA"}, 12000.0),
}  # fmt: skip
KINDS: dict[str, dict[str, Any]] = {
    "battery": {"category": "battery_inverter"},
    "hybrid": {"category": "hybrid_inverter", "peak_power": "30 kW"},
    "photovoltaics": {"category": "pv_inverter"},
    "recorded photovoltaics": {"category": "pv_inverter", "power": "8 kW"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", LIMITS)
class TestWhatAnInverterCanNeverHave:
    """Of reactive power, whatever its active power: by its limit, its least power factor, or its apparent power."""

    def site(self, kind: str, limit: str) -> tuple[Simulation, float]:
        keys, most_var = LIMITS[limit]
        battery = {"id": 4, "category": "battery", "behind": "device", "preset": "lfp-92kwh"}
        takes_batteries = kind in ("battery", "hybrid")
        return running({**KINDS[kind], **keys}, **({"battery": battery} if takes_batteries else {})), most_var

    def test_is_told_as_its_rating(self, kind: str, limit: str) -> None:
        simulation, most_var = self.site(kind, limit)
        (listed,) = [each for each in simulation.gateway.components() if each.id == DEVICE]
        lower_var, upper_var = listed.rated_bounds[REACTIVE]
        assert (lower_var, upper_var) == (pytest.approx(-most_var), pytest.approx(most_var))

    @pytest.mark.parametrize("sign", [-1.0, 1.0])
    def test_is_refused(self, kind: str, limit: str, sign: float) -> None:
        simulation, most_var = self.site(kind, limit)
        simulation.gateway.set_power(DEVICE, PowerType.REACTIVE, sign * most_var, 60)
        with pytest.raises(OutOfBoundsError, match=f"accepted: -{most_var:.0f} to {most_var:.0f} var$"):
            simulation.gateway.set_power(DEVICE, PowerType.REACTIVE, sign * 1.001 * most_var, 60)


def test_what_is_in_force_stays_where_more_reactive_power_is_refused() -> None:
    inverter = running({"category": "pv_inverter", "rated_power": "30 kW", "max_reactive_power": "3 kvar"})
    inverter.gateway.set_power(DEVICE, PowerType.REACTIVE, 2900.0, 60)
    with pytest.raises(OutOfBoundsError):
        inverter.gateway.set_power(DEVICE, PowerType.REACTIVE, 4500.0, 60)
    inverter.run_for(timedelta(seconds=5))
    assert inverter.gateway.frame(DEVICE).values[REACTIVE] == pytest.approx(2900.0)
