"""Parameters of a scenario file: many cases of one text, `$limit` in it being one value after the other."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import product

from ...sim.files.problems import Finding, Place, one_of, shown

KEY = "parameters"
MOST_CASES = 1000
MOST_PARTS = 100_000
Scalar = str | int | float
Values = tuple[tuple[str, Scalar], ...]
"""Names of parameters, and the value of each."""

_USED = re.compile(r"\$([A-Za-z_]\w*)")


def combinations(data: object) -> tuple[list[Values], list[Finding]]:
    """Return all combinations of a file's parameters, one without any if it has none, and what is wrong with them."""
    if _is_larger_than(data, MOST_PARTS):
        return [], [Finding((), f"of more than {MOST_PARTS} parts", "a smaller file")]
    given = data.get(KEY) if isinstance(data, dict) else None
    if given is None:
        return [()], list(_unknown(data, ()))
    accepted = "names, each with a list of values: {limit: [30 kW, 40 kW]}"
    if not isinstance(given, dict) or not given:
        return [], [Finding((KEY,), shown(given), accepted)]
    rest = {key: value for key, value in data.items() if key != KEY} if isinstance(data, dict) else {}
    used = {name for _, name in _uses(rest, ())}
    found = [*_unknown(rest, tuple(given))]
    for name, values in given.items():
        is_list = isinstance(values, list) and bool(values)
        if not is_list or not all(
            isinstance(value, Scalar) and not isinstance(value, bool) for value in values
        ):
            found.append(Finding((KEY, name), shown(values), "a list of numbers, texts or quantities"))
        elif name not in used:
            found.append(Finding((KEY, name), "used nowhere", f"one that stands somewhere as ${name}"))
    if found:
        return [], found
    count = math.prod(len(values) for values in given.values())
    if count > MOST_CASES:
        return [], [Finding((KEY,), f"{count} cases", f"{MOST_CASES} at most")]
    cases = [tuple(zip(given, values, strict=True)) for values in product(*given.values())]
    return list(dict.fromkeys(cases)), []


def with_values(data: object, values: Values) -> object:
    """Return the content of a file with its parameters put in; one that stands alone keeps its type."""
    known = dict(values)

    def put(value: object) -> object:
        if isinstance(value, dict):
            return {_text(str(key), known): put(inner) for key, inner in value.items() if key != KEY}
        if isinstance(value, list):
            return [put(inner) for inner in value]
        if not isinstance(value, str):
            return value
        whole = _USED.fullmatch(value)
        return known.get(whole[1], value) if whole else _text(value, known)

    return put(data)


def named(name: str, values: Values) -> str:
    """Return the name of a case with its values."""
    return f"{name}[{', '.join(f'{key}={value}' for key, value in values)}]" if values else name


def _is_larger_than(data: object, most: int) -> bool:
    """Say whether content has more parts than that, those that are named again counted again."""
    waiting, count = [data], 0
    while waiting:
        value = waiting.pop()
        count += 1
        if count > most:
            return True
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False


def _text(text: str, known: dict[str, Scalar]) -> str:
    return _USED.sub(lambda match: str(known.get(match[1], match[0])), text)


def _uses(value: object, path: Place) -> Iterator[tuple[Place, str]]:
    """Yield where parameters are used, and which."""
    if isinstance(value, dict):
        for key, inner in value.items():
            for name in _USED.findall(str(key)):
                yield (*path, key), name
            yield from _uses(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _uses(inner, (*path, place))
    elif isinstance(value, str):
        for name in _USED.findall(value):
            yield path, name


def _unknown(data: object, known: tuple[str, ...]) -> Iterator[Finding]:
    for path, name in _uses(data, ()):
        if name not in known:
            accepted = one_of(known, name) if known else f"one of {KEY}, of which there are none"
            yield Finding(path, f"with ${name}, which is no parameter", accepted)
