"""Recorded charging sessions replayed through the charger's model, and generated ones beside recorded ones."""

from __future__ import annotations

import errno
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from doppelgrid.models.ev_charger import EvChargerInput, EvChargerParams, ev_charger_initial_state
from doppelgrid.models.ev_charging import ev_charger_step
from doppelgrid.sim.components.ev_charger import ev_charger_preset
from doppelgrid.sim.domain.timestamps import to_datetime, to_us
from doppelgrid.sim.inputs.build import InputSetting
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.sessions.acn import RecordedSession, read_acn_sessions
from doppelgrid.sim.inputs.sessions.arrivals import ArrivalProfile, statistical_sessions
from doppelgrid.sim.inputs.sessions.build import session_plan
from doppelgrid.sim.inputs.sessions.cars import car_preset
from doppelgrid.sim.inputs.sessions.profiles import PUBLIC, WORKPLACE
from doppelgrid.sim.inputs.sessions.sections import RecordedSessions
from doppelgrid.sim.inputs.sessions.session import (
    Listed,
    Session,
    SessionPlan,
    fitting_car,
    unknown_arrival_soc,
)

from .assessment import AccuracyFigure, Assessment

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FOLDER = "ev_acn_sessions"
_ZONE = ZoneInfo("America/Los_Angeles")
_VOLTAGE_V, _CURRENT_A = 208.0, 32.0
_NOMINAL_V = 230.0
"""At which a site file's charger of 32 A on one phase has its 7.36 kW."""
_WITHIN = 0.02
"""Of a session's recorded energy: what counts as delivered."""
_TIME_TO_SPARE = 0.9
"""Of the stay: a session counts as limited by nothing if its energy flows within that at the station's power."""
_FIRST_DAY, _LAST_DAY = date(2019, 5, 1), date(2019, 12, 31)
_PANDEMIC = datetime(2020, 3, 9, tzinfo=_ZONE)
_SITES = {"jpl": ("JPL, profile workplace", WORKPLACE), "caltech": ("Caltech, profile public", PUBLIC)}


class Replayed(NamedTuple):
    """A recorded session and what the model delivered in it."""

    recorded: RecordedSession
    delivered_wh: float
    is_unlimited: bool
    """Whether nothing limits it, by its recorded stay and energy alone."""

    @property
    def error(self) -> float:
        """Relative error of the energy, >= 0."""
        return abs(self.delivered_wh / self.recorded.delivered_wh - 1.0)


def assess(data: Path) -> Assessment:
    """Hold the model and the arrival profiles against ACN-Data.

    Args:
        data: Folder that holds the folder `ev_acn_sessions`.
    """
    if not (data / _FOLDER).is_dir():
        raise FileNotFoundError(errno.ENOENT, "not there", str(data / _FOLDER))
    recorded = {site: tuple(_recorded(data, site)) for site in _SITES}
    replayed = [each for sessions in recorded.values() for each in replay(sessions)]
    requested = [each for sessions in recorded.values() for each in replay(sessions, by_request=True)]
    fitted = {site: _in_service(sessions, _FIRST_DAY, _LAST_DAY) for site, sessions in recorded.items()}
    held_out = {
        site: [each for each in sessions if date(2020, 2, 1) <= _day(each.arrival_us) < _PANDEMIC.date()]
        for site, sessions in recorded.items()
    }
    generated = {
        site: generate(_SITES[site][1], stations=len({each.station for each in fitted[site]}))
        for site in _SITES
    }
    figures = [*_replay_figures(replayed, requested)]
    for site in _SITES:
        errors = list(_whole_file_errors(data, site))
        outside = 100.0 * sum(error > _WITHIN for error in errors) / len(errors)
        figures.append(
            AccuracyFigure(
                f"{_SITES[site][0]}: whole files by a site file, outside of 2 %", outside, "%", 0.5
            )
        )
        figures += _statistics_figures(_SITES[site][0], fitted[site], held_out[site], generated[site])
    return Assessment(
        name="ev_charger",
        title="EV charging sessions: replayed, and drawn from statistics",
        reference=(
            "ACN-Data, Caltech and JPL, May 2019 to May 2020 (Z. J. Lee, T. Li, S. H. Low, e-Energy 2019,"
            " doi:10.1145/3307772.3328313; CC BY 4.0)"
        ),
        figures=tuple(figures),
        note=(
            f"Replay: cars want what was delivered, at {_VOLTAGE_V:g} V and {_CURRENT_A:g} A on one phase. A session"
            " counts as limited by nothing if its energy takes at most"
            f" {_TIME_TO_SPARE:.0%} of its stay at that power, which looks at the record alone. The stations were"
            " managed and the cars are unknown: the replay shows that sessions, limits and energies are kept, and"
            " not when within its stay a car drew what. The profiles are fitted to 2019; February and early March"
            " of 2020 are not part of the fit."
        ),
        draw=partial(_draw, replayed, fitted, generated),
    )


def replay(sessions: Iterable[RecordedSession], *, by_request: bool = False) -> Iterator[Replayed]:
    """Replay recorded sessions, station by station, through their plan and the charger's model.

    Args:
        sessions: Of any stations.
        by_request: Let the cars want what their users asked for instead of what was delivered.
    """
    car = car_preset("hatchback-38kwh")._replace(ac_current_max_a=_CURRENT_A)
    by_station: dict[str, list[RecordedSession]] = {}
    for session in sessions:
        by_station.setdefault(session.station, []).append(session)
    for at_one in by_station.values():
        energies_wh = [each.requested_wh if by_request else each.delivered_wh for each in at_one]
        cars = [fitting_car(car, energy_wh) for energy_wh in energies_wh]
        plan = Listed(
            Session(each.arrival_us, each.departure_us, one, energy_wh, unknown_arrival_soc(one, energy_wh))
            for each, one, energy_wh in zip(at_one, cars, energies_wh, strict=True)
        )
        delivered_wh = _delivered_wh(plan, _station(plan.dc_curves_w), at_one[0].arrival_us)
        for number, each in enumerate(at_one, start=1):
            power_w = _VOLTAGE_V * _CURRENT_A
            time_to_spare_s = _TIME_TO_SPARE * (each.departure_us - each.arrival_us) / 1e6
            unlimited = each.delivered_wh * 3600.0 <= power_w * time_to_spare_s
            yield Replayed(each, delivered_wh.get(number, 0.0), unlimited)


def _whole_file_errors(data: Path, site: str) -> Iterator[float]:
    """Yield the relative error of each session's energy, with files as a site file names them and the usual car."""
    for path in sorted((data / _FOLDER).glob(f"{site}_*.csv.gz")):
        by_station: dict[str, list[RecordedSession]] = {}
        for session in read_acn_sessions(path, _ZONE):
            by_station.setdefault(session.station, []).append(session)
        for station, at_one in by_station.items():
            where = InputSetting(
                location=Location(latitude=34.14, longitude=-118.13, timezone=str(_ZONE)),
                directory=path.parent,
                start_us=at_one[0].arrival_us,
                seed=0,
                owner=station,
                purpose="sessions",
            )
            plan = session_plan(RecordedSessions(file=path.name, station=station), where, phases=1)
            delivered_wh = _delivered_wh(
                plan, _station(plan.dc_curves_w), at_one[0].arrival_us, voltage_v=_NOMINAL_V
            )
            for number, each in enumerate(at_one, start=1):
                yield abs(delivered_wh.get(number, 0.0) / each.delivered_wh - 1.0)


def generate(profile: ArrivalProfile, *, stations: int, seed: int = 1) -> list[Session]:
    """Draw the sessions of some chargers over the days of the fit."""
    start_us, end_us = (
        to_us(datetime.combine(day, datetime.min.time(), _ZONE))
        for day in (_FIRST_DAY, _LAST_DAY + timedelta(days=1))
    )
    cars = (car_preset("hatchback-38kwh"),)
    sessions = []
    for station in range(stations):
        key = f"{seed}/station-{station}/sessions"
        plan = statistical_sessions(profile, cars, key=key, start_us=start_us, zone=_ZONE)
        time_us = start_us
        while time_us < end_us:
            session = plan.session(time_us)
            if session is not None and session.arrival_us == time_us:
                sessions.append(session)
            time_us = plan.until(time_us)
    return sessions


def _recorded(data: Path, site: str) -> Iterator[RecordedSession]:
    for path in sorted((data / _FOLDER).glob(f"{site}_*.csv.gz")):
        yield from read_acn_sessions(path, _ZONE)


def _station(dc_curves_w: tuple[float, ...]) -> EvChargerParams:
    """Return a Level 2 station as in the record: one phase of 208 V at 32 A."""
    return ev_charger_preset("wallbox-22kw", dc_curves_w)._replace(phases=1)


def _delivered_wh(
    plan: SessionPlan, station: EvChargerParams, start_us: int, voltage_v: float = _VOLTAGE_V
) -> dict[int, float]:
    """Return the energy through the cable in each session, by its number [Wh]."""
    state = ev_charger_initial_state(station)
    delivered: dict[int, float] = {}
    time_us = start_us
    while (next_us := plan.until(time_us)) < 2**63 - 1:
        now = plan.at(time_us)
        inp = EvChargerInput(math.inf, voltage_v, *now)
        state, _ = ev_charger_step(station, state, inp, (next_us - time_us) / 1e6)
        if now.session_id:
            delivered[now.session_id] = state.delivered_wh
        time_us = next_us
    return delivered


def _replay_figures(replayed: Sequence[Replayed], requested: Sequence[Replayed]) -> Iterator[AccuracyFigure]:
    free = [each for each in replayed if each.is_unlimited]
    share = len(free) / len(replayed)
    yield AccuracyFigure("sessions recorded", float(len(replayed)), "1")
    yield AccuracyFigure("sessions that nothing limits", float(len(free)), "1")
    yield AccuracyFigure("sessions that nothing limits, of all", 100.0 * share, "%")
    worst = max(each.error for each in free)
    yield AccuracyFigure("energy of a session that nothing limits: greatest error", 100.0 * worst, "%", 2.0)
    within = sum(each.error <= _WITHIN for each in replayed) / len(replayed)
    yield AccuracyFigure("all sessions: outside of 2 %", 100.0 * (1.0 - within), "%")
    by_request = median(each.error for each in requested)
    yield AccuracyFigure("cars that want what was requested: median error", 100.0 * by_request, "%")


def _statistics_figures(
    name: str,
    fitted: Sequence[RecordedSession],
    held_out: Sequence[RecordedSession],
    generated: Sequence[Session],
) -> Iterator[AccuracyFigure]:
    stays_h = [_stay_h(each.arrival_us, each.departure_us) for each in fitted]
    drawn_h = [_stay_h(each.arrival_us, each.leaves_us) for each in generated]
    energies_wh = [each.delivered_wh for each in fitted]
    drawn_wh = [each.energy_wh for each in generated]
    count = 100.0 * abs(len(generated) / len(fitted) - 1.0)
    yield AccuracyFigure(f"{name}: number of sessions in 2019, error", count, "%", 10.0)
    weekday = _hourly([each.arrival_us for each in fitted])
    drawn = _hourly([each.arrival_us for each in generated])
    misplaced = 50.0 * sum(
        abs(a / sum(weekday) - b / sum(drawn)) for a, b in zip(weekday, drawn, strict=True)
    )
    yield AccuracyFigure(f"{name}: weekday arrivals in another hour", misplaced, "%", 10.0)
    stay = 100.0 * abs(fmean(drawn_h) / fmean(stays_h) - 1.0)
    yield AccuracyFigure(f"{name}: mean stay, error", stay, "%", 10.0)
    yield AccuracyFigure(f"{name}: stays, distance of distributions", _distance(stays_h, drawn_h), "1")
    energy = 100.0 * abs(fmean(drawn_wh) / fmean(energies_wh) - 1.0)
    yield AccuracyFigure(f"{name}: mean energy, error", energy, "%", 10.0)
    distance = _distance(energies_wh, drawn_wh)
    yield AccuracyFigure(f"{name}: energies, distance of distributions", distance, "1")
    days = len({_day(each.arrival_us) for each in held_out})
    per_day = len(held_out) / days if days else math.nan
    drawn_days = len({_day(each.arrival_us) for each in generated})
    unseen = 100.0 * abs(len(generated) / drawn_days / per_day - 1.0)
    yield AccuracyFigure(f"{name}: sessions a day in early 2020, not used for the fit, error", unseen, "%")
    held_h = [_stay_h(each.arrival_us, each.departure_us) for each in held_out]
    unseen = 100.0 * abs(fmean(drawn_h) / fmean(held_h) - 1.0)
    yield AccuracyFigure(f"{name}: mean stay in early 2020, not used for the fit, error", unseen, "%")
    unseen = 100.0 * abs(fmean(drawn_wh) / fmean(each.delivered_wh for each in held_out) - 1.0)
    yield AccuracyFigure(f"{name}: mean energy in early 2020, not used for the fit, error", unseen, "%")


def _in_service(
    sessions: Iterable[RecordedSession], first_day: date, last_day: date
) -> list[RecordedSession]:
    return [each for each in sessions if first_day <= _day(each.arrival_us) <= last_day]


def _day(time_us: int) -> date:
    return to_datetime(time_us).astimezone(_ZONE).date()


def _stay_h(arrival_us: int, departure_us: int) -> float:
    return (departure_us - arrival_us) / 3.6e9


def _hourly(arrivals_us: Iterable[int]) -> list[int]:
    """Return how many arrive on Monday to Friday, by the hour."""
    counts = [0] * 24
    for time_us in arrivals_us:
        arrival = to_datetime(time_us).astimezone(_ZONE)
        if arrival.weekday() < 5:
            counts[arrival.hour] += 1
    return counts


def _distance(one: Iterable[float], other: Iterable[float]) -> float:
    """Return the greatest difference of two empirical distributions (Kolmogorov and Smirnov)."""
    a, b = sorted(one), sorted(other)
    i = j = 0
    greatest = 0.0
    while i < len(a) and j < len(b):
        value = min(a[i], b[j])
        while i < len(a) and a[i] <= value:
            i += 1
        while j < len(b) and b[j] <= value:
            j += 1
        greatest = max(greatest, abs(i / len(a) - j / len(b)))
    return greatest


def _draw(
    replayed: Sequence[Replayed],
    fitted: dict[str, list[RecordedSession]],
    generated: dict[str, list[Session]],
) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415 - takes long to import

    figure = Figure(figsize=(10.0, 7.5), layout="constrained")
    axes: list[Axes] = figure.subplots(2, 2).flatten().tolist()
    for unlimited, colour, label in (
        (False, "tab:orange", "stay too short"),
        (True, "tab:blue", "nothing limits"),
    ):
        these = [each for each in replayed if each.is_unlimited == unlimited]
        axes[0].plot(
            [each.recorded.delivered_wh / 1e3 for each in these],
            [each.delivered_wh / 1e3 for each in these],
            ".",
            markersize=2,
            color=colour,
            label=label,
        )
    axes[0].set(xlabel="recorded energy [kWh]", ylabel="replayed energy [kWh]")
    axes[0].legend(markerscale=4)
    days = sum((_FIRST_DAY + timedelta(days=day)).weekday() < 5 for day in range(245))
    for site, colour in (("jpl", "tab:blue"), ("caltech", "tab:green")):
        label = _SITES[site][0]
        data, drawn = fitted[site], generated[site]
        stations = len({each.station for each in data})
        scale = 1.0 / (days * stations)
        axes[1].step(
            range(24),
            [n * scale for n in _hourly(each.arrival_us for each in data)],
            where="post",
            color=colour,
            label=label,
        )
        axes[1].step(
            range(24),
            [n * scale for n in _hourly(each.arrival_us for each in drawn)],
            "--",
            where="post",
            color=colour,
        )
        _distribution(
            axes[2], [_stay_h(each.arrival_us, each.departure_us) for each in data], colour, "-", label
        )
        _distribution(axes[2], [_stay_h(each.arrival_us, each.leaves_us) for each in drawn], colour, "--")
        _distribution(axes[3], [each.delivered_wh / 1e3 for each in data], colour, "-", label)
        _distribution(axes[3], [each.energy_wh / 1e3 for each in drawn], colour, "--")
    axes[1].set(xlabel="hour of arrival, Monday to Friday", ylabel="arrivals per station and hour")
    axes[1].legend(title="dashed: drawn")
    axes[2].set(xlabel="stay [h]", ylabel="share of sessions", xlim=(0.0, 16.0))
    axes[3].set(xlabel="energy [kWh]", ylabel="share of sessions", xlim=(0.0, 60.0))
    return figure


def _distribution(axes: Axes, values: Iterable[float], colour: str, style: str, label: str = "") -> None:
    ordered = sorted(values)
    share = [(index + 1) / len(ordered) for index in range(len(ordered))]
    axes.plot(ordered, share, style, color=colour, label=label)
