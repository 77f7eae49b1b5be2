"""What a battery pack draws from its own cells: electronics, and heating and cooling of the cells.

Electronics draw all the time. Heating and cooling draw in proportion to how far the cells are below or above the
temperature at which they begin, up to all that they have a band farther on. Cells that can give no more feed the
electronics first; heating and cooling have what is left. A heater's draw is heat in the cells; what
cools takes a multiple of its draw out of them (its energy efficiency ratio), and gives both to the outside.

Left out: a thermostat's switching, cooling that is worth less in hot air, and the heat of the electronics, which
does not reach the cells.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter, ParameterError

_SETTLING_LEAST_S = 2.0
"""Heating and cooling that would move the cells through a band sooner are refused; chosen: no pack has them."""
ELECTRONICS_LEAST_H = 24.0
"""Electronics that would empty a full pack sooner are refused; chosen: far above those of packs that are sold."""
_SETTLED_K = 1e-4
"""Nearer to where heating or cooling holds them, cells may drift by as much before the draw follows."""


class AuxiliaryParams(NamedTuple):
    """The auxiliaries of a pack."""

    electronics_w: Annotated[float, Parameter("W", 0.0)]
    """Drawn all the time."""
    heating_w: Annotated[float, Parameter("W", 0.0)]
    """Greatest draw of the heating."""
    heating_below_c: Annotated[float, Parameter("°C", -60.0, 100.0, "wider than any data sheet of a cell")]
    """Cells are heated below this temperature."""
    cooling_w: Annotated[float, Parameter("W", 0.0)]
    """Greatest draw of the cooling."""
    cooling_above_c: Annotated[float, Parameter("°C", -60.0, 100.0, "wider than any data sheet of a cell")]
    """Cells are cooled above this temperature."""
    band_k: Annotated[float, Parameter("K", 0.5, 50.0, "chosen: below, it switches")] = 5.0
    """So far beyond those temperatures all of the heating, or of the cooling, is on; chosen."""
    cooling_ratio: Annotated[float, Parameter("1", 0.0, 20.0, "chosen: above any chiller")] = 2.5
    """Heat that the cooling takes out of the cells, over its draw; chosen."""


class AuxiliaryDraw(NamedTuple):
    """What the auxiliaries of a pack do."""

    power_w: float
    """From the cells, >= 0 [W]."""
    heat_w: float
    """Into the cells, negative where they are cooled [W]."""


def auxiliary_draw(
    params: AuxiliaryParams, temperature_c: float, conditions: bool, most_w: float = math.inf
) -> AuxiliaryDraw:
    """Return what the auxiliaries of a pack draw and do.

    Args:
        params: The auxiliaries.
        temperature_c: Of the cells [°C].
        conditions: Whether they may heat and cool.
        most_w: That the cells can give, >= 0 [W].
    """
    if not conditions:
        return AuxiliaryDraw(min(params.electronics_w, most_w), 0.0)
    heating_w = params.heating_w * _share((params.heating_below_c - temperature_c) / params.band_k)
    cooling_w = params.cooling_w * _share((temperature_c - params.cooling_above_c) / params.band_k)
    heat_w = heating_w - params.cooling_ratio * cooling_w
    wanted_w = params.electronics_w + heating_w + cooling_w
    if wanted_w <= most_w:
        return AuxiliaryDraw(wanted_w, heat_w)
    left_w = max(most_w - params.electronics_w, 0.0)
    return AuxiliaryDraw(most_w, heat_w * left_w / (heating_w + cooling_w) if left_w > 0.0 else 0.0)


def most_draw(params: AuxiliaryParams) -> float:
    """Return the greatest power that the auxiliaries draw [W]."""
    return params.electronics_w + max(params.heating_w, params.cooling_w)


def most_heats(params: AuxiliaryParams | None) -> tuple[float, float]:
    """Return the most heat that auxiliaries, if there are any, set free in the cells, and take out of them [W]."""
    return (0.0, 0.0) if params is None else (params.heating_w, params.cooling_ratio * params.cooling_w)


def auxiliary_reach_k(
    params: AuxiliaryParams, temperature_c: float, drift_w: float, heat_loss_w_per_k: float
) -> float:
    """Return how far the temperature may move before the draw changes materially [K].

    Within a band that is a tenth of it, or half of the way to where heating or cooling holds the cells, so that they
    come to rest there; elsewhere it is the way to the next band.

    Args:
        params: The auxiliaries.
        temperature_c: Of the cells [°C].
        drift_w: Heat set free in them less what goes to the air, which moves it [W].
        heat_loss_w_per_k: To the air [W/K].
    """
    sign, reach_k = (1.0 if drift_w > 0.0 else -1.0), 1e9
    for begin_c, end_c, power_w, heat_w in (
        (
            params.heating_below_c - params.band_k,
            params.heating_below_c,
            params.heating_w,
            params.heating_w,
        ),
        (
            params.cooling_above_c,
            params.cooling_above_c + params.band_k,
            params.cooling_w,
            params.cooling_ratio * params.cooling_w,
        ),
    ):
        if power_w > 0.0:
            if begin_c <= temperature_c <= end_c:
                held_k = abs(drift_w) / (heat_w / params.band_k + heat_loss_w_per_k) if heat_w > 0.0 else 1e9
                reach_k = min(reach_k, 0.1 * params.band_k, max(0.5 * held_k, _SETTLED_K))
            for edge_c in (begin_c, end_c):
                way_k = sign * (edge_c - temperature_c)
                if way_k > 0.0:
                    reach_k = min(reach_k, way_k + 1e-6)
    return reach_k


def check_auxiliary(params: AuxiliaryParams) -> None:
    """Refuse auxiliaries that contradict each other; the range of each value alone is for `check_parameters`.

    Raises:
        ParameterError: If cells would be heated and cooled at once.
    """
    if params.heating_below_c > params.cooling_above_c:
        raise ParameterError(
            "heating_below_c",
            f"{params.heating_below_c:g} °C",
            f"at most cooling_above_c, which is {params.cooling_above_c:g} °C",
        )


def check_auxiliary_of(params: AuxiliaryParams, heat_capacity_j_per_k: float) -> None:
    """Refuse heating and cooling that cells cannot follow.

    Args:
        params: The auxiliaries.
        heat_capacity_j_per_k: Of the cells [J/K].

    Raises:
        ParameterError: If they move the temperature of the cells by the band in which they are proportional too soon.
    """
    most_w = heat_capacity_j_per_k * params.band_k / _SETTLING_LEAST_S
    for name, power_w, ratio in (
        ("heating_w", params.heating_w, 1.0),
        ("cooling_w", params.cooling_w, params.cooling_ratio),
    ):
        if power_w * ratio > most_w:
            raise ParameterError(
                name,
                f"{power_w:g} W",
                f"at most {most_w / ratio:g} W, which moves the cells by {params.band_k:g} K (band_k) in "
                f"{_SETTLING_LEAST_S:g} s",
            )


def _share(way: float) -> float:
    return min(max(way, 0.0), 1.0)
