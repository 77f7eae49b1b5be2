"""What machines with a minimum load have in common."""

from __future__ import annotations

from typing import Annotated

from ....models.parameter import ParameterError
from ...domain.ranges import Bounds
from ...files.units import COLDEST_C, SECOND
from ...inputs.limited import AtLeast
from ...inputs.signal import Constant, Signal
from ...inputs.specs import ConsumedInput
from ..captions import kilowatts
from ..rating import Rating
from ..section import ProcessMachine
from ..setting import Setting

RunningTime = Annotated[float, SECOND.within(lower=0.0, upper=1e9)]
"""For how long a machine has been in operation [s]."""

SHORTEST_SWING_S = 1.0
"""Least time between two switchings of what is switched by a temperature; chosen, far below any [s]."""


def process_rating(
    unit: ProcessMachine, active: Bounds, minimum_w: float, *, seconds_to_full: float
) -> Rating:
    """Return what a machine with a minimum load can be told.

    Args:
        unit: Of the site file.
        active: Its rated power [W].
        minimum_w: Least power at which it runs [W].
        seconds_to_full: From nothing to the rating where the site file gives no ramp [s].
    """
    return Rating(
        active=active,
        reactive=None,
        default_w=0.0,
        ramp_rate_w_per_s=unit.ramp_rate_w_per_s or unit.rated_power_w / seconds_to_full,
        response_delay_s=unit.response_delay_s,
        minimum_w=minimum_w,
    )


def check_gets_warm(
    name: str, loss_w_per_k: float, warm: str, warm_c: float, heat: str, heat_w: float
) -> None:
    """Hold what a warm body loses in the coldest air of any site to the heat that is to warm it.

    Args:
        name: Of the parameter that says its loss.
        loss_w_per_k: That parameter [W/K].
        warm: Name of the temperature that it has to come to.
        warm_c: That temperature [°C].
        heat: The heat in words.
        heat_w: That heat [W].

    Raises:
        ParameterError: If it would lose all of it before it is warm; names the loss.
    """
    most_w_per_k = heat_w / (warm_c - COLDEST_C)
    if loss_w_per_k >= most_w_per_k:
        accepted = f"less than {most_w_per_k:g} W/K, which loses {heat} at {warm} in air of {COLDEST_C:g} °C (physics)"
        raise ParameterError(name, f"{loss_w_per_k:g} W/K", accepted)


def check_swing(name: str, capacity_j_per_k: float, swing_k: float, heat_w: float, does: str) -> None:
    """Hold a body that switches what heats it to a time between two switchings, so that they have an end.

    Args:
        name: Of the parameter that says its heat capacity.
        capacity_j_per_k: That parameter [J/K].
        swing_k: Between the temperatures at which it switches, >= 0; 0 for a body that is held at one [K].
        heat_w: The most that heats it [W].
        does: What heats it, and between which temperatures, in words.

    Raises:
        ParameterError: If it would be heated from one to the other too soon; names the capacity.
    """
    if 0.0 < capacity_j_per_k * swing_k < heat_w * SHORTEST_SWING_S:
        accepted = (
            f"at least {heat_w * SHORTEST_SWING_S / swing_k:g} J/K, which {does} in {SHORTEST_SWING_S:g} s"
        )
        raise ParameterError(name, f"{capacity_j_per_k:g} J/K", accepted)


def demand_signal(purpose: str, spec: ConsumedInput | None, without_w: float, setting: Setting) -> Signal:
    """Return a demand of heat [W], >= 0; a constant one if the site file gives none."""
    if spec is None:
        return Constant(without_w)
    return AtLeast(setting.signal(purpose, spec), 0.0)


def usual_preset(presets: tuple[tuple[float, str], ...], rated_w: float) -> str:
    """Return the preset of the smallest class that holds a rated power [W]."""
    return next(name for limit_w, name in presets if rated_w <= limit_w)


def process_caption(unit: ProcessMachine) -> list[str]:
    """Say how large a machine is."""
    return [kilowatts(unit.rated_power_w)]
