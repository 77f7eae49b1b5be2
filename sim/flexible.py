"""Devices on the AC side that take set-points and have no battery of the site behind them.

Each says what it could do now (`reach`), what it does at a setting (`power_w`), how what it stores moves on
(`charge_after`) and how long that holds (`horizon_s`). The plant knows no more of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..models.ac import ThreePhase
from ..models.car import CarParams, car_horizon_s, car_power_limit_w, car_soc_after
from ..models.inverter import reactive_limit_var
from ..models.machine import running_power_w
from .ac_flow import PhasePower, spread
from .device_control import ControlState, Rating, held_w
from .devices import PvSupply
from .inputs.signal import Signal
from .vocabulary import Bounds

NO_POWER = Bounds(0.0, 0.0)


@dataclass(frozen=True)
class Machine:
    """A machine that runs between its minimum and its rating, such as a boiler; also the base of the others."""

    rating: Rating
    shares: ThreePhase
    """Part of the power on each phase."""
    inputs: Mapping[str, Signal] = field(default_factory=dict)
    """What the device depends on, by quantity."""
    initial_charge: float | None = None
    """State of charge of what the device fills when a run starts, 0..1; None if it fills nothing."""

    def reach(self, given: Mapping[str, float], charge: float) -> Bounds:
        """Return the active power that the device could have now [W].

        Args:
            given: Present values of the device's inputs, and the `ambient_temperature` [°C].
            charge: State of charge of what it fills, 0..1.
        """
        del given, charge
        return self.rating.active or NO_POWER

    def power_w(self, control: ControlState, reach: Bounds) -> float:
        """Return the active power that the device has at its present setting [W]."""
        wanted_w = running_power_w(control.setting_w, self.rating.minimum_w)
        return held_w(control._replace(setting_w=wanted_w), reach)

    def reactive_bounds(self, active_w: float) -> Bounds:
        """Return the reactive power that the device offers beside an active power [var]."""
        del active_w
        return self.rating.reactive or NO_POWER

    def draw(self, control: ControlState, reach: Bounds) -> PhasePower:
        """Return what the device draws on its phases at its present setting [W, var]."""
        active_w = self.power_w(control, reach)
        lower, upper = self.reactive_bounds(active_w)
        return spread(active_w, min(max(control.reactive_var, lower), upper), self.shares)

    def charge_after(self, charge: float, power_w: float, dt_s: float) -> float:
        """Return the state of charge after `dt_s` [s] at an active power [W]."""
        del power_w, dt_s
        return charge

    def horizon_s(self, charge: float, power_w: float) -> float:
        """Return how long the device may go on with an active power [W] before its reach changes [s]."""
        del charge, power_w
        return math.inf


@dataclass(frozen=True)
class PvPlant(Machine):
    """Photovoltaics with their inverter: all that the sun offers, unless held back."""

    supply: PvSupply = field(kw_only=True)

    def reach(self, given: Mapping[str, float], charge: float) -> Bounds:
        """Return what the sun offers [W]; a little consumption where it offers nothing."""
        del charge
        available_w = self.supply.available_w(given[self.supply.quantity], given["ambient_temperature"])
        return Bounds(available_w, max(available_w, 0.0))

    def reactive_bounds(self, active_w: float) -> Bounds:
        """Return what the inverter's apparent power leaves [var]."""
        limit = reactive_limit_var(self.supply.inverter, active_w)
        return Bounds(-limit, limit)


@dataclass(frozen=True)
class WindTurbine(Machine):
    """A wind turbine: all that the wind offers, unless held back."""

    def reach(self, given: Mapping[str, float], charge: float) -> Bounds:
        """Return what the wind offers [W]."""
        del charge
        rated = self.rating.active or NO_POWER
        return Bounds(min(max(given["power"], rated.lower), 0.0), 0.0)


@dataclass(frozen=True)
class ChargingPoint(Machine):
    """A charging point for cars: what the car takes, up to the set-point."""

    car: CarParams | None = None

    def reach(self, given: Mapping[str, float], charge: float) -> Bounds:
        """Return what the car at the cable takes [W]; nothing without one."""
        if self.car is None or given["cable"] < 0.5:
            return NO_POWER
        rated = self.rating.active or NO_POWER
        return Bounds(0.0, min(rated.upper, car_power_limit_w(self.car, charge)))

    def charge_after(self, charge: float, power_w: float, dt_s: float) -> float:
        """Return the car's state of charge after `dt_s` [s]."""
        return charge if self.car is None else car_soc_after(self.car, charge, power_w, dt_s)

    def horizon_s(self, charge: float, power_w: float) -> float:
        """Return how long the car goes on taking that power [s]."""
        return math.inf if self.car is None else car_horizon_s(self.car, charge, power_w)
