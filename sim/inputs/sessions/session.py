"""A car's stay at a charger, and the plan of a charger's sessions: a piecewise constant function of time.

All times are integer microseconds since the Unix epoch, UTC.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple, Protocol

from ....models.electric_car import ElectricCarParams
from ..signal import NEVER

SECOND_US = 1_000_000
_NOMINAL_V = 230.0
_LEAST_CURRENT_A = 6.0
"""IEC 61851-1: a charger offers no less."""
_GREATEST_CURRENT_A = 63.0
"""The most that a plug by IEC 62196-2 carries."""
_LOW_VOLTAGE = 0.9
"""Of the nominal one: as far as voltages may fall (EN 50160)."""
_CURVE_STEP_W = 5e3
"""Curves are raised to multiples of this, so that many sessions have few of them [W]."""
_SPARE = 1.25
"""Capacity over the energy of a session that no known car could have held."""


class Session(NamedTuple):
    """A car's stay at a charger."""

    arrival_us: int
    departure_us: int
    """As planned; the car really leaves `late_us` after it."""
    car: ElectricCarParams
    energy_wh: float = math.inf
    """Wanted through the cable [Wh]; infinite to charge up to the target."""
    arrival_soc: float = 0.3
    target_soc: float = 1.0
    authorised_us: int = 0
    """When the charger may begin; `NEVER` for a car that is not authorised at all."""
    pauses_us: tuple[tuple[int, int], ...] = ()
    """When the car pauses by itself: beginnings and ends, in order."""
    late_us: int = 0
    """How long after the planned departure it stays."""

    @property
    def leaves_us(self) -> int:
        """When the car really leaves."""
        return self.departure_us + self.late_us


class SessionNow(NamedTuple):
    """What a session is at an instant, as numbers: the fields of `EvChargerInput` after set-point and voltage."""

    session_id: int
    plugged_at_station: int
    plugged_at_car: int
    authorised: int
    car_pauses: int
    arrival_soc: float
    target_soc: float
    wanted_energy_wh: float
    capacity_wh: float
    ac_phases: int
    ac_current_max_a: float
    onboard_loss: float
    electronics_w: float
    cv_time_constant_s: float
    loss_at_1c: float
    dc_curve: int
    ac_current_min_a: float
    offer_share: float
    reaction_s: float


NO_CAR = SessionNow(0, 0, 0, 0, 0, 0.0, 1.0, 0.0, 1.0, 1, 0.0, 0.0, 0.0, 1.0, 0.0, -1, 0.0, 1.0, 0.0)


class SessionPlan(Protocol):
    """The sessions of a charger over time. It never changes what it answers."""

    @property
    def dc_curves_w(self) -> tuple[float, ...]:
        """The curves of the cars that may come, end to end, as `SessionNow.dc_curve` numbers them."""
        ...

    @property
    def ends_us(self) -> int:
        """When the last car has left; `NEVER` if cars keep coming, or none was ever to come [µs]."""
        ...

    def session(self, time_us: int) -> Session | None:
        """Return the session at an instant, or None without a car."""
        ...

    def at(self, time_us: int) -> SessionNow:
        """Return what holds from `time_us` until the next change."""
        ...

    def until(self, time_us: int) -> int:
        """Return the first change strictly after `time_us`, or `NEVER`."""
        ...


class Curves:
    """The curves of power over state of charge of some cars, each once."""

    def __init__(self, cars: Iterable[ElectricCarParams]) -> None:
        """Number the curves of cars that take direct current."""
        distinct = dict.fromkeys(car.dc_curve_w for car in cars if max(car.dc_curve_w) > 0.0)
        self._numbers = {curve_w: number for number, curve_w in enumerate(distinct)}
        self.flat_w = tuple(power_w for curve_w in distinct for power_w in curve_w)

    def number(self, car: ElectricCarParams) -> int:
        """Return the number of a car's curve, or -1 if it takes no direct current."""
        return self._numbers.get(car.dc_curve_w, -1)


class OverlapError(ValueError):
    """Two cars at one charger at the same time."""

    def __init__(self, earlier: Session, later: Session) -> None:
        """Name the two sessions."""
        super().__init__(earlier, later)
        self.earlier, self.later = earlier, later

    def __str__(self) -> str:
        return "a car arrives before the one before it has left"


class Listed:
    """A finite list of sessions."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        """Keep sessions.

        Args:
            sessions: In any order; one after the other at the charger.

        Raises:
            OverlapError: If a car arrives before the one before it has left.
        """
        self._sessions = sorted(sessions, key=lambda session: session.arrival_us)
        for earlier, later in pairwise(self._sessions):
            if later.arrival_us < earlier.leaves_us:
                raise OverlapError(earlier, later)
        self._arrivals = [session.arrival_us for session in self._sessions]
        self.ends_us = self._sessions[-1].leaves_us if self._sessions else NEVER
        self._curves = Curves(session.car for session in self._sessions)
        self.dc_curves_w = self._curves.flat_w

    def session(self, time_us: int) -> Session | None:
        """Return the session at an instant, or None without a car."""
        index = bisect_right(self._arrivals, time_us) - 1
        return self._sessions[index] if index >= 0 and time_us < self._sessions[index].leaves_us else None

    def at(self, time_us: int) -> SessionNow:
        """Return what holds from `time_us` until the next change."""
        session = self.session(time_us)
        if session is None:
            return NO_CAR
        number = bisect_right(self._arrivals, time_us)
        return numbers_of(session, time_us, number, self._curves.number(session.car))

    def until(self, time_us: int) -> int:
        """Return the first change strictly after `time_us`, or `NEVER`."""
        index = bisect_right(self._arrivals, time_us)
        change_us = self._arrivals[index] if index < len(self._arrivals) else NEVER
        if index > 0:
            change_us = min(change_us, next_change_us(self._sessions[index - 1], time_us))
        return change_us


def numbers_of(session: Session, time_us: int, number: int, curve: int) -> SessionNow:
    """Return a session at an instant as numbers.

    Args:
        session: In whose stay the instant lies.
        time_us: The instant [µs].
        number: Of the session, from 1 on; never that of another session of the charger nearby.
        curve: Number of the car's curve among those of the charger.
    """
    car = session.car
    return SessionNow(
        session_id=number,
        plugged_at_station=1,
        plugged_at_car=1,
        authorised=int(time_us >= session.authorised_us),
        car_pauses=int(any(begin_us <= time_us < end_us for begin_us, end_us in session.pauses_us)),
        arrival_soc=session.arrival_soc,
        target_soc=session.target_soc,
        wanted_energy_wh=session.energy_wh,
        capacity_wh=car.capacity_wh,
        ac_phases=car.ac_phases,
        ac_current_max_a=car.ac_current_max_a,
        onboard_loss=car.onboard_loss,
        electronics_w=car.electronics_w,
        cv_time_constant_s=car.cv_time_constant_s,
        loss_at_1c=car.loss_at_1c,
        dc_curve=curve,
        ac_current_min_a=car.ac_current_min_a,
        offer_share=car.offer_share,
        reaction_s=car.reaction_s,
    )


def next_change_us(session: Session, time_us: int) -> int:
    """Return the first change of a session strictly after an instant, its arrival included, or `NEVER` [µs]."""
    changes_us = (
        session.arrival_us,
        session.leaves_us,
        session.authorised_us,
        *(time for pause_us in session.pauses_us for time in pause_us),
    )
    within = (time for time in changes_us if time_us < time <= session.leaves_us)
    return min(within, default=NEVER)


def fitting_car(car: ElectricCarParams, energy_wh: float) -> ElectricCarParams:
    """Return a car that can take up an energy: the given one, or one like it with a larger battery.

    For recordings and statistics, which do not know the car: what took up the energy was large enough for it.

    Args:
        car: To be expected.
        energy_wh: Through the cable, finite [Wh].
    """
    if energy_wh * _SPARE <= car.capacity_wh:
        return car
    return car._replace(capacity_wh=energy_wh * _SPARE)


def recorded_car(
    car: ElectricCarParams,
    *,
    phases: int,
    mean_power_w: float,
    max_power_w: float | None = None,
    max_current_a: float | None = None,
) -> ElectricCarParams:
    """Return a car that draws what one did that was recorded: what it could take is part of its session.

    Args:
        car: To be expected where the recording does not say what it drew.
        phases: Of the charger; the car uses no more.
        mean_power_w: Through the cable over its stay [W], which it could take at least.
        max_power_w: Greatest through the cable [W], on alternating current at 230 V; None if unknown.
        max_current_a: Greatest on a phase [A]; None if unknown.
    """
    per_ampere_w = _NOMINAL_V * min(car.ac_phases, phases)
    recorded_a = [] if max_power_w is None else [max_power_w / per_ampere_w]
    recorded_a += [] if max_current_a is None else [max_current_a]
    current_a = min(recorded_a, default=car.ac_current_max_a)
    needed_a = mean_power_w / (_LOW_VOLTAGE * per_ampere_w)
    curve_w = car.dc_curve_w
    if max(curve_w) > 0.0:
        least_w = _CURVE_STEP_W * math.ceil(mean_power_w / _CURVE_STEP_W)
        most_w = math.inf if max_power_w is None else max(max_power_w, mean_power_w)
        curve_w = tuple(min(max(power_w, least_w), most_w) for power_w in curve_w)
    return car._replace(
        ac_current_max_a=min(max(current_a, needed_a, _LEAST_CURRENT_A), _GREATEST_CURRENT_A),
        dc_curve_w=curve_w,
    )


def taking_at_most(car: ElectricCarParams, power_w: float) -> ElectricCarParams:
    """Return a car of a greatest power, where its curve on direct current leaves that [W].

    Args:
        car: Whose other figures it has.
        power_w: On alternating current at 230 V, where it draws as much on each of its phases.
    """
    current_a = power_w / (_NOMINAL_V * car.ac_phases)
    return car._replace(
        ac_current_max_a=min(max(current_a, _LEAST_CURRENT_A), _GREATEST_CURRENT_A),
        dc_curve_w=tuple(min(each_w, power_w) for each_w in car.dc_curve_w),
    )


def unknown_arrival_soc(car: ElectricCarParams, energy_wh: float, share_left: float = 0.1) -> float:
    """Return a state of charge from which a car can take up an energy.

    Where nothing is known of it: such that the energy, were nothing lost, ends `share_left` of the capacity below
    full, and so before the taper of a car on alternating current.

    Args:
        car: Large enough for the energy.
        energy_wh: Through the cable [Wh].
        share_left: Part of the capacity, 0..1.
    """
    return min(max(1.0 - share_left - energy_wh / car.capacity_wh, 0.0), 1.0)
