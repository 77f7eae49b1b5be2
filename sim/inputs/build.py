"""Running inputs from their specifications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.timestamps import to_us
from .daily import SECOND_US, Daily, DayMaker, WallClock, day_at, local_datetime
from .errors import InputError
from .files.recording import recorded_signal
from .packaged import packaged_days
from .profiles.bdew import BdewDays
from .profiles.glazed import Glazed
from .profiles.obstacles import NO_OBSTACLES, Obstacles
from .profiles.outdoors import OutdoorDays
from .profiles.sky import SkyDays
from .profiles.spectral import Spectral, Spectrum
from .signal import Constant, Noisy, Signal, Steps
from .specs import (
    Bdew,
    ClearSky,
    ClimateTemperature,
    ConstantPower,
    FileColumn,
    Inline,
    IrradianceFile,
    Noise,
    Packaged,
)

if TYPE_CHECKING:
    from .location import Location

Spec = float | ConstantPower | Inline[Any] | Bdew | Packaged | ClearSky | ClimateTemperature | FileColumn
"""Any of the inputs that `specs` describes."""


@dataclass(frozen=True)
class InputSetting:
    """Where, when and for whom an input plays."""

    location: Location
    directory: Path
    """Where relative paths of files start."""
    start_us: int
    """When the run starts [µs since the Unix epoch]."""
    seed: int
    owner: str
    """Key of the component that the input drives."""
    purpose: str
    """What it drives there; seed, owner and purpose name the random stream."""
    plane: tuple[float, float] | None = None
    """Tilt from the horizontal and azimuth clockwise from north [°]; for irradiance only."""
    is_glazed: bool = False
    """Whether irradiance reaches what it drives through a module's glass, which reflects some of it."""
    obstacles: Obstacles = NO_OBSTACLES
    """What stands before such a module, under the sky of this package."""
    has_snow: bool = True
    """Whether snow falls on such a module."""
    spectrum: Spectrum | None = None
    """What cells of such a module use of light; None if that does not count."""

    @property
    def key(self) -> str:
        """The name of the input's random stream."""
        return f"{self.seed}/{self.owner}/{self.purpose}"

    @property
    def weather_key(self) -> str:
        """The name of the random stream of the weather, the same for all of a site."""
        return f"{self.seed}/weather"


def build_signal(spec: Spec, surroundings: InputSetting) -> Signal:
    """Make a running input.

    Everything that can be wrong with an input is found here, before anything runs.

    Args:
        spec: What a site file says, as `specs` holds it.
        surroundings: Where, when and for whom.

    Returns:
        A signal in the unit and with the sign of the specification's inner values.

    Raises:
        InputError: If a file is wrong, or the run starts where the input has nothing to say.
        ValueError: If irradiance is asked for without a plane.
    """
    inner = _without_noise(spec, surroundings)
    if surroundings.spectrum is not None:
        inner = Spectral(inner, surroundings.spectrum)
    noise: Noise | None = getattr(spec, "noise", None)
    if noise is None:
        return inner
    step_us = round(noise.step_s * SECOND_US)
    return Noisy(inner, amplitude=noise.amplitude, step_us=step_us, key=f"{surroundings.key}/noise")


def _without_noise(spec: Spec, where: InputSetting) -> Signal:
    match spec:
        case ConstantPower():
            return Constant(spec.value)
        case Inline():
            return _inline(spec, where)
        case Bdew() | Packaged() | ClearSky() | ClimateTemperature():
            return Daily(_days(spec, where), where.location.zone)
        case FileColumn():
            recorded = recorded_signal(spec, where.directory, where.location.zone, where.start_us)
            if where.is_glazed and where.plane is not None and isinstance(spec, IrradianceFile):
                return (
                    recorded
                    if spec.measured_by != "pyranometer"
                    else Glazed(recorded, where.location, where.plane)
                )
            return recorded
        case _:
            return Constant(spec)


def _days(spec: Bdew | Packaged | ClearSky | ClimateTemperature, where: InputSetting) -> DayMaker:
    if isinstance(spec, Packaged):
        days = packaged_days(spec.profile, spec.annual_energy_wh)
        # So that what is wrong with it shows before anything runs.
        days.steps(day_at(where.start_us, where.location.zone))
        return days
    if isinstance(spec, ClearSky):
        if where.plane is None:
            raise ValueError(f"{where.owner}.{where.purpose} has no plane; accepted: tilt and azimuth")
        return SkyDays(
            spec,
            where.location,
            where.plane,
            where.key,
            where.weather_key,
            is_glazed=where.is_glazed,
            obstacles=where.obstacles,
            has_snow=where.has_snow,
        )
    if isinstance(spec, ClimateTemperature):
        return OutdoorDays(where.location, where.weather_key)
    return BdewDays(spec.profile.removeprefix("bdew-"), spec.annual_energy_wh)


def _inline(spec: Inline[Any], where: InputSetting) -> Signal:
    zone, values = where.location.zone, [point.value for point in spec.points]
    times_of_day = [_since_midnight_us(point.at) for point in spec.points if isinstance(point.at, time)]
    if times_of_day:
        return Daily(WallClock(times_of_day, values), zone)
    moments = [point.at for point in spec.points if not isinstance(point.at, time)]
    times = [_point_us(at, zone, where.start_us) for at in moments]
    if times[0] > where.start_us:
        start = local_datetime(where.start_us, zone).isoformat()
        raise InputError(
            f"{where.owner}.{where.purpose}", None, "start of the run", f"{start}, before the first point",
            f"a first point at or before the start (it is at {moments[0]})",
        )  # fmt: skip
    return Steps(times, values)


def _since_midnight_us(at: time) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * SECOND_US


def _point_us(at: datetime | float, zone: tzinfo, start_us: int) -> int:
    if isinstance(at, float):
        return start_us + round(at * SECOND_US)
    return to_us(at if at.tzinfo else at.replace(tzinfo=zone))
