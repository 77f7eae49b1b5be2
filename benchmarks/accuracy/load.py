"""Standard load profiles against the tables of their publisher."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from doppelgrid.sim.inputs.daily import day_at, midnight_us
from doppelgrid.sim.inputs.profiles.bdew import BdewDays

from .assessment import AccuracyFigure, Assessment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

YEAR = 2023
"""Not a leap year."""
ANNUAL_ENERGY_WH = 1e9
"""What the tables are for: 1,000,000 kWh."""
_ZONE = ZoneInfo("Europe/Berlin")
_QUARTER_US = 15 * 60 * 1_000_000
_FLAT = ("g25", "l25")
"""Profiles without dynamisation: the table is the profile."""
_DYNAMISED = ("h25", "p25", "s25")


def assess(data: Path) -> Assessment:
    """Compare the days of a year with the published tables.

    Args:
        data: Folder of measured data.
    """
    figures = []
    for name in (*_FLAT, *_DYNAMISED, "h0", "g0", "l0"):
        energy = sum(float(day.sum()) for day in _year(name).values()) / 4.0
        figures.append(
            AccuracyFigure(
                f"{name}: energy of {YEAR}, relative error",
                _told(abs(energy / ANNUAL_ENERGY_WH - 1.0)),
                "1",
                1e-9,
            )
        )
    for name in _FLAT:
        ours, table = _days_beside_table(name, data)
        scale = float(ours.sum() / table.sum())
        rmse = float(np.sqrt(np.mean((ours / scale - table) ** 2)) / np.mean(table))
        figures.append(
            AccuracyFigure(
                f"{name}: quarter hours at the same energy, RMSE over mean", _told(rmse), "1", 1e-9
            )
        )
        figures.append(
            AccuracyFigure(f"{name}: power over that of the table, less 1", 100.0 * (scale - 1.0), "%")
        )
    for name in _DYNAMISED:
        ours, table = _days_beside_table(name, data)
        shape = [_correlation(a, b) for a, b in zip(ours, table, strict=True)]
        figures.append(
            AccuracyFigure(
                f"{name}: shape of a day, 1 - least correlation", _told(1.0 - min(shape)), "1", 0.001
            )
        )
    return Assessment(
        name="load",
        title=f"Standard load profiles of BDEW over the year {YEAR}",
        reference="Tables of BDEW as packaged with demandlib 0.2.2 (MIT); not measurements",
        figures=tuple(figures),
        note="Public holidays count as the working days that they fall on; as a year still holds its annual energy, "
        "every quarter hour is lower by what the figure says. Household profiles (h25, p25, s25) are made "
        "dynamic over the year by demandlib, so only the shape of a day is the table's. Days on which clocks are moved "
        "are left out of the shapes.",
        draw=lambda: _draw(data),
    )


def _year(profile: str) -> dict[date, np.ndarray]:
    """Return the quarter hours of each day of the year [W]."""
    days, made = BdewDays(profile, ANNUAL_ENERGY_WH), {}
    first = date(YEAR, 1, 1)
    for number in range((date(YEAR + 1, 1, 1) - first).days):
        day = day_at(midnight_us(first + timedelta(days=number), _ZONE), _ZONE)
        steps = days.steps(day)
        made[day.date] = np.array([steps.at(time) for time in range(day.begin_us, day.end_us, _QUARTER_US)])
    return made


def _table(profile: str, data: Path) -> pd.DataFrame:
    """Return the published table [W]: a row a quarter hour, columns by month (0..11) and type of day."""
    table = pd.read_csv(data / "load_slp_bdew" / f"{profile}.csv", header=[0, 1], index_col=0)
    kinds = table.columns.get_level_values(1)
    table.columns = pd.MultiIndex.from_tuples([(index // 3, kind) for index, kind in enumerate(kinds)])
    return table.astype(float) * 4e3


def _days_beside_table(profile: str, data: Path) -> tuple[np.ndarray, np.ndarray]:
    table, ours, published = _table(profile, data), [], []
    for day, values in _year(profile).items():
        if len(values) == 96 and not _moves_clock(day):
            kind = {5: "SA", 6: "FT"}.get(day.weekday(), "WT")
            ours.append(values)
            published.append(table[(day.month - 1, kind)].to_numpy())
    return np.array(ours), np.array(published)


def _moves_clock(day: date) -> bool:
    morning = datetime(day.year, day.month, day.day, tzinfo=_ZONE)
    return morning.utcoffset() != (morning + timedelta(days=1)).utcoffset()


def _told(error: float) -> float:
    """Return an error without its roundings, which differ from machine to machine."""
    return round(error, 12)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _draw(data: Path) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415 - only who wants the picture needs it

    figure = Figure(figsize=(9.0, 3.5), layout="constrained")
    axes = figure.subplots(1, 2)
    hours = np.arange(96) / 4.0
    for axis, profile in zip(axes, ("g25", "h25"), strict=True):
        year, table = _year(profile), _table(profile, data)
        for label, day, kind in (
            ("workday in January", date(YEAR, 1, 18), "WT"),
            ("Sunday in July", date(YEAR, 7, 16), "FT"),
        ):
            (line,) = axis.plot(hours, year[day] / 1e3, label=label)
            axis.plot(
                hours,
                table[(day.month - 1, kind)] / 1e3,
                "--",
                color=line.get_color(),
                label=f"{label}, table",
            )
        axis.set(title=profile, xlabel="hour of the day", ylabel="power at 1 GWh a year [kW]")
    axes[0].legend()
    return figure
