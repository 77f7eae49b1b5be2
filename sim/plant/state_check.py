"""What must hold of a plant's saved state before anything of it is taken: it may come from a stranger."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..domain.durations import LONGEST_S
from ..domain.metrics import Metric
from ..domain.timestamps import MICROSECONDS
from ..files.units import Unit, unit_of_metric, unit_of_name
from ..inputs.driven import DRIVEN_INPUTS, require_drivable
from ..inputs.signal import NEVER, Signal
from .impairment import held_inputs
from .inputs import present_of
from .state import Numbers, PlantState
from .state_ranges import OF_IMPAIRMENTS, OF_NUMBERS, OF_STATES, Moment, Range

LONGEST_LAG_US = 86_400_000_000
"""How far a plant may be behind the time of its site [µs]."""
_OPEN = frozenset({"lower", "upper", "ramp_w_per_s", "start_value", "end_value"})
"""Names of numbers, beside those of rows, of which an infinite one says that there is no limit."""
_LIMIT = Unit("1", {"": 1.0})
"""Unit of limits, which may be infinite: clients may say any number in place of that."""
_SCALED = frozenset({"voltage", "voltage_1", "voltage_2", "voltage_3"})
"""Inputs of which the plant makes voltages, each in proportion to another: more than either can be driven to."""
_LONGEST_RESPONSE_US = 1_200_000_000
"""From a set-point to when its device takes it in at the latest: the delay and the jitter of site files [µs]."""


class Expected(NamedTuple):
    """What a state is held to."""

    state: PlantState
    """That the plant has now."""
    signals: Mapping[str, Signal]
    """By input, as `component.quantity`, in the order of the memory's inputs."""
    machines: Mapping[str, type]
    """Type of each machine's state."""


def check_plant_state(state: PlantState, expected: Expected) -> None:
    """Refuse a state that no plant of this site can have.

    Args:
        state: That somebody wants to go on from; its time is known to be one.
        expected: What it is held to.

    Raises:
        ValueError: Says where, what was found and what would be accepted.
    """
    own, time_us = expected.state, _whole(state.numbers, "time_us")
    _check_rows(state.numbers, own.numbers, list(expected.signals), time_us)
    for name in ("batteries", "managements", "ageings", "machines"):
        theirs, ours = getattr(state, name), getattr(own, name)
        _same_names(f"plant.{name}", theirs, ours)
        for key, values in theirs.items():
            kind = expected.machines[key] if name == "machines" else type(ours[key])
            _check_state(f"plant.{name}.{key}", tuple(values), tuple(ours[key]), kind)
    for name in ("allowed_w", "allowed_var", "allowed_dc_w", "pending", "overrides", "impairments"):
        check_numbers(f"plant.{name}", getattr(state, name))
    known = set(own.components)
    for name in ("allowed_w", "allowed_var", "allowed_dc_w", "pending", "tripped", "positions", "impairments",
                 "failed_relays"):  # fmt: skip
        check_known(f"plant.{name}", getattr(state, name), known)
    check_known("plant.overrides", state.overrides, expected.signals)
    _check_overrides(state, time_us)
    _check_pending(state, time_us)
    _check_impairments(state)
    _check_inputs(state, expected.signals, time_us)


def _check_rows(numbers: Numbers, own: Numbers, inputs: Sequence[str], time_us: int) -> None:
    """Hold every number of the kernel's memory to what it may be."""
    _same_names("plant.numbers", numbers, own)
    for name, value in numbers.items():
        expected = own[name]
        place = f"plant.numbers.{name}"
        if isinstance(value, list) != isinstance(expected, list):
            raise _error(place, "a list" if isinstance(value, list) else repr(value), "what a save writes")
        is_input = name == "inputs"
        values = value if isinstance(value, list) else [value]
        units = list(map(_unit_of_input, inputs)) if is_input else [_unit_of_number(name)] * len(values)
        own_values = expected if isinstance(expected, list) else [expected]
        allowed = [OF_NUMBERS[name]] * len(own_values)
        _check_row(place, values, own_values, units, allowed, time_us, is_endless=is_input)


def _check_state(place: str, values: Sequence[int | float], own: Sequence[int | float], kind: type) -> None:
    """Hold the state of a model to what each of its fields may be, that of another package's model to numbers."""
    names: Sequence[str] = kind._fields  # type: ignore[attr-defined]
    is_ours = kind.__module__.partition(".")[0] == __name__.partition(".")[0]
    allowed = [OF_STATES[f"{kind.__name__}.{name}"] if is_ours else Range() for name in names]
    _check_row(
        place,
        values,
        own,
        [unit_of_name(name) for name in names],
        allowed,
        0,
        is_endless=not is_ours,
        names=names,
    )


def _check_overrides(state: PlantState, time_us: int) -> None:
    for name, override in state.overrides.items():
        place = f"plant.overrides.{name}"
        if not 0 <= override.start_us <= time_us:
            raise _error(f"{place}.start_us", str(override.start_us), f"0 to {time_us}, the plant's time")
        latest_us = override.start_us + round(LONGEST_S * MICROSECONDS)
        if not override.start_us <= override.end_us <= latest_us:
            raise _error(f"{place}.end_us", str(override.end_us), f"{override.start_us} to {latest_us}")
        component, _, quantity = name.rpartition(".")
        require_drivable(component, quantity, override.end_value, 0.0, override.start_value)


def _check_pending(state: PlantState, time_us: int) -> None:
    latest_us = time_us + _LONGEST_RESPONSE_US
    for key, pending in state.pending.items():
        for set_point in pending:
            if not time_us < set_point.due_us <= latest_us:
                accepted = f"{time_us + 1} to {latest_us}"
                raise _error(f"plant.pending.{key}.due_us", str(set_point.due_us), accepted)


def _check_impairments(state: PlantState) -> None:
    for key, impairment in state.impairments.items():
        for name, allowed in OF_IMPAIRMENTS.items():
            value = getattr(impairment, name)
            if value is not None:
                _check_allowed(f"plant.impairments.{key}.{name}", value, allowed, 0)


def _check_inputs(state: PlantState, signals: Mapping[str, Signal], time_us: int) -> None:
    """Hold what drives the plant, and until when, to what its signals say: they are asked again as it goes on."""
    numbers = state.numbers
    next_us, holds_us = _whole(numbers, "next_input_us"), _whole(numbers, "holds_until_us")
    present, changes_us = present_of(signals, {**state.overrides, **held_inputs(state.impairments)}, time_us)
    if numbers["is_known"]:
        if next_us <= time_us:
            raise _error(
                "plant.numbers.next_input_us", str(next_us), f"more than {time_us}, the plant's time"
            )
        if not time_us < holds_us <= changes_us:
            accepted = f"{time_us + 1} to {changes_us}, when the next input changes"
            raise _error("plant.numbers.holds_until_us", str(holds_us), accepted)
    if next_us <= time_us:
        return  # All are read anew before anything is made of them.
    inputs = numbers["inputs"]
    assert isinstance(inputs, list)
    for index, (name, value) in enumerate(zip(signals, inputs, strict=True)):
        driven = DRIVEN_INPUTS.get(name.rpartition(".")[2])
        if driven is None or driven.has(value) or value == present[index]:
            continue
        if name.rpartition(".")[2] not in _SCALED or value < 0.0:
            found = f"{driven.unit.in_words(value)} of {name}"
            raise _error(f"plant.numbers.inputs[{index}]", found, driven.accepted)


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
    quantity = name.rpartition(".")[2]
    driven = None if quantity in _SCALED else DRIVEN_INPUTS.get(quantity)
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
    allowed: Sequence[Range | Moment],
    time_us: int,
    *,
    is_endless: bool,
    names: Sequence[str] = (),
) -> None:
    if len(values) != len(expected):
        raise _error(place, f"{len(values)} values", f"{len(expected)}, as this site has them")
    for index, (value, own, unit, range_) in enumerate(zip(values, expected, units, allowed, strict=True)):
        where = f"{place}.{names[index]}" if names else f"{place}[{index}]" if len(expected) > 1 else place
        if isinstance(own, int) and type(value) is not int:
            raise _error(where, repr(value), "a whole number")
        if isinstance(own, float) and not isinstance(value, float):
            raise _error(where, repr(value), "a number with a decimal point, as a save writes it")
        is_limit = isinstance(range_, Range) and range_.is_limit
        _check_number(where, value, _LIMIT if is_limit else unit, is_endless=is_endless or is_limit)
        _check_allowed(where, value, range_, time_us)


def _check_allowed(place: str, value: float, allowed: Range | Moment, time_us: int) -> None:
    """Refuse a number that cannot be so on any site; times are from that of the plant on [µs]."""
    if isinstance(allowed, Range):
        if not allowed.has(value):
            raise _error(place, repr(value), allowed.accepted)
        return
    earliest_us = -math.inf if allowed.earliest_us is None else time_us + allowed.earliest_us
    if not earliest_us <= value <= time_us + allowed.latest_us:
        from_ = "" if allowed.earliest_us is None else f"{earliest_us} "
        raise _error(place, repr(value), f"{from_}up to {time_us + allowed.latest_us}")


def _whole(numbers: Numbers, name: str) -> int:
    """Return a number of the memory that is one for all, and whole.

    Raises:
        ValueError: If it is not.
    """
    value = numbers.get(name)
    if type(value) is not int:
        raise _error(f"plant.numbers.{name}", repr(value), "a whole number")
    return value


def _error(place: str, found: str, accepted: str) -> ValueError:
    return ValueError(f"{place}: {found}; accepted: {accepted}")
