"""Ageing beside the end points that were published for the cell that the law of LFP is from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from doppelgrid.models.ageing import AgeingInput, ageing_initial_state, ageing_step
from doppelgrid.sim.components.battery_management import ageing_preset

from .assessment import AccuracyFigure, Assessment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DAYS = 885
"""Length of both studies of the cell."""


class _Case(NamedTuple):
    what: str
    soc: float
    temperature_c: float
    c_rate: float
    depth: float
    """Of cycles; 0 at rest."""
    published_loss: float


CASES = (
    _Case("rest at 51.4 % SoC and 40 °C, as the authors work out", 0.514, 40.0, 0.0, 0.0, 0.0921),
    _Case("cycles of 80 % at 0.2C and 40 °C, measured", 0.5, 40.0, 0.2, 0.8, 0.145),
    _Case("rest at 50 % SoC and 25 °C, measured", 0.5, 25.0, 0.0, 0.0, 0.047),
)


def assess(_data: Path) -> Assessment:
    """Return how far the model is from three published losses of capacity; reads no recorded data."""
    losses = {case: _losses(case) for case in CASES}
    figures = tuple(
        AccuracyFigure(
            f"{case.what}: loss {100.0 * loss[-1]:.1f} %, published {100.0 * case.published_loss:.1f} %; difference",
            100.0 * abs(loss[-1] - case.published_loss),
            "percentage points",
        )
        for case, loss in losses.items()
    )

    def draw() -> Figure:
        from matplotlib.figure import Figure  # noqa: PLC0415 - only who wants the picture needs it

        figure = Figure(figsize=(7.0, 4.0), layout="constrained")
        axes = figure.add_subplot()
        for case, loss in losses.items():
            (line,) = axes.plot(range(DAYS + 1), [100.0 * value for value in loss], label=case.what)
            axes.plot(DAYS, 100.0 * case.published_loss, "o", color=line.get_color())
        axes.set_xlabel("time [d]")
        axes.set_ylabel("capacity lost [%]")
        axes.set_title("LFP: model (lines) and published end points (dots)")
        axes.legend()
        return figure

    return Assessment(
        "ageing",
        "Ageing of LFP over 885 days",
        "Naumann et al., doi:10.1016/j.jpowsour.2019.227666 and doi:10.1016/j.est.2018.01.019, and the dissertation "
        "of M. Naumann; single figures, quoted from secondary literature",
        figures,
        "The published law is fitted to all temperatures together and overestimates the loss at 25 °C. "
        "The model cycles without the pauses of the experiment.",
        draw,
    )


def _losses(case: _Case) -> list[float]:
    """Return the part of the capacity that is lost after each day."""
    params = ageing_preset("lfp")
    state, losses, left_h, charging = ageing_initial_state(params), [0.0], 0.0, True
    for _ in range(DAYS):
        day_h = 24.0
        while day_h > 0.0:
            if left_h <= 0.0:
                left_h, charging = (case.depth / case.c_rate if case.c_rate > 0.0 else 24.0), not charging
            step_h = min(left_h, day_h)
            inp = AgeingInput(case.soc, case.c_rate if charging else -case.c_rate, case.temperature_c)
            state, output = ageing_step(params, state, inp, step_h * 3600.0)
            left_h -= step_h
            day_h -= step_h
        losses.append(1.0 - output.capacity_share)
    return losses
