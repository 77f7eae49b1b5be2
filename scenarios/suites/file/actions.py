"""What a step does to a site: the same commands that clients, tests and the control service give."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from ....sim.domain.commands import (
    Command,
    OverrideInput,
    ReleaseInput,
    RestartServer,
    StrikeFault,
)
from ....sim.domain.faults import Fault
from ....sim.faults.check import FaultError, check_fault, check_host, read_amount_of
from ....sim.files.problems import Place, one_of, shown
from ....sim.gateway.told import SWITCHING, ToldError, told, told_bounds
from ....sim.inputs.driven import DRIVEN_INPUTS, NUMBER
from ....sim.site.graph import grid_key
from ....sim.site.site import Site
from .keys import AMOUNT_WORDS, FaultWords, Step

_KEYS_OF_PARTS = {"spread_s": "spread", "every_s": "every", "each_s": "for"}
"""What parts of a fault are called in a file, if it is something else."""


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
        key = _component(site, place, name)
        component_id = site.components[key].id
        try:
            if words.bounds is not None:
                bounds = told_bounds(site, key, words.bounds.lower, words.bounds.upper, step.lasts_s)
                yield Action(place, f"{name} bounded", bounds, None, step.lasts_s)
            elif words.told is not None and words.told in SWITCHING:
                yield Action(place, f"{name} {words.told}", told(component_id, words.told))
            else:
                set_point = told(component_id, words.told or "", step.lasts_s)
                yield Action(place, f"{name} commanded", set_point, None, step.lasts_s)
        except ToldError as error:
            where: dict[str, Place] = {"told": place, "bounds": (*place, "bounds"), "for": ("for",)}
            at = where.get(error.part, (*place, "bounds", error.part))
            raise ActionError(at, error.found, error.accepted) from None


def _component(site: Site, place: Place, name: str) -> str:
    if name not in site.components:
        raise ActionError(place, f"of {name!r}, which is no component", one_of(site.components, name))
    return name


def _input(inputs: Collection[str], place: Place, name: str) -> tuple[str, str]:
    if name not in inputs:
        raise ActionError(place, f"{name!r}, which is no input", one_of(inputs, name))
    key, _, quantity = name.rpartition(".")
    return key, quantity
