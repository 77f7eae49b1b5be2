"""What a running site tells, in words and as plain data."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..options import span_in_words

if TYPE_CHECKING:
    from datetime import tzinfo

    from ...proto.control.readings import ClockReading, ComponentState, SiteEvent, SiteFault, SiteInput

NOTHING = "–"
_NO_LIMIT = 100_000
_PRODUCERS = ("pv_inverter", "wind_turbine", "chp")


def clock_in_words(reading: ClockReading) -> str:
    """Say where time stands, and how it passes."""
    passing = "paused" if reading.paused else f"{reading.speed:g} x real time"
    return f"{reading.local_time.isoformat()} {passing}, {reading.timestamps} timestamps"


def plain_clock(reading: ClockReading) -> dict[str, Any]:
    """Return where time stands in the types of JSON."""
    times = {"simulated_time": reading.local_time, "wall_time": reading.wall_time}
    return {**reading._asdict(), **{name: moment.isoformat() for name, moment in times.items()}}


def value_in_words(quantity: str, value: float) -> str:
    """Return the value of an input with its unit."""
    from ...sim.inputs.driven import DRIVEN_INPUTS  # noqa: PLC0415

    driven = DRIVEN_INPUTS.get(quantity)
    return f"{value:g}" if driven is None else driven.unit.in_words(value)


def metric_in_words(name: str, value: float, *, digits: int = 5) -> str:
    """Return the value of a metric with its unit, rounded."""
    from ...sim.domain.metrics import Metric  # noqa: PLC0415
    from ...sim.files import units  # noqa: PLC0415

    if math.isnan(value):
        return NOTHING
    unit = next((metric.unit for metric in Metric if metric.value == name), "1")
    scaled = {"W": units.WATT, "var": units.VAR, "VA": units.VOLT_AMPERE, "Wh": units.WATT_HOUR}.get(unit)
    if scaled is not None:
        return scaled.in_words(value, digits=digits)
    return f"{value:.{digits}g}" + (f" {unit}" if unit != "1" else "")


def states_in_words(state: ComponentState) -> str:
    """Return what a component says that it is doing; what only produces does not discharge."""
    produces = state.category in _PRODUCERS
    return " ".join("PRODUCING" if produces and one == "DISCHARGING" else one for one in state.states)


def plain_state(key: str, state: ComponentState) -> dict[str, Any]:
    """Return what a component is doing in the types of JSON; null for what has no value."""
    values = {name: None if math.isnan(value) else value for name, value in _in_order(state.values)}
    return {"component": key, **state._asdict(), "values": values}


def plain_fault(fault: SiteFault, zone: tzinfo | None) -> dict[str, Any]:
    """Return what is broken in the types of JSON, by the clock of a time zone."""
    return {**fault._asdict(), "since": fault.since.astimezone(zone).isoformat()}


def plain_input(each: SiteInput) -> dict[str, Any]:
    """Return what drives a component in the types of JSON; null for what is infinite."""
    return {**each._asdict(), "value": each.value if math.isfinite(each.value) else None}


def plain_event(event: SiteEvent) -> dict[str, Any]:
    """Return something that happened in the types of JSON."""
    return {**event._asdict(), "time": event.time.isoformat(), "details": dict(event.details)}


def site_in_words(
    states: Mapping[str, ComponentState],
    faults: Sequence[SiteFault],
    driven: Sequence[SiteInput],
    zone: tzinfo | None,
) -> str:
    """Return a site as a table, and what is broken or driven below it, by the clock of a time zone."""
    lines = [_table(states)] if len(states) > 1 else [_details(key, state) for key, state in states.items()]
    lines += [
        f"fault {each.number}: {each.component} {each.kind}, "
        f"since {each.since.astimezone(zone).isoformat()} ({each.what})"
        for each in faults
    ]
    lines += [
        f"driven: {each.component}.{each.quantity} at {value_in_words(each.quantity, each.value)}"
        for each in driven
    ]
    return "\n".join(lines)


def fault_in_words(number: int, component: str, kind: str, lasts_s: float | None) -> str:
    """Say what was broken, and how it ends."""
    from datetime import timedelta  # noqa: PLC0415

    how_long = "until it is mended" if lasts_s is None else f"for {span_in_words(timedelta(seconds=lasts_s))}"
    return f"fault {number}: {component} {kind} {how_long} (doppelgrid control mend {number})"


def _in_order(values: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return metrics in the order in which the API lists them; messages have none."""
    from ...sim.domain.metrics import Metric  # noqa: PLC0415

    order = {metric.value: place for place, metric in enumerate(Metric)}
    return sorted(values.items(), key=lambda item: order.get(item[0], len(order)))


def _table(states: Mapping[str, ComponentState]) -> str:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from ..columns import Column, fill_table  # noqa: PLC0415

    columns = (
        Column("component", 0),
        Column("power", 0, is_number=True),
        Column("allowed", 2, is_number=True),
        Column("SoC", 1, is_number=True),
        Column("state", 0),
    )
    rows = [
        [Text(cell) for cell in (key, _power(state), _allowed(state), _soc(state), _all_states(state))]
        for key, state in states.items()
    ]
    console = Console(highlight=False, emoji=False)
    # What goes into a file or a pipe is wanted whole.
    width = console.width if console.is_terminal or "COLUMNS" in os.environ else None
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    fill_table(table, columns, rows, width, around_a_cell=2, around_a_row=2)
    if width is None:
        console.width = _NO_LIMIT
    with console.capture() as told:
        console.print(table)
    return "\n".join(line.rstrip() for line in told.get().splitlines() if line.strip())


def _soc(state: ComponentState) -> str:
    soc_pct = state.values.get("BATTERY_SOC_PCT")
    return "" if soc_pct is None else _percent(soc_pct)


def _power(state: ComponentState) -> str:
    for name in ("AC_POWER_ACTIVE", "DC_POWER"):
        if name in state.values:
            return metric_in_words(name, state.values[name], digits=4)
    return NOTHING


def _allowed(state: ComponentState) -> str:
    ranges = state.bounds.get("AC_POWER_ACTIVE") or state.bounds.get("DC_POWER") or ()
    return ", ".join(f"{lower / 1e3:z.1f} … {upper / 1e3:z.1f} kW" for lower, upper in ranges)


def _percent(value: float) -> str:
    return NOTHING if math.isnan(value) else f"{value:.1f} %"


def _all_states(state: ComponentState) -> str:
    return " ".join((states_in_words(state), *state.errors, *state.warnings))


def _details(key: str, state: ComponentState) -> str:
    wide = max((len(name) for name in state.values), default=0)
    lines = [f"{key} ({state.category}, id {state.id}): {states_in_words(state)}"]
    lines += [
        f"  {kind} {code}"
        for kind, codes in (("error", state.errors), ("warning", state.warnings))
        for code in codes
    ]
    for name, value in _in_order(state.values):
        ranges = state.bounds.get(name, ())
        allowed = " or ".join(
            f"{metric_in_words(name, lower)} to {metric_in_words(name, upper)}" for lower, upper in ranges
        )
        lines.append(
            f"  {name:<{wide}}  {metric_in_words(name, value)}" + (f", allowed {allowed}" if allowed else "")
        )
    return "\n".join(lines)
