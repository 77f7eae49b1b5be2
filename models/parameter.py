"""What a model's parameter is: its unit, what it may be, and where that is from.

Parameters are the annotated fields of a `…Params` named tuple:

    rated_power_w: Annotated[float, Parameter("W", lower=0.0, source="IEC 61400-1")]
    '''AC power at the rated wind speed and above.'''

Tables of the documentation are generated from them, and `check_parameters` holds every set of parameters to them
when a site is loaded.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

_Mark = TypeVar("_Mark")
GREATEST_MAGNITUDE = 1e15
"""Greatest finite value in any unit; far above any device, and far enough below what numbers of the machine hold."""
LEAST_ABOVE_ZERO = 1e-30
"""Least value of what must be above 0, likewise."""


class Parameter(NamedTuple):
    """Unit, range and source of a parameter; a table must keep to it in every entry."""

    unit: str
    """As text: `W`, `Ω`, `°C`, `1` for a plain number; empty for that of what the set is about."""
    lower: float = -math.inf
    upper: float = math.inf
    source: str = "physics"
    """Where the range is from: a publication, a data sheet, or `physics` where nothing else can exist."""
    above: bool = False
    """Whether the lower end itself is excluded."""
    choices: tuple[float, ...] = ()
    """What it may be, of a parameter that is one of a few numbers."""
    unbounded: bool = False
    """Whether it may be infinite, for no limit."""

    @property
    def range(self) -> str:
        """The range as text, such as `> 0`, `0..1` or `1 or -1`."""
        if self.choices:
            *first, last = (f"{choice:g}" for choice in self.choices)
            return f"{', '.join(first)} or {last}"
        if math.isinf(self.upper):
            if math.isinf(self.lower):
                return "any"
            return f"{'>' if self.above else '>='} {self.lower:g}"
        if math.isinf(self.lower):
            return f"<= {self.upper:g}"
        return f"{'above ' if self.above else ''}{self.lower:g}..{self.upper:g}"

    def allows(self, value: float) -> bool:
        """Say whether a value keeps to the range; NaN never does, and infinite only where that stands for no limit."""
        if self.choices:
            return value in self.choices
        if math.isinf(value) and not self.unbounded:
            return False
        return (value > self.lower if self.above else value >= self.lower) and value <= self.upper


class ParameterError(ValueError):
    """A parameter, or a set of them, that cannot exist."""

    def __init__(self, parameter: str, found: str, accepted: str) -> None:
        """Say what is wrong.

        Args:
            parameter: Its name, after those of the sets that it is in.
            found: Its value, or what it is.
            accepted: What it could be instead.
        """
        super().__init__(parameter, found, accepted)
        self.parameter = parameter
        self.found = found
        self.accepted = accepted

    def __str__(self) -> str:
        return f"{self.parameter} is {self.found}; accepted: {self.accepted}"


class Under(NamedTuple):
    """What a parameter counts under, in `Annotated`: at one value of another parameter of its set it does nothing."""

    switch: str
    """The other one."""
    off: float | bool
    """That value of it."""


class Idle(NamedTuple):
    """Why a parameter does nothing in its set."""

    switch: str
    """The parameter that it counts under, after the sets that that is in."""
    off: float | bool
    """What that is."""


ENABLED = "enabled"
"""A set of parameters with a switch of this name counts for nothing while that is off."""


class Watched(NamedTuple):
    """Unit of what a nested set of parameters is about, in `Annotated`: of those of its parameters that name none."""

    unit: str


def described_parameters(params_type: type, watched_unit: str = "") -> dict[str, Parameter]:
    """Return what is said of each annotated field of a `…Params` named tuple, in order.

    Args:
        params_type: The named tuple.
        watched_unit: Of those that name none themselves; see `watched_units`.
    """
    return {
        name: mark if mark.unit else mark._replace(unit=watched_unit)
        for name, mark in _marked(params_type, Parameter)
    }


def watched_units(params_type: type) -> dict[str, str]:
    """Return the units of what the nested sets of a `…Params` named tuple are about, where it says so."""
    return {name: mark.unit for name, mark in _marked(params_type, Watched)}


def idle_under(params: Any, name: str) -> Idle | None:
    """Return under which switch a parameter does nothing, as that is; None if it counts.

    Args:
        params: A `…Params` named tuple.
        name: Of one of its parameters; `volt_var.low_pu` is one of a set within.
    """
    *sets, own = name.split(".")
    within = ""
    for part in sets:
        params, within = getattr(params, part), f"{within}{part}."
    under = switches(type(params)).get(own)
    if under is None or getattr(params, under.switch) != under.off:
        return None
    return Idle(f"{within}{under.switch}", under.off)


def switches(params_type: type) -> dict[str, Under]:
    """Return what parameters of a `…Params` named tuple count under, of those that do not always."""
    own = dict(_marked(params_type, Under))
    fields = _hints(params_type)
    every = Under(ENABLED, off=False)
    return {name: every for name in fields if ENABLED in fields and name != ENABLED} | own


def _marked(params_type: type, kind: type[_Mark]) -> list[tuple[str, _Mark]]:
    return [
        (name, mark)
        for name, hint in _hints(params_type).items()
        for mark in getattr(hint, "__metadata__", ())
        if isinstance(mark, kind)
    ]


def _hints(params_type: type) -> dict[str, Any]:
    if params_type not in _HINTS:
        _HINTS[params_type] = get_type_hints(params_type, include_extras=True)
    return _HINTS[params_type]


_HINTS: dict[type, dict[str, Any]] = {}
"""Evaluated for each device anew, annotations would take as long as all else that a site needs to be built."""


def _fixed_entries(params_type: type, name: str) -> int | None:
    """Return how many entries a table has by its type; None if it may be finer or coarser."""
    entries = get_args(get_args(_hints(params_type)[name])[0])
    return None if Ellipsis in entries else len(entries)


def check_parameters(params: Any, within: str = "", watched_unit: str = "") -> None:
    """Hold a set of parameters to the ranges and lengths of its type, nested sets and tables included.

    Args:
        params: A `…Params` named tuple.
        within: What stands before the names in an error: where a nested set belongs, with a dot.
        watched_unit: Unit of those parameters that name none themselves.

    Raises:
        ParameterError: Naming the parameter, what was found, the range and its source.
    """
    described, units = described_parameters(type(params), watched_unit), watched_units(type(params))
    for name, value in zip(params._fields, params, strict=True):
        if hasattr(value, "_fields"):
            check_parameters(value, f"{within}{name}.", units.get(name, ""))
        elif name in described:
            if isinstance(value, tuple):
                entries = _fixed_entries(type(params), name)
                if entries is not None and len(value) != entries:
                    raise ParameterError(f"{within}{name}", f"a table of {len(value)}", f"{entries} entries")
            _check(f"{within}{name}", value, described[name])


def _check(name: str, value: Any, parameter: Parameter) -> None:
    entries = value if isinstance(value, tuple) else (value,)
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    for index, entry in enumerate(entries):
        where = f"{name}[{index}]" if isinstance(value, tuple) else name
        if not parameter.allows(entry):
            finite = "a finite number, " if math.isinf(entry) and not parameter.unbounded else ""
            accepted = f"{finite}{parameter.range}{unit} ({parameter.source})"
            raise ParameterError(where, f"{entry:g}{unit}", accepted)
        _check_magnitude(where, entry, unit, parameter)


def _check_magnitude(where: str, value: float, unit: str, parameter: Parameter) -> None:
    if math.isfinite(value) and abs(value) > GREATEST_MAGNITUDE:
        accepted = f"{parameter.range}{unit}, a magnitude of at most {GREATEST_MAGNITUDE:g}"
        raise ParameterError(where, f"{value:g}{unit}", accepted)
    if parameter.above and parameter.lower == 0.0 and value < LEAST_ABOVE_ZERO:
        raise ParameterError(
            where, f"{value:g}{unit}", f"{parameter.range}{unit}, at least {LEAST_ABOVE_ZERO:g}"
        )
