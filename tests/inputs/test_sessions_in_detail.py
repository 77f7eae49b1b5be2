"""Sessions at chargers, number by number: boundaries, draws, what is read of recordings and lists."""

from __future__ import annotations

import gzip
import json
import math
import statistics
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pydantic import TypeAdapter
from support.stays import CAR, HOUR_US, stay

from doppelgrid.sim.inputs.build import InputSetting
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.segments import segments_of
from doppelgrid.sim.inputs.sessions.acn import RecordedSession, at_station, read_acn_sessions
from doppelgrid.sim.inputs.sessions.arrivals import (
    PROBABILITIES,
    ArrivalProfile,
    StayBand,
    quantile,
    statistical_sessions,
)
from doppelgrid.sim.inputs.sessions.build import session_plan
from doppelgrid.sim.inputs.sessions.cars import car_preset
from doppelgrid.sim.inputs.sessions.daily import DayByDay
from doppelgrid.sim.inputs.sessions.sections import Sessions
from doppelgrid.sim.inputs.sessions.session import (
    NO_CAR,
    Curves,
    Listed,
    OverlapError,
    Session,
    SessionPlan,
    fitting_car,
    unknown_arrival_soc,
)
from doppelgrid.sim.inputs.sessions.signals import session_signals
from doppelgrid.sim.inputs.signal import NEVER

Us = Callable[[str], int]
SECOND_US = 1_000_000
DAY_US = 24 * HOUR_US
START = "2026-06-15T00:00:00+02:00"  # a Monday
BERLIN = ZoneInfo("Europe/Berlin")
HEADER = "arrival,departure,requested_energy,delivered_energy,station_id,estimated_departure"


def plan_of(written: object, us: Us, directory: Path = Path(), start: str = START) -> SessionPlan:
    place = Location(latitude=52.52, longitude=13.4, timezone="Europe/Berlin")
    where = InputSetting(place, directory, us(start), 1, "ev-1", "sessions")
    return session_plan(TypeAdapter(Sessions).validate_python(written), where)


def sessions_within(plan: SessionPlan, begin_us: int, end_us: int) -> list[Session]:
    found: list[Session] = []
    while begin_us < end_us:
        session = plan.session(begin_us)
        if session is not None and (not found or found[-1] != session):
            found.append(session)
        begin_us = plan.until(begin_us)
    return found


class TestCars:
    @pytest.mark.parametrize(
        ("energy_wh", "capacity_wh"), [(0.0, 58e3), (46.4e3, 58e3), (48e3, 60e3), (80e3, 100e3)]
    )
    def test_a_car_has_a_quarter_more_than_what_it_took_up(
        self, energy_wh: float, capacity_wh: float
    ) -> None:
        fitting = fitting_car(CAR, energy_wh)
        assert fitting == CAR._replace(capacity_wh=pytest.approx(capacity_wh))

    @pytest.mark.parametrize(
        ("energy_wh", "share_left", "soc"),
        [
            (0.0, 0.1, 0.9),
            (29e3, 0.1, 0.4),
            (29e3, 0.25, 0.25),
            (58e3, 0.1, 0.0),
            (0.0, 0.0, 1.0),
            (0.0, -0.5, 1.0),
        ],
    )
    def test_a_car_of_which_nothing_is_known_came_with_room_for_its_energy(
        self, energy_wh: float, share_left: float, soc: float
    ) -> None:
        assert unknown_arrival_soc(CAR, energy_wh, share_left) == pytest.approx(soc)

    def test_a_tenth_is_left_unless_something_else_is_said(self) -> None:
        assert unknown_arrival_soc(CAR, 29e3) == pytest.approx(0.4)

    def test_cars_of_one_curve_share_it_and_those_without_direct_current_have_none(self) -> None:
        steep = CAR._replace(dc_curve_w=tuple(2.0 * power_w for power_w in CAR.dc_curve_w))
        slow = CAR._replace(dc_curve_w=(0.0,) * len(CAR.dc_curve_w))
        curves = Curves([slow, CAR, CAR._replace(capacity_wh=1.0), steep])
        assert [curves.number(car) for car in (slow, CAR, steep)] == [-1, 0, 1]
        assert curves.flat_w == CAR.dc_curve_w + steep.dc_curve_w


class TestLists:
    def test_a_car_may_come_in_the_moment_in_which_the_one_before_leaves(self) -> None:
        plan = Listed([stay(8, 10), stay(10, 12, late_us=HOUR_US)])
        assert [plan.at(round(hour * HOUR_US) - 1).session_id for hour in (8, 10, 13)] == [0, 1, 2]
        assert [plan.at(hour * HOUR_US).session_id for hour in (8, 10, 13)] == [1, 2, 0]
        assert [plan.session(hour * HOUR_US) for hour in (7, 8, 13)] == [None, stay(8, 10), None]
        assert plan.ends_us == 13 * HOUR_US
        assert Listed([]).ends_us == NEVER
        assert (Listed([]).session(0), Listed([]).until(0)) == (None, NEVER)
        with pytest.raises(OverlapError):
            Listed([stay(8, 10), stay(9.9999, 12)])

    def test_what_would_change_after_a_car_has_left_does_not(self) -> None:
        pauses = ((9 * HOUR_US, 11 * HOUR_US), (12 * HOUR_US, 13 * HOUR_US))
        plan = Listed(
            [stay(8, 10, pauses_us=pauses, authorised_us=10 * HOUR_US), stay(20, 21, authorised_us=NEVER)]
        )
        changes = [0]
        while (after := plan.until(changes[-1])) != NEVER:
            changes.append(after)
        assert [change / HOUR_US for change in changes] == [0, 8, 9, 10, 20, 21]
        assert [plan.at(change).car_pauses for change in changes] == [0, 0, 1, 0, 0, 0]
        assert [plan.at(change).authorised for change in changes] == [0] * 6

    def test_numbers_of_a_session_are_those_of_its_car(self) -> None:
        now = Listed([stay(8, 16, energy_wh=7e3, arrival_soc=0.2, target_soc=0.8)]).at(9 * HOUR_US)
        assert (now.plugged_at_station, now.plugged_at_car, now.authorised, now.car_pauses) == (1, 1, 1, 0)
        assert (now.arrival_soc, now.target_soc, now.wanted_energy_wh) == (0.2, 0.8, 7e3)
        for name in (
            "capacity_wh",
            "ac_phases",
            "ac_current_max_a",
            "onboard_loss",
            "electronics_w",
            "loss_at_1c",
        ):
            assert getattr(now, name) == getattr(CAR, name)
        assert now.cv_time_constant_s == CAR.cv_time_constant_s

    def test_signals_of_a_session_are_its_numbers_one_by_one_and_at_once(self) -> None:
        plan = Listed([stay(8, 16, pauses_us=((10 * HOUR_US, 11 * HOUR_US),)), stay(18, 20, energy_wh=1e3)])
        signals = session_signals(plan)
        assert {name for name, signal in signals.items() if signal.ends_us != NEVER} == {"session_id"}
        assert signals["session_id"].ends_us == 20 * HOUR_US
        for begin_h, end_h in ((0, 24), (9, 10), (9, 19), (9, 24), (0, 24)):
            for name, signal in signals.items():
                times, values = segments_of(signal, begin_h * HOUR_US, end_h * HOUR_US)
                expected = [begin_h * HOUR_US]
                while expected[-1] < end_h * HOUR_US:
                    expected.append(plan.until(expected[-1]))
                assert times.tolist() == expected
                assert values.tolist() == [float(getattr(plan.at(time), name)) for time in expected[:-1]]
        pauses = signals["car_pauses"]
        for hour in (12, 10, 9, 11, 7):
            assert pauses.at(hour * HOUR_US) == float(hour == 10)
            assert pauses.until(hour * HOUR_US) == plan.until(hour * HOUR_US)


class TestDrawn:
    def test_quantiles_are_linear_between_what_is_known_and_cut_beyond(self) -> None:
        values = tuple(float(number * number) for number in range(len(PROBABILITIES)))
        for number, probability in enumerate(PROBABILITIES):
            assert quantile(values, probability) == pytest.approx(number * number)
        assert [quantile(values, probability) for probability in (0.0, 0.005, 0.995, 1.0)] == [
            0.0,
            0.0,
            144.0,
            144.0,
        ]
        assert quantile(values, 0.35) == pytest.approx((16 + 25) / 2)
        assert quantile(values, 0.02) == pytest.approx(0.25)
        assert quantile(values, 0.98) == pytest.approx(121 + 0.75 * 23)

    def test_arrivals_stays_and_energies_follow_their_profile(self, us: Us) -> None:
        """Stays of half a minute at most, so that hardly a car finds the charger taken."""
        rates = [[0.0] * 24, [0.0] * 24]
        rates[0][8], rates[0][9], rates[1][20] = 3.0, 0.5, 1.0
        minutes = tuple(probability / 120.0 for probability in PROBABILITIES)
        small, large = (tuple(size * probability for probability in PROBABILITIES) for size in (10.0, 100.0))
        still = (1.0 / 360.0,) * len(PROBABILITIES)
        profile = ArrivalProfile(
            "made up", (tuple(rates[0]), tuple(rates[1])), (0, 0, 0, 0, 0, 1, 1),
            ((StayBand(0, minutes, small, 0.8), StayBand(9, still, large, 0.0)), (StayBand(0, still, small, -0.8),)),
        )  # fmt: skip
        cars = [CAR, car_preset("small-52kwh"), CAR._replace(capacity_wh=90e3)]
        plan = statistical_sessions(profile, cars, key="k", start_us=us(START), zone=BERLIN)
        days = 1400
        found = sessions_within(plan, us(START), us(START) + days * DAY_US)
        came = [datetime.fromtimestamp(each.arrival_us / SECOND_US, BERLIN) for each in found]
        assert {(moment.weekday() >= 5, moment.hour) for moment in came} == {
            (False, 8),
            (False, 9),
            (True, 20),
        }
        early = [each for each, moment in zip(found, came, strict=True) if moment.hour == 8]
        late = [each for each, moment in zip(found, came, strict=True) if moment.hour == 9]
        counts = Counter(moment.date() for moment in came if moment.hour == 8)
        of_days = [
            counts[date(2026, 6, 15) + timedelta(days=7 * week + day)]
            for week in range(200)
            for day in range(5)
        ]
        assert statistics.fmean(of_days) == pytest.approx(3.0, abs=0.2)
        assert statistics.variance(of_days) == pytest.approx(3.0, abs=0.6)
        assert len(late) == pytest.approx(500, abs=80)
        assert len(found) - len(early) - len(late) == pytest.approx(400, abs=70)
        within = [each.arrival_us % HOUR_US / HOUR_US for each in early]
        assert statistics.fmean(within) == pytest.approx(0.5, abs=0.03)
        assert statistics.stdev(within) == pytest.approx(math.sqrt(1.0 / 12.0), abs=0.02)
        stays = np.array([(each.departure_us - each.arrival_us) / SECOND_US / 30.0 for each in early])
        energies = np.array([each.energy_wh / 10e3 for each in early])
        for shares in (stays, energies):
            assert shares.min() == pytest.approx(0.01, abs=1e-6)
            assert shares.max() == pytest.approx(0.99, abs=1e-6)
            assert shares.mean() == pytest.approx(0.5, abs=0.03)
        # Of uniform numbers behind which normal deviates have a correlation r: 6/π asin(r/2).
        assert np.corrcoef(stays, energies)[0, 1] == pytest.approx(6.0 / math.pi * math.asin(0.4), abs=0.03)
        assert {each.departure_us - each.arrival_us for each in late} == {10 * SECOND_US}
        assert statistics.fmean(each.energy_wh for each in late) == pytest.approx(50e3, abs=5e3)
        assert all(each.car.capacity_wh >= 1.25 * each.energy_wh - 1e-6 for each in late)
        chosen = Counter(each.car.capacity_wh for each in early)
        assert [chosen[car.capacity_wh] / len(early) for car in cars] == pytest.approx([1 / 3] * 3, abs=0.04)
        assert all(each.arrival_soc == unknown_arrival_soc(each.car, each.energy_wh) for each in found)

    def test_a_car_that_finds_the_charger_taken_drives_on(self) -> None:
        def arriving(day: date) -> list[Session]:
            begin_us = (day - date(1970, 1, 1)).days * DAY_US
            hours = ((8, 12), (11, 13), (12, 26), (25, 27)) if day.day % 2 else ((1, 4), (2, 3), (5, 6))
            return [Session(begin_us + come * HOUR_US, begin_us + go * HOUR_US, CAR) for come, go in hours]

        plan = DayByDay(arriving, first_day=date(1970, 1, 1), zone=ZoneInfo("UTC"), cars=[CAR])
        hours = [hour for hour in range(72) if plan.session(hour * HOUR_US) is not None]
        assert hours == [*range(8, 26), *range(26, 27), *range(29, 30), *range(56, 72)]
        assert [plan.at(hour * HOUR_US).session_id for hour in (7, 8, 12, 26, 29, 56, 60)] == [
            0,
            1,
            2,
            3,
            4,
            5,
            6,
        ]
        assert plan.at(27 * HOUR_US) == NO_CAR
        changes = [hour * HOUR_US for hour in (0, 8, 12, 24, 26, 27, 29, 30, 48)]
        assert [plan.until(change) for change in changes[:-1]] == changes[1:]
        assert plan.dc_curves_w == CAR.dc_curve_w


class TestScripted:
    def test_overlaps_are_looked_for_within_two_weeks_and_over_midnight(self, us: Us) -> None:
        night = {"arrive": "20:00", "stay": "12 h", "days": ["tue"]}
        with pytest.raises(
            InputError, match=r"arrives 2026-06-17 07:59, while another stays until 2026-06-17 08:00"
        ):
            plan_of([night, {"arrive": "07:59", "stay": "1 h", "days": ["wed"]}], us)
        plan_of([night, {"arrive": "08:00", "stay": "1 h", "days": ["wed"]}], us)
        for day, is_seen in (("28", True), ("29", False)):
            once = {"arrive": f"2026-06-{day}T12:00", "stay": "1 h"}
            daily = {"arrive": "11:30", "stay": "1 h"}
            if is_seen:
                with pytest.raises(InputError):
                    plan_of([daily, once], us)
            else:
                plan_of([daily, once], us)

    def test_what_is_said_of_a_car_is_what_it_does(self, us: Us) -> None:
        pauses = [{"after": "30 min", "for": "10 min"}, {"after": "2 h", "for": "1 h"}]
        written = {
            "arrive": "08:00", "stay": "8 h", "soc": "25 %", "target_soc": "75 %", "energy": "9 kWh",
            "authorised_after": "90 s", "pauses": pauses, "leaves_late_by": "15 min", "capacity": "40 kWh",
        }  # fmt: skip
        plan = plan_of([written], us)
        begin_us = us("2026-06-16T08:00:00+02:00")
        session = plan.session(begin_us)
        minute_us = 60 * SECOND_US
        assert session == Session(
            begin_us, begin_us + 8 * HOUR_US, CAR._replace(capacity_wh=40e3), 9e3, 0.25, 0.75,
            begin_us + 90 * SECOND_US,
            ((begin_us + 30 * minute_us, begin_us + 40 * minute_us), (begin_us + 2 * HOUR_US, begin_us + 3 * HOUR_US)),
            15 * minute_us,
        )  # fmt: skip

    def test_a_car_that_came_up_to_a_week_before_may_still_be_there(self, us: Us) -> None:
        week = [{"arrive": "2026-06-08T01:00", "stay": "167 h"}]
        assert plan_of(week, us).session(us(START) - 1) is not None
        assert plan_of(week, us).session(us(START)) is None
        night = [{"arrive": "18:00", "stay": "160 h", "days": ["mon"]}]
        assert plan_of(night, us).session(us(START) + 9 * HOUR_US) is not None
        assert plan_of(night, us).session(us(START) + 10 * HOUR_US) is None

    def test_durations_count_from_the_start_of_the_run(self, us: Us) -> None:
        plan = plan_of([{"arrive": "36 h", "stay": "1 h"}], us, start="2026-06-15T07:30:00+02:00")
        (found,) = sessions_within(plan, us(START), us(START) + 9 * DAY_US)
        assert found.arrival_us == us("2026-06-16T19:30:00+02:00")


class TestRecorded:
    ROWS = (
        "2019-05-01T06:00,2019-05-01T10:00,20,12.5,1,2019-05-01T09:00",
        "2019-05-02T06:00,2019-05-02T10:00,,5,1,2019-05-02T05:00",
    )

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "a.csv").write_text("\n".join([HEADER, *self.ROWS, ""]))
        return tmp_path

    def replayed(self, us: Us, folder: Path, **spec: Any) -> list[tuple[str, str, float]]:
        plan = plan_of({"file": "a.csv", "timezone": "+00:00", **spec}, us, folder)
        found = sessions_within(plan, us("2019-04-01T00:00:00Z"), us("2026-07-15T00:00:00Z"))
        return [
            (*(self.told(time) for time in (each.arrival_us, each.departure_us)), each.energy_wh)
            for each in found
        ]

    @staticmethod
    def told(time_us: int) -> str:
        return datetime.fromtimestamp(time_us / SECOND_US, ZoneInfo("UTC")).strftime("%y-%m-%d %H:%M")

    def test_cars_want_what_they_got_or_what_they_asked_for(self, us: Us, folder: Path) -> None:
        for energy, wanted in (("delivered", [12.5e3, 5e3]), ("requested", [20e3, 5e3])):
            assert [each[2] for each in self.replayed(us, folder, energy=energy)] == wanted

    def test_cars_leave_when_they_did_or_said_they_would_but_never_before_they_came(
        self, us: Us, folder: Path
    ) -> None:
        recorded = [each[:2] for each in self.replayed(us, folder)]
        assert recorded == [("19-05-01 06:00", "19-05-01 10:00"), ("19-05-02 06:00", "19-05-02 10:00")]
        plan = plan_of({"file": "a.csv", "timezone": "UTC", "leave": "estimated"}, us, folder)
        first, none = us("2019-05-01T08:59:59Z"), us("2019-05-02T06:00:00Z")
        assert plan.session(first) is not None
        assert plan.session(first + SECOND_US) is None
        assert plan.session(none) is None
        assert plan.ends_us == none

    @pytest.mark.parametrize(
        ("spec", "first", "second"),
        [
            ({"align": "start"}, "26-06-14 22:00", "26-06-15 22:00"),
            ({"align": "start", "from": "2019-05-01T08:00:00+02:00"}, "26-06-14 22:00", "26-06-15 22:00"),
            ({"align": "start", "from": "2019-05-01T07:00:00+02:00"}, "26-06-14 23:00", "26-06-15 23:00"),
            # By the clock of the site, on which 06:00 UTC was 08:00.
            ({"align": "time-of-day"}, "26-06-15 06:00", "26-06-16 06:00"),
            ({"align": "time-of-day", "from": "2019-04-30T12:00:00"}, "26-06-16 06:00", "26-06-17 06:00"),
        ],
    )
    def test_recordings_are_moved_as_is_wanted(
        self, us: Us, folder: Path, spec: dict[str, Any], first: str, second: str
    ) -> None:
        assert [each[0] for each in self.replayed(us, folder, **spec)] == [first, second]

    def test_cars_that_would_stay_too_long_are_refused(self, us: Us, tmp_path: Path) -> None:
        rows = [
            "2019-05-01T06:00,2019-05-01T10:00,,5,1,2019-05-01T12:00",
            "2019-05-01T11:00,2019-05-01T13:00,,5,1,",
        ]
        (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows]))
        with pytest.raises(
            InputError, match=r"leave: estimated is overlapping at .*; accepted: `leave: recorded`"
        ):
            plan_of(
                {"file": "a.csv", "timezone": "UTC", "leave": "estimated", "align": "start"}, us, tmp_path
            )

    @pytest.mark.parametrize(
        ("energy", "is_read"),
        [("0", True), ("1000", True), ("1000.1", False), ("-0.1", False), ("nan", False)],
    )
    def test_energies_are_numbers_from_nothing_to_a_megawatt_hour(
        self, tmp_path: Path, energy: str, is_read: bool
    ) -> None:
        (tmp_path / "a.csv").write_text(f"{HEADER}\n2019-05-01T06:00,2019-05-01T10:00,,{energy},1,")
        if is_read:
            (session,) = read_acn_sessions(tmp_path / "a.csv", BERLIN)
            assert session.delivered_wh == session.requested_wh == float(energy) * 1e3
        else:
            with pytest.raises(
                InputError, match=r"a\.csv:2: delivered_energy is .*; accepted: a number of kWh"
            ):
                read_acn_sessions(tmp_path / "a.csv", BERLIN)

    def test_stays_of_no_length_are_refused_and_such_that_touch_are_not(self, us: Us, tmp_path: Path) -> None:
        rows = [f"2019-05-01T{begin:02},2019-05-01T{end:02},,1,{station},\n" for begin, end, station in (
            (10, 11, "a"), (8, 10, "a"), (9, 12, "b"),
        )]  # fmt: skip
        (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows]))
        read = read_acn_sessions(tmp_path / "a.csv", BERLIN)
        assert [(each.station, each.line) for each in read] == [("a", 4), ("b", 6), ("a", 2)]
        assert read[0].arrival_us == us("2019-05-01T08:00:00+02:00")
        assert all(each.done_us == each.estimated_departure_us == each.departure_us for each in read)
        (tmp_path / "b.csv").write_text(f"{HEADER}\n{rows[0].replace('T11', 'T10')}")
        with pytest.raises(InputError, match=r"b\.csv:2: departure is .*; accepted: later than the arrival"):
            read_acn_sessions(tmp_path / "b.csv", BERLIN)

    def test_every_session_of_an_export_has_its_line(self, tmp_path: Path) -> None:
        items = [
            {
                "connectionTime": f"2019-05-0{day}T06:00:00Z", "disconnectTime": f"2019-05-0{day}T07:00:00Z",
                "doneChargingTime": f"2019-05-0{day}T06:30:00Z", "kWhDelivered": day, "stationID": 7, "sessionID": None,
            }
            for day in (1, 2, 3)
        ]  # fmt: skip
        item_lines = len(items[0]) + 2
        for content, first in ((items, 2), ({"_meta": [1, 2], "_items": items}, 7)):
            (tmp_path / "a.json").write_text("﻿" + json.dumps(content, indent=1), encoding="utf-8")
            read = read_acn_sessions(tmp_path / "a.json", BERLIN)
            assert [each.line for each in read] == [first + number * item_lines for number in range(3)]
            assert [each.delivered_wh for each in read] == [1e3, 2e3, 3e3]
            assert {each.done_us - each.arrival_us for each in read} == {HOUR_US // 2}
            assert {(each.station, each.session) for each in read} == {("7", "")}
            (tmp_path / "a.json").unlink()

    def test_a_station_is_named_among_eight_of_many(self) -> None:
        def at(number: int) -> RecordedSession:
            return RecordedSession(0, 1, 0.0, 0.0, 1, 1, f"s{number}", "", 0)

        assert at_station([at(1), at(2), at(1)], "s1", "a.csv") == [at(1), at(1)]
        assert at_station([at(1), at(1)], None, "a.csv") == [at(1), at(1)]
        with pytest.raises(InputError) as eight:
            at_station([at(number) for number in range(8)], None, "a.csv")
        assert (
            str(eight.value) == "a.csv: station is not given; accepted: one of s0, s1, s2, s3, s4, s5, s6, s7"
        )
        with pytest.raises(InputError) as nine:
            at_station([at(number) for number in range(9)], None, "a.csv")
        assert str(nine.value).endswith("one of s0, s1, s2, s3, s4, s5, s6, s7 … (9 in all)")

    @pytest.mark.parametrize("kept", [20, -4, -1])
    def test_a_compressed_file_that_breaks_off_is_refused(self, tmp_path: Path, kept: int) -> None:
        whole = gzip.compress(f"{HEADER}\n{self.ROWS[0]}\n".encode())
        (tmp_path / "a.csv.gz").write_bytes(whole[:kept])
        with pytest.raises(InputError, match=r"a\.csv\.gz: content is not readable \("):
            read_acn_sessions(tmp_path / "a.csv.gz", BERLIN)

    @pytest.mark.parametrize("content", [b"\x1f\x8b\x07garbage", b"arrival\xff\n"])
    def test_a_file_that_is_neither_text_nor_compressed_text_is_refused(
        self, tmp_path: Path, content: bytes
    ) -> None:
        (tmp_path / "a.csv").write_bytes(content)
        with pytest.raises(InputError, match=r"a\.csv: content is not readable \("):
            read_acn_sessions(tmp_path / "a.csv", BERLIN)

    @pytest.mark.parametrize("energy", [None, [], {}, "much"])
    def test_an_export_whose_energy_is_no_number_is_refused(self, tmp_path: Path, energy: object) -> None:
        item = {
            "connectionTime": "2019-05-01T06:00:00Z", "disconnectTime": "2019-05-01T07:00:00Z", "stationID": "a",
            "kWhDelivered": energy,
        }  # fmt: skip
        (tmp_path / "a.json").write_text(json.dumps([item]))
        with pytest.raises(InputError, match=r"a\.json:1: kWhDelivered is .*; accepted: a number of kWh"):
            read_acn_sessions(tmp_path / "a.json", BERLIN)
