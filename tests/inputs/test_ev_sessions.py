"""Sessions at chargers: from recordings, from statistics, listed one by one."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from measured import data_file
from pydantic import TypeAdapter, ValidationError
from support.stays import HOUR_US, stay

from doppelgrid.models.ev_charger import EvChargerInput
from doppelgrid.sim.inputs.build import InputSetting
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.sessions.acn import RecordedSession, read_acn_sessions
from doppelgrid.sim.inputs.sessions.arrivals import PROBABILITIES, quantile
from doppelgrid.sim.inputs.sessions.build import session_plan
from doppelgrid.sim.inputs.sessions.fitting import fit_profile
from doppelgrid.sim.inputs.sessions.profiles import PROFILES, PUBLIC, WORKPLACE
from doppelgrid.sim.inputs.sessions.sections import Sessions
from doppelgrid.sim.inputs.sessions.session import NO_CAR, Listed, OverlapError, Session, SessionPlan
from doppelgrid.sim.inputs.signal import NEVER

DAY_US = 24 * HOUR_US
START = "2026-06-15T00:00:00+02:00"  # a Monday
BERLIN = ZoneInfo("Europe/Berlin")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
HEADER = "arrival,departure,requested_energy (kWh),delivered_energy (kWh),station_id,session_id"
ROW = "2019-05-01T06:00:00-07:00,2019-05-01T10:00:00-07:00,20.0,12.5,CA-1,a"

Us = Callable[[str], int]


def read(written: object) -> Any:
    return TypeAdapter(Sessions).validate_python(written)


def plan_of(
    written: object,
    us: Us,
    *,
    directory: Path = Path(),
    start: str = START,
    seed: int = 1,
    owner: str = "ev-1",
) -> SessionPlan:
    where = InputSetting(
        location=Location(latitude=52.52, longitude=13.4, timezone="Europe/Berlin"),
        directory=directory,
        start_us=us(start),
        seed=seed,
        owner=owner,
        purpose="sessions",
    )
    return session_plan(read(written), where)


def sessions_within(plan: SessionPlan, begin_us: int, end_us: int) -> list[Session]:
    """Return the sessions that one meets on the way, by going from change to change."""
    found: list[Session] = []
    time_us = begin_us
    while time_us < end_us:
        session = plan.session(time_us)
        if session is not None and (not found or found[-1] != session):
            found.append(session)
        following_us = plan.until(time_us)
        assert following_us > time_us
        time_us = following_us
    return found


def test_a_plan_says_who_is_there_and_when_that_changes() -> None:
    plan = Listed(
        [stay(20, 22), stay(8, 16, authorised_us=9 * HOUR_US, pauses_us=((10 * HOUR_US, 11 * HOUR_US),))]
    )
    assert plan.at(0) == NO_CAR
    changes = [0]
    while (after := plan.until(changes[-1])) != NEVER:
        changes.append(after)
    assert [change // HOUR_US for change in changes] == [0, 8, 9, 10, 11, 16, 20, 22]
    now = [plan.at(change) for change in changes]
    assert [each.session_id for each in now] == [0, 1, 1, 1, 1, 0, 2, 0]
    assert [each.authorised for each in now] == [0, 0, 1, 1, 1, 0, 1, 0]
    assert [each.car_pauses for each in now] == [0, 0, 0, 1, 0, 0, 0, 0]


def test_a_session_is_the_rest_of_a_chargers_input() -> None:
    inp = EvChargerInput(11e3, 230.0, *Listed([stay(8, 16)]).at(9 * HOUR_US))
    assert (inp.session_id, inp.capacity_wh, inp.ac_phases, inp.dc_curve) == (1, 58e3, 3, 0)
    of_the_device = (
        "phases", "bound_w", "first_voltage_v", "least_voltage_v", "around_lower_w", "around_upper_w",
    )  # fmt: skip
    assert EvChargerInput._fields[2:] == (*NO_CAR._fields, *of_the_device)


def test_a_late_car_is_there_until_it_leaves() -> None:
    plan = Listed([stay(8, 16, late_us=2 * HOUR_US)])
    assert plan.at(17 * HOUR_US).session_id == 1
    assert plan.at(18 * HOUR_US) == NO_CAR
    with pytest.raises(OverlapError):
        Listed([stay(8, 16, late_us=2 * HOUR_US), stay(17, 20)])


def test_a_damaged_archive_is_not_readable(tmp_path: Path) -> None:
    sound = bytearray(gzip.compress(f"{HEADER}\n{ROW}\n".encode()))
    for place in range(10, len(sound) - 8):
        damaged = bytearray(sound)
        damaged[place] ^= 1
        (tmp_path / "a.csv.gz").write_bytes(bytes(damaged))
        with pytest.raises(InputError, match=r"a\.csv\.gz"):
            read_acn_sessions(tmp_path / "a.csv.gz", UTC)


def test_a_table_and_the_export_of_the_same_sessions_agree(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(f"{HEADER}\n{ROW}\n".encode()))
    item = {
        "connectionTime": "Wed, 01 May 2019 13:00:00 GMT",
        "disconnectTime": "Wed, 01 May 2019 17:00:00 GMT",
        "doneChargingTime": None,
        "kWhDelivered": 12.5,
        "stationID": "CA-1",
        "sessionID": "a",
        "userInputs": [{"kWhRequested": 20.0, "requestedDeparture": "Wed, 01 May 2019 17:00:00 GMT"}],
    }
    (tmp_path / "a.json").write_text(json.dumps({"_meta": {}, "_items": [item]}, indent=1))
    table, export = (read_acn_sessions(tmp_path / name, LOS_ANGELES) for name in ("a.csv.gz", "a.json"))
    assert [each._replace(line=0) for each in table] == [each._replace(line=0) for each in export]
    assert (table[0].delivered_wh, table[0].requested_wh) == (12500.0, 20000.0)
    assert (table[0].line, export[0].line) == (2, 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            f"{HEADER}\n{ROW}\n{ROW.replace('12.5', 'much')}",
            "a.csv:3: delivered_energy (kWh) is 'much'; accepted: ",
        ),
        (
            f"{HEADER}\n{ROW.replace('12.5', '')}",
            "a.csv:2: delivered_energy (kWh) is missing; accepted: a number",
        ),
        (
            f"{HEADER}\n{ROW.replace('2019-05-01T06', 'yesterday')}",
            "a.csv:2: arrival is 'yesterday:00:00-07:00'; ",
        ),
        (
            f"{HEADER}\n{ROW.replace('T10', 'T05')}",
            "a.csv:2: departure is 2019-05-01T05:00:00-07:00; accepted: later",
        ),
        (f"{HEADER}\n{ROW},7", "a.csv:2: row is 7 cells; accepted: 6 cells"),
        (f"{HEADER}\n\n{ROW.removesuffix(',a')}", "a.csv:3: row is 5 cells; accepted: 6 cells"),
        (HEADER, "a.csv: content is without sessions; accepted: at least one session"),
        (
            f"{HEADER.replace('arrival', 'arival')}\n{ROW}",
            "a.csv:1: columns is missing among arival, departure, requested_energy (kWh), delivered_energy (kWh), "
            "station_id, session_id; accepted: a column arrival (did you mean 'arival'?)",
        ),
        ("", "a.csv:1: columns is missing among nothing; accepted: a column arrival"),
        ("arrival,departure,station_id\n", "; accepted: a column delivered_energy (kWh)"),
        (
            f"{HEADER}\n{ROW}\n{ROW.replace('T06', 'T09')}",
            "a.csv:3: stay is within that of line 2 at station CA-1; accepted: one car at a station at a time",
        ),
        ('{"_items": [{"connectionTime": "x"}]}', "a.csv:1: connectionTime is 'x'; accepted: a time such as"),
        ('{"_items": 3}', "a.csv:1: content is without sessions; accepted: a list of sessions"),
        ('{"_items": [', "a.csv:1: content is not JSON"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line_and_column(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(InputError) as caught:
        read_acn_sessions(tmp_path / "a.csv", LOS_ANGELES)
    assert message in str(caught.value)


@given(st.binary(max_size=300))
@example(b"\r\x00")
def test_rubbish_is_refused_and_nothing_worse(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("rubbish") / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_acn_sessions(path, LOS_ANGELES)


def test_a_recording_is_replayed_where_it_is_wanted(tmp_path: Path, us: Us) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{ROW}\n")
    arrivals = {
        align: sessions_within(
            plan_of({"file": "a.csv", "align": align}, us, directory=tmp_path),
            us("2019-01-01T00:00+00:00"),
            us(START) + DAY_US,
        )[0].arrival_us
        for align in ("recorded", "start", "time-of-day")
    }
    assert arrivals["recorded"] == us("2019-05-01T06:00:00-07:00")
    assert arrivals["start"] == us(START)
    assert arrivals["time-of-day"] == us("2026-06-15T15:00:00+02:00")


def test_cars_that_keep_their_time_of_day_come_by_the_clock_after_it_was_moved(
    tmp_path: Path, us: Us
) -> None:
    rows = [
        f"2019-06-0{day}T08:00:00+02:00,2019-06-0{day}T10:00:00+02:00,20.0,12.5,CA-1,{day}"
        for day in (3, 4, 5)
    ]
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows, ""]))
    start = "2026-10-24T00:00:00+02:00"
    plan = plan_of({"file": "a.csv", "align": "time-of-day"}, us, directory=tmp_path, start=start)
    sessions = sessions_within(plan, us(start), us(start) + 4 * DAY_US)
    assert [session.arrival_us for session in sessions] == [
        us("2026-10-24T08:00:00+02:00"), us("2026-10-25T08:00:00+01:00"), us("2026-10-26T08:00:00+01:00")
    ]  # fmt: skip


def test_a_recorded_car_can_take_up_what_it_took_up(tmp_path: Path, us: Us) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{ROW.replace('12.5', '90')}\n")
    (session,) = sessions_within(
        plan_of({"file": "a.csv", "align": "start"}, us, directory=tmp_path), us(START), us(START) + DAY_US
    )
    assert session.car.capacity_wh > session.energy_wh == 90e3
    assert 0.0 <= session.arrival_soc < 1.0 - session.energy_wh / session.car.capacity_wh + 1e-9


def test_a_station_must_be_in_the_file(tmp_path: Path, us: Us) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{ROW}\n{ROW.replace('CA-1', 'CA-2')}\n")
    with pytest.raises(
        InputError, match=r"a.csv: station is 'CA-3'; accepted: one of CA-1, CA-2 \(did you mean"
    ):
        plan_of({"file": "a.csv", "station": "CA-3"}, us, directory=tmp_path)
    with pytest.raises(InputError, match=r"a.csv: station is not given; accepted: one of CA-1, CA-2"):
        plan_of({"file": "a.csv"}, us, directory=tmp_path)
    with pytest.raises(InputError, match=r"b.csv: file is not there"):
        plan_of({"file": "b.csv"}, us, directory=tmp_path)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_drawn_sessions_are_the_same_however_far_one_looks(profile: str, us: Us) -> None:
    begin_us = us(START)
    short = sessions_within(plan_of({"profile": profile}, us), begin_us, begin_us + 3 * DAY_US)
    plan = plan_of({"profile": profile}, us)
    plan.at(begin_us + 300 * DAY_US)
    assert sessions_within(plan, begin_us, begin_us + 3 * DAY_US) == short
    year = sessions_within(plan, begin_us, begin_us + 365 * DAY_US)
    assert year[: len(short)] == short
    assert len(year) > 100


def test_drawn_sessions_differ_by_seed_and_by_charger(us: Us) -> None:
    def month(**key: Any) -> list[Session]:
        return sessions_within(plan_of({"profile": "public"}, us, **key), us(START), us(START) + 30 * DAY_US)

    assert month() == month()
    assert month() != month(seed=2)
    assert month() != month(owner="ev-2")


@given(st.floats(0.0, 1.0))
def test_quantiles_keep_to_the_distribution(probability: float) -> None:
    assert PROBABILITIES[0] <= quantile(PROBABILITIES, probability) <= PROBABILITIES[-1]


@pytest.mark.measured
@pytest.mark.parametrize(
    ("site", "profile"), [("jpl", WORKPLACE), ("caltech", PUBLIC)], ids=["workplace", "public"]
)
def test_named_profiles_are_what_the_fit_gives(site: str, profile: Any) -> None:
    files = sorted(data_file("ev_acn_sessions").glob(f"{site}_2019*"))
    sessions = [session for file in files for session in read_acn_sessions(file, LOS_ANGELES)]
    fitted = fit_profile(
        sessions, LOS_ANGELES, date(2019, 5, 1), date(2019, 12, 31), profile.kind_of_weekday, profile.source
    )
    assert fitted == profile


def test_a_profile_counts_arrivals_at_free_stations_and_sorts_stays_by_when_they_begin(us: Us) -> None:
    def recorded(day: int, clock: str, station: str, stay_h: float, energy_kwh: float) -> RecordedSession:
        arrival_us = us(f"2026-06-{day}T{clock}:00+02:00")
        departure_us = arrival_us + round(stay_h * HOUR_US)
        energy_wh = 1e3 * energy_kwh
        return RecordedSession(
            arrival_us, departure_us, energy_wh, energy_wh, departure_us, departure_us, station, "", 0
        )

    begins = [(15, clock) for clock in ("00:30", "09:30", "11:30", "14:30", "18:30")]
    begins += [(20, clock) for clock in ("00:30", "10:30", "16:30")]
    sessions = [recorded(day, clock, "a", 1.5, 10.0) for day, clock in begins]
    sessions += [recorded(day, clock, "b", 0.5, 6.0 if day == 15 else 14.0) for day, clock in begins]
    sessions.append(recorded(16, "01:15", "b", 0.5, 6.0))
    fitted = fit_profile(
        sessions, BERLIN, date(2026, 6, 15), date(2026, 6, 21), (0, 0, 0, 0, 0, 1, 1), "made up"
    )
    weekdays, weekend = fitted.rates_per_h
    # Two stations on five days are ten hours, of which cars took half an hour twice, then a whole and a half.
    assert weekdays[:3] == (0.222, pytest.approx(1.0 / 8.5, abs=5e-4), 0.0)
    assert {hour for hour, rate in enumerate(weekdays) if rate > 0.0} == {0, 1, 9, 11, 14, 18}
    assert {hour: rate for hour, rate in enumerate(weekend) if rate > 0.0} == dict.fromkeys(
        (0, 10, 16), 0.667
    )
    on_weekdays, on_weekends = fitted.bands
    assert [band.from_hour for band in on_weekdays] == [0, 9, 11, 14, 18]
    assert [band.from_hour for band in on_weekends] == [0, 10, 16]
    middle = PROBABILITIES.index(0.5)
    assert [band.stay_h[middle] for band in on_weekdays] == [0.5, 1.0, 1.0, 1.0, 1.0]
    assert [(band.stay_h[0], band.stay_h[-1]) for band in on_weekends] == [(0.51, 1.49)] * 3
    assert [band.energy_kwh[middle] for band in on_weekends] == [12.0] * 3
    # Longer stays took more on weekdays and less at the weekend.
    assert [band.correlation for band in (*on_weekdays, *on_weekends)] == [1.0] * 5 + [-1.0] * 3


def test_scripted_cars_come_every_day_or_once(us: Us) -> None:
    plan = plan_of(
        [
            {
                "arrive": "08:00",
                "stay": "8 h",
                "energy": "12 kWh",
                "days": ["mon", "wed"],
                "leaves_late_by": "1 h",
            },
            {"arrive": "2026-06-16T10:00", "stay": "2 h", "authorised": False, "car": "small-52kwh"},
            {"arrive": "20 h", "stay": "30 min", "authorised_after": "5 min", "capacity": "40 kWh"},
        ],
        us,
    )
    found = sessions_within(plan, us(START), us(START) + 3 * DAY_US)
    assert [session.arrival_us for session in found] == [
        us("2026-06-15T08:00:00+02:00"),
        us("2026-06-15T20:00:00+02:00"),
        us("2026-06-16T10:00:00+02:00"),
        us("2026-06-17T08:00:00+02:00"),
    ]
    assert found[0].leaves_us - found[0].arrival_us == 9 * HOUR_US
    assert found[1].authorised_us - found[1].arrival_us == 300_000_000
    assert found[1].car.capacity_wh == 40e3
    assert found[2].authorised_us == NEVER
    assert (found[0].energy_wh, found[2].energy_wh) == (12e3, math.inf)


def test_a_car_of_the_evening_before_is_there_when_a_run_starts(us: Us) -> None:
    plan = plan_of([{"arrive": "18:00", "stay": "13 h"}], us)
    assert plan.at(us(START)).session_id > 0
    assert plan.until(us(START)) == us("2026-06-15T07:00:00+02:00")


def test_two_cars_at_once_are_refused(us: Us) -> None:
    with pytest.raises(
        InputError, match=r"arrives 2026-06-15 10:00, while another stays until 2026-06-15 16:00"
    ):
        plan_of([{"arrive": "08:00", "stay": "8 h"}, {"arrive": "10:00", "stay": "8 h"}], us)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("5 kW", "a mapping with `profile`"),
        ({"profile": "wokplace"}, "'workplace', 'home' or 'public'"),
        ({"file": "a.csv", "car": "compact"}, r"did you mean 'compact-58kwh'\?"),
        ({"file": "a.csv", "timezone": "Mars"}, "an IANA time zone"),
        ([{"arrive": "8", "stay": "1 h"}], "a time of day"),
        ([{"arrive": "08:00", "stay": "8 d"}], r"<= 604800 s|a number with a unit|> 0 s"),
        (
            [{"arrive": "08:00", "stay": "1 h", "soc": "50 %", "target_soc": "40 %"}],
            "at least the state of charge",
        ),
        ([{"arrive": "60 s", "stay": "1 h", "days": ["mon"]}], "only beside a time of day"),
    ],
)
def test_what_a_site_file_cannot_say_is_refused(written: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        read(written)
