"""The world around a site's devices, as its inputs see it."""

from __future__ import annotations

from .inputs.build import Surroundings, build_signal
from .inputs.signal import Constant, Signal
from .site import Site

_INDOOR_C = 20.0
"""Air temperature where a site file gives none [°C]; the usual reference of equipment rooms."""


def surroundings(
    site: Site,
    owner: str,
    purpose: str,
    *,
    start_us: int,
    seed: int,
    plane: tuple[float, float] | None = None,
) -> Surroundings:
    """Describe where and when an input of a site plays.

    Args:
        site: Whose location and folder count.
        owner: Key of the component that the input drives.
        purpose: What it drives there; owner and purpose name the random stream.
        start_us: Simulated time at which the run starts [µs].
        seed: Of all noise.
        plane: Tilt and azimuth of a tilted surface [°], for irradiance.
    """
    return Surroundings(
        location=site.microgrid.location,
        directory=site.directory,
        start_us=start_us,
        seed=seed,
        owner=owner,
        purpose=purpose,
        plane=plane,
    )


def ambient_signal(site: Site, *, start_us: int, seed: int) -> Signal:
    """Return the air temperature around the devices of a site [°C]."""
    if site.ambient_temperature is None:
        return Constant(_INDOOR_C)
    where = surroundings(site, "site", "ambient_temperature", start_us=start_us, seed=seed)
    return build_signal(site.ambient_temperature, where)
