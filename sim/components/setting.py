"""Where and when a component is built, and what is around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..inputs.build import InputSetting, Spec, build_signal
from ..inputs.errors import InputError
from ..inputs.location import Location
from ..inputs.profiles.obstacles import NO_OBSTACLES, Obstacles
from ..inputs.profiles.spectral import Air, Spectrum
from ..inputs.signal import Signal


class GridFacts(NamedTuple):
    """What components know of the public grid without measuring it."""

    key: str
    """Key of the grid connection point."""
    voltage_v: float
    """Nominal, line to line [V]."""
    frequency_hz: float
    """Nominal [Hz]."""


@dataclass(frozen=True)
class Setting:
    """What a component is built into: all that its builder may know of the site."""

    key: str
    """Key of the component."""
    location: Location
    directory: Path
    """Where relative paths of input files start."""
    start_us: int
    """When the run starts [µs since the Unix epoch]."""
    seed: int
    """Seed of all noise."""
    telemetry_interval_us: int
    grid: GridFacts
    ambient: Signal
    """Temperature of the air around the devices [°C]."""
    make_wind: Callable[[], Signal]
    """Makes the wind of the site [m/s]."""
    make_air: Callable[[], Air]
    """Makes the air outdoors."""
    has_climate: bool = False
    """Whether the air outdoors is that of place and season, because the site file gives no temperature."""
    has_snow: bool = True
    """Whether snow falls on modules, as it does in the air of place and season alone."""

    @property
    def ambient_c(self) -> float:
        """Temperature of the air when the run starts [°C]."""
        return self.ambient.at(self.start_us)

    def of_input(
        self,
        purpose: str,
        *,
        plane: tuple[float, float] | None = None,
        is_glazed: bool = False,
        obstacles: Obstacles = NO_OBSTACLES,
        spectrum: Spectrum | None = None,
    ) -> InputSetting:
        """Return where and when an input of the component plays.

        Args:
            purpose: What it drives; seed, key and purpose name its random stream.
            plane: Tilt and azimuth of a tilted surface [°], for irradiance.
            is_glazed: Whether that surface is the glass of modules.
            obstacles: What stands before it.
            spectrum: What cells behind it use of light.
        """
        return InputSetting(
            location=self.location,
            directory=self.directory,
            start_us=self.start_us,
            seed=self.seed,
            owner=self.key,
            purpose=purpose,
            plane=plane,
            is_glazed=is_glazed,
            obstacles=obstacles,
            has_snow=self.has_snow,
            spectrum=spectrum,
        )

    def signal(
        self,
        purpose: str,
        spec: Spec,
        *,
        plane: tuple[float, float] | None = None,
        is_glazed: bool = False,
        obstacles: Obstacles = NO_OBSTACLES,
        spectrum: Spectrum | None = None,
    ) -> Signal:
        """Make an input of the component; see `of_input`.

        Raises:
            InputError: If a file is wrong, or the run starts where the input has nothing to say.
        """
        try:
            where = self.of_input(
                purpose, plane=plane, is_glazed=is_glazed, obstacles=obstacles, spectrum=spectrum
            )
            return build_signal(spec, where)
        except InputError as error:
            error.place = self.key, purpose
            raise
