"""Values of a parameter that are given as a range: `{from: 10 kW, to: 30 kW, step: 10 kW}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

_KEYS = ("from", "to", "step")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(\S*)\s*")
MOST_VALUES = 1000
_LONGEST = 60
_DIGITS = 18
ACCEPTED = "{from: 10 kW, to: 30 kW, step: 10 kW}, all in one unit, the step towards `to`"


class RangeError(ValueError):
    """A range gives no values: says what was found."""


def values_of(given: Mapping[str, object]) -> list[str | int | float]:
    """Return the values from the first one on, the last one included if the steps meet it.

    Decimal, as they are written: 0.1, 0.2, 0.3.

    Raises:
        RangeError: If it is none, or has too many values.
    """
    if set(given) != set(_KEYS):
        raise RangeError(f"a mapping with {', '.join(given) or 'nothing'}")
    if any(isinstance(given[key], int) and abs(given[key]) > 10**_DIGITS for key in _KEYS):  # type: ignore[arg-type]
        raise RangeError(f"a number of more than {_DIGITS} digits")
    read = [_NUMBER.fullmatch(str(given[key])[:_LONGEST]) for key in _KEYS]
    bad = next((given[key] for key, match in zip(_KEYS, read, strict=True) if match is None), None)
    if bad is not None or any(isinstance(given[key], bool) for key in _KEYS):
        raise RangeError(f"from {given['from']} to {given['to']}, step {given['step']}")
    numbers = [Decimal(match[1]) for match in read if match]
    units = {match[2] for match in read if match}
    first, last, step = numbers
    if len(units) > 1 or step == 0 or (last - first) * step < 0:
        raise RangeError(f"from {given['from']} to {given['to']}, step {given['step']}")
    count = int((last - first) / step) + 1
    if count > MOST_VALUES:
        raise RangeError(f"{count} values")
    (unit,) = units
    return [_written(first + step * number, unit) for number in range(count)]


def _written(value: Decimal, unit: str) -> str | int | float:
    text = f"{value.normalize():f}"
    if unit:
        return f"{text} {unit}"
    return float(value) if "." in text else int(value)
