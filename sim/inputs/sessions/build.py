"""The plan of a charger's sessions from what a site file says."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from ....models.electric_car import ElectricCarParams
from ...domain.timestamps import to_datetime, to_us
from ...files.moments import parse_zone
from ..build import InputSetting
from ..daily import local_datetime
from ..errors import InputError
from ..signal import NEVER
from .acn import RecordedSession, at_station, read_acn_sessions
from .arrivals import statistical_sessions
from .cars import car_preset
from .daily import LEAD_IN_DAYS, DayByDay
from .overlaps import one_after_another
from .profiles import PROFILES
from .sections import WEEKDAYS, RecordedSessions, ScriptedSession, Sessions, StatisticalSessions
from .session import (
    SECOND_US,
    Listed,
    OverlapError,
    Session,
    SessionPlan,
    fitting_car,
    recorded_car,
    taking_at_most,
    unknown_arrival_soc,
)

_LOOK_AHEAD_DAYS = 14
"""Within which a list that repeats by the week shows all its overlaps."""


def session_plan(spec: Sessions, where: InputSetting, phases: int = 3) -> SessionPlan:
    """Make the plan of a charger's sessions. Everything that can be wrong with it is found here.

    Args:
        spec: What the site file says.
        where: Place and start of the run; seed, owner and purpose name the random stream.
        phases: Of the charger.

    Raises:
        InputError: If a file is wrong, or cars are listed that are at the charger at the same time.
    """
    zone = parse_zone(where.location.timezone)
    match spec:
        case StatisticalSessions():
            cars = [spec.behaving(car_preset(name)) for name in spec.cars]
            return statistical_sessions(
                PROFILES[spec.profile], cars, key=where.key, start_us=where.start_us, zone=zone
            )
        case RecordedSessions():
            return _recorded(spec, where, zone, phases)
        case _:
            return _scripted(spec, where, zone)


def _recorded(spec: RecordedSessions, where: InputSetting, zone: tzinfo, phases: int) -> Listed:
    path = where.directory / spec.file
    recorded = read_acn_sessions(
        path, parse_zone(spec.timezone) if spec.timezone else zone, refuses_overlaps=spec.overlaps == "refuse"
    )
    moved = _mover(spec, recorded[0].arrival_us, where.start_us, zone)
    sessions = [
        _replayed(spec, session, moved, phases) for session in at_station(recorded, spec.station, path.name)
    ]
    if spec.overlaps != "refuse":
        sessions = one_after_another(sessions, spec.overlaps)
    try:
        return Listed(sessions)
    except OverlapError as error:
        arrival = to_datetime(error.later.arrival_us).astimezone(zone).isoformat()
        found = f"overlapping at {arrival} of the run"
        raise InputError(
            path.name,
            None,
            "leave: estimated",
            found,
            "`leave: recorded`, where stays follow one another; or `overlaps: trim`, `skip` or `keep`",
        ) from None


def _mover(spec: RecordedSessions, first_us: int, start_us: int, zone: tzinfo) -> Callable[[int], int]:
    """Return what moves a recorded instant to the run [µs]."""
    begin_us = first_us
    if spec.begin is not None:
        begin_us = to_us(spec.begin if spec.begin.tzinfo else spec.begin.replace(tzinfo=zone))
    if spec.align == "start":
        return lambda time_us: time_us + start_us - begin_us
    if spec.align == "time-of-day":
        later = local_datetime(start_us, zone).date() - local_datetime(begin_us, zone).date()
        return lambda time_us: to_us(local_datetime(time_us, zone) + later)
    return lambda time_us: time_us


def _replayed(
    spec: RecordedSessions, recorded: RecordedSession, moved: Callable[[int], int], phases: int
) -> Session:
    energy_wh = recorded.delivered_wh if spec.energy == "delivered" else recorded.requested_wh
    leaves_us = recorded.departure_us if spec.leave == "recorded" else recorded.estimated_departure_us
    stay_h = (recorded.departure_us - recorded.arrival_us) / (3600.0 * SECOND_US)
    car = recorded_car(
        fitting_car(spec.behaving(car_preset(spec.car)), energy_wh),
        phases=phases,
        mean_power_w=recorded.delivered_wh / stay_h if stay_h > 0.0 else 0.0,
        max_power_w=recorded.max_power_w,
        max_current_a=recorded.max_current_a,
    )
    return Session(
        moved(recorded.arrival_us),
        moved(max(leaves_us, recorded.arrival_us)),
        car,
        energy_wh,
        unknown_arrival_soc(car, energy_wh, 1.0 - spec.final_soc),
    )


class _Script(NamedTuple):
    entries: tuple[ScriptedSession, ...]
    start_us: int
    zone: tzinfo

    def arriving(self, day: date) -> list[Session]:
        """Return who comes on a day, by arrival."""
        coming = []
        for entry in self.entries:
            arrival_us = self._arrival_us(entry, day)
            if arrival_us is not None:
                coming.append(_scripted_session(entry, arrival_us))
        return sorted(coming)

    def _arrival_us(self, entry: ScriptedSession, day: date) -> int | None:
        if isinstance(entry.arrive, time):
            if WEEKDAYS[day.weekday()] not in entry.days:
                return None
            return to_us(datetime.combine(day, entry.arrive, self.zone))
        once_us = self.once_us(entry)
        return once_us if to_datetime(once_us).astimezone(self.zone).date() == day else None

    def once_us(self, entry: ScriptedSession) -> int:
        """Return when a car comes that comes once [µs]; the run's start for one that comes every day."""
        if isinstance(entry.arrive, datetime):
            return to_us(entry.arrive if entry.arrive.tzinfo else entry.arrive.replace(tzinfo=self.zone))
        return self.start_us + (round(entry.arrive * SECOND_US) if isinstance(entry.arrive, float) else 0)


def _scripted(entries: Sequence[ScriptedSession], where: InputSetting, zone: tzinfo) -> DayByDay:
    script = _Script(tuple(entries), where.start_us, zone)
    earliest_us = min([where.start_us, *(script.once_us(entry) for entry in entries)])
    first_day = to_datetime(earliest_us).astimezone(zone).date() - timedelta(days=LEAD_IN_DAYS)
    cars = [scripted_car(entry) for entry in entries]
    plan = DayByDay(script.arriving, first_day=first_day, zone=zone, cars=cars)
    try:
        plan.refuse_overlaps(to_datetime(where.start_us).astimezone(zone).date(), _LOOK_AHEAD_DAYS)
    except OverlapError as error:
        arrives, leaves = (
            to_datetime(moment_us).astimezone(zone).strftime("%Y-%m-%d %H:%M")
            for moment_us in (error.later.arrival_us, error.earlier.leaves_us)
        )
        raise InputError(
            where.owner, None, "sessions", f"a car that arrives {arrives}, while another stays until {leaves}",
            "one car at a charger at a time",
        ) from None  # fmt: skip
    return plan


def scripted_car(entry: ScriptedSession) -> ElectricCarParams:
    """Return the car of a listed session."""
    car = car_preset(entry.car)
    car = car._replace(
        capacity_wh=entry.capacity_wh or car.capacity_wh, ac_phases=entry.phases or car.ac_phases
    )
    return entry.behaving(car if entry.max_power_w is None else taking_at_most(car, entry.max_power_w))


def _scripted_session(entry: ScriptedSession, arrival_us: int) -> Session:
    def after(seconds: float) -> int:
        return arrival_us + round(seconds * SECOND_US)

    return Session(
        arrival_us,
        after(entry.stay_s),
        scripted_car(entry),
        math.inf if entry.energy_wh is None else entry.energy_wh,
        entry.arrival_soc,
        entry.target_soc,
        after(entry.authorised_after_s) if entry.authorised else NEVER,
        tuple((after(pause.after_s), after(pause.after_s + pause.duration_s)) for pause in entry.pauses),
        round(entry.late_s * SECOND_US),
    )
