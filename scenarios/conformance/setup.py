"""Statements 1 to 8: what clients need before they start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import grpc

from .alpha import alpha_api
from .client_library import client_library_api
from .observations import power_refused, refused, require
from .site import Site, discover
from .statements import Subject, statement
from .values import SPECIFIC_MEMBERS, Metric, NotApplicable, NotOffered, PowerType, Range, Refusal, Violation

_UNREADABLE = ("PLC", "STATIC_TRANSFER_SWITCH", "UNINTERRUPTIBLE_POWER_SUPPLY", "CAPACITOR_BANK")
"""Categories that the published Python client does not know, and whose presence breaks its graph."""

_MAY_TELL_NOTHING = ("GRID_CONNECTION_POINT",)
"""Categories of which clients bear to be told nothing: an empty member would say that the fuse is of 0 A."""


@statement(1)
async def serves_versions_side_by_side(subject: Subject, _: int) -> None:
    """Serve v1alpha18 and v1alpha19 (and optionally v1) on one port with identical behaviour."""
    ours = await discover(subject.api)
    async with subject.access.channel() as channel:
        for name in ("v1alpha18", "v1alpha19"):
            try:
                theirs = await discover(alpha_api(name, subject.access, channel))
            except Refusal as refusal:
                raise Violation(f"{name} does not list its components: {refusal}") from None
            for site in (ours, theirs):
                require(site.components, f"{name} or {subject.api.name} lists no components")
            require(
                _agree(ours, theirs) and set(ours.connections) == set(theirs.connections),
                f"{name} lists other components or connections than {subject.api.name}",
            )


@statement(2, limit_s=65.0)
async def starts_at_once(subject: Subject, _: int) -> None:
    """Answer GetMicrogrid before any SDK starts; the three start-up calls succeed within 60 s."""
    async with asyncio.timeout(60.0):
        identity = await subject.api.microgrid()
        await subject.api.components()
        await subject.api.connections()
    require(identity.id, "GetMicrogrid names no id")


@statement(3)
async def describes_components_by_category(subject: Subject, _: int) -> None:
    """List components whose oneof member matches the category, with non-UNSPECIFIED inverter/battery/EV types."""
    for component in await subject.api.components():
        wanted = SPECIFIC_MEMBERS.get(component.category, "")
        is_untold = not component.info and component.category in _MAY_TELL_NOTHING
        require(
            component.info == wanted or is_untold,
            f"component {component.id} ({component.category}) has the member {component.info or 'none'!r}; "
            f"accepted: {wanted or 'none'}",
        )
        typed = component.category in ("INVERTER", "BATTERY", "EV_CHARGER")
        require(
            not typed or component.kind not in ("", "UNSPECIFIED", "0"),
            f"component {component.id} ({component.category}) has no type",
        )


@statement(4)
async def lists_a_graph_that_the_sdk_accepts(subject: Subject, _: int) -> None:
    """List exactly one grid connection point and a graph accepted by component-graph 0.6.0 for every bundled site."""
    grids = [found for found in await subject.api.components() if found.category == "GRID_CONNECTION_POINT"]
    require(len(grids) == 1, f"{len(grids)} grid connection points are listed; accepted: 1")
    from frequenz.microgrid_component_graph import ComponentGraph, InvalidGraphError  # noqa: PLC0415

    async with client_library_api(subject.access) as api:
        try:
            ComponentGraph(
                components=set(await api.client.list_components()),
                connections=set(await api.client.list_connections()),
            )
        except (InvalidGraphError, ValueError) as error:
            raise Violation(f"the component graph refuses the site: {error}") from None


@statement(5)
async def keeps_back_what_clients_cannot_read(subject: Subject, _: int) -> None:
    """Keep PLC/STS/UPS/capacitor bank out of default sites."""
    found = [component for component in await subject.api.components() if component.category in _UNREADABLE]
    names = ", ".join(f"{component.id} ({component.category})" for component in found)
    require(not found, f"published Python clients cannot start with component {names}")


@statement(6)
async def filters_lists(subject: Subject, _: int) -> None:
    """Apply list filters: empty = all, OR inside a list, AND between lists."""
    everything = await discover(subject.api)
    await _filters_components(subject, everything)
    await _filters_connections(subject, everything)


@statement(7)
async def connects_away_from_the_grid(subject: Subject, _: int) -> None:
    """Orient connections away from the grid and reference only listed ids."""
    site = await discover(subject.api)
    for source, destination in site.connections:
        for number in (source, destination):
            require(number in site.components, f"connection {source}->{destination}: {number} is not listed")
        require(source != destination, f"component {source} is connected to itself")
    reached = _reachable(site)
    for source, destination in site.connections:
        require(source in reached, f"connection {source}->{destination} cannot be reached from the grid")
    _require_no_cycle(site)


@statement(8)
async def does_not_find_unknown_ids(subject: Subject, _: int) -> None:
    """Report NOT_FOUND for unknown ids in every id-taking RPC."""
    tried, untried = 0, []
    for name, call in _calls_with_an_unknown_id(subject, subject.site.unknown_id).items():
        try:
            refusal = await refused(call(), f"{name} with an unknown id")
        except NotOffered:
            continue
        if refusal.code is grpc.StatusCode.UNIMPLEMENTED:
            untried.append(name)
            continue
        require(refusal.code is grpc.StatusCode.NOT_FOUND, f"{name} answers {refusal}; accepted: NOT_FOUND")
        tried += 1
    if not tried:
        raise NotApplicable(f"not implemented: {', '.join(untried)}")


def _calls_with_an_unknown_id(subject: Subject, unknown: int) -> dict[str, Callable[[], Awaitable[object]]]:
    api, bounds = subject.api, [Range(-1.0, 1.0)]

    async def first(stream: Callable[[int, Sequence[int] | None], object], metric: int) -> None:
        if api.name == "client":
            raise NotOffered("the published client repeats refused streams for ever")
        async for _ in stream(unknown, [metric]):  # type: ignore[attr-defined]
            return

    return {
        "component telemetry": lambda: first(api.telemetry, Metric.AC_POWER_ACTIVE),
        "sensor telemetry": lambda: first(api.sensor_telemetry, 162),
        "set-power (active)": lambda: _reraise(power_refused(api, unknown, PowerType.ACTIVE, 0.0)),
        "set-power (reactive)": lambda: _reraise(power_refused(api, unknown, PowerType.REACTIVE, 0.0)),
        "augment bounds": lambda: api.augment(unknown, Metric.AC_POWER_ACTIVE, bounds),
        "clear bounds": lambda: api.clear(unknown, Metric.AC_POWER_ACTIVE, "conformance"),
        "start": lambda: api.start(unknown),
        "standby": lambda: api.standby(unknown),
        "stop": lambda: api.stop(unknown),
        "acknowledge": lambda: api.acknowledge(unknown),
    }


async def _reraise(refusal: Awaitable[Refusal]) -> None:
    raise await refusal


async def _filters_components(subject: Subject, everything: Site) -> None:
    api = subject.api
    some = list(everything.components.values())[:2]
    ids = [component.id for component in some]
    found = {component.id for component in await api.components(ids=ids)}
    require(found == set(ids), f"asked for components {ids}, got {sorted(found)}")
    categories = sorted({component.category for component in some})
    expected = {component.id for component in everything.of(*categories)}
    found = {component.id for component in await api.components(categories=categories)}
    require(found == expected, f"asked for categories {categories}, got components {sorted(found)}")
    of_one = some[0].category
    found = {component.id for component in await api.components(ids=ids, categories=[of_one])}
    expected = {component.id for component in some if component.category == of_one}
    require(found == expected, f"asked for {ids} that are {of_one}, got {sorted(found)}")
    require(
        not await api.components(ids=[everything.unknown_id]), "a filter by an unknown id let something pass"
    )


async def _filters_connections(subject: Subject, everything: Site) -> None:
    api, pairs = subject.api, set(everything.connections)
    if not pairs:
        raise NotApplicable("the site has no connections")
    sources = sorted({source for source, _ in pairs})[:2]
    found = set(await api.connections(sources=sources))
    require(
        found == {pair for pair in pairs if pair[0] in sources}, f"sources {sources} gave {sorted(found)}"
    )
    one, other = min(pairs), max(pairs)
    found = set(await api.connections(sources=[one[0]], destinations=[one[1]]))
    require(found == {one}, f"source and destination of {one} gave {sorted(found)}")
    found = set(await api.connections(destinations=[one[1], other[1]]))
    expected = {pair for pair in pairs if pair[1] in (one[1], other[1])}
    require(found == expected, f"destinations of {one} and {other} gave {sorted(found)}")


def _agree(ours: Site, theirs: Site) -> bool:
    """Say whether two versions list the same components; v1 has no word for some categories."""
    if set(ours.components) != set(theirs.components):
        return False
    pairs = [
        (ours.components[number].category, theirs.components[number].category) for number in ours.components
    ]
    return all(one == other or "UNSPECIFIED" in (one, other) for one, other in pairs)


def _reachable(site: Site) -> set[int]:
    reached: set[int] = set()
    ahead = [component.id for component in site.of("GRID_CONNECTION_POINT")]
    while ahead:
        number = ahead.pop()
        if number not in reached:
            reached.add(number)
            ahead += [component.id for component in site.successors(number)]
    return reached


def _require_no_cycle(site: Site) -> None:
    left = {number: len(site.predecessors(number)) for number in site.components}
    ahead = [number for number, count in left.items() if count == 0]
    while ahead:
        number = ahead.pop()
        del left[number]
        for successor in site.successors(number):
            left[successor.id] -= 1
            if left[successor.id] == 0:
                ahead.append(successor.id)
    require(not left, f"the connections of components {sorted(left)} form a cycle")
