"""Draws cases by chance: new ones, and such as are like one that was of use."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from ...sim.domain.faults import Amount, FaultKind
from ...sim.domain.messages import RefusalStatus
from ...sim.faults.amounts import amount_unit
from ...sim.files.units import WATT
from ...sim.inputs.driven import DRIVEN_INPUTS
from .drawn import Drawn, Step, seconds, span
from .ground import DrawnInput, Ground, day_of

_LIKE_ANOTHER = 0.4
"""How many cases are like one that reached states that were new."""
_MOST_STEPS = 8
_LASTS = 0.8
"""How many faults and inputs end during the case, rather than with it."""
_INTERMITTENT, _SCATTERED, _TOLD_OTHERWISE = 0.15, 0.3, 0.3
_OVER = 0.3
_OUTAGE_S = (1.0, 120.0)
_LASTS_S = (5.0, 300.0)
_BOUNDS_S = (5.0, 300.0)


def drawn_case(ground: Ground, duration_s: float, random: Random, kept: Sequence[Drawn] = ()) -> Drawn:
    """Draw a case.

    Args:
        ground: What can happen.
        duration_s: How long it takes [s].
        random: Of what is drawn.
        kept: Cases that reached states that were new.
    """
    if kept and random.random() < _LIKE_ANOTHER:
        return _like(random.choice(kept), ground, duration_s, random)
    start = _start(ground, random)
    steps = [_step(ground, duration_s, random) for _ in range(random.randint(1, _MOST_STEPS))]
    return Drawn(start, duration_s, random.randrange(1000), _in_order(steps))


def _start(ground: Ground, random: Random) -> str:
    day = day_of(random.choice(ground.days)) + timedelta(minutes=15 * random.randrange(96))
    return f"{day:%Y-%m-%d %H:%M}"


def _like(kept: Drawn, ground: Ground, duration_s: float, random: Random) -> Drawn:
    """Draw a case that differs from another by a few steps."""
    steps = list(kept.steps)
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(steps)) if steps else 0
        match random.choice(("add", "add", "drop", "move", "again")):
            case "drop" if len(steps) > 1:
                del steps[place]
            case "move" if steps and "at" in steps[place]:
                steps[place] = {**steps[place], "at": _moment(duration_s, random)}
            case "again" if steps:
                steps[place] = _step(ground, duration_s, random)
            case _:
                steps.append(_step(ground, duration_s, random))
    if kept.start.partition(" ")[0] not in {f"{day_of(day):%Y-%m-%d}" for day in ground.days}:
        kept = replace(kept, start=_start(ground, random))
    within = [step for step in steps if (at_s := seconds(step.get("at"))) is None or at_s < duration_s]
    return replace(kept, duration_s=duration_s, seed=random.randrange(1000), steps=_in_order(within))


def _in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: seconds(step.get("at")) or 0.0))


def _step(ground: Ground, duration_s: float, random: Random) -> Step:
    """Draw something that happens."""
    ways: list[tuple[int, object, Callable[[Ground, Random], dict[str, Any]]]] = [
        (7, ground.inputs, _setting),
        (9, ground.faults, _breaking),
        (2, ground.bounded, _bounding),
        (1, ground.acknowledged, _acknowledging),
        (1, ground.has_outages, _outage),
        (2, ground.chargers, _pulled_cable),
        (1, True, _restart),
    ]
    possible = [(weight, draw) for weight, of, draw in ways if of]
    (draw,) = random.choices([draw for _, draw in possible], [weight for weight, _ in possible])
    return {"at": _moment(duration_s, random), **draw(ground, random)}


def _moment(duration_s: float, random: Random) -> str:
    return span(random.randint(1, max(1, math.ceil(duration_s) - 2)))


def _lasting(random: Random) -> dict[str, Any]:
    return {"for": span(round(_log_uniform(*_LASTS_S, random)))} if random.random() < _LASTS else {}


def _setting(ground: Ground, random: Random) -> dict[str, Any]:
    chosen = random.choice(ground.inputs)
    lasting = _lasting(random)
    most_s = seconds(lasting.get("for")) or 60.0
    over = {}
    if random.random() < _OVER and not DRIVEN_INPUTS[chosen.quantity].is_whole:
        over["over"] = span(random.randint(1, math.ceil(min(most_s, 60.0))))
    return {"set": {chosen.name: _written_value(chosen, random)}, **over, **lasting}


def _written_value(chosen: DrawnInput, random: Random) -> str | int:
    driven = DRIVEN_INPUTS[chosen.quantity]
    # Edges are where things happen.
    value = random.choice((chosen.lower, chosen.upper, *[random.uniform(chosen.lower, chosen.upper)] * 4))
    if driven.is_whole:
        return round(value)
    digits = 4 if chosen.quantity == "frequency" else 2
    return driven.unit.in_words(float(f"{value:.{digits}g}"))


def _breaking(ground: Ground, random: Random) -> dict[str, Any]:
    # A kind first, as there are more of measurements than of devices.
    family = random.choice(sorted({kind.family for _, kind in ground.faults}))
    kind = random.choice(sorted({kind for _, kind in ground.faults if kind.family is family}))
    key = random.choice([key for key, each in ground.faults if each is kind])
    words: dict[str, Any] = {}
    if kind.amount is not None:
        words |= _amount(kind, kind.amount, ground.sizes_w[key], random)
    if "every_s" in kind.parts and random.random() < _INTERMITTENT:
        each_s = random.randint(1, 20)
        words |= {"every": span(each_s * random.randint(2, 6)), "for": span(each_s)}
    if "spread_s" in kind.parts and random.random() < _SCATTERED:
        words["spread"] = span(round(_log_uniform(0.1, 5.0, random), 1))
    if "status" in kind.parts and random.random() < _TOLD_OTHERWISE:
        words["status"] = random.choice(list(RefusalStatus)).value
    return {"fault": {key: {"kind": kind.value, **words} if words else kind.value}, **_lasting(random)}


def _amount(kind: FaultKind, amount: Amount, size_w: float, random: Random) -> dict[str, Any]:
    """Draw how much there is of a kind."""
    unit = amount_unit(kind)
    sign = random.choice((-1.0, 1.0)) if amount.lower < 0.0 else 1.0
    if unit.inner == "1" and amount.upper <= 1.0:
        least = math.ceil(10.0 * amount.lower)
        tenths = random.randint(least, max(least, math.floor(10.0 * amount.upper)))
        tenths -= tenths / 10.0 == amount.nothing
        return {amount.word: f"{10 * tenths} %"}
    lower, upper = {
        "1": (0.1, 10.0),
        "1/h": (0.05, 1.0),
        "s": (0.5, 60.0),
        "s/h": (1.0, 60.0),
        "W": (0.01 * size_w, size_w),
        "W/s": (0.01 * size_w, size_w),
        "1/s": (0.1, 2.0),
    }[unit.inner]
    lower, upper = max(lower, amount.lower), min(upper, amount.upper)
    value = float(f"{sign * _log_uniform(lower, upper, random):.2g}")
    value = upper if value == amount.nothing else value
    return {amount.word: unit.in_words(value) if unit.inner not in ("1", "1/h") else f"{value:g}"}


def _bounding(ground: Ground, random: Random) -> dict[str, Any]:
    """Draw bounds that another client sets."""
    key = random.choice(ground.bounded)
    lower, upper = (random.randint(0, 9) / 10.0 * ground.sizes_w[key] for _ in range(2))
    edges = {"lower": WATT.in_words(-lower), "upper": WATT.in_words(upper)}
    lasts_s = round(_log_uniform(*_BOUNDS_S, random))
    return {"command": {key: {"bounds": edges}}, "for": span(lasts_s)}


def _acknowledging(ground: Ground, random: Random) -> dict[str, Any]:
    return {"command": {random.choice(ground.acknowledged): "acknowledge"}}


def _restart(ground: Ground, random: Random) -> dict[str, Any]:
    del ground
    return {"restart": span(round(_log_uniform(*_OUTAGE_S, random)))}


def _outage(ground: Ground, random: Random) -> dict[str, Any]:
    del ground
    return {"outage": span(round(_log_uniform(*_OUTAGE_S, random)))}


def _pulled_cable(ground: Ground, random: Random) -> dict[str, Any]:
    return {"unplug": random.choice(ground.chargers), **_lasting(random)}


def _log_uniform(lower: float, upper: float, random: Random) -> float:
    return math.exp(random.uniform(math.log(lower), math.log(upper)))
