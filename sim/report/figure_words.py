"""How figures of a run are written for people."""

from __future__ import annotations

from .figures import unit_of, without_unit


def with_unit(name: str, value: float | None, currency: str | None = None) -> tuple[str, str]:
    """Return a figure's name without its unit, and its value with the unit that is usual.

    Args:
        name: Of the figure.
        value: In the unit that its name ends in.
        currency: Code of that of the tariff, if there is one.
    """
    spelling, factor = next(iter(unit_of(name, currency).factors.items()))
    # What is nearly nothing of a sum of many is nothing.
    words = "–" if value is None else f"{value / factor + 0.0:,.5g} {spelling}".rstrip()
    return without_unit(name), words
