"""What is driven and broken at a running site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ..options import parse_asked_duration, refuse, span_in_words
from . import completion
from .connection import Told
from .words import fault_in_words, value_in_words

if TYPE_CHECKING:
    from ...proto.control.client import ControlClient

InputArgument = Annotated[
    str,
    typer.Argument(
        metavar="INPUT", autocompletion=completion.inputs, help="Such as office.load or site.wind_speed."
    ),
]
ComponentArgument = Annotated[
    str,
    typer.Argument(
        metavar="COMPONENT", autocompletion=completion.components, help="Its name in the site file."
    ),
]
ChargerArgument = Annotated[
    str,
    typer.Argument(metavar="CHARGER", autocompletion=completion.chargers, help="Its name in the site file."),
]

LastsOption = Annotated[
    float | None,
    typer.Option(
        "--for", metavar="SPAN", parser=parse_asked_duration, help="Release it by itself after this time."
    ),
]
SpanArgument = Annotated[
    float, typer.Argument(metavar="SPAN", parser=parse_asked_duration, help="Simulated time, such as '30 s'.")
]


async def drive(
    site: ControlClient,
    input_: InputArgument,
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="With its unit, such as '45 kW', -5kW or 50%.")
    ],
    *,
    over: Annotated[
        float | None,
        typer.Option(metavar="SPAN", parser=parse_asked_duration, help="Reach it evenly in this time."),
    ] = None,
    lasts: LastsOption = None,
) -> Told:
    """Override an input, from now on, whatever the site file says."""
    component, quantity = _split(input_)
    await _require_input(site, component, input_)
    number = _read_value(input_, quantity, value)
    way = timedelta(seconds=over or 0.0)
    await site.drive(component, quantity, number, over=way, lasts=_span(lasts))
    reached = f" in {span_in_words(way)}" if way else ""
    content = {"input": input_, "value": number, "over_s": way.total_seconds(), "for_s": lasts}
    said = f"{input_} is driven to {value_in_words(quantity, number)}{reached}{_for(lasts)}"
    return Told(said, content)


async def release(
    site: ControlClient,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT]...", autocompletion=completion.driven, help="All that are driven if none."
        ),
    ] = None,
) -> Told:
    """Give inputs back to what the site file says."""
    wanted = inputs or [f"{each.component}.{each.quantity}" for each in await site.inputs() if each.driven]
    for name in wanted:
        await site.release(*_split(name))
    text = ", ".join(wanted) or "nothing, as nothing was driven"
    return Told(f"released: {text}", {"released": wanted})


async def strike(
    site: ControlClient,
    component: ComponentArgument,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", autocompletion=completion.fault_kinds, help="Such as trip, frozen or silent."
        ),
    ],
    *,
    lasts: Annotated[
        float | None,
        typer.Option(
            "--for", metavar="SPAN", parser=parse_asked_duration, help="Mend by itself after this time."
        ),
    ] = None,
    diagnostic: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="What a tripped device reports, such as OVERTEMPERATURE."),
    ] = None,
    amount: Annotated[
        str | None,
        typer.Option(
            metavar="AMOUNT", help="How much, with its unit: '5 s' of late, '40 %' of derate, '3 kW' of bias."
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="The same as --amount, of bias, late and others.")
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="AMOUNT", help="The same, of derate and others.")] = None,
    at: Annotated[str | None, typer.Option(metavar="AMOUNT", help="The same, of stuck.")] = None,
    share: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="The same, of lossy and others.")
    ] = None,
    rate: Annotated[str | None, typer.Option(metavar="AMOUNT", help="The same, of slow_consumer.")] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", autocompletion=completion.metrics, help="What reports wrongly; all if none."
        ),
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            metavar="STATUS", help="By which commands are `refused`, or streams `dropped`: OUT_OF_RANGE."
        ),
    ] = None,
    text: Annotated[str | None, typer.Option(metavar="TEXT", help="What clients are told then.")] = None,
    spread: Annotated[
        float | None,
        typer.Option(metavar="SPAN", parser=parse_asked_duration, help="Standard deviation of a delay."),
    ] = None,
    distribution: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of a delay: normal, uniform, lognormal or exponential."),
    ] = None,
    every: Annotated[
        float | None,
        typer.Option(
            metavar="SPAN", parser=parse_asked_duration, help="Come and go by chance, so often on average."
        ),
    ] = None,
    each: Annotated[
        float | None,
        typer.Option(metavar="SPAN", parser=parse_asked_duration, help="For so long each time, on average."),
    ] = None,
) -> Told:
    """Break a component, its measurements or the line to it."""
    amounts = {"amount": amount, "by": by, "to": to, "at": at, "share": share, "rate": rate}
    try:
        number = await site.strike(
            component,
            kind,
            diagnostic=diagnostic,
            amount=_amount(kind, metric or (), amounts),
            metrics=metric or (),
            lasts=_span(lasts),
            status=status,
            text=text,
            spread=_span(spread),
            distribution=distribution,
            every=_span(every),
            each=_span(each),
        )
    except ValueError as error:
        raise refuse(str(error)) from None
    content = {"number": number, "component": component, "kind": kind}
    return Told(fault_in_words(number, component, kind, lasts), content)


async def mend(
    site: ControlClient,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FAULT]...",
            autocompletion=completion.faults,
            help="Numbers of faults, or components with all of theirs; everything if none.",
        ),
    ] = None,
) -> Told:
    """End faults."""
    broken = await site.faults()
    known = {each.component for each in broken} | {str(each.number) for each in broken}
    unknown = [word for word in what or () if word not in known]
    if unknown:
        faults = (
            ", ".join(f"{each.number} ({each.component} {each.kind})" for each in broken)
            or "none, as nothing is broken"
        )
        raise refuse(f"no fault {unknown[0]!r}; accepted: {faults}")
    ended = [each for each in broken if not what or str(each.number) in what or each.component in what]
    for each in ended:
        await site.mend(each.number)
    text = ", ".join(f"{each.component} {each.kind}" for each in ended) or "nothing, as nothing was broken"
    return Told(f"mended: {text}", {"mended": [each.number for each in ended]})


async def command(
    site: ControlClient,
    component: ComponentArgument,
    told: Annotated[
        str | None,
        typer.Argument(
            metavar="[POWER|start|stop|standby|acknowledge]",
            help="A power such as '10 kW', -3kvar, or start, stop, standby or acknowledge.",
        ),
    ] = None,
    *,
    lower: Annotated[
        str | None, typer.Option(metavar="POWER", help="Least power to stay above, such as '-10 kW'.")
    ] = None,
    upper: Annotated[
        str | None, typer.Option(metavar="POWER", help="Greatest power to stay below, such as '10 kW'.")
    ] = None,
    lasts: Annotated[
        float | None,
        typer.Option(
            "--for", metavar="SPAN", parser=parse_asked_duration, help="How long a set-point or bounds live."
        ),
    ] = None,
) -> Told:
    """Tell a component something, as a client of the Microgrid API would."""
    await site.command(component, told, lower=lower, upper=upper, lasts=_span(lasts))
    words = told or f"to stay within {lower or '…'} to {upper or '…'}"
    content = {"component": component, "told": told, "lower": lower, "upper": upper, "for_s": lasts}
    return Told(f"{component} is told {words}{_for(lasts)}", content)


async def outage(site: ControlClient, lasts: SpanArgument) -> Told:
    """Let the public grid be gone for a while."""
    await site.outage(timedelta(seconds=lasts))
    return Told(f"the public grid is gone{_for(lasts)}", {"outage_s": lasts})


async def restart(site: ControlClient, down: SpanArgument) -> Told:
    """Let the server go down, and come back after a while: streams drop, and nothing answers."""
    await site.restart(timedelta(seconds=down))
    return Told(f"the server is gone{_for(down)}", {"restart_s": down})


async def say(
    site: ControlClient,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A line for the log and the events.")],
) -> Told:
    """Put a line into the log and the events of the site."""
    await site.say(text)
    return Told(f"said: {text}", {"said": text})


async def unplug(site: ControlClient, charger: ChargerArgument, *, lasts: LastsOption = None) -> Told:
    """Pull the cable out of a charger, whatever its sessions say."""
    await site.unplug(charger, lasts=_span(lasts))
    return await _cable(site, charger, lasts)


async def plug(site: ControlClient, charger: ChargerArgument) -> Told:
    """Put the cable of a charger back where its sessions say."""
    await site.plug(charger)
    return await _cable(site, charger)


async def _cable(site: ControlClient, charger: str, lasts: float | None = None) -> Told:
    inputs = {each.quantity: each.value for each in await site.inputs(charger) if each.component == charger}
    has_car, is_in = inputs.get("session_id", 0.0) > 0.0, inputs.get("cable", 0.0) > 0.0
    where = f"unplugged{_for(lasts)}"
    if is_in:
        where = "plugged in" if has_car else "back, but by its sessions no car is there now"
    content = {"component": charger, "cable": is_in, "car": has_car, "for_s": lasts}
    return Told(f"{charger}: the cable is {where}", content)


def _for(seconds: float | None) -> str:
    return "" if seconds is None else f" for {span_in_words(timedelta(seconds=seconds))}"


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _amount(kind: str, metrics: list[str] | tuple[()], given: Mapping[str, str | None]) -> float | None:
    """Read how much there is of a fault; kinds and metrics that are not known are for the site to refuse."""
    from ...sim.domain.faults import FaultKind  # noqa: PLC0415
    from ...sim.domain.metrics import Metric  # noqa: PLC0415
    from ...sim.faults.check import FaultError, read_amount_of  # noqa: PLC0415
    from ...sim.faults.said import said_amount  # noqa: PLC0415

    if kind not in list(FaultKind):
        return None
    known = tuple(Metric(name) for name in metrics if name in list(Metric))
    try:
        written = said_amount(FaultKind(kind), given)
        return None if written is None else read_amount_of(FaultKind(kind), known, written)
    except FaultError as error:
        raise refuse(str(error)) from None


def _split(name: str) -> tuple[str, str]:
    component, dot, quantity = name.rpartition(".")
    if not dot or not component or not quantity:
        raise refuse(
            f"{name!r} is no input; accepted: COMPONENT.INPUT, such as office.load or site.wind_speed"
        )
    return component, quantity


async def _require_input(site: ControlClient, component: str, name: str) -> None:
    from ...sim.files.problems import one_of  # noqa: PLC0415

    owners = () if component == "site" else (component,)
    known = [f"{each.component}.{each.quantity}" for each in await site.inputs(*owners)]
    if name not in known:
        its_own = [each for each in known if each.startswith(f"{component}.")]
        raise refuse(
            f"no input {name!r}; accepted: {one_of(its_own, name) or f'none, as nothing drives {component}'}"
        )


def _read_value(name: str, quantity: str, text: str) -> float:
    from ...sim.inputs.driven import DRIVEN_INPUTS, NUMBER  # noqa: PLC0415

    driven = DRIVEN_INPUTS.get(quantity)
    try:
        return (NUMBER if driven is None else driven.unit).parse(text)
    except ValueError as error:
        accepted = error if driven is None else f"{error}: {driven.accepted}"
        raise refuse(f"{name} is {text!r}; accepted: {accepted}") from None
