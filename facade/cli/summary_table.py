"""The summary of a run without clients, as tables and as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..sim.domain.timestamps import to_datetime
from .options import span_in_words

if TYPE_CHECKING:
    from rich.console import Console

    from ..sim.headless.outcome import Summary
    from ..sim.site.site import Site


def print_summary(summary: Summary, site: Site, console: Console) -> None:
    """Print what came of a run."""
    console.print(_flow_table(summary))
    if summary.batteries:
        console.print(_battery_table(summary))
    grid = summary.grid
    console.print(
        f"from the grid {_kwh(grid.consumed_wh)}, into it {_kwh(grid.delivered_wh)}; "
        f"consumed {_kwh(summary.consumed_wh)}, produced {_kwh(summary.produced_wh)}, "
        f"lost {_kwh(summary.lost_wh)}, more in batteries {_kwh(summary.stored_wh)}"
    )
    if summary.peak_w is not None:
        quarter = to_datetime(summary.peak_us).astimezone(site.microgrid.location.zone)
        end = quarter + timedelta(minutes=15)
        console.print(
            f"peak from the grid {summary.peak_w / 1e3:.1f} kW, mean of {quarter:%Y-%m-%d %H:%M} to {end:%H:%M}"
        )
    share = abs(summary.imbalance_wh) / summary.throughput_wh if summary.throughput_wh else 0.0
    span = timedelta(microseconds=summary.duration_us)
    console.print(
        f"{span_in_words(span)} in {summary.wall_s:.2f} s, {summary.events} events, "
        f"{summary.samples} samples; energy balance closed to {share:.0e} of what flowed"
    )


def plain(summary: Summary) -> dict[str, Any]:
    """Return a summary in the types of JSON: Wh, W, °C, SoC 0..1, µs since the Unix epoch."""
    content = summary._asdict()
    content["grid"] = summary.grid._asdict()
    content["flows"] = [flow._asdict() for flow in summary.flows]
    content["batteries"] = [battery._asdict() for battery in summary.batteries]
    return content


def _flow_table(summary: Summary) -> Any:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table("", title="power and energy on the AC side", title_justify="left", box=SIMPLE_HEAD)
    for name in ("consumed kWh", "delivered kWh", "greatest kW", "least kW"):
        table.add_column(name, justify="right")
    for flow in summary.flows:
        numbers = (flow.consumed_wh, flow.delivered_wh, flow.greatest_w, flow.least_w)
        table.add_row(flow.key, *(_number(value / 1e3) for value in numbers))
    return table


def _battery_table(summary: Summary) -> Any:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(title="batteries", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name in ("cycles", "first, last SoC", "least, greatest", "temperature", "lost kWh"):
        table.add_column(name, justify="right", no_wrap=True)
    for battery in summary.batteries:
        table.add_row(
            battery.key,
            f"{battery.full_cycles:.2f}",
            f"{100.0 * battery.soc_first:.0f} … {100.0 * battery.soc_last:.0f} %",
            f"{100.0 * battery.soc_least:.0f} … {100.0 * battery.soc_greatest:.0f} %",
            f"{battery.coldest_c:.0f} … {battery.warmest_c:.0f} °C",
            _number(battery.loss_wh / 1e3),
        )
    return table


def _number(value: float) -> str:
    text = f"{value:,.1f}" if abs(value) < 1e5 else f"{value:,.0f}"
    return "0.0" if text == "-0.0" else text


def _kwh(energy_wh: float) -> str:
    return f"{_number(energy_wh / 1e3)} kWh"
