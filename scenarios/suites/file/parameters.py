"""Parameters of a scenario file: many cases of one text, `$limit` in it being one value after the other."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from ....sim.files.problems import Finding, Place, one_of, shown
from .pairwise import pairwise_cases
from .value_ranges import ACCEPTED, RangeError, values_of

KEY = "parameters"
PAIRWISE = "pairwise"
_OWN_KEYS = (KEY, PAIRWISE)
MOST_CASES = 1000
MOST_PARTS = 100_000
Scalar = str | int | float
Values = tuple[tuple[str, Scalar], ...]
"""Names of parameters, and the value of each."""

_USED = re.compile(r"\$([A-Za-z_]\w*)")


def combinations(data: object) -> tuple[list[Values], list[Finding]]:
    """Return all combinations of a file's parameters, one without any if it has none, and what is wrong with them.

    With `pairwise`, as few of them as have each pair of values.
    """
    if _is_larger_than(data, MOST_PARTS):
        return [], [Finding((), f"of more than {MOST_PARTS} parts", "a smaller file")]
    content = data if isinstance(data, dict) else {}
    found = list(_pairwise_findings(content))
    if content.get(KEY) is None:
        return [()], [*found, *_unknown(data, ())]
    listed, wrong = _listed(content)
    found += wrong
    cases = [] if found else _cases(listed, is_pairwise=content.get(PAIRWISE) is True)
    if cases is None or len(cases) > MOST_CASES:
        count = math.prod(map(len, listed.values())) if cases is None else len(cases)
        return [], [Finding((KEY,), f"{count} cases", f"{MOST_CASES} at most")]
    return cases, found


def _pairwise_findings(content: dict[str, Any]) -> Iterator[Finding]:
    wanted, given = content.get(PAIRWISE, False), content.get(KEY)
    if not isinstance(wanted, bool):
        yield Finding((PAIRWISE,), shown(wanted), "true or false")
    elif wanted and (not isinstance(given, dict) or len(given) < 2):
        yield Finding((PAIRWISE,), "true", f"{KEY} of which there are two or more")


def _listed(content: dict[str, Any]) -> tuple[dict[str, list[Scalar]], list[Finding]]:
    """Return the values of each parameter, and what is wrong with them."""
    given = content[KEY]
    if not isinstance(given, dict) or not given:
        accepted = "names, each with a list of values: {limit: [30 kW, 40 kW]}"
        return {}, [Finding((KEY,), shown(given), accepted)]
    rest = {key: value for key, value in content.items() if key != KEY}
    used = {name for _, name in _uses(rest, ())}
    found = [*_unknown(rest, tuple(given))]
    listed: dict[str, list[Scalar]] = {}
    for name, values in given.items():
        try:
            listed[name] = _values(values)
        except RangeError as error:
            accepted = f"a list of numbers, texts or quantities, or {ACCEPTED}"
            found.append(Finding((KEY, name), str(error), accepted))
        else:
            found += _item_findings(listed[name], (KEY, name))
            if name not in used:
                found.append(Finding((KEY, name), "used nowhere", f"one that stands somewhere as ${name}"))
    return listed, found


def _cases(listed: dict[str, list[Scalar]], *, is_pairwise: bool) -> list[Values] | None:
    """Return the cases; None if there are far too many."""
    columns = list(listed.values())
    sizes = [len(column) for column in columns]
    if math.prod(sorted(sizes)[-2:] if is_pairwise else sizes) > MOST_CASES:
        return None
    places = pairwise_cases(sizes) if is_pairwise else product(*(range(size) for size in sizes))
    return [
        tuple((name, column[place]) for name, column, place in zip(listed, columns, case, strict=True))
        for case in places
    ]


def _values(given: object) -> list[Scalar]:
    if isinstance(given, dict):
        return values_of(given)
    if not isinstance(given, list) or not given:
        raise RangeError(shown(given))
    return given


def _item_findings(values: Sequence[object], place: Place) -> Iterator[Finding]:
    """Find what in a list can be no value, or stands there twice."""
    seen: set[Scalar] = set()
    for number, value in enumerate(values):
        if not isinstance(value, Scalar) or isinstance(value, bool):
            yield Finding((*place, number), shown(value), "a number, a text or a quantity")
            continue
        if value in seen:
            yield Finding((*place, number), f"{shown(value)}, which is given twice", "each value once")
        seen.add(value)


def with_values(data: object, values: Values) -> object:
    """Return the content of a file with its parameters put in; one that stands alone keeps its type."""
    known = dict(values)

    def put(value: object) -> object:
        if isinstance(value, dict):
            return {_text(str(key), known): put(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [put(inner) for inner in value]
        if not isinstance(value, str):
            return value
        whole = _USED.fullmatch(value)
        return known.get(whole[1], value) if whole else _text(value, known)

    if isinstance(data, dict):
        data = {key: value for key, value in data.items() if key not in _OWN_KEYS}
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
