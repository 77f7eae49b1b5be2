"""What can be read of a scenario file although something in it is wrong, so that one slip hides no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from ....sim.domain.durations import LONGEST_S
from ....sim.files.explain import explain, keys_of
from ....sim.files.problems import Finding, Place, most_like
from ....sim.language.expressions import ExpressionError, parse_condition
from .keys import (
    ACTS,
    KINDS,
    TRIGGERS,
    Check,
    RunLength,
    ScenarioSection,
    SiteWords,
    Step,
    Words,
)  # fmt: skip

_LISTED = ("steps", "checks")
_WHEN_AND_HOW = (*TRIGGERS, "once", "over")
"""Keys of a step that say nothing of what checks call it."""
_ANY_CONDITION = "site.grid_power > 0 W"
"""Stands for one that cannot be read."""
_MOST_TRIES = 9
"""What is left without something may be wrong for want of it."""


class _PartOfStep(Step):
    """A step without what cannot be read of it."""

    @model_validator(mode="after")
    def _has_one_trigger_and_an_act(self) -> Self:
        return self


class _PartOfCheck(Check):
    """A check without what cannot be read of its times."""

    @model_validator(mode="after")
    def _is_one_check(self) -> Self:
        if not any(getattr(self, kind) is not None for kind in KINDS):
            raise ValueError("no check at all")
        return self


class _PartOfScenario(ScenarioSection):
    """A scenario without what cannot be read of it."""

    scenario: Words = "nothing known"
    site: SiteWords = "nowhere"
    duration_s: RunLength = Field(f"{LONGEST_S} s", alias="duration", validate_default=True)
    steps: tuple[_PartOfStep, ...] = ()
    checks: tuple[_PartOfCheck, ...] = ()


@dataclass(frozen=True)
class Readable:
    """What a scenario file says, as far as that can be read."""

    section: ScenarioSection
    steps: tuple[int, ...]
    """Where its steps stand in the file."""
    checks: tuple[int, ...]
    wrong: frozenset[Place] = frozenset()
    """Of what in the file something else, or nothing, stands in the section; and what does not fit together."""

    def without(self, *places: Place) -> Readable:
        """Return the same with more that is wrong."""
        return replace(self, wrong=self.wrong.union(places))

    def is_wrong(self, *place: str | int) -> bool:
        """Say whether what stands at a place, or something around it, cannot be read."""
        return any(place[: len(each)] == each for each in self.wrong)

    @property
    def knows_length(self) -> bool:
        """Whether it says how long the run is."""
        return not self.is_wrong("duration")

    @property
    def knows_clock(self) -> bool:
        """Whether it says what time it is during the run, and when checks look."""
        return not (self.is_wrong("start") or self.is_wrong("interval"))

    def knows_times_of(self, check: int, kind: str) -> bool:
        """Say whether all can be read that a check says of times; its condition does not count.

        Args:
            check: Where it stands in the file.
            kind: Key of its condition.
        """
        own = (each[2:] for each in self.wrong if each[:2] == ("checks", check))
        return all(rest == (kind,) for rest in own)

    def may_name(self, event: str, of_end: bool = False) -> bool:
        """Say whether checks may call something so of what cannot be read of the steps.

        Args:
            event: What it is called.
            of_end: Whether its end is meant.
        """
        return any(
            self._may_be_called(place, event, of_end) for place in self.wrong if place[:1] == ("steps",)
        )

    def _may_be_called(self, place: Place, event: str, of_end: bool) -> bool:
        match place[1:]:
            case (int(step),):
                return step not in self.steps
            case (_, "for", *_):
                return of_end
            case (_, str(key), *_) if key in _WHEN_AND_HOW:
                return False
            case (_, str(key), str(name), *_) if key in ACTS:
                return event.startswith(f"{name} ")
            case _:
                return True


def readable(data: dict[str, Any], unknown: Iterable[Place] = ()) -> tuple[Readable, list[Finding]]:
    """Return what can be read of the content of a file, and what is wrong with the rest.

    Args:
        data: With the values of its parameters.
        unknown: Where parameters stand in it that have no value, which is told elsewhere.
    """
    unfilled = frozenset(unknown)
    listed = {key: value if isinstance(value := data.get(key), list) else [] for key in _LISTED}
    found: list[Finding] = []
    try:
        section = ScenarioSection.model_validate(data)
        if not unfilled:
            steps, checks = (tuple(range(len(items))) for items in listed.values())
            return Readable(section, steps, checks), []
    except ValidationError as error:
        found = explain(error, ScenarioSection, data)
    told = [_with_place_in_text(each, data) for each in found if not _is_within(each.path, unfilled)]
    wrong = unfilled | {each.path for each in found} | _misspelt(found, data)
    # Of a step or check whose keys do not fit together, each may be right by itself.
    left_out = {place for place in wrong if place and not (len(place) == 2 and place[0] in _LISTED)}
    for _ in range(_MOST_TRIES):
        places = {
            key: [number for number in range(len(items)) if (key, number) not in left_out]
            for key, items in listed.items()
        }
        rest = _left(data, (), left_out)
        try:
            part = _PartOfScenario.model_validate(rest)
        except ValidationError as error:
            for finding in explain(error, _PartOfScenario, rest):
                place = _in_file(finding.path, places)
                left_out.add(place if place not in left_out else place[:-1] or place)
        else:
            return Readable(part, tuple(places["steps"]), tuple(places["checks"]), wrong | left_out), told
    nothing = _PartOfScenario.model_validate({})
    return Readable(nothing, (), (), wrong.union((key,) for key in keys_of(ScenarioSection))), told


def _left(value: Any, place: Place, left_out: Set[Place]) -> Any:
    """Return a value of a file without the places that are left out."""
    if isinstance(value, dict):
        left = {
            key: _left(inner, (*place, key), left_out)
            for key, inner in value.items()
            if (*place, key) not in left_out
        }
        # A check without its condition would be none, and its times may be wrong as well.
        gone = [key for key in KINDS if key in value and key not in left] if place[:1] == ("checks",) else []
        return left | dict.fromkeys(gone, _ANY_CONDITION)
    if isinstance(value, list):
        return [
            _left(inner, (*place, number), left_out)
            for number, inner in enumerate(value)
            if (*place, number) not in left_out
        ]
    return value


def _in_file(path: Place, places: Mapping[str, Sequence[int]]) -> Place:
    """Return where something stands in the file, by where it stands in what is left of it."""
    match path:
        case (str(key), int(number), *rest) if key in places:
            return (key, places[key][number], *rest)
        case _:
            return path


def _is_within(path: Place, places: Iterable[Place]) -> bool:
    return any(path[: len(each)] == each for each in places)


def _misspelt(found: Iterable[Finding], data: Mapping[str, object]) -> set[Place]:
    """Return the keys of the head that are not there, and are probably meant by those that are unknown."""
    meant = (most_like(each.path[0], keys_of(ScenarioSection)) for each in found if len(each.path) == 1)
    return {(key,) for key in meant if key is not None and key not in data}


def _with_place_in_text(finding: Finding, data: object) -> Finding:
    """Say where in a condition it goes wrong, which pydantic's errors have no room for."""
    value: Any = data
    for part in finding.path:
        try:
            value = value[part]
        except (LookupError, TypeError):
            return finding
    if finding.path and finding.path[-1] in (*KINDS, "when") and isinstance(value, str):
        try:
            parse_condition(value)
        except ExpressionError as error:
            return finding._replace(found=error.found)
    return finding
