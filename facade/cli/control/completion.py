"""What the shell offers while a command is typed: names of the running site; nothing where none answers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any

import typer

from .connection import URL_VARIABLE, USUAL_URL

if TYPE_CHECKING:
    from ...proto.control.client import ControlClient

_PATIENCE_S = 1.5
Offers = Iterable[tuple[str, str]]
"""Words, and what each is."""


def components(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the components of the running site."""
    return _offer(ctx, incomplete, _components)


def chargers(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer its chargers."""
    return _offer(ctx, incomplete, _chargers)


def inputs(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer what can be driven."""
    return _offer(ctx, incomplete, _inputs)


def driven(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer what is driven."""
    return _offer(ctx, incomplete, _driven)


def faults(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer what is broken."""
    return _offer(ctx, incomplete, _faults)


def snapshots(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the snapshots that the server keeps."""
    return _offer(ctx, incomplete, _snapshots)


def fault_kinds(incomplete: str) -> list[str]:
    """Offer the ways in which something breaks."""
    from ...sim.domain.faults import FaultKind  # noqa: PLC0415

    return [kind.value for kind in FaultKind if kind.value.startswith(incomplete)]


def event_kinds(incomplete: str) -> list[str]:
    """Offer the kinds of events."""
    from ...sim.domain.events import EVENT_KINDS  # noqa: PLC0415

    return [kind for kind in EVENT_KINDS if kind.startswith(incomplete)]


def metrics(incomplete: str) -> list[str]:
    """Offer the metrics of the API."""
    from ...sim.domain.metrics import Metric  # noqa: PLC0415

    return [metric.value for metric in Metric if metric.value.startswith(incomplete.upper())]


async def _components(site: ControlClient) -> Offers:
    return [(key, state.category) for key, state in (await site.state()).items()]


async def _chargers(site: ControlClient) -> Offers:
    return [(key, what) for key, what in await _components(site) if what == "ev_charger"]


async def _inputs(site: ControlClient) -> Offers:
    from .words import value_in_words  # noqa: PLC0415

    return [
        (f"{each.component}.{each.quantity}", value_in_words(each.quantity, each.value))
        for each in await site.inputs()
    ]


async def _driven(site: ControlClient) -> Offers:
    return [(f"{each.component}.{each.quantity}", "driven") for each in await site.inputs() if each.driven]


async def _faults(site: ControlClient) -> Offers:
    return [(str(fault.number), f"{fault.component} {fault.kind}") for fault in await site.faults()]


async def _snapshots(site: ControlClient) -> Offers:
    zone, kept = (await site.clock()).local_time.tzinfo, await site.list_snapshots()
    return [(name, moment.astimezone(zone).isoformat()) for name, moment in kept.items()]


def _offer(
    ctx: typer.Context, incomplete: str, look: Callable[[ControlClient], Coroutine[Any, Any, Offers]]
) -> list[tuple[str, str]]:
    import asyncio  # noqa: PLC0415

    # Whatever goes wrong, a shell that completes has no place to say it.
    with contextlib.suppress(Exception):
        offers = asyncio.run(asyncio.wait_for(_look(ctx, look), _PATIENCE_S))
        return [(word, what) for word, what in offers if word.startswith(incomplete)]
    return []


async def _look(ctx: typer.Context, look: Callable[[ControlClient], Coroutine[Any, Any, Offers]]) -> Offers:
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from ...proto.control.client import ControlClient  # noqa: PLC0415

    url = ctx.params.get("url") or os.environ.get(URL_VARIABLE) or USUAL_URL
    key, secret = ctx.params.get("auth_key"), ctx.params.get("sign_secret")
    async with ControlClient(url, auth_key=key, sign_secret=secret) as site:
        return await look(site)
