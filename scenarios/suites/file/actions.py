"""What a step does to a site: the same commands that clients, tests and the control service give."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from ....sim.components.registry import type_of
from ....sim.domain.categories import Category
from ....sim.domain.commands import (
    Acknowledge,
    AugmentBounds,
    Command,
    OverrideInput,
    ReleaseInput,
    RestartServer,
    SetPower,
    Standby,
    Start,
    Stop,
    StrikeFault,
)
from ....sim.domain.faults import Fault
from ....sim.domain.metrics import Metric, PowerType
from ....sim.faults.check import FaultError, check_fault, check_host, read_amount_of
from ....sim.files.problems import Place, one_of, shown
from ....sim.files.units import VAR, WATT
from ....sim.inputs.driven import DRIVEN_INPUTS, NUMBER
from ....sim.site.graph import grid_key
from ....sim.site.site import Site
from ....sim.telemetry.power_bounds import METRIC_OF
from .keys import AMOUNT_WORDS, Edges, FaultWords, Step

_SWITCHING = {"start": Start, "stop": Stop, "standby": Standby, "acknowledge": Acknowledge}
_KEYS_OF_PARTS = {"spread_s": "spread", "every_s": "every", "each_s": "for"}
"""What parts of a fault are called in a file, if it is something else."""
_LIFETIMES_S = (10, 900)
_BOUNDS_LIFETIMES_S = (5, 900)
"""What the API lets a set-point and bounds live for [s]."""


class Action(NamedTuple):
    """One thing that is done to a site."""

    place: Place
    """In the step, for messages."""
    name: str
    """By which checks refer to it, such as `bat-inv trip`."""
    command: Command
    undo: Command | None = None
    """What ends it, where that is another command."""
    lasts_s: float | None = None
    """After which time it ends [s]; None if it does not."""


class ActionError(ValueError):
    """Something that cannot be done to a site."""

    def __init__(self, place: Place, found: str, accepted: str) -> None:
        """Say what is wrong where in the step."""
        super().__init__(f"{found}; accepted: {accepted}")
        self.place = place
        self.found = found
        self.accepted = accepted


def actions_of(step: Step, site: Site, inputs: Collection[str]) -> tuple[list[Action], list[ActionError]]:
    """Return what a step does, and all that it names that is not there or says in words that cannot be read.

    Args:
        step: Of a scenario file.
        site: Where it happens.
        inputs: Names of what can be driven there, such as `machines.load`.
    """
    actions: list[Action] = []
    errors: list[ActionError] = []
    for part in _parts(step):
        try:
            actions += _actions_of_part(part, site, inputs)
        except ActionError as error:
            errors.append(error)
    return actions, errors


def _parts(step: Step) -> Iterator[Step]:
    """Yield steps that do one thing each, and all together what a step does."""
    nothing: dict[str, object] = {
        "set": {}, "release": (), "fault": {}, "command": {}, "plug": None, "unplug": None, "outage_s": None,
        "restart_s": None,
    }  # fmt: skip
    for name in nothing:
        given = getattr(step, name)
        pieces: list[object] = [given] if given else []
        if isinstance(given, dict):
            pieces = [{key: value} for key, value in given.items()]
        elif isinstance(given, tuple):
            pieces = [(each,) for each in given]
        for piece in pieces:
            yield step.model_copy(update=nothing | {name: piece})


def _actions_of_part(step: Step, site: Site, inputs: Collection[str]) -> Iterator[Action]:
    yield from _settings(step, inputs)
    yield from _releases(step, inputs)
    yield from _faults(step, site)
    yield from _commands(step, site)
    if step.unplug is not None:
        key = _component(site, ("unplug",), step.unplug)
        yield Action(
            ("unplug",),
            f"{key} unplugged",
            OverrideInput(key, "cable", 0.0),
            ReleaseInput(key, "cable"),
            step.lasts_s,
        )
    if step.plug is not None:
        key = _component(site, ("plug",), step.plug)
        yield Action(("plug",), f"{key} plugged", ReleaseInput(key, "cable"))
    if step.restart_s is not None:
        yield Action(("restart",), "restart", RestartServer(step.restart_s), None, step.restart_s)
    if step.outage_s is not None:
        key = grid_key(site)
        yield Action(
            ("outage",),
            "outage",
            OverrideInput(key, "presence", 0.0),
            ReleaseInput(key, "presence"),
            step.outage_s,
        )


def _settings(step: Step, inputs: Collection[str]) -> Iterator[Action]:
    for name, value in step.set.items():
        place = ("set", name)
        key, quantity = _input(inputs, place, name)
        driven = DRIVEN_INPUTS.get(quantity)
        unit = NUMBER if driven is None else driven.unit
        try:
            number = unit.parse(str(value))
        except ValueError as error:
            raise ActionError(place, shown(value), str(error)) from None
        command = OverrideInput(key, quantity, number, step.over_s)
        undo = None if step.lasts_s is None else ReleaseInput(key, quantity)
        yield Action(place, f"{name} set", command, undo, step.lasts_s)


def _releases(step: Step, inputs: Collection[str]) -> Iterator[Action]:
    for name in step.release:
        place = ("release",)
        yield Action(place, f"{name} released", ReleaseInput(*_input(inputs, place, name)))


def _faults(step: Step, site: Site) -> Iterator[Action]:
    for name, words in step.fault.items():
        place: Place = ("fault", name)
        key = _component(site, place, name)
        try:
            fault = _fault(key, words)
            check_fault(fault)
            check_host(fault, site)
        except FaultError as error:
            part = _KEYS_OF_PARTS.get(error.part, error.part)
            if part == "amount":
                part = next((word for word in AMOUNT_WORDS if getattr(words, word) is not None), part)
            raise ActionError((*place, part), error.found, error.accepted) from None
        yield Action(place, f"{name} {fault.kind}", StrikeFault(fault, step.lasts_s), None, step.lasts_s)


def _fault(key: str, words: FaultWords) -> Fault:
    return Fault(
        key,
        words.kind,
        diagnostic=words.diagnostic,
        amount=_amount(words),
        metrics=words.metrics,
        recoverable=words.recoverable,
        status=words.status,
        text=words.text,
        spread_s=words.spread_s,
        distribution=words.distribution,
        every_s=words.every_s,
        each_s=words.each_s,
    )


def _amount(words: FaultWords) -> float | None:
    """Read how much there is of a fault, by whichever word.

    Raises:
        FaultError: If it is said twice, by the word of another kind, or cannot be read.
    """
    given = {word: value for word in AMOUNT_WORDS if (value := getattr(words, word)) is not None}
    if not given:
        return None
    kind, (word, written) = words.kind, next(iter(given.items()))
    if kind.amount is None:
        raise FaultError(word, f"with {kind}, which has none", "nothing")
    accepted = dict.fromkeys((kind.amount.word, "amount"))
    if word not in accepted or len(given) > 1:
        wrong = next((each for each in given if each not in accepted), word)
        found = (
            f"beside {', '.join(each for each in given if each != wrong)}"
            if len(given) > 1
            else f"with {kind}"
        )
        raise FaultError(wrong, found, " or ".join(accepted))
    return read_amount_of(kind, words.metrics, written)


def _commands(step: Step, site: Site) -> Iterator[Action]:
    for name, words in step.command.items():
        place: Place = ("command", name)
        component_id = site.components[_component(site, place, name)].id
        if words.bounds is not None:
            is_battery = type_of(site.components[name]).category is Category.BATTERY
            bounds = _bounds(step, (*place, "bounds"), component_id, words.bounds, is_battery=is_battery)
            yield Action(place, f"{name} bounded", bounds, None, step.lasts_s)
        elif words.told in _SWITCHING:
            yield Action(place, f"{name} {words.told}", _SWITCHING[words.told](component_id))
        else:
            set_point = _set_point(step, place, component_id, words.told or "")
            yield Action(place, f"{name} commanded", set_point, None, step.lasts_s)


def _bounds(step: Step, place: Place, component_id: int, edges: Edges, *, is_battery: bool) -> AugmentBounds:
    lifetime_s = _lifetime_s(step, _BOUNDS_LIFETIMES_S, "bounds")
    read: dict[str, tuple[Metric, float]] = {}
    for name, text in (("lower", edges.lower), ("upper", edges.upper)):
        if text is not None:
            power = _power(text)
            if power is None:
                raise ActionError((*place, name), shown(text), "a power (10 kW, -3 kvar)")
            power_type, value = power
            metric = Metric.DC_POWER if is_battery else METRIC_OF[power_type]
            if is_battery and power_type is PowerType.REACTIVE:
                raise ActionError((*place, name), shown(text), "an active power (10 kW), as of a battery")
            read[name] = metric, value
    metrics = {metric for metric, _ in read.values()}
    if len(metrics) > 1:
        raise ActionError(place, f"from {edges.lower} to {edges.upper}", "two powers of one kind")
    lower, upper = (read[name][1] if name in read else None for name in ("lower", "upper"))
    return AugmentBounds(component_id, metrics.pop(), ((lower, upper),), lifetime_s)


def _power(text: str) -> tuple[PowerType, float] | None:
    for power_type, unit in ((PowerType.ACTIVE, WATT), (PowerType.REACTIVE, VAR)):
        try:
            return power_type, unit.parse(text)
        except ValueError:
            continue
    return None


def _lifetime_s(step: Step, range_s: tuple[int, int], of: str) -> int | None:
    lifetime_s = None if step.lasts_s is None else round(step.lasts_s)
    least, most = range_s
    if lifetime_s is not None and not least <= lifetime_s <= most:
        raise ActionError(("for",), f"{lifetime_s} s", f"{least} s to {most} s, as long as {of} may live")
    return lifetime_s


def _set_point(step: Step, place: Place, component_id: int, words: str) -> SetPower:
    lifetime_s = _lifetime_s(step, _LIFETIMES_S, "a set-point")
    power = _power(words)
    if power is None:
        accepted = f"a power (10 kW, -3 kvar), {', '.join(_SWITCHING)}"
        raise ActionError(place, shown(words), accepted)
    return SetPower(component_id, *power, lifetime_s)


def _component(site: Site, place: Place, name: str) -> str:
    if name not in site.components:
        raise ActionError(place, f"of {name!r}, which is no component", one_of(site.components, name))
    return name


def _input(inputs: Collection[str], place: Place, name: str) -> tuple[str, str]:
    if name not in inputs:
        raise ActionError(place, f"{name!r}, which is no input", one_of(inputs, name))
    key, _, quantity = name.rpartition(".")
    return key, quantity
