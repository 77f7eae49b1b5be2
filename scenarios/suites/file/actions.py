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
from ....sim.domain.faults import Fault, FaultKind
from ....sim.faults.check import FaultError, check_fault, check_host, read_amount_of
from ....sim.faults.said import AMOUNT_WORDS, EACH, each_is_amount, said_amount
from ....sim.files.problems import Place, one_of, shown
from ....sim.files.units import SECOND
from ....sim.gateway.told import SWITCHING, ToldError, told, told_bounds
from ....sim.inputs.driven import DRIVEN_INPUTS, NUMBER
from ....sim.site.graph import grid_key
from ....sim.site.site import Site
from .keys import CommandWords, FaultWords, Step

_KEYS_OF_PARTS = {"spread_s": "spread", "every_s": "every", "each_s": EACH}
"""What parts of a fault are called in a file, if it is something else."""


class MendAll(NamedTuple):
    """Ends what is broken of a component by then."""

    component: str
    kind: FaultKind | None
    """Of what kind; of any if None."""


class Action(NamedTuple):
    """One thing that is done to a site."""

    place: Place
    """In the step, for messages."""
    name: str
    """By which checks refer to it, such as `bat-inv trip`."""
    command: Command | MendAll
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


class Acts(NamedTuple):
    """What a step does."""

    actions: tuple[Action, ...]
    errors: tuple[ActionError, ...] = ()
    """All that it names that is not there or says in words that cannot be read."""
    refused: tuple[str, ...] = ()
    """By what names checks would refer to that."""


def actions_of(step: Step, site: Site, inputs: Collection[str]) -> Acts:
    """Return what a step does, and what of it cannot be done.

    Args:
        step: Of a scenario file.
        site: Where it happens.
        inputs: Names of what can be driven there, such as `machines.load`.
    """
    actions: list[Action] = []
    refused: dict[str, ActionError] = {}
    for part in _parts(step):
        name = _name(part)
        try:
            actions.append(_action(part, name, site, inputs))
        except ActionError as error:
            refused[name] = error
    return Acts(tuple(actions), tuple(refused.values()), tuple(refused))


def _parts(step: Step) -> Iterator[Step]:
    """Yield steps that do one thing each, and all together what a step does."""
    nothing: dict[str, object] = {
        "set": {}, "release": (), "fault": {}, "mend": {}, "command": {}, "plug": None, "unplug": None,
        "outage_s": None, "restart_s": None,
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


def _name(part: Step) -> str:
    """Return by what checks refer to a step that does one thing."""
    named = [
        *(f"{name} set" for name in part.set),
        *(f"{name} released" for name in part.release),
        *(f"{name} {words.kind}" for name, words in part.fault.items()),
        *(f"{name} mended" for name in part.mend),
        *(f"{name} {_done_by(words)}" for name, words in part.command.items()),
        *([f"{part.unplug} unplugged"] if part.unplug is not None else []),
        *([f"{part.plug} plugged"] if part.plug is not None else []),
        *(["restart"] if part.restart_s is not None else []),
        *(["outage"] if part.outage_s is not None else []),
    ]
    return named[0]


def _done_by(words: CommandWords) -> str:
    if words.bounds is not None:
        return "bounded"
    return words.told if words.told is not None and words.told in SWITCHING else "commanded"


def _action(part: Step, name: str, site: Site, inputs: Collection[str]) -> Action:
    """Return what a step does that does one thing.

    Raises:
        ActionError: If it cannot be done.
    """
    made = [
        *(_setting(part, name, key, value, inputs) for key, value in part.set.items()),
        *(
            Action(("release",), name, ReleaseInput(*_input(inputs, ("release",), key)))
            for key in part.release
        ),
        *(_breaking(part, name, key, words, site) for key, words in part.fault.items()),
        *(_mending(name, key, kind, site) for key, kind in part.mend.items()),
        *(_telling(part, name, key, words, site) for key, words in part.command.items()),
        *_cable_and_lines(part, name, site),
    ]
    return made[0]


def _cable_and_lines(part: Step, name: str, site: Site) -> Iterator[Action]:
    if part.unplug is not None:
        key = _component(site, ("unplug",), part.unplug)
        pulled, undo = OverrideInput(key, "cable", 0.0), ReleaseInput(key, "cable")
        yield Action(("unplug",), name, pulled, undo, part.lasts_s)
    if part.plug is not None:
        yield Action(("plug",), name, ReleaseInput(_component(site, ("plug",), part.plug), "cable"))
    if part.restart_s is not None:
        yield Action(("restart",), name, RestartServer(part.restart_s), None, part.restart_s)
    if part.outage_s is not None:
        key = grid_key(site)
        gone, undo = OverrideInput(key, "presence", 0.0), ReleaseInput(key, "presence")
        yield Action(("outage",), name, gone, undo, part.outage_s)


def _setting(step: Step, name: str, written: str, value: object, inputs: Collection[str]) -> Action:
    place = ("set", written)
    key, quantity = _input(inputs, place, written)
    driven = DRIVEN_INPUTS.get(quantity)
    unit = NUMBER if driven is None else driven.unit
    try:
        number = unit.parse(str(value))
    except ValueError as error:
        raise ActionError(place, shown(value), str(error)) from None
    command = OverrideInput(key, quantity, number, step.over_s)
    undo = None if step.lasts_s is None else ReleaseInput(key, quantity)
    return Action(place, name, command, undo, step.lasts_s)


def _breaking(step: Step, name: str, written: str, words: FaultWords, site: Site) -> Action:
    place: Place = ("fault", written)
    key = _component(site, place, written)
    try:
        fault = _fault(key, words)
        check_fault(fault)
        check_host(fault, site)
    except FaultError as error:
        part = _KEYS_OF_PARTS.get(error.part, error.part)
        if error.part == "each_s" and words.each_s is not None:
            part = "for"
        if part == "amount":
            part = next((word for word in AMOUNT_WORDS if getattr(words, word) is not None), part)
        raise ActionError((*place, part), error.found, error.accepted) from None
    return Action(place, name, StrikeFault(fault, step.lasts_s), None, step.lasts_s)


def _mending(name: str, written: str, kind: FaultKind | None, site: Site) -> Action:
    place: Place = ("mend", written)
    return Action(place, name, MendAll(_component(site, place, written), kind))


def _fault(key: str, said: FaultWords) -> Fault:
    words = _read_times(said)
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


def _read_times(words: FaultWords) -> FaultWords:
    """Return what a file says with `each`, where that is a time, in the place of its `for`.

    Raises:
        FaultError: If it is no time, or stands beside another one.
    """
    is_time = not each_is_amount(
        words.kind, comes_and_goes=words.every_s is not None and words.each_s is None
    )
    if words.each is None or words.every_s is None or not is_time:
        return words
    if words.each_s is not None:
        raise FaultError(EACH, "beside for", "one of them")
    try:
        each_s = SECOND.parse(str(words.each))
    except ValueError as error:
        raise FaultError(EACH, shown(words.each), str(error)) from None
    return words.model_copy(update={"each_s": each_s, EACH: None})


def _amount(words: FaultWords) -> float | None:
    """Read how much there is of a fault, by whichever word.

    Raises:
        FaultError: If it is said twice, by the word of another kind, or cannot be read.
    """
    written = said_amount(words.kind, {word: getattr(words, word) for word in AMOUNT_WORDS})
    return None if written is None else read_amount_of(words.kind, words.metrics, written)


def _telling(step: Step, name: str, written: str, words: CommandWords, site: Site) -> Action:
    place: Place = ("command", written)
    key = _component(site, place, written)
    component_id = site.components[key].id
    try:
        if words.bounds is not None:
            bounds = told_bounds(site, key, words.bounds.lower, words.bounds.upper, step.lasts_s)
            return Action(place, name, bounds, None, step.lasts_s)
        if words.told is not None and words.told in SWITCHING:
            return Action(place, name, told(component_id, words.told))
        set_point = told(component_id, words.told or "", step.lasts_s)
        return Action(place, name, set_point, None, step.lasts_s)
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
