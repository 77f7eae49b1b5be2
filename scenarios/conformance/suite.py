"""All checks on one server, in all the ways that lead to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import grpc

from . import bounds, lifecycle, set_points, setup, telemetry
from .access import Access
from .alpha import alpha_api
from .api import Api
from .client_library import client_library_api
from .lapse import Lapse
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
_PROBE_S = 3.0
"""Time between two questions whether the server is still there [s]."""
_GONE_S = 30.0
"""Time without an answer after which it is not [s]."""
_LEAVING_S = 5.0
"""Time that checks get to leave components at their defaults, when they are broken off [s]."""
_ABSENT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
"""What is said by nobody."""


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
    on_lapse: Sequence[Lapse] = (),
    report: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Check statements on a server, as many at once as do not get in each other's way.

    Args:
        access: The way to the server.
        ways: Which of `WAYS` to go; those of several that the server does not have are left out.
        numbers: Of the statements to check; all if empty.
        components: Ids of the components that may be commanded; any if empty.
        stage: What may be done behind the scenes.
        on_lapse: What may take the place of a set-point of active power that lapses, where makers chose other than 0.
        report: Told of each outcome as it comes.

    Returns:
        The outcomes, by statement and way.

    Raises:
        UnreachableError: If the server does not answer, has none of the ways, or goes away meanwhile.
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
            subject = Subject(api, access, site, leases, stage or Stage())
            subjects.append(replace(subject, on_lapse=on_lapse) if on_lapse else subject)
        if not subjects:
            raise NotServedError(f"{access.url} serves none of {', '.join(ways)}")

        async def check(subject: Subject, number: int) -> Outcome:
            outcome = await judge(subject, STATEMENTS[number])
            report(outcome)
            return outcome

        chosen = [(subject, number) for number in sorted(numbers or STATEMENTS) for subject in subjects]
        alone = [case for case in chosen if STATEMENTS[case[1]].alone]

        async def check_all() -> list[Outcome]:
            together = [check(*case) for case in chosen if case not in alone]
            outcomes = await asyncio.gather(*together)
            return [*outcomes, *[await check(*case) for case in alone]]

        outcomes = await _while_reachable(subjects[0].api, access, check_all())
    return sorted(outcomes, key=lambda outcome: outcome.statement.number)


async def _while_reachable(
    api: Api, access: Access, work: Coroutine[None, None, list[Outcome]]
) -> list[Outcome]:
    """Wait for some work on a server, as long as that is there.

    Raises:
        UnreachableError: If it has not answered for a while.
    """
    working, gone = asyncio.create_task(work), asyncio.create_task(_gone(api))
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
        # Checks that end because the server has gone have nothing to say of it.
        while not gone.done() and await _absence(api):
            await asyncio.wait((gone,), timeout=_PROBE_S)
        if gone.done():
            raise UnreachableError(f"{access.url} has not answered for {_GONE_S:g} s: {gone.result()}")
        return working.result()
    finally:
        for task in (working, gone):
            task.cancel()
        await asyncio.wait((working, gone), timeout=_LEAVING_S)


async def _gone(api: Api) -> str:
    """Return once a server has not answered for a while; say what came instead."""
    loop = asyncio.get_running_loop()
    answered_s = loop.time()
    async with api.another() as probe:
        while True:
            await asyncio.sleep(_PROBE_S)
            said = await _absence(probe)
            if not said:
                answered_s = loop.time()
            elif loop.time() - answered_s >= _GONE_S:
                return said


async def _absence(api: Api) -> str:
    """Return what comes in place of an answer; nothing if a server answers, whatever it says."""
    try:
        async with asyncio.timeout(_GONE_S):
            await api.microgrid()
    except TimeoutError:
        return "nothing came"
    except Refusal as refusal:
        return str(refusal) if refusal.code in _ABSENT else ""
    return ""


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
            (await room(api, site.components[number])).target(1.0)
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
