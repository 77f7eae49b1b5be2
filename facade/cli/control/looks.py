"""What a running site is doing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ..event_words import event_line
from ..options import parse_asked_duration
from . import completion
from .connection import Told
from .words import plain_event, plain_fault, plain_input, plain_state, site_in_words

if TYPE_CHECKING:
    from ...proto.control.client import ControlClient
    from ...proto.control.readings import SiteEvent

DOES_NOT_HOLD = 1
"""Exit code where what is waited for does not come true."""
_LOOKS_EVERY_S = 0.5
"""How often to see whether a server is back [s]."""
ComponentsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[COMPONENT]...", autocompletion=completion.components, help="All if none."),
]


async def state(site: ControlClient, components: ComponentsArgument = None) -> Told:
    """Print what components are doing, what is broken, and what is driven; of one component, everything."""
    wanted = components or []
    states, driven = await site.state(*wanted), await site.inputs(*wanted)
    zone = (await site.clock()).local_time.tzinfo
    faults = [each for each in await site.faults() if not wanted or each.component in wanted]
    by_hand = [each for each in driven if each.driven]
    content = {
        "components": [plain_state(key, each) for key, each in states.items()],
        "faults": [plain_fault(each, zone) for each in faults],
        "inputs": [plain_input(each) for each in driven],
    }
    return Told(site_in_words(states, faults, by_hand, zone), content)


async def read(
    site: ControlClient,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help="As in conditions: grid.power, site.consumer_power, app.commands, …"
        ),
    ],
) -> Told:
    """Print values by the names that conditions of scenario files have for them."""
    found = await site.read(*names)
    wide = max(map(len, found))
    lines = [f"{name:<{wide}}  {each.shown}" for name, each in found.items()]
    return Told("\n".join(lines), {name: each._asdict() for name, each in found.items()})


async def wait(
    site: ControlClient,
    condition: Annotated[
        str, typer.Argument(metavar="CONDITION", help="As in scenario files: 'grid.power < 30 kW'.")
    ],
    *,
    within: Annotated[
        float | None,
        typer.Option(metavar="SPAN", parser=parse_asked_duration, help="Simulated time that it may take."),
    ] = None,
    lasting: Annotated[
        float | None,
        typer.Option(
            "--for",
            metavar="SPAN",
            parser=parse_asked_duration,
            help="Simulated time for which it has to stay so.",
        ),
    ] = None,
) -> Told:
    """Wait until a condition holds, or say whether it does now; exit code 1 if it does not."""
    if within and (await site.clock()).paused:
        typer.echo("time is paused: this waits until somebody steps or resumes it", err=True)
    waited = await site.wait_until(
        condition, within=timedelta(seconds=within or 0.0), lasting=timedelta(seconds=lasting or 0.0)
    )
    return Told(waited.found, waited._asdict(), 0 if waited.holds else DOES_NOT_HOLD)


async def events(
    site: ControlClient,
    components: ComponentsArgument = None,
    *,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            autocompletion=completion.event_kinds,
            help="Such as 'set-point refused'; all if none.",
        ),
    ] = None,
) -> AsyncIterator[Told]:
    """Print what happens to the site from now on, until Ctrl-C: commands, state changes, faults, drives.

    After a `restart` it goes on when the server is back.
    """
    zone = (await site.clock()).local_time.tzinfo or UTC
    async for each in _whatever_comes(site, kind or [], components or []):
        event = each._replace(time=each.time.astimezone(zone))
        # Messages keep no order.
        line = event_line(event.kind, event.subject, dict(sorted(event.details.items())), zone)
        yield Told(f"{event.time.isoformat()} {line}", plain_event(event))


async def _whatever_comes(
    site: ControlClient, kinds: list[str], subjects: list[str]
) -> AsyncIterator[SiteEvent]:
    """Yield what happens, also after the server went down and came back."""
    from ...proto.control.client import ControlError  # noqa: PLC0415
    from ...sim.domain.events import SERVER_GOES_DOWN  # noqa: PLC0415

    # That the server goes down is heard whatever is wanted.
    heard = {"kinds": kinds and [*kinds, SERVER_GOES_DOWN], "subjects": subjects and [*subjects, "site"]}
    while True:
        goes_down = False
        happening = await site.events(**heard)
        try:
            async for event in happening:
                goes_down |= event.kind == SERVER_GOES_DOWN
                if event.kind in (kinds or [event.kind]) and event.subject in (subjects or [event.subject]):
                    yield event
        except ControlError as error:
            if not goes_down or error.code.name != "UNAVAILABLE":
                raise
        typer.echo("the server is gone; going on when it is back", err=True)
        await _until_back(site)


async def _until_back(site: ControlClient) -> None:
    import asyncio  # noqa: PLC0415

    from ...proto.control.client import ControlError  # noqa: PLC0415

    while True:
        await asyncio.sleep(_LOOKS_EVERY_S)
        await site.reconnect()
        try:
            await site.clock()
        except ControlError as error:
            if error.code.name != "UNAVAILABLE":
                raise
        else:
            return
