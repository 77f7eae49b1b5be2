"""Parameters of a scenario file: many cases of one text, `$limit` in it being one value after the other."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from ....sim.files.problems import Finding, Place, most_like, one_of, shown
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


def combinations(data: object, *, is_whole: bool = True) -> tuple[list[Values], list[Finding]]:
    """Return all combinations of a file's parameters, one without any if it has none, and what is wrong with them.

    With `pairwise`, as few of them as have each pair of values. Of parameters of which something is wrong there are
    those values that can be read; of far too many combinations the first one.

    Args:
        data: Content of the file; there is no combination of one that is too large to be read.
        is_whole: Whether it has all that the file includes, so that parameters may stand or be used nowhere else.
    """
    if _is_larger_than(data, MOST_PARTS):
        return [], [Finding((), f"of more than {MOST_PARTS} parts", "a smaller file")]
    content = data if isinstance(data, dict) else {}
    found = list(_pairwise_findings(content))
    if content.get(KEY) is None:
        return [()], [*found, *(_unknown(data, ()) if is_whole else ())]
    listed, wrong = _listed(content, is_whole=is_whole)
    found += wrong
    cases = _cases(listed, is_pairwise=content.get(PAIRWISE) is True and len(listed) > 1)
    if cases is None or len(cases) > MOST_CASES:
        count = math.prod(map(len, listed.values())) if cases is None else len(cases)
        found.append(Finding((KEY,), f"{count} cases", f"{MOST_CASES} at most"))
        cases = [tuple((name, values[0]) for name, values in listed.items())]
    return cases, found


def _pairwise_findings(content: dict[str, Any]) -> Iterator[Finding]:
    wanted, given = content.get(PAIRWISE, False), content.get(KEY)
    if not isinstance(wanted, bool):
        yield Finding((PAIRWISE,), shown(wanted), "true or false")
    elif wanted and (not isinstance(given, dict) or len(given) < 2):
        yield Finding((PAIRWISE,), "true", f"{KEY} of which there are two or more")


def _listed(content: dict[str, Any], *, is_whole: bool) -> tuple[dict[str, list[Scalar]], list[Finding]]:
    """Return the values of each parameter, and what is wrong with them."""
    given = content[KEY]
    if not isinstance(given, dict) or not given:
        accepted = "names, each with a list of values: {limit: [30 kW, 40 kW]}"
        return {}, [Finding((KEY,), shown(given), accepted)]
    rest = {key: value for key, value in content.items() if key != KEY}
    uses = list(_uses(rest, ()))
    found = list(_unknown(rest, tuple(given))) if is_whole else []
    meant = {most_like(name, given) for _, name in uses if name not in given}
    needed = {name for _, name in uses} | meant if is_whole else set(given)
    listed: dict[str, list[Scalar]] = {}
    for name, values in given.items():
        listed[name], wrong = _read_values(values, (KEY, name))
        found += wrong
        if name not in needed:
            found.append(Finding((KEY, name), "used nowhere", f"one that stands somewhere as ${name}"))
    return {name: values for name, values in listed.items() if values}, found


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


def _read_values(given: object, place: Place) -> tuple[list[Scalar], list[Finding]]:
    """Return the values of a parameter, and what is wrong with others of them."""
    try:
        if isinstance(given, dict):
            return [*values_of(given)], []
        if not isinstance(given, list) or not given:
            raise RangeError(shown(given))
    except RangeError as error:
        accepted = f"a list of numbers, texts or quantities, or {ACCEPTED}"
        return [], [Finding(place, str(error), accepted)]
    values: dict[Scalar, None] = {}
    found = []
    for number, value in enumerate(given):
        if not isinstance(value, Scalar) or isinstance(value, bool):
            found.append(Finding((*place, number), shown(value), "a number, a text or a quantity"))
        elif value in values:
            found.append(
                Finding((*place, number), f"{shown(value)}, which is given twice", "each value once")
            )
        else:
            values[value] = None
    return list(values), found


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


def unfilled(data: object, values: Values) -> set[Place]:
    """Return where in the content of a file, with those values put in, parameters stand that are not among them."""
    known = dict(values)
    rest = (
        {key: value for key, value in data.items() if key not in _OWN_KEYS}
        if isinstance(data, dict)
        else data
    )
    return {
        tuple(_text(part, known) if isinstance(part, str) else part for part in path)
        for path, name in _uses(rest, ())
        if name not in known
    }


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
