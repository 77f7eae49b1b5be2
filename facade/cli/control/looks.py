"""What a running site is doing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

import typer

from ..event_words import event_line
from . import completion
from .connection import Told
from .words import plain_event, plain_fault, plain_input, plain_state, site_in_words

if TYPE_CHECKING:
    from ...proto.control.client import ControlClient

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


async def events(
    site: ControlClient,
    components: ComponentsArgument = None,
    *,
    kind: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="Such as 'set-point refused'; all if none.")
    ] = None,
) -> AsyncIterator[Told]:
    """Print what happens to the site from now on, until Ctrl-C: commands, state changes, faults, drives."""
    happening = await site.events(kinds=kind or (), subjects=components or ())
    zone = (await site.clock()).local_time.tzinfo
    async for each in happening:
        event = each._replace(time=each.time.astimezone(zone))
        # Messages keep no order.
        line = event_line(event.kind, event.subject, dict(sorted(event.details.items())))
        yield Told(f"{event.time.isoformat()} {line}", plain_event(event))
