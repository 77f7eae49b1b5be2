"""Parameters of a model that a site file sets itself, past its preset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Never, TypeVar

from pydantic import BeforeValidator, Discriminator, Field, Tag

from ...models.parameter import ParameterError, check_parameters, idle_under
from .problems import one_of
from .sections import refuse

P = TypeVar("P")
FINEST = 1e-6
"""Least step of what a device shows or takes, in its unit; chosen: far below any."""
SWITCH = "true or false"
"""What a parameter that is a switch accepts, in words."""
Number = Annotated[float, Field(strict=True)]
"""As a file gives a parameter: a number, and neither a text that looks like one nor true."""


def _form(value: object) -> str:
    if isinstance(value, bool):
        return "switch"
    return "list" if isinstance(value, list | tuple) else "number"


def _of_a_form(value: object) -> object:
    """Return a value of one of the three forms; says all of them where it is of none."""
    if not isinstance(value, bool | int | float | list | tuple):
        raise refuse(f"a number, a list of numbers, or {SWITCH}")
    return value


Value = Annotated[
    Annotated[Number, Tag("number")]
    | Annotated[tuple[Number, ...], Tag("list")]
    | Annotated[bool, Field(strict=True), Tag("switch")],
    Discriminator(_form),
    BeforeValidator(_of_a_form),
]
"""A number, a list of them, or true or false."""
Given = Mapping[str, Value]


def overridden(params: P, given: Given) -> P:
    """Return a set of parameters with some of them replaced.

    Args:
        params: A `…Params` named tuple of a model.
        given: New values, in the units of the model's page, by name; `array.module.series_ohm` is one of a set within.

    Raises:
        ParameterError: If there is no such parameter, it is a table where a number is needed or the reverse, or it is
            out of its range; names the parameter, what was found, the range and its source.
    """
    if not given:
        return params
    changed: Any = params
    for name, value in given.items():
        changed = _replaced(changed, name, name.split("."), value)
    check_parameters(changed)
    made: P = changed
    return made


def check_step(name: str, step: float) -> None:
    """Refuse a resolution that is finer than any, by which values could not be counted.

    Args:
        name: Of the parameter.
        step: Its value; 0 for none.

    Raises:
        ParameterError: Naming it.
    """
    if 0.0 < step < FINEST:
        raise ParameterError(name, f"{step:g}", f"0 for none, or at least {FINEST:g}")


def of_part(given: Given, part: str) -> Given:
    """Return those of given parameters that belong to a part of a device, without its name before them."""
    return {
        name.removeprefix(f"{part}."): value for name, value in given.items() if name.startswith(f"{part}.")
    }


def with_part(params: P, given: Given, part: str, check: Callable[[P], object] = lambda _params: None) -> P:
    """Return the parameters of a part of a device with those replaced that are given as `part.…`.

    Args:
        params: Of the part.
        given: Those of the device and of its parts.
        part: Its name.
        check: Refuses what contradicts itself, by a `ParameterError`.

    Raises:
        ParameterError: As `overridden` does, by the name of the part before that of the parameter.
    """
    own = of_part(given, part)
    if not own:
        return params
    try:
        made = overridden(params, own)
        check(made)
    except ParameterError as error:
        raise ParameterError(f"{part}.{error.parameter}", error.found, error.accepted) from None
    return made


NO_EFFECT = "given"
"""What is wrong with a parameter that does nothing, in words."""


def refuse_idle(params: Any, given: Given, within: str = "") -> None:
    """Refuse given parameters that do nothing, as a switch beside them is.

    Args:
        params: A `…Params` named tuple that has them.
        given: By their names.
        within: What stands before these in an error.

    Raises:
        ParameterError: Naming the parameter and the switch.
    """
    for name in given:
        idle = idle_under(params, name)
        if idle is not None:
            off = _found(idle.off) if isinstance(idle.off, bool) else f"{idle.off:g}"
            accepted = f"nothing while {within}{idle.switch} is {off}, as it does nothing then"
            raise ParameterError(f"{within}{name}", NO_EFFECT, accepted)


def lacks_part(given: Given, part: str, why: str) -> Never:
    """Refuse parameters of a part that a device does not have.

    Raises:
        ParameterError: Always; names the first one.
    """
    raise ParameterError(f"{part}.{next(iter(of_part(given, part)))}", "unknown", f"nothing, {why}")


def not_of_parts(given: Given, parts: Iterable[str]) -> Given:
    """Return those of given parameters that belong to none of some parts of a device."""
    beginnings = tuple(f"{part}." for part in parts)
    return {name: value for name, value in given.items() if not name.startswith(beginnings)}


def _replaced(params: Any, whole: str, path: list[str], value: float | tuple[float, ...]) -> Any:
    name, *rest = path
    if name not in params._fields:
        raise ParameterError(whole, "unknown", one_of(params._fields, name))
    present = getattr(params, name)
    if rest:
        if not hasattr(present, "_fields"):
            raise ParameterError(whole, "unknown", f"{name} without more behind it")
        return params._replace(**{name: _replaced(present, whole, rest, value)})
    if hasattr(present, "_fields"):
        inner = ", ".join(f"{whole}.{field}" for field in present._fields)
        raise ParameterError(whole, "a set of parameters", f"one of {inner}")
    if _form(present) != _form(value):
        wanted = {"list": f"a list of {_length(present)} numbers", "switch": SWITCH, "number": "a number"}
        raise ParameterError(whole, _found(value), wanted[_form(present)])
    if isinstance(value, tuple) and len(value) < 2:
        raise ParameterError(whole, f"a list of {len(value)}", "two numbers or more")
    if isinstance(present, int) and not isinstance(value, tuple) and not float(value).is_integer():
        raise ParameterError(whole, f"{value:g}", "a whole number")
    return params._replace(**{name: type(present)(value)})


def _length(present: Any) -> int:
    return len(present) if isinstance(present, tuple) else 0


def _found(value: float | tuple[float, ...]) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "a list" if isinstance(value, tuple) else "a number"
