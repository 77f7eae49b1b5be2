"""Statements 35 to 38: bounds that clients add for a while."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import grpc

from .observations import allows, eventually, finite_ranges, refused, require, require_lifetime, room
from .site import controllables, movables
from .statements import Subject, statement
from .values import Metric, NotOffered, Range, Refusal, Telemetry

_P = Metric.AC_POWER_ACTIVE
_SEEN_S = 5.0
"""Time for a change of bounds to show up in telemetry, and to be gone after its time [s]."""


@statement(35, on=movables)
async def keeps_to_lifetimes_of_bounds(subject: Subject, component_id: int) -> None:
    """Default Augment to 5 s; accept 5 and 900 s, refuse 4 and 901 s; return the expiry."""
    limits = await room(subject.api, subject.site.components[component_id])
    bounds = [Range(limits.lower, limits.upper)]
    for lifetime_s in (None, 5):
        sent_s = time.time()
        expiry_s = await subject.api.augment(component_id, _P, bounds, lifetime_s)
        _require_expiry(expiry_s, sent_s, lifetime_s or 5)
    try:
        sent_s = time.time()
        expiry_s = await subject.api.augment(component_id, _P, bounds, 900, "conformance")
        _require_expiry(expiry_s, sent_s, 900)
        await subject.api.clear(component_id, _P, "conformance")
        for lifetime_s in (0, 4, 901, 1_000_000):
            refusal = await refused(
                subject.api.augment(component_id, _P, bounds, lifetime_s), f"a lifetime of {lifetime_s} s"
            )
            _require_invalid(refusal)
    except NotOffered:
        return


@statement(36, on=movables)
async def shows_merged_bounds(subject: Subject, component_id: int) -> None:
    """Merge overlapping ranges within a request and show the effective result in telemetry until expiry."""
    limits = await room(subject.api, subject.site.components[component_id])
    edges = [limits.target(part) for part in (0.2, 0.45, 0.4, 0.6)]
    first, second = Range(*sorted(edges[:2])), Range(*sorted(edges[2:]))
    merged = (min(edges), max(edges))
    await subject.api.augment(component_id, _P, [first, second], 5)

    def shown(telemetry: Telemetry) -> bool:
        return _alike(finite_ranges(telemetry.bounds(_P)), [merged], limits.tolerance)

    await eventually(subject.api, component_id, [_P], shown, f"the bounds are not {merged}", _SEEN_S - 0.5)
    await eventually(
        subject.api,
        component_id,
        [_P],
        lambda telemetry: not shown(telemetry),
        "the bounds stayed after their time",
        5.0 + _SEEN_S,
    )


@statement(37, on=movables)
async def replaces_and_clears_by_token(subject: Subject, component_id: int) -> None:
    """Replace by (component, metric, token); clear by the same key; unknown key is a no-op."""
    limits = await room(subject.api, subject.site.components[component_id])
    near = limits.target(0.0)
    token = "conformance"

    async def seen(far: float, what: str) -> None:
        wanted = [tuple(sorted((near, far)))]
        await eventually(
            subject.api,
            component_id,
            [_P],
            lambda telemetry: _alike(finite_ranges(telemetry.bounds(_P)), wanted, limits.tolerance),
            f"{what}: the bounds are not {wanted}",
            _SEEN_S,
        )

    async def seen_again() -> None:
        # They need not be what they were: sun, cells and what other components are told move them meanwhile.
        beyond = limits.target(0.75)
        await eventually(
            subject.api,
            component_id,
            [_P],
            lambda telemetry: allows(finite_ranges(telemetry.bounds(_P)), beyond),
            f"after clearing the token: the bounds are without {beyond:g}",
            _SEEN_S,
        )

    await subject.api.clear(component_id, _P, token)
    try:
        for part in (0.3, 0.7):
            far = limits.target(part)
            await subject.api.augment(component_id, _P, [Range(*sorted((near, far)))], 60, token)
            await seen(far, f"after bounds of {part:g} of the range under one token")
        await subject.api.clear(component_id, _P, "unknown to the server")
        await seen(limits.target(0.7), "after clearing an unknown token")
    finally:
        await subject.api.clear(component_id, _P, token)
    await seen_again()
    await subject.api.clear(component_id, _P, token)


@statement(38, on=controllables)
async def refuses_bounds_without_sense(subject: Subject, component_id: int) -> None:
    """Refuse empty, inverted or non-finite bounds and unknown metrics."""
    good = [Range(-1000.0, 1000.0)]
    tried: list[tuple[int, Sequence[Range], str]] = [
        (_P, [], "no bounds"),
        (_P, [Range(10.0, -10.0)], "inverted bounds"),
        (_P, [Range(math.nan, 10.0)], "bounds from NaN"),
        (_P, [Range(-10.0, math.nan)], "bounds to NaN"),
        (_P, [Range(-math.inf, 10.0)], "bounds from -inf"),
        (_P, [Range(-10.0, math.inf)], "bounds to inf"),
        (0, good, "bounds of an unspecified metric"),
        (9999, good, "bounds of an unknown metric"),
    ]
    for metric, bounds, what in tried:
        try:
            _require_invalid(await refused(subject.api.augment(component_id, metric, bounds, 5), what))
        except NotOffered:
            continue


def _require_expiry(expiry_s: float | None, sent_s: float, lifetime_s: int) -> None:
    require(expiry_s is not None, "the answer names no expiry")
    require_lifetime(expiry_s or 0.0, lifetime_s, sent_s=sent_s)


def _require_invalid(refusal: Refusal) -> None:
    if refusal.code is grpc.StatusCode.UNIMPLEMENTED:
        raise refusal
    codes = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE)
    require(refusal.code in codes, f"refused by {refusal}; accepted: INVALID_ARGUMENT")


def _alike(
    seen: Sequence[tuple[float, float]], wanted: Sequence[tuple[float, ...]], tolerance: float
) -> bool:
    """Compare ranges, but for one from 0 W, which is always allowed, to what is drawn at rest."""
    seen = [(lower, upper) for lower, upper in seen if lower != 0.0 or upper > tolerance]
    return len(seen) == len(wanted) and all(
        abs(one - other) <= tolerance
        for found, expected in zip(seen, wanted, strict=True)
        for one, other in zip(found, expected, strict=True)
    )
