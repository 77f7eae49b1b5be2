"""All checks on one server, in all the ways that lead to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import grpc

from . import bounds, lifecycle, set_points, setup, telemetry
from .access import Access
from .alpha import alpha_api
from .api import Api
from .client_library import client_library_api
from .observations import room
from .site import Leases, Site, controllables, discover
from .statements import STATEMENTS, Outcome, Stage, Subject, judge
from .v1 import v1_api
from .values import NotApplicable, Refusal, Violation

CHECKS = (setup, telemetry, set_points, bounds, lifecycle)
"""The modules that hold the checks."""
WAYS = ("v1alpha18", "client", "v1alpha19", "v1")
"""The versions through generated stubs, and the published client, which speaks v1alpha18."""

_MOST_CANDIDATES = 40
"""Components of large sites that may be commanded."""


class UnreachableError(ConnectionError):
    """The server does not answer, or not in the way asked for."""


class NotServedError(UnreachableError):
    """The server does not have the version asked for."""


@asynccontextmanager
async def open_way(way: str, access: Access) -> AsyncIterator[Api]:
    """Open one way to a server."""
    if way == "client":
        async with client_library_api(access) as api:
            yield api
        return
    async with access.channel() as channel:
        yield v1_api(access, channel) if way == "v1" else alpha_api(way, access, channel)


async def examine(
    access: Access,
    ways: Sequence[str],
    *,
    numbers: Collection[int] = (),
    components: Collection[int] = (),
    stage: Stage | None = None,
    report: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Check statements on a server, as many at once as do not get in each other's way.

    Args:
        access: The way to the server.
        ways: Which of `WAYS` to go; those of several that the server does not have are left out.
        numbers: Of the statements to check; all if empty.
        components: Ids of the components that may be commanded; any if empty.
        stage: What may be done behind the scenes.
        report: Told of each outcome as it comes.

    Returns:
        The outcomes, by statement and way.

    Raises:
        UnreachableError: If the server does not answer, or has none of the ways.
    """
    leases = Leases()
    async with AsyncExitStack() as opened:
        subjects = []
        for way in ways:
            api = await opened.enter_async_context(open_way(way, access))
            try:
                site = await _discover(api, access, components)
            except NotServedError:
                if len(ways) == 1:
                    raise
                continue
            subjects.append(Subject(api, access, site, leases, stage or Stage()))
        if not subjects:
            raise NotServedError(f"{access.url} serves none of {', '.join(ways)}")

        async def check(subject: Subject, number: int) -> Outcome:
            outcome = await judge(subject, STATEMENTS[number])
            report(outcome)
            return outcome

        chosen = [(subject, number) for number in sorted(numbers or STATEMENTS) for subject in subjects]
        alone = [case for case in chosen if STATEMENTS[case[1]].alone]
        async with asyncio.TaskGroup() as checks:
            tasks = [checks.create_task(check(*case)) for case in chosen if case not in alone]
        outcomes = [task.result() for task in tasks]
        outcomes += [await check(*case) for case in alone]
    return sorted(outcomes, key=lambda outcome: outcome.statement.number)


async def _discover(api: Api, access: Access, commandable: Collection[int]) -> Site:
    try:
        site = _restricted(await discover(api), commandable)
        site.movable = await _movable(api, site)
        return site
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.UNIMPLEMENTED:
            raise NotServedError(f"{access.url} does not serve {api.name}") from None
        raise UnreachableError(f"{access.url} does not answer in {api.name}: {refusal}") from None


async def _movable(api: Api, site: Site) -> frozenset[int]:
    async def has_room(number: int) -> bool:
        try:
            (await room(api, number)).target(1.0)
        except (NotApplicable, Refusal, Violation):
            return False
        return True

    candidates = controllables(site)[:_MOST_CANDIDATES]
    found = await asyncio.gather(*(has_room(number) for number in candidates))
    return frozenset(number for number, yes in zip(candidates, found, strict=True) if yes)


def _restricted(site: Site, commandable: Collection[int]) -> Site:
    """Return a site in which all other components take no commands."""
    if not commandable:
        return site
    return Site(
        (
            component if component.id in commandable else replace(component, mode="TELEMETRY_ONLY")
            for component in site.components.values()
        ),
        site.connections,
    )
