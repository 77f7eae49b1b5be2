"""A picture of the last minutes of a site: powers above, states of charge below."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, date2num
from matplotlib.figure import Figure

from ...sim.components.registry import type_of
from ...sim.domain.categories import Category
from ...sim.domain.metrics import Metric
from ...sim.domain.timestamps import to_datetime
from .site import SiteHandle

_SIZE_INCHES = (9.0, 6.0)
_DPI = 110


def plot_history(site: SiteHandle, path: Path) -> None:
    """Draw what a site keeps of its past.

    Args:
        site: Whose past.
        path: Of the PNG file.

    Raises:
        OSError: If the file cannot be written.
    """
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    powers, socs = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _draw_powers(site, powers)
    _draw_socs(site, socs)
    formatter = DateFormatter("%H:%M:%S", tz=site.definition.microgrid.location.zone)
    socs.xaxis.set_major_formatter(formatter)
    figure.suptitle(f"{site.name}, seed {site.seed}, until {site.time_text(site.now_us)}", fontsize="medium")
    figure.savefig(path, dpi=_DPI)


def _draw_powers(site: SiteHandle, axes: Axes) -> None:
    for key, component in site.definition.components.items():
        if type_of(component).category is Category.GRID_CONNECTION_POINT:
            continue
        times, watts = site.history.series(component.id, Metric.AC_POWER_ACTIVE)
        if times:
            axes.step(
                _moments(times), [value / 1e3 for value in watts], where="post", label=key, linewidth=1.0
            )
    axes.set_ylabel("active power [kW]")
    axes.grid(alpha=0.3)
    _explain(axes)


def _draw_socs(site: SiteHandle, axes: Axes) -> None:
    for key, component in site.definition.components.items():
        times, percents = site.history.series(component.id, Metric.BATTERY_SOC_PCT)
        if times:
            axes.plot(_moments(times), percents, label=key, linewidth=1.0)
    axes.set_ylabel("SoC [%]")
    axes.set_ylim(0.0, 100.0)
    axes.grid(alpha=0.3)
    _explain(axes)


def _explain(axes: Axes) -> None:
    if axes.lines:
        axes.legend(loc="upper left", fontsize="small", ncols=3)


def _moments(times_us: list[int]) -> list[float]:
    return [float(date2num(to_datetime(time_us))) for time_us in times_us]
