"""Tariff files: what they can say, and what is told of those that are wrong, before anything runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.tariff.prices import Prices
from doppelgrid.sim.tariff.reader import Tariff, TariffError, load_tariff

BERLIN = ZoneInfo("Europe/Berlin")
EXAMPLES = Path(__file__).parents[2] / "examples" / "tariffs"
KEYS = [
    "tariff",
    "import",
    "export",
    "peak",
    "co2",
    "timezone",
    "windows",
    "otherwise",
    "file",
    "unit",
    "price",
    "days",
]


def tariff(folder: Path, text: str) -> Tariff:
    (folder / "tariff.yaml").write_text(f"tariff: a tariff\n{text}", encoding="utf-8")
    return load_tariff(folder / "tariff.yaml")


def over(made: Tariff, begin: datetime, end: datetime) -> Prices:
    return made.over(instant_us(begin), instant_us(end), BERLIN)


def instant_us(moment: datetime) -> int:
    """Return a moment, by the clock of Berlin if it names no offset [µs since the Unix epoch]."""
    return to_us(moment.replace(tzinfo=moment.tzinfo or BERLIN))


def refusal(folder: Path, text: str) -> list[str]:
    with pytest.raises(TariffError) as caught:
        tariff(folder, text)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def by_hour(made: Tariff, begin: datetime, end: datetime) -> list[tuple[str, float]]:
    """Return when prices of imports begin, in UTC, and what they are."""
    imported = over(made, begin, end).imported
    assert imported is not None
    times_us, prices = imported.between(instant_us(begin), instant_us(end))
    return [
        (datetime.fromtimestamp(time_us / 1e6, UTC).strftime("%d %H:%M"), round(price, 9))
        for time_us, price in zip(times_us.tolist(), prices.tolist(), strict=True)
    ]


WINDOWS = """import:
  windows:
    - {price: 38 ct/kWh, from: "17:00", to: "21:00", days: [mon, tue, wed, thu, fri]}
    - {price: 20 ct/kWh, from: "22:00", to: "06:00"}
  otherwise: 0.29 €/kWh
"""


def test_prices_go_by_the_hour_and_the_day_of_the_week(tmp_path: Path) -> None:
    """Berlin is two hours before UTC in June; 2026-06-19 is a Friday."""
    made = tariff(tmp_path, WINDOWS)
    friday = [
        ("18 22:00", 0.2),
        ("19 04:00", 0.29),
        ("19 15:00", 0.38),
        ("19 19:00", 0.29),
        ("19 20:00", 0.2),
    ]
    saturday = [("19 22:00", 0.2), ("20 04:00", 0.29), ("20 20:00", 0.2)]
    assert by_hour(made, datetime(2026, 6, 19), datetime(2026, 6, 21)) == friday + saturday


@pytest.mark.parametrize(
    ("day", "hours_at_night"), [(datetime(2026, 3, 29), 7.0), (datetime(2026, 10, 25), 9.0)]
)
def test_windows_follow_the_clock_on_the_days_on_which_it_is_moved(
    tmp_path: Path, day: datetime, hours_at_night: float
) -> None:
    """Six hours of the night and two of the evening are cheap: one less in spring, one more in autumn."""
    imported = over(tariff(tmp_path, WINDOWS), day, day.replace(day=day.day + 1)).imported
    assert imported is not None
    begin_us, end_us = instant_us(day), instant_us(day.replace(day=day.day + 1))
    times_us, prices = imported.between(begin_us, end_us)
    hours = np.diff(np.append(times_us, end_us)) / 3.6e9
    assert hours[prices == 0.2].sum() == hours_at_night
    assert hours.sum() == 15.0 + hours_at_night + 1.0


def test_a_tariff_may_name_the_clock_that_it_goes_by(tmp_path: Path) -> None:
    made = tariff(tmp_path, f"timezone: UTC\n{WINDOWS}")
    times = [
        time
        for time, _ in by_hour(made, datetime(2026, 6, 19, tzinfo=UTC), datetime(2026, 6, 20, tzinfo=UTC))
    ]
    assert times == ["19 00:00", "19 06:00", "19 17:00", "19 21:00", "19 22:00"]


def test_all_that_is_wrong_is_told_at_once_by_line(tmp_path: Path) -> None:
    found = refusal(
        tmp_path,
        """import:
  windows:
    - {price: 38, from: "17:00", to: "25:00", days: [monday]}
export: 7 ct
peak: {price: 9 €/kWh, per: week}
co2: -3 g/kWh
fees: 3 €
""",
    )
    assert [line.split(" is ")[0] for line in found] == [
        "tariff.yaml:4: import.windows[0].price",
        "tariff.yaml:4: import.windows[0].days[0]",
        "tariff.yaml:4: import.windows[0].to",
        "tariff.yaml:5: export",
        "tariff.yaml:6: peak.price",
        "tariff.yaml:6: peak.per",
        "tariff.yaml:7: co2",
        "tariff.yaml:8: fees",
    ]
    assert "accepted: a number with a unit (€/kWh, EUR/kWh, ct/kWh, €/MWh" in found[3]
    assert found[2].endswith('accepted: a time of day from "00:00" to "24:00"')


def test_a_price_that_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "import: 1e9 €/kWh\n")
    assert line.startswith("tariff.yaml:2: import is 1e9 €/kWh; accepted: ")


def test_a_file_without_any_price_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "") == [
        "tariff.yaml:1: the file is a mapping; accepted: import, export, peak or co2 beside tariff"
    ]


def test_windows_that_overlap_and_hours_without_a_price_are_refused(tmp_path: Path) -> None:
    found = refusal(
        tmp_path,
        """import:
  windows:
    - {price: 38 ct/kWh, from: "06:00", to: "21:00"}
    - {price: 20 ct/kWh, from: "20:00", to: "05:00", days: [fri]}
""",
    )
    assert found == [
        "tariff.yaml:3: import.windows is without a price from mon 00:00 to mon 06:00; accepted: "
        "windows for the whole week, or a price `otherwise`",
        "tariff.yaml:5: import.windows[1] is from fri 20:00 to fri 21:00 again, which windows[0] has; accepted: "
        "windows that do not overlap",
    ]


def test_prices_in_two_currencies_are_refused(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "import: 30 ct/kWh\nexport: 0.1 CHF/kWh\n")
    assert line.endswith("export is in CHF; accepted: one currency for all prices, as the EUR of import")


TABLE = "import: {file: prices.csv, unit: €/MWh, timezone: UTC}\n"


def table(folder: Path, hours: list[int], price: str = "80") -> None:
    rows = "".join(f"2026-06-15T{hour:02d}:00,{price}\n" for hour in hours)
    (folder / "prices.csv").write_text(f"time,price\n{rows}", encoding="utf-8")


def refused_over(made: Tariff, begin_hour: int, end_hour: int) -> str:
    with pytest.raises(TariffError) as caught:
        over(made, *(datetime(2026, 6, 15, hour, tzinfo=UTC) for hour in (begin_hour, end_hour)))
    return str(caught.value)


def test_a_gap_in_a_table_of_prices_says_from_when_to_when(tmp_path: Path) -> None:
    table(tmp_path, [0, 1, 2, 6, 7])
    said = refused_over(tariff(tmp_path, TABLE), 0, 3)
    assert said.startswith(
        "prices.csv:4: time is without rows for 4 h between 2026-06-15T02:00:00+00:00 and "
    )


def test_a_table_that_begins_late_or_ends_early_says_what_it_covers(tmp_path: Path) -> None:
    table(tmp_path, [4, 5, 6])
    made = tariff(tmp_path, TABLE)
    assert "accepted: a time from 2026-06-15T04:00:00+00:00 to 2026-06-15T07:00:00+00:00" in refused_over(
        made, 3, 6
    )
    late = refused_over(made, 5, 8)
    assert (
        "tariff.yaml:2: import.file is 'prices.csv', whose content is without a value from 2026-06-15T09:00"
        in late
    )
    assert over(made, *(datetime(2026, 6, 15, hour, tzinfo=UTC) for hour in (4, 7))).imported is not None


def test_an_empty_cell_is_a_gap(tmp_path: Path) -> None:
    table(tmp_path, [0, 1, 2], price="")
    assert "accepted: a number" in refused_over(tariff(tmp_path, TABLE), 0, 2)


def test_a_table_that_is_not_there_is_told_at_its_line(tmp_path: Path) -> None:
    assert "tariff.yaml:2: import.file is 'prices.csv', whose file is not there" in refused_over(
        tariff(tmp_path, TABLE), 0, 2
    )


def test_what_is_wrong_with_several_tables_is_told_at_once(tmp_path: Path) -> None:
    made = tariff(tmp_path, f"{TABLE}co2: {{file: grams.csv, unit: g/kWh}}\n")
    assert len(refused_over(made, 0, 2).splitlines()) == 2


@pytest.mark.parametrize(
    ("unit", "cell", "key"), [("€/MWh", "1e12", "import"), ("g/kWh", "-3", "co2"), ("g/kWh", "inf", "co2")]
)
def test_a_cell_that_cannot_be_meant_is_told_with_its_line(
    tmp_path: Path, unit: str, cell: str, key: str
) -> None:
    table(tmp_path, [0, 1], price=cell)
    made = tariff(tmp_path, f"{key}: {{file: prices.csv, unit: {unit}, timezone: UTC}}\n")
    assert refused_over(made, 0, 2).startswith("prices.csv:2: price is ")


def test_a_table_is_scaled_and_added_to(tmp_path: Path) -> None:
    table(tmp_path, [0, 1], price="-100")
    made = tariff(
        tmp_path, "import: {file: prices.csv, unit: €/MWh, timezone: UTC, factor: 1.19, plus: 17.5 ct/kWh}\n"
    )
    ((_, price),) = by_hour(made, datetime(2026, 6, 15, 2), datetime(2026, 6, 15, 4))
    assert price == pytest.approx(-0.1 * 1.19 + 0.175)


@pytest.mark.parametrize("name", [each.name for each in sorted(EXAMPLES.glob("*.yaml"))])
def test_examples_have_prices_for_a_day(name: str) -> None:
    prices = over(load_tariff(EXAMPLES / name), datetime(2026, 6, 15), datetime(2026, 6, 16))
    assert prices.currency == "EUR"
    assert prices.imported is not None


NODES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["32 ct/kWh", "-3 €/kWh", "9 €/kW", "17:00", "mon", "1e999 €/kWh", "prices.csv", "€/MWh", "run"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), NODES, max_size=5) | NODES)
def test_garbage_is_a_tariff_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, data: object
) -> None:

    path = tmp_path_factory.getbasetemp() / "garbage.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")
    said = "; accepted: "
    try:
        over(load_tariff(path), datetime(2026, 6, 15), datetime(2026, 6, 16))
    except TariffError as error:
        said = str(error)
    assert all("; accepted: " in line for line in said.splitlines())


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_bytes_are_a_tariff_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(content)
    with pytest.raises(TariffError, match="; accepted: "):
        load_tariff(path)
