"""What a site did, in lines and as a chart for the terminal: at the end of runs, and of recordings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ..sim.domain.printable import printable
from ..sim.domain.timestamps import to_datetime
from .options import span_in_words

if TYPE_CHECKING:
    from rich.console import Console

    from ..sim.components.recordings import Astray
    from ..sim.components.usage import LineUse
    from ..sim.report.site_report import Commands, Curve, Incident, Peak, SiteReport, Storage
    from ..sim.tariff.bill import Costs

_MOST_LINES = 8
"""Lines that incidents, and refusals, have at most."""
_LEAST_SHOWN_W = 50.0
"""What would be shown as 0.0 kW is left out [W]."""
_LEAST_SHOWN_WH = 50.0
"""What would be shown as 0.0 kWh is left out [Wh]."""
_QUARTER = timedelta(minutes=15)
_CHART = (60, 12)
_COLOURS = ("bright_blue", "bright_yellow", "bright_green", "bright_magenta", "bright_cyan", "bright_red")


def print_report(report: SiteReport, console: Console, *, chart: bool = False) -> None:
    """Print what a site did.

    Args:
        report: What it did.
        console: Where to.
        chart: Whether to draw its powers as well.
    """
    span = _tenths(timedelta(microseconds=report.end_us - report.begin_us))
    begin, end = (
        to_datetime(time_us).astimezone(report.zone) for time_us in (report.begin_us, report.end_us)
    )
    name = printable(report.name or "microgrid")
    if report.end_us <= report.begin_us:
        console.print(
            f"{name} ({report.microgrid_id}): no simulated time has passed, so there is nothing to tell",
            highlight=False,
        )
        return
    console.print(
        f"{name} ({report.microgrid_id}), {begin:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S}"
        f", {span_in_words(span)}",
        highlight=False,
    )
    if report.flows:
        console.print(_flow_table(report))
    if report.storages:
        console.print(_battery_table(report))
    if report.lines:
        console.print(_line_table(report))
    for line in lines(report):
        console.print(line, highlight=False, markup=False)
    if chart:
        text = chart_text(report, is_coloured=console.color_system is not None and console.is_terminal)
        if text is not None:
            console.print()
            console.out(text, highlight=False)


def _tenths(span: timedelta) -> timedelta:
    """Return a span in tenths of seconds, beyond which nobody reads it; a shorter one as it is."""
    return timedelta(seconds=round(span.total_seconds(), 1)) if span >= timedelta(seconds=1) else span


def lines(report: SiteReport) -> list[str]:
    """Return in lines what is in no table."""
    found = [_energies(report)]
    shares = [
        f"{100.0 * share:.0f} % of {what}"
        for share, what in (
            (report.self_consumption, "what was produced was used at the site"),
            (report.self_sufficiency, "what was consumed came from the site"),
        )
        if share is not None
    ]
    found += ["; ".join(shares)] if shares else []
    if not report.spans_agree and None not in (report.imported_wh, report.consumed_wh):
        found.append("what part of this came from the site is not known: powers are known of different spans")
    if len(report.groups) > 1:
        groups = ", ".join(
            f"{group.kind} {_number((group.consumed_wh - group.delivered_wh) / 1e3)}"
            for group in report.groups
        )
        found.append(f"by kind, in kWh: {groups}")
    for peak, where in ((report.peak_import, "from"), (report.peak_export, "into")):
        if peak is not None and peak.power_w >= _LEAST_SHOWN_W:
            found.append(_peak(peak, where, report))
    found += _shortfalls(report)
    found += [_overload(line, report) for line in report.lines if line.overloaded_s > 0.0]
    found += [_astray(astray, report) for astray in report.astray]
    found += [
        f"{usage.key}: {usage.starts} start{'s'[: usage.starts != 1]}, {_minutes(usage.running_s)} in operation"
        for usage in report.usages
        if usage.starts or usage.running_s
    ]
    found += _costs(report.costs)
    found += _commands(report.commands)
    found += _incidents(report)
    return found + [f"note: {note}" for note in report.notes]


def chart_text(report: SiteReport, *, is_coloured: bool) -> str | None:
    """Draw powers over time for the terminal; None without a curve, or without what draws it."""
    try:
        import plotille  # noqa: PLC0415 - in an extra
    except ImportError:
        return None
    curve = report.curve
    if curve is None or len(curve.begin_us) < 2:
        return None
    curve = _coarser(curve)
    begin_us = curve.begin_us[0]
    figure = plotille.Figure()
    figure.width, figure.height = _CHART
    figure.color_mode = "names"
    figure.with_colors = is_coloured
    figure.x_label, figure.y_label = "h", "kW"
    figure.register_label_formatter(float, _tick)
    hours = [(time_us - begin_us) / 3.6e9 for time_us in curve.begin_us]
    figure.set_x_limits(0.0, hours[-1])
    for place, (name, powers) in enumerate(curve.powers_w.items()):
        known = [(hour, power / 1e3) for hour, power in zip(hours, powers, strict=True) if power is not None]
        if known:
            colour = _COLOURS[place % len(_COLOURS)] if is_coloured else None
            marker = None if is_coloured else name[0]
            figure.plot(*zip(*known, strict=True), lc=colour, label=name, marker=marker)
    begin = to_datetime(begin_us).astimezone(report.zone)
    head = f"active power, means of {span_in_words(timedelta(microseconds=curve.length_us))}; hours from {begin:%H:%M}"
    return f"{head}\n{figure.show(legend=True)}"


def _coarser(curve: Curve) -> Curve:
    """Return a curve with no more intervals than a chart has columns."""
    each = -(-len(curve.begin_us) // _CHART[0])
    powers = {
        name: [_mean(values[place : place + each]) for place in range(0, len(values), each)]
        for name, values in curve.powers_w.items()
    }
    return curve._replace(begin_us=curve.begin_us[::each], length_us=each * curve.length_us, powers_w=powers)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _tick(value: float, *_layout: object, **_options: object) -> str:
    return f"{value:6.3g}"


def _energies(report: SiteReport) -> str:
    line = (
        f"from the grid {_kwh(report.imported_wh)}, into it {_kwh(report.exported_wh)}; "
        f"consumed {_kwh(report.consumed_wh)}, produced {_kwh(report.produced_wh)}"
    )
    if report.balance is None:
        return line
    line += f", lost {_kwh(report.balance.lost_wh)}, more in batteries {_kwh(report.balance.stored_wh)}"
    if report.balance.sun_wh < _LEAST_SHOWN_WH:
        return line
    return f"{line}, from the sun behind hybrid inverters {_kwh(report.balance.sun_wh)}"


def _shortfalls(report: SiteReport) -> list[str]:
    """Return what was lost, held back or not served, as far as there is any."""
    shortfalls = report.shortfalls
    lost_wh = None if report.balance is not None else shortfalls.lost_wh
    parts = [
        f"{words} {_kwh(energy_wh)}"
        for words, energy_wh in (
            ("lost", lost_wh),
            ("held back by photovoltaics", shortfalls.curtailed_wh),
            ("not delivered to cars", shortfalls.undelivered_wh),
            ("heat not delivered", shortfalls.unmet_heat_wh),
        )
        if energy_wh is not None and energy_wh >= _LEAST_SHOWN_WH
    ]
    if shortfalls.outside_limits_s:
        parts.append(f"{shortfalls.outside_limits_s:g} s beyond the limits of the connection point")
    return ["; ".join(parts)] if parts else []


def _astray(astray: Astray, report: SiteReport) -> str:
    """Return how a device did not do what its recording says."""
    span = _tenths(timedelta(microseconds=report.end_us - report.begin_us))
    first = to_datetime(astray.first_us).astimezone(report.zone)
    why = "; sun, wind or cars may have left it less" if astray.is_limit else ""
    return (
        f"{astray.key} did not have its recorded power for {_minutes(astray.time_s)} of {span_in_words(span)}, "
        f"by {astray.energy_wh / 1e3:.1f} kWh, at most {astray.most_w / 1e3:.1f} kW; "
        f"first at {first:%Y-%m-%d %H:%M:%S}{why}"
    )


def _overload(line: LineUse, report: SiteReport) -> str:
    """Return how a line carried more than it does for ever."""
    assert line.most_loading is not None
    assert line.most_loaded_us is not None
    most = to_datetime(line.most_loaded_us).astimezone(report.zone)
    return (
        f"warning: what leads to {line.key} was loaded above its rated current for {_minutes(line.overloaded_s)}, "
        f"at most {100.0 * line.most_loading:.0f} %, at {most:%Y-%m-%d %H:%M:%S}"
    )


def _minutes(time_s: float) -> str:
    """Return a time as people say it: `40 s`, `3 min 20 s`, `3 h 17 min`."""
    minutes, seconds = divmod(round(time_s), 60)
    if minutes == 0:
        return f"{time_s:.3g} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def _costs(costs: Costs | None) -> list[str]:
    """Return what it cost, and which emissions came with it."""
    if costs is None:
        return []
    found = []
    if costs.currency is not None:
        parts = (
            ("energy", costs.import_cost),
            ("peaks", costs.peak_cost),
            ("paid for export", costs.export_revenue),
        )
        words = ", ".join(f"{what} {_money(amount, costs)}" for what, amount in parts if amount is not None)
        unknown = "not known, as there was no whole quarter of an hour"
        total = unknown if costs.cost is None else _money(costs.cost, costs)
        found.append(f"cost {total}" + (f": {words}" if words else ""))
    if costs.co2_kg is not None:
        found.append(f"CO2 that came with energy from the grid: {costs.co2_kg:,.1f} kg")
    return found


def _money(amount: float, costs: Costs) -> str:
    text = f"{amount:z,.2f}"
    return f"{'0.00' if text == '-0.00' else text} {costs.currency}"


def _peak(peak: Peak, where: str, report: SiteReport) -> str:
    text = f"peak {where} the grid {peak.power_w / 1e3:.1f} kW"
    if peak.time_us is None:
        return text
    quarter = to_datetime(peak.time_us).astimezone(report.zone)
    return f"{text}, mean of {quarter:%Y-%m-%d %H:%M} to {quarter + _QUARTER:%H:%M}"


def _commands(commands: Commands | None) -> list[str]:
    if commands is None:
        return []
    refused = f", {commands.refused} refused" if commands.refused else ""
    told = [
        f"  {refusal.key}: {refusal.command} refused{_times(refusal.times)}: {refusal.reason}"
        for refusal in commands.refusals[:_MOST_LINES]
    ]
    more = len(commands.refusals) - _MOST_LINES
    return [
        f"commands: {commands.given} given{refused}",
        *told,
        *([f"  and {more} more reasons"] if more > 0 else []),
    ]


def _times(count: int) -> str:
    return f" {count} times" if count > 1 else ""


def _incidents(report: SiteReport) -> list[str]:
    told = [f"  {_incident(incident, report)}" for incident in report.incidents[:_MOST_LINES]]
    more = len(report.incidents) - _MOST_LINES
    if more > 0:
        told.append(f"  and {more} more")
    return [f"errors and warnings: {len(report.incidents)}", *told] if told else []


def _incident(incident: Incident, report: SiteReport) -> str:
    begin = to_datetime(incident.begin_us).astimezone(report.zone)
    lasted_s = None if incident.end_us is None else (incident.end_us - incident.begin_us) / 1e6
    span = "to the end" if lasted_s is None else f"for {lasted_s:g} s"
    message = f" ({incident.message})" if incident.message else ""
    return f"{begin:%Y-%m-%d %H:%M:%S} {incident.key}: {incident.kind} {incident.code} {span}{message}"


def _flow_table(report: SiteReport) -> Any:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    tells_times = any(flow.greatest.time_us is not None for flow in report.flows)
    table = Table(
        title="power and energy on the AC side", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column("")
    for name in ("consumed kWh", "delivered kWh", "greatest kW", "least kW"):
        table.add_column(name, justify="right")
        if tells_times and name.endswith("kW"):
            table.add_column("at", justify="right")
    for flow in report.flows:
        cells = [flow.key, _number(flow.consumed_wh / 1e3), _number(flow.delivered_wh / 1e3)]
        for peak in (flow.greatest, flow.least):
            cells.append(_number(peak.power_w / 1e3))
            if tells_times:
                cells.append(_clock(peak.time_us, report))
        table.add_row(*cells)
    return table


def _clock(time_us: int | None, report: SiteReport) -> str:
    if time_us is None:
        return ""
    moment = to_datetime(time_us).astimezone(report.zone)
    lasted = timedelta(microseconds=report.end_us - report.begin_us)
    if lasted <= timedelta(hours=1):
        return f"{moment:%H:%M:%S}"
    return f"{moment:%H:%M}" if lasted <= timedelta(days=1) else f"{moment:%m-%d %H:%M}"


def _battery_table(report: SiteReport) -> Any:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    tells_losses = any(storage.loss_wh is not None for storage in report.storages)
    tells_truth = any(storage.true_soc is not None for storage in report.storages)
    table = Table(title="batteries", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name in (
        "cycles",
        "first, last SoC",
        "least, greatest",
        *(["true SoC"] if tells_truth else []),
        "temperature",
        *(["lost kWh"] if tells_losses else []),
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for storage in report.storages:
        cells = [
            storage.key,
            "–" if storage.cycles is None else f"{storage.cycles:.2f}",
            _span(storage.soc_first, storage.soc_last, 100.0, "%"),
            _span(storage.soc_least, storage.soc_greatest, 100.0, "%"),
            *([_true_soc(storage)] if tells_truth else []),
            "–"
            if storage.temperatures_c is None
            else _span(storage.temperatures_c[0], storage.temperatures_c[1], 1.0, "°C"),
        ]
        if tells_losses:
            cells.append("–" if storage.loss_wh is None else _number(storage.loss_wh / 1e3))
        table.add_row(*cells)
    return table


def _line_table(report: SiteReport) -> Any:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(
        title="lines and transformers, and voltages where they lead to",
        title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    table.add_column("", no_wrap=True)
    for name in ("lost kWh", "lowest V", "highest V", "of nominal", "most loaded", "at"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in report.lines:
        reached = line.lowest_v is not None and line.highest_v is not None
        lowest_v, highest_v = line.lowest_v or 0.0, line.highest_v or 0.0
        lost_kwh = line.loss_wh / 1e3
        table.add_row(
            line.key,
            f"{lost_kwh:z,.2f}" if abs(lost_kwh) < 1e3 else _number(lost_kwh),
            f"{lowest_v:.1f}" if reached else "–",
            f"{highest_v:.1f}" if reached else "–",
            _span(100.0 * lowest_v / line.nominal_v, 100.0 * highest_v / line.nominal_v, 1.0, "%")
            if reached
            else "–",
            "–" if line.most_loading is None else f"{100.0 * line.most_loading:.0f} %",
            _clock(line.most_loaded_us, report),
        )
    return table


def _true_soc(storage: Storage) -> str:
    soc = storage.soc_last if storage.true_soc is None else storage.true_soc
    return "–" if soc is None else f"{100.0 * soc:.0f} %"


def _span(lower: float | None, upper: float | None, factor: float, unit: str) -> str:
    ends = ("–" if end is None else f"{factor * end:.0f}" for end in (lower, upper))
    return f"{' … '.join(ends)} {unit}"


def _number(value: float) -> str:
    text = f"{value:z,.1f}" if abs(value) < 1e5 else f"{value:z,.0f}"
    return "0.0" if text == "-0.0" else text


def _kwh(energy_wh: float | None) -> str:
    return "not known" if energy_wh is None else f"{_number(energy_wh / 1e3)} kWh"
