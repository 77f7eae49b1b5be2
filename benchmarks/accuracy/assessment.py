"""What an assessment of a model says: figures beside the targets that they are to meet, and a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class AccuracyFigure(NamedTuple):
    """One number that says how well a model does."""

    what: str
    """Such as `cell voltage, 1C discharge at 25 °C, not used for the fit: RMSE`."""
    value: float
    unit: str
    target: float | None = None
    """Greatest value that is good enough; None where the number is told for information."""

    @property
    def is_met(self) -> bool:
        """Whether the target is met, or there is none."""
        return self.target is None or self.value <= self.target


class Assessment(NamedTuple):
    """A model beside a measurement or an independent program."""

    name: str
    """Also that of its picture."""
    title: str
    reference: str
    """What it is held against, with its licence."""
    figures: tuple[AccuracyFigure, ...]
    note: str = ""
    """What to know when reading the figures: what was left out and why."""
    draw: Callable[[], Figure] | None = None
    """Draws the model beside the reference."""
