"""Power curves of wind turbines as a site file gives them: points, or a file of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Discriminator, Field, Tag

from ....models.wind_turbine import WindTurbineParams
from ...files.sections import Section, Text, ascending, one_of_names
from ...files.units import METRE_PER_SECOND, WATT, NonNegativePower
from ...inputs.errors import InputError
from ...inputs.files.power_curve import read_power_curve
from .points import segment_at

_LEAST_END, _GREATEST_END = 10.0, 60.0
"""Wind speeds up to which a curve may go [m/s]."""
_TABLE_ENDS = (15.0, 30.0, _GREATEST_END)
"""Up to which wind speed tables of the model go [m/s]: those of several turbines are brought to one size."""
_LEAST_CUT_IN, _GREATEST_CUT_IN = 0.5, 8.0
"""Range of the model's cut-in speed [m/s]."""
_HYSTERESIS = 0.5
"""It starts in at most so much more wind than the last without power [m/s]; chosen, as for presets."""
_FINEST = 0.1
"""Step of a table whose speeds lie on none of `_STEPS` [m/s]."""
_STEPS = (1.0, 0.5, 0.25, 0.2, _FINEST)
MOST_FALL = 0.01
"""Of the rated power: by so much a measured curve may fall from point to point before its greatest power; chosen."""
_MOST_DRAWN = 0.05
"""Of the rated power: so much a turbine may have drawn in little wind; it counts as nothing."""

Curve = Sequence[tuple[float, float]]
"""Wind speeds at hub height [m/s] and powers [W], in ascending order of the wind."""


class CurvePoint(Section):
    """Power in a wind."""

    wind_speed_m_per_s: Annotated[float, METRE_PER_SECOND.within(lower=0.0, upper=_GREATEST_END)] = Field(
        alias="wind_speed"
    )
    """Wind speed at hub height [m/s]."""
    power_w: NonNegativePower = Field(alias="power")
    """Power that the turbine gives there [W]."""


class CurveFile(Section):
    """A power curve from a table with a row for each wind speed."""

    file: Text
    """Path, relative to the site file."""
    unit: Annotated[str, one_of_names(lambda: tuple(WATT.factors))]
    """Unit of the powers."""
    wind_column: Text | None = None
    """Name of the column of wind speeds at hub height; the first if not given."""
    power_column: Text | None = None
    """Name of the column of powers, production positive; may be left out where there is one besides the wind."""
    wind_unit: Annotated[str, one_of_names(lambda: tuple(METRE_PER_SECOND.factors))] = "m/s"
    """Unit of the wind speeds."""


PowerCurveInput = Annotated[
    Annotated[
        tuple[CurvePoint, ...],
        Field(min_length=2),
        ascending("the wind", "wind_speed", "m/s", lambda point: point.wind_speed_m_per_s),
        Tag("points"),
    ]
    | Annotated[CurveFile, Tag("file")],
    Discriminator(lambda value: "file" if isinstance(value, BaseModel | Mapping) else "points"),
]
"""A power curve: a list of points, or a file."""


def read_curve(given: CurveFile, directory: Path) -> Curve:
    """Return the curve of a file.

    Args:
        given: Which one.
        directory: Where relative paths start.

    Raises:
        InputError: If the file is wrong.
    """
    wind, power = METRE_PER_SECOND.factors[given.wind_unit], WATT.factors[given.unit]
    rows = read_power_curve(directory / given.file, given.wind_column, given.power_column)
    return [(speed * wind, value * power) for speed, value in rows]


def checked_curve(given: tuple[CurvePoint, ...] | CurveFile, directory: Path, rated_w: float) -> Curve:
    """Return a curve that a turbine of a rated power [W] can have.

    Raises:
        InputError: If its file is wrong, or holds what no turbine of this power does.
    """
    if not isinstance(given, CurveFile):
        return [(point.wind_speed_m_per_s, point.power_w) for point in given]
    curve = read_curve(given, directory)
    wrong = curve_fault(curve, rated_w)
    if wrong is not None:
        raise InputError(Path(given.file).name, None, "power curve", *wrong)
    return [(speed, max(power_w, 0.0)) for speed, power_w in curve]


def curve_fault(curve: Curve, rated_w: float) -> tuple[str, str] | None:
    """Return what is wrong with the curve of a turbine of a rated power [W], if anything, and what would be right."""
    speeds, powers_w = [speed for speed, _ in curve], [power_w for _, power_w in curve]
    with_power = [speed for speed, power_w in curve if power_w > 0.0]
    if speeds[0] < 0.0 or not _LEAST_END <= max(with_power, default=0.0) <= speeds[-1] <= _GREATEST_END:
        return (
            f"over {speeds[0]:g} to {speeds[-1]:g} m/s, with power up to {max(with_power, default=0.0):g} m/s",
            (f"wind speeds from 0 on, with power up to one of {_LEAST_END:g} to {_GREATEST_END:g} m/s"),
        )
    least_w, most_w = min(powers_w), max(powers_w)
    if most_w > rated_w:
        return f"up to {WATT.in_words(most_w)}", f"at most the rated power, {WATT.in_words(rated_w)}"
    if least_w < -_MOST_DRAWN * rated_w:
        return f"down to {WATT.in_words(least_w)}", "production positive"
    place = curve_fall(powers_w, MOST_FALL * rated_w)
    if place is not None:
        found = f"{WATT.in_words(powers_w[place])} at {speeds[place]:g} m/s after {WATT.in_words(powers_w[place - 1])}"
        return found, "a power that does not fall before its greatest"
    place = curve_return(powers_w)
    if place is not None:
        found = f"{WATT.in_words(powers_w[place])} at {speeds[place]:g} m/s after none in less wind"
        return found, "no power beyond the wind that is too strong for any"
    return None


def curve_fall(powers_w: Sequence[float], allowed_w: float) -> int | None:
    """Return where powers [W] fall by more than is allowed [W] before the greatest of them; None if nowhere."""
    greatest = powers_w.index(max(powers_w))
    falls = (place for place in range(1, greatest) if powers_w[place] < powers_w[place - 1] - allowed_w)
    return next(falls, None)


def curve_return(powers_w: Sequence[float]) -> int | None:
    """Return where there is power [W] again after none in wind that was too strong; None if nowhere."""
    greatest = powers_w.index(max(powers_w))
    ended = (place for place in range(greatest + 1, len(powers_w)) if powers_w[place] <= 0.0)
    end = next(ended, len(powers_w))
    return next((place for place in range(end, len(powers_w)) if powers_w[place] > 0.0), None)


def curve_end(curve: Curve) -> float:
    """Return the wind speed beyond which a curve has no power [m/s]; infinite if its last point has power."""
    last = max(place for place, (_, power_w) in enumerate(curve) if power_w > 0.0)
    return math.inf if last == len(curve) - 1 else curve[last][0]


def with_curve(params: WindTurbineParams, curve: Curve) -> WindTurbineParams:
    """Return a turbine with another curve, which also says where it starts and, if it ends in no power, where it stops.

    Powers between the points are on straight lines, none below the first; beyond the last they stay. Where the speeds
    lie on an even grid of 0.1 to 1 m/s the table has exactly these points, otherwise the values every 0.1 m/s.
    """
    powered = [place for place, (_, power_w) in enumerate(curve) if power_w > 0.0]
    first, last = powered[0], powered[-1]
    cut_in, stop = curve[first][0], params.stop_m_per_s
    if first > 0:
        stop = curve[first - 1][0]
        cut_in = min(cut_in, stop + _HYSTERESIS)
    cut_in = min(max(cut_in, _LEAST_CUT_IN), _GREATEST_CUT_IN)
    cut_out = curve_end(curve) if math.isfinite(curve_end(curve)) else params.cut_out_m_per_s
    end = next(end for end in _TABLE_ENDS if curve[last][0] <= end)
    step = next((step for step in _STEPS if all(_is_multiple(speed, step) for speed, _ in curve)), _FINEST)
    count = math.ceil(end / step - 1e-9)
    return params._replace(
        power_curve_w=tuple([_between(curve[: last + 1], end * place / count) for place in range(count + 1)]),
        curve_end_m_per_s=end,
        cut_in_m_per_s=cut_in,
        stop_m_per_s=min(stop, cut_in),
        cut_out_m_per_s=cut_out,
        restart_m_per_s=min(params.restart_m_per_s, cut_out),
    )


def _is_multiple(speed: float, step: float) -> bool:
    return abs(speed - step * round(speed / step)) < 1e-9


def _between(curve: Curve, speed: float) -> float:
    """Return the power at a wind speed, on the straight line between the points beside it [W]."""
    speeds, powers_w = [wind for wind, _ in curve], [power_w for _, power_w in curve]
    if speed < speeds[0]:
        return 0.0
    return segment_at(speeds, speed).value(powers_w) if speed <= speeds[-1] else powers_w[-1]
