"""What a controller did to the peak of a day: in words, as a chart for the terminal, and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from statistics import fmean

from ...sim.domain.messages import Frame
from ...sim.domain.metrics import Metric
from ...sim.domain.timestamps import to_datetime

BILLED = timedelta(minutes=15)
"""Peaks are billed as means over a quarter of an hour, not as instants."""
_CHART_SIZE = (72, 14)


class DayTrace:
    """Collects what flowed through a site, as means over whole minutes."""

    def __init__(self, *, grid: int, battery_inverter: int, pv_inverter: int, battery: int) -> None:
        """Watch four components, given by their ids."""
        self._powers = {"grid": grid, "battery": battery_inverter, "pv": pv_inverter}
        self._battery = battery
        self._minute_us = -1
        self._sums: dict[str, list[float]] = {}
        self.minutes_us: list[int] = []
        """Beginnings of the minutes [µs since the Unix epoch]."""
        self.means: dict[str, list[float]] = {name: [] for name in (*self._powers, "soc")}
        """Active power of grid, battery and PV [W] and SoC [%], per minute."""

    def on_frames(self, time_us: int, frames: Sequence[Frame]) -> None:
        """Take in one frame of every component."""
        # A sample at the full minute tells of the time before it.
        minute_us = (time_us - 1) // 60_000_000 * 60_000_000
        if minute_us != self._minute_us:
            self._close_minute()
            self._minute_us = minute_us
        by_id = {frame.component_id: frame.values for frame in frames}
        for name, number in self._powers.items():
            self._sums.setdefault(name, []).append(by_id[number][Metric.AC_POWER_ACTIVE])
        self._sums.setdefault("soc", []).append(by_id[self._battery][Metric.BATTERY_SOC_PCT])

    def without_battery_w(self) -> list[float]:
        """Return what the grid connection would have carried with an idle battery, per minute [W]."""
        return [
            grid - battery for grid, battery in zip(self.means["grid"], self.means["battery"], strict=True)
        ]

    def _close_minute(self) -> None:
        if self._sums:
            self.minutes_us.append(self._minute_us)
            for name, values in self._sums.items():
                self.means[name].append(fmean(values))
            self._sums = {}


def billed_means(per_minute: Sequence[float]) -> list[float]:
    """Return the means of whole quarters of an hour, from values per minute."""
    length = BILLED // timedelta(minutes=1)
    return [fmean(per_minute[i : i + length]) for i in range(0, len(per_minute) - length + 1, length)]


def verdict(trace: DayTrace, limit_w: float) -> str:
    """Say in words what happened to the peak."""
    without_w, with_w = max(billed_means(trace.without_battery_w())), max(billed_means(trace.means["grid"]))
    discharged_wh = sum(-power for power in trace.means["battery"] if power < 0.0) / 60.0
    return (
        f"Highest quarter of an hour without the battery: {without_w / 1e3:.1f} kW from the grid\n"
        f"Highest quarter of an hour with the application: {with_w / 1e3:.1f} kW (it was to keep "
        f"{limit_w / 1e3:.1f} kW)\n"
        f"It took {(without_w - with_w) / without_w:.0%} off the peak, with {discharged_wh / 1e3:.1f} kWh from "
        f"the battery; SoC between {min(trace.means['soc']):.0f} % and {max(trace.means['soc']):.0f} %."
    )


def chart(trace: DayTrace, limit_w: float) -> str:
    """Draw the import with and without the battery as a chart for the terminal."""
    with_w, without_w = billed_means(trace.means["grid"]), billed_means(trace.without_battery_w())
    hours = [0.25 * quarter for quarter in range(len(with_w))]
    import plotille  # noqa: PLC0415 - needs the extra

    figure = plotille.Figure()
    figure.width, figure.height = _CHART_SIZE
    figure.x_label, figure.y_label = "hours", "import, means of 15 min [kW]"
    figure.register_label_formatter(float, _tick)
    figure.set_x_limits(0.0, hours[-1])
    figure.set_y_limits(min(0.0, min(with_w) / 1e3))
    figure.plot(hours, [power / 1e3 for power in without_w], lc="red", label="without battery")
    figure.plot(hours, [power / 1e3 for power in with_w], lc="green", label="with the application")
    figure.plot([0.0, hours[-1]], [limit_w / 1e3] * 2, lc="blue", label="limit")
    return str(figure.show(legend=True))


def _tick(value: float, *_layout: object, **_options: object) -> str:
    return f"{value:6.1f}"


def picture(trace: DayTrace, limit_w: float, zone: tzinfo, path: Path) -> None:
    """Draw grid, PV, battery and SoC of the day.

    Args:
        trace: Of the day.
        limit_w: Import that was to be kept [W].
        zone: Time zone of the axis.
        path: File to write; its suffix says in which format.
    """
    from matplotlib.dates import AutoDateLocator, DateFormatter  # noqa: PLC0415 - takes half a second
    from matplotlib.figure import Figure  # noqa: PLC0415

    minutes: list[datetime] = [to_datetime(time_us) for time_us in trace.minutes_us]
    figure = Figure(figsize=(10.0, 6.0), layout="constrained")
    powers, soc = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    powers.plot(minutes, _kilowatts(trace.without_battery_w()), color="0.75", label="grid without battery")
    powers.plot(minutes, _kilowatts(trace.means["grid"]), color="tab:blue", label="grid")
    powers.plot(minutes, _kilowatts(trace.means["battery"]), color="tab:green", label="battery")
    powers.plot(minutes, _kilowatts(trace.means["pv"]), color="tab:orange", label="PV")
    powers.axhline(limit_w / 1e3, color="tab:red", linestyle="--", linewidth=1.0, label="limit")
    powers.set_ylabel("active power [kW]")
    powers.set_title(
        f"Peak shaving on {minutes[len(minutes) // 2].astimezone(zone):%Y-%m-%d}, means of a minute"
    )
    powers.legend(loc="upper left", ncols=3, fontsize="small")
    powers.grid(alpha=0.3)
    soc.plot(minutes, trace.means["soc"], color="tab:green")
    soc.set_ylabel("SoC [%]")
    soc.set_ylim(0.0, 100.0)
    soc.grid(alpha=0.3)
    soc.xaxis.set_major_locator(AutoDateLocator(tz=zone))
    soc.xaxis.set_major_formatter(DateFormatter("%H:%M", tz=zone))
    figure.savefig(path, dpi=120)


def _kilowatts(powers_w: Sequence[float]) -> list[float]:
    return [power_w / 1e3 for power_w in powers_w]
