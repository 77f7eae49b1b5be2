"""Recorded sessions that overlap at a station, and what cars drew at most."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from doppelgrid.sim.domain.timestamps import to_datetime
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.sessions.acn import read_acn_sessions
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

BERLIN = ZoneInfo("Europe/Berlin")
HEAD = "arrival,departure,delivered_energy (kWh),station_id,max_power (kW),max_current (A)\n"
DAY = "2026-06-15T{}+02:00"


def rows(*stays: tuple[str, str, str], limits: str = ",") -> str:
    return HEAD + "".join(
        f"{DAY.format(arrival)},{DAY.format(departure)},5,{station},{limits}\n"
        for arrival, departure, station in stays
    )


OVERLAPPING = rows(
    ("08:00", "10:00", "A"), ("09:00", "09:30", "A"), ("09:45", "12:00", "A"), ("13:00", "14:00", "A")
)


def inputs(folder: Path, content: str, **sessions: Any) -> Plant:
    (folder / "s.csv").write_text(content)
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "ev": {
            "id": 2, "category": "ev_charger", "behind": "grid", "type": "dc", "rated_power": "50 kW",
            "sessions": {"file": "s.csv", **sessions},
        },
    }  # fmt: skip
    location = {"latitude": 52.5, "longitude": 13.4, "timezone": "Europe/Berlin"}
    site = Site.from_content({"microgrid": {"id": 1, "location": location}, "components": components}, folder)
    return Plant(site, start_us=site.moment_us(datetime(2026, 6, 15)), seed=0)


def stays(plant: Plant) -> list[tuple[str, str]]:
    """Return when cars come and leave, by the cable."""
    found, signal = [], plant.inputs.signals["ev.session_id"]
    now_us, begin_us, number = plant.time_us, 0, 0.0
    while now_us < plant.time_us + 86_400_000_000:
        if signal.at(now_us) != number:
            if number:
                found.append((clock(begin_us), clock(now_us)))
            begin_us, number = now_us, signal.at(now_us)
        now_us = signal.until(now_us)
    return found


def clock(time_us: int) -> str:
    return f"{to_datetime(time_us).astimezone(BERLIN):%H:%M}"


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("trim", [("08:00", "09:00"), ("09:00", "09:30"), ("09:45", "12:00"), ("13:00", "14:00")]),
        ("skip", [("08:00", "10:00"), ("13:00", "14:00")]),
        ("keep", [("08:00", "10:00"), ("10:00", "12:00"), ("13:00", "14:00")]),
    ],
)
def test_stays_follow_one_another_as_the_site_file_says(
    how: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert stays(inputs(tmp_path, OVERLAPPING, overlaps=how)) == expected


def test_a_file_with_overlaps_is_refused_with_the_first_ones_and_how_many_there_are(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(OVERLAPPING)
    with pytest.raises(InputError) as refused:
        read_acn_sessions(path, BERLIN)
    assert str(refused.value) == (
        "s.csv:3: stay is within that of line 2 at station A, and 1 more like it, on line 4; accepted: one car at a "
        "station at a time; or `overlaps: trim`, `skip` or `keep`"
    )
    path.write_text(rows(*[(f"{hour:02d}:00", "23:00", "A") for hour in range(9)]))
    with pytest.raises(InputError, match="and 7 more like it, on lines 4, 5, 6 …; accepted"):
        read_acn_sessions(path, BERLIN)


def test_what_users_said_of_leaving_may_overlap_too(tmp_path: Path) -> None:
    head = "arrival,departure,delivered_energy (kWh),station_id,estimated_departure\n"
    lines = [("08:00", "09:00", "11:00"), ("10:00", "12:00", "12:00")]
    content = head + "".join(f"{DAY.format(a)},{DAY.format(d)},5,A,{DAY.format(e)}\n" for a, d, e in lines)
    with pytest.raises(InputError, match="overlaps: trim"):
        inputs(tmp_path, content, leave="estimated")
    trimmed = inputs(tmp_path, content, leave="estimated", overlaps="trim")
    assert stays(trimmed) == [("08:00", "10:00"), ("10:00", "12:00")]


def test_a_car_draws_no_more_than_it_did(tmp_path: Path) -> None:
    """On direct current by its power, on each phase by its current."""
    plant = inputs(tmp_path, rows(("08:00", "10:00", "A"), limits="22,10"))
    start_us, hour_us = plant.time_us, 3_600_000_000
    currents = {
        plant.inputs.signals["ev.ac_current_max_a"].at(start_us + hour * hour_us) for hour in range(24)
    }
    assert currents == {0.0, 10.0}
    plant.advance(start_us + 8 * hour_us + hour_us // 6)
    assert 20_000.0 < plant.readings.active_power_w("ev") < 22_000.0 / 0.9


def test_the_current_of_a_series_is_its_greatest(tmp_path: Path) -> None:
    item = {
        "connectionTime": "Mon, 15 Jun 2026 06:00:00 GMT", "disconnectTime": "Mon, 15 Jun 2026 08:00:00 GMT",
        "kWhDelivered": 5.0, "stationID": "A", "sessionID": "1",
        "chargingCurrent": {"timestamps": ["a", "b", "c"], "current": [0.0, 15.9, 12.0]},
    }  # fmt: skip
    (tmp_path / "s.json").write_text(json.dumps([item]))
    (session,) = read_acn_sessions(tmp_path / "s.json", BERLIN)
    assert session.max_current_a == 15.9
    item["chargingCurrent"] = "much"
    (tmp_path / "s.json").write_text(json.dumps([item]))
    with pytest.raises(InputError, match="chargingCurrent is 'much'; accepted: a number of amperes"):
        read_acn_sessions(tmp_path / "s.json", BERLIN)


@pytest.mark.parametrize("limit", ["0", "-1", "much", "1001"])
def test_limits_that_make_no_sense_are_refused_by_line_and_column(limit: str, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(rows(("08:00", "10:00", "A"), limits=f"{limit},"))
    with pytest.raises(InputError, match=r"s.csv:2: max_power \(kW\) is .*; accepted: a number of kW"):
        read_acn_sessions(path, BERLIN)
