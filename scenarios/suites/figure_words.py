"""How figures of a run are written for people."""

from __future__ import annotations

_UNITS = {
    "_wh": ("kWh", 1e-3), "_w": ("kW", 1e-3), "_s": ("s", 1.0), "_c": ("°C", 1.0), "_pct": ("%", 1.0),
}  # fmt: skip
"""By the ending of a name, the unit that is shown, and the factor to it."""


def with_unit(name: str, value: float | None) -> tuple[str, str]:
    """Return a figure's name without its unit, and its value with it."""
    for ending, (unit, factor) in _UNITS.items():
        if name.endswith(ending):
            return name.removesuffix(ending), _number(value, factor, f" {unit}")
    return name, _number(value, 1.0, "")


def _number(value: float | None, factor: float, unit: str) -> str:
    # What is nearly nothing of a sum of many is nothing.
    return "–" if value is None else f"{value * factor + 0.0:,.5g}{unit}"
