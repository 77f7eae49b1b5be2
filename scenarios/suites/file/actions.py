"""What a step does to a site: the same commands that clients, tests and the control service give."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from ....sim.domain.commands import (
    ClientCommand,
    Command,
    OverrideInput,
    ReleaseInput,
    RestartServer,
    StrikeFault,
)
from ....sim.domain.faults import Fault, FaultKind
from ....sim.faults.check import FaultError, check_host, fault_errors, read_amount_of
from ....sim.faults.said import AMOUNT_WORDS, EACH, each_is_amount, said_amount
from ....sim.files.problems import Place, UnacceptedError, one_of, shown
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


class ActionError(UnacceptedError):
    """Something that cannot be done to a site."""

    def __init__(self, place: Place, found: str, accepted: str) -> None:
        """Say what is wrong where in the step."""
        super().__init__(found, accepted)
        self.place = place


class Acts(NamedTuple):
    """What a step does."""

    actions: tuple[Action, ...]
    errors: tuple[ActionError, ...] = ()
    """All that it names that is not there or says in words that cannot be read."""
    refused: tuple[str, ...] = ()
    """By what names checks would refer to that."""


def actions_of(step: Step, site: Site | None, inputs: Collection[str]) -> Acts:
    """Return what a step does, and what of it cannot be done.

    Args:
        step: Of a scenario file.
        site: Where it happens; None if nobody knows, so that only that is wrong which is so everywhere.
        inputs: Names of what can be driven there, such as `machines.load`.
    """
    actions: list[Action] = []
    errors: list[ActionError] = []
    refused: list[str] = []
    for part in _parts(step):
        name = _name(part)
        made = list(_made(part, name, site, inputs))
        errors += [each for each in made if isinstance(each, ActionError)]
        done = [each for each in made if isinstance(each, Action)]
        actions += done
        refused += [] if done else [name]
    return Acts(tuple(actions), tuple(errors), tuple(refused))


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


def _made(
    part: Step, name: str, site: Site | None, inputs: Collection[str]
) -> Iterator[Action | ActionError]:
    """Yield what a step does that does one thing, or all that is wrong with it; nothing if nobody knows."""
    for key, value in part.set.items():
        yield from _setting(part, name, key, value, site, inputs)
    for key in part.release:
        wrong = _input_errors(site, inputs, ("release",), key)
        yield from wrong
        if not wrong:
            component, _, quantity = key.rpartition(".")
            yield Action(("release",), name, ReleaseInput(component, quantity))
    for key, words in part.fault.items():
        yield from _breaking(part, name, key, words, site)
    for key, kind in part.mend.items():
        yield from _at_component(Action(("mend", key), name, MendAll(key, kind)), site, key)
    for key, told_words in part.command.items():
        yield from _telling(part, name, key, told_words, site)
    yield from _cable_and_lines(part, name, site)


def _cable_and_lines(part: Step, name: str, site: Site | None) -> Iterator[Action | ActionError]:
    if part.unplug is not None:
        key = part.unplug
        pulled, undo = OverrideInput(key, "cable", 0.0), ReleaseInput(key, "cable")
        yield from _at_component(Action(("unplug",), name, pulled, undo, part.lasts_s), site, key)
    if part.plug is not None:
        yield from _at_component(Action(("plug",), name, ReleaseInput(part.plug, "cable")), site, part.plug)
    if part.restart_s is not None:
        yield Action(("restart",), name, RestartServer(part.restart_s), None, part.restart_s)
    if part.outage_s is not None and site is not None:
        key = grid_key(site)
        gone, undo = OverrideInput(key, "presence", 0.0), ReleaseInput(key, "presence")
        yield Action(("outage",), name, gone, undo, part.outage_s)


def _at_component(action: Action, site: Site | None, key: str) -> Iterator[Action | ActionError]:
    """Yield what is done to a component, or that there is none."""
    wrong = _component_errors(site, action.place, key)
    yield from wrong or (action,)


def _setting(
    step: Step, name: str, written: str, value: object, site: Site | None, inputs: Collection[str]
) -> Iterator[Action | ActionError]:
    place = ("set", written)
    wrong = _input_errors(site, inputs, place, written)
    key, _, quantity = written.rpartition(".")
    driven = DRIVEN_INPUTS.get(quantity)
    yield from wrong
    if driven is None and (wrong or site is None):
        return  # Nobody knows its unit.
    try:
        number = (NUMBER if driven is None else driven.unit).parse(str(value))
    except ValueError as error:
        yield ActionError(place, shown(value), str(error))
        return
    if not wrong:
        undo = None if step.lasts_s is None else ReleaseInput(key, quantity)
        yield Action(place, name, OverrideInput(key, quantity, number, step.over_s), undo, step.lasts_s)


def _breaking(
    step: Step, name: str, written: str, words: FaultWords, site: Site | None
) -> Iterator[Action | ActionError]:
    place: Place = ("fault", written)
    wrong = _component_errors(site, place, written)
    fault, errors = _fault(written, words)
    if site is not None and not wrong:
        try:
            check_host(fault, site)
        except FaultError as error:
            errors.append(error)
    wrong += [ActionError((*place, _key_of(each.part, words)), each.found, each.accepted) for each in errors]
    yield from wrong or (Action(place, name, StrikeFault(fault, step.lasts_s), None, step.lasts_s),)


def _key_of(part: str, words: FaultWords) -> str:
    """Return by which key a file says a part of a fault."""
    if part == "each_s" and words.each_s is not None:
        return "for"
    if part == "amount":
        return next((word for word in AMOUNT_WORDS if getattr(words, word) is not None), part)
    return _KEYS_OF_PARTS.get(part, part)


def _fault(key: str, said: FaultWords) -> tuple[Fault, list[FaultError]]:
    """Return a fault, and all that is wrong with it wherever it happens."""
    errors: list[FaultError] = []
    amount, words = None, said
    try:
        words = _read_times(said)
    except FaultError as error:
        errors.append(error)
        words = said.model_copy(update={EACH: None, "each_s": None, "every_s": None})
    try:
        amount = _amount(words)
    except FaultError as error:
        errors.append(error)
    unread = {"amount"} if any(error.part in AMOUNT_WORDS for error in errors) else set()
    fault = Fault(
        key,
        words.kind,
        diagnostic=words.diagnostic,
        amount=amount,
        metrics=words.metrics,
        recoverable=words.recoverable,
        status=words.status,
        text=words.text,
        spread_s=words.spread_s,
        distribution=words.distribution,
        every_s=words.every_s,
        each_s=words.each_s,
    )
    return fault, [*errors, *(error for error in fault_errors(fault) if error.part not in unread)]


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


def _telling(
    step: Step, name: str, written: str, words: CommandWords, site: Site | None
) -> Iterator[Action | ActionError]:
    place: Place = ("command", written)
    wrong = _component_errors(site, place, written)
    yield from wrong
    section = None if site is None else site.components.get(written)
    lasts_s = None if words.told is not None and words.told in SWITCHING else step.lasts_s
    try:
        command: ClientCommand
        if words.bounds is None:
            command = told(0 if section is None else section.id, words.told or "", lasts_s)
        elif site is not None and section is not None:
            command = told_bounds(site, written, words.bounds.lower, words.bounds.upper, lasts_s)
        else:
            return  # What bounds there can be is for the component to say.
    except ToldError as error:
        where: dict[str, Place] = {"told": place, "bounds": (*place, "bounds"), "for": ("for",)}
        at = where.get(error.part, (*place, "bounds", error.part))
        yield ActionError(at, error.found, error.accepted)
        return
    if not wrong:
        yield Action(place, name, command, None, lasts_s)


def _component_errors(site: Site | None, place: Place, name: str) -> list[ActionError]:
    if site is None or name in site.components:
        return []
    return [ActionError(place, f"of {name!r}, which is no component", one_of(site.components, name))]


def _input_errors(site: Site | None, inputs: Collection[str], place: Place, name: str) -> list[ActionError]:
    if site is None or name in inputs:
        return []
    return [ActionError(place, f"{name!r}, which is no input", one_of(inputs, name))]
