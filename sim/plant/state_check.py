"""What must hold of a plant's saved state before anything of it is taken: it may come from a stranger."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from ..domain.metrics import Metric
from ..files.units import Unit, unit_of_metric, unit_of_name
from ..inputs.driven import DRIVEN_INPUTS, require_drivable
from ..inputs.signal import NEVER
from ..kernel.memory import Memory
from .state import NAMES_OF_NUMBERS, PlantState

LONGEST_LAG_US = 86_400_000_000
"""How far a plant may be behind the time of its site [µs]."""
_OPEN = frozenset({"lower", "upper", "ramp_w_per_s", "start_value", "end_value"})
"""Names of numbers, beside those of rows, of which an infinite one says that there is no limit."""
_LIMIT = Unit("1", {"": 1.0})
"""Unit of limits, which may be infinite: clients may say any number in place of that."""
_ROUNDING = 1e-9


def check_plant_state(
    state: PlantState,
    own: PlantState,
    memory: Memory,
    inputs: Collection[str],
    machines: Mapping[str, Sequence[str]],
) -> None:
    """Refuse a state that no plant of this site can have.

    Args:
        state: That somebody wants to go on from.
        own: That the plant has now.
        memory: Of the plant, for what its numbers are.
        inputs: Names of all inputs of the site, as `component.quantity`, in the order of the memory's.
        machines: Names of the fields of each machine's state.

    Raises:
        ValueError: Says where, what was found and what would be accepted.
    """
    _same_names("plant.numbers", state.numbers, own.numbers)
    endless = _endless(memory)
    for name, value in state.numbers.items():
        expected = own.numbers[name]
        place = f"plant.numbers.{name}"
        if isinstance(value, list) != isinstance(expected, list):
            raise _error(place, "a list" if isinstance(value, list) else repr(value), "what a save writes")
        values = value if isinstance(value, list) else [value]
        if name == "inputs":
            units = [_unit_of_input(each) for each in inputs]
        else:
            units = [_LIMIT if name in endless else _unit_of_number(name)] * len(values)
        own_values = expected if isinstance(expected, list) else [expected]
        _check_row(place, values, own_values, units, is_endless=name in endless)
    for name in ("batteries", "managements", "ageings", "machines"):
        theirs, ours = getattr(state, name), getattr(own, name)
        _same_names(f"plant.{name}", theirs, ours)
        for key, values in theirs.items():
            names = machines[key] if name == "machines" else values._fields
            units = [unit_of_name(each) for each in names]
            is_endless = name == "machines"
            _check_row(f"plant.{name}.{key}", tuple(values), tuple(ours[key]), units, is_endless=is_endless)
    for key, cells in state.batteries.items():
        _check_soc(f"plant.batteries.{key}.soc", cells.soc)
    begun = state.numbers.get("batteries.begin_soc")
    for soc in begun if isinstance(begun, list) else ():
        _check_soc("plant.numbers.batteries.begin_soc", soc)
    for name in ("allowed_w", "allowed_var", "allowed_dc_w", "pending", "overrides", "impairments"):
        check_numbers(f"plant.{name}", getattr(state, name))
    known = set(own.components)
    for name in ("allowed_w", "allowed_var", "allowed_dc_w", "pending", "tripped", "positions", "impairments",
                 "failed_relays"):  # fmt: skip
        check_known(f"plant.{name}", getattr(state, name), known)
    check_known("plant.overrides", state.overrides, inputs)
    for name, override in state.overrides.items():
        component, _, quantity = name.rpartition(".")
        require_drivable(component, quantity, override.end_value, 0.0, override.start_value)


def _check_soc(place: str, soc: float) -> None:
    if not -_ROUNDING <= soc <= 1.0 + _ROUNDING:
        raise _error(place, repr(soc), "0 to 1")


def check_known(place: str, found: Iterable[str], known: Collection[str]) -> None:
    """Refuse names that the site does not have.

    Raises:
        ValueError: Names the first one.
    """
    for name in found:
        if name not in known:
            raise _error(place, repr(name), "what this site has")


def check_numbers(place: str, content: Any) -> None:
    """Refuse numbers, however deep in some content, that no site can have by the units in which their names end.

    Raises:
        ValueError: Says where the first one is, what it is and what would be accepted.
    """
    if isinstance(content, Mapping):
        for key, value in content.items():
            if isinstance(key, Metric):
                _check_of_metric(f"{place}.{key}", value, unit_of_metric(key.unit))
            else:
                check_numbers(f"{place}.{key}", value)
    elif isinstance(content, tuple | list) and [type(each) for each in content] == [str, float]:
        _check_number(f"{place}.{content[0]}", content[1], _unit_of_input(content[0]), is_endless=True)
    elif isinstance(content, tuple | list):
        names = getattr(content, "_fields", range(len(content)))
        for name, value in zip(names, content, strict=True):
            check_numbers(f"{place}.{name}", value)
    elif isinstance(content, int | float):
        name = place.rpartition(".")[2]
        is_endless = name in _OPEN
        _check_number(place, content, _LIMIT if is_endless else unit_of_name(name), is_endless=is_endless)


def _check_of_metric(place: str, value: Any, unit: Unit) -> None:
    """Check what is reported of a metric, which may be no number, or its bounds."""
    numbers = (value,) if isinstance(value, int | float) else [edge for bounds in value for edge in bounds]
    for number in numbers:
        if not math.isnan(number):
            _check_number(place, number, unit, is_endless=True)


def _check_number(place: str, value: float, unit: Unit, *, is_endless: bool) -> None:
    if isinstance(value, int):
        if not -NEVER <= value <= NEVER:
            raise _error(place, repr(value), f"a whole number up to {NEVER}")
    elif math.isnan(value) or (math.isinf(value) and not is_endless):
        raise _error(place, repr(value), "a finite number")
    elif math.isfinite(value) and abs(value) > unit.most:
        raise _error(place, repr(value), f"at most {unit.in_words(unit.most)}, as on any site")


def _unit_of_number(name: str) -> Unit:
    # Sums are of a quantity over time.
    return unit_of_name("" if name.startswith("meters.sums.") else name)


def _unit_of_input(name: str) -> Unit:
    driven = DRIVEN_INPUTS.get(name.rpartition(".")[2])
    return unit_of_name("") if driven is None or math.isinf(driven.unit.most) else driven.unit


def _same_names(place: str, theirs: Mapping[str, object], ours: Mapping[str, object]) -> None:
    if theirs.keys() != ours.keys():
        other = min(theirs.keys() ^ ours.keys())
        raise _error(place, f"{other!r} {'too many' if other in theirs else 'missing'}", "what a save writes")


def _check_row(
    place: str,
    values: Sequence[int | float],
    expected: Sequence[int | float],
    units: Sequence[Unit],
    *,
    is_endless: bool,
) -> None:
    if len(values) != len(expected):
        raise _error(place, f"{len(values)} values", f"{len(expected)}, as this site has them")
    for index, (value, own, unit) in enumerate(zip(values, expected, units, strict=True)):
        where = f"{place}[{index}]" if len(expected) > 1 else place
        if isinstance(own, int) and type(value) is not int:
            raise _error(where, repr(value), "a whole number")
        if isinstance(own, float) and not isinstance(value, float):
            raise _error(where, repr(value), "a number with a decimal point, as a save writes it")
        _check_number(where, value, unit, is_endless=is_endless)


def _endless(memory: Memory) -> set[str]:
    """Return the names of the numbers of which an infinite one says that there is no limit."""
    found = {"inputs"}
    for name in NAMES_OF_NUMBERS:
        rows = getattr(memory, name)
        if isinstance(rows, list) and rows and is_dataclass(rows[0]):
            found |= set(_endless_fields(name, rows[0]))
    return found


def _endless_fields(name: str, row: Any) -> Iterable[str]:
    for field in fields(row):
        value = getattr(row, field.name)
        if is_dataclass(value):
            yield from _endless_fields(f"{name}.{field.name}", value)
        elif isinstance(field.default, float) and math.isinf(field.default):
            yield f"{name}.{field.name}"


def _error(place: str, found: str, accepted: str) -> ValueError:
    return ValueError(f"{place}: {found}; accepted: {accepted}")
