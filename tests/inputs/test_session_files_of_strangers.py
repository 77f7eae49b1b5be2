"""Recorded sessions that say what none can mean are refused by file, line and column, and never taken otherwise."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.sessions.acn import read_acn_sessions

HEADER = "arrival,departure,delivered_energy,station_id"
STAY = "2026-06-15T08:00:00+00:00,2026-06-15T12:00:00+00:00"
SHORT = "2026-06-15T08:00:00+00:00,2026-06-15T08:00:30+00:00"
JSON = (
    '[{{"connectionTime": "2026-06-15T08:00:00+00:00", "disconnectTime": "2026-06-15T12:00:00+00:00",'
    ' "kWhDelivered": {energy}, "stationID": {station}}}]'
)

WRONG = {
    "more than a megawatt": (
        "a.csv",
        f"{HEADER}\n{SHORT},10,CA-1\n",
        "a.csv:2: delivered_energy is 10; accepted: at most 8.33333 kWh in a stay of 30 s, 1000 kW",
    ),
    "a unit that is not read": (
        "a.csv",
        f"{HEADER},max_power (W)\n{STAY},10,CA-1,3700\n",
        "a.csv:1: columns is max_power (W); accepted: max_power (kW)",
    ),
    "a column twice": (
        "a.csv",
        f"{HEADER},max_power (kW),max_power\n{STAY},10,CA-1,3.7,11\n",
        "a.csv:1: columns is max_power (kW) and max_power beside each other; accepted: max_power once",
    ),
    "a number with an underscore": (
        "a.csv",
        f"{HEADER}\n{STAY},1_0,CA-1\n",
        "a.csv:2: delivered_energy is 1_0; accepted: a number of kWh",
    ),
    "digits of another script": (
        "a.csv",
        f"{HEADER}\n{STAY},١٠,CA-1\n",
        "a.csv:2: delivered_energy is ",
    ),
    "a limit in wide digits": (
        "a.csv",
        f"{HEADER},max_current\n{STAY},10,CA-1,１６\n",
        "a.csv:2: max_current is ",
    ),
    "true for an energy": (
        "a.json",
        JSON.format(energy="true", station='"CA-1"'),
        "a.json:1: kWhDelivered is true; accepted: a number of kWh",
    ),
    "true for a station": (
        "a.json",
        JSON.format(energy="10", station="true"),
        "a.json:1: stationID is true; accepted: the name of a station",
    ),
    "lists without end": ("a.json", "[" * 100_000, "a.json: content is lists or mappings within each other"),
    "a number without end": (
        "a.json",
        JSON.format(energy="1" * 5000, station='"CA-1"'),
        "a.json: content is a whole number of thousands of digits; accepted: the JSON of ACN-Data",
    ),
}


@pytest.mark.parametrize(("name", "text", "message"), WRONG.values(), ids=WRONG)
def test_it_is_refused_by_file_line_and_column(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        read_acn_sessions(tmp_path / name, UTC)
    assert str(caught.value).startswith(message)


def test_a_mean_power_of_a_megawatt_is_accepted(tmp_path: Path) -> None:
    stay = "2026-06-15T08:00:00+00:00,2026-06-15T08:00:36+00:00"
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{stay},10,CA-1\n")
    (session,) = read_acn_sessions(tmp_path / "a.csv", UTC)
    assert session.delivered_wh == 10e3


@pytest.mark.parametrize("written", ["10", " 1e1 ", "+10.", "010.0"])
def test_numbers_are_read_however_tables_write_them(tmp_path: Path, written: str) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{STAY},{written},CA-1\n")
    (session,) = read_acn_sessions(tmp_path / "a.csv", UTC)
    assert session.delivered_wh == 10e3
