"""What stands before an array of modules: a horizon, and rows of modules one before the other.

Rows of a height L along their slope, from row to row a distance p, of the same tilt β. With the sun's direction along
the plane's azimuth (a) and up (u), the row in front shades of each the share

    f = 1 - u p / (L (u cos β + a sin β))        within 0..1

and takes, at a height x from the lower edge, the sky below ψ(x) = atan((L - x) sin β / (p - (L - x) cos β)), which is
(1 - cos ψ) / 2 of its light. The first row, which has none before it, counts as the others. A string that is shaded in
part has no direct light: shade comes in steps, with as many strings as lie above each other, as for snow.

A horizon takes the sun while that is lower, with the bright sky about it, and the sky below it.

Left out: what shades of itself the light from behind and from the ground, bypass diodes, sloping ground, trees that let
light through.

References:
- K. S. Anderson, A. R. Jensen, "Shaded fraction and backtracking in single-axis trackers on rolling terrain", Journal
  of Renewable and Sustainable Energy 16 (2024) 023504, doi:10.1063/5.0202220, as in `pvlib.shading.shaded_fraction1d`.
- D. Passias, B. Källbäck, "Shading effects in rows of solar cell panels", Solar Cells 11 (1984) 281-291,
  doi:10.1016/0379-6787(84)90017-6, as in `pvlib.shading.masking_angle`.
"""

from __future__ import annotations

import math

_HEIGHTS = 50
"""At which the sky before a row is looked at."""
_SAME_DEG = 1e-9
"""Azimuths of 0 and 360 are the same."""
_PATCH_DEG = 2
"""Size of the patches of sky that a horizon covers or not."""


def rows_shaded(tilt_deg: float, cover: float, along: float, up: float) -> float:
    """Return the share of a row that the one in front shades, within 0..1.

    Args:
        tilt_deg: Of the modules from the horizontal, 0..90 [°].
        cover: Height of the modules along their slope over the distance from row to row, > 0.
        along: Component of the direction to the sun along the azimuth of the modules.
        up: Its component upwards; at 0 and less the sun is down.
    """
    tilt = math.radians(tilt_deg)
    facing = up * math.cos(tilt) + along * math.sin(tilt)
    if facing <= 0.0:
        return 0.0
    return min(max(1.0 - max(up, 0.0) / (cover * facing), 0.0), 1.0)


def rows_masking_deg(tilt_deg: float, cover: float, height: float) -> float:
    """Return the angle above the horizontal up to which the row in front stands [°].

    Args:
        tilt_deg: Of the modules from the horizontal, 0..90 [°].
        cover: Height of the modules along their slope over the distance from row to row, 0..1.
        height: Along the slope from the lower edge, over that height, 0..1.
    """
    tilt, above = math.radians(tilt_deg), (1.0 - height) * cover
    return math.degrees(math.atan2(above * math.sin(tilt), 1.0 - above * math.cos(tilt)))


def rows_sky_kept(tilt_deg: float, cover: float) -> float:
    """Return the share of the sky's light that the row in front leaves, as a mean over the height; see the others."""
    lost = 0.0
    for step in range(_HEIGHTS):
        masked_deg = rows_masking_deg(tilt_deg, cover, (step + 0.5) / _HEIGHTS)
        lost += 0.5 * (1.0 - math.cos(math.radians(masked_deg)))
    return 1.0 - lost / _HEIGHTS


def horizon_deg(horizon: tuple[tuple[float, float], ...], azimuth_deg: float) -> float:
    """Return how high the horizon is, on straight lines between its points all around [°].

    Args:
        horizon: Azimuths clockwise from north, ascending within 0..360, and elevations [°].
        azimuth_deg: Where to look [°].
    """
    azimuth_deg %= 360.0
    left, left_deg = horizon[-1][0] - 360.0, horizon[-1][1]
    for right, right_deg in (*horizon, (horizon[0][0] + 360.0, horizon[0][1])):
        if azimuth_deg <= right:
            return left_deg + (right_deg - left_deg) * (azimuth_deg - left) / max(right - left, _SAME_DEG)
        left, left_deg = right, right_deg
    return left_deg


def horizon_sky_kept(horizon: tuple[tuple[float, float], ...], tilt_deg: float, azimuth_deg: float) -> float:
    """Return the share of an even sky's light on a plane that a horizon leaves.

    Args:
        horizon: As for `horizon_deg`.
        tilt_deg: Of the plane from the horizontal [°].
        azimuth_deg: Of the plane, clockwise from north [°].
    """
    tilt, kept, whole = math.radians(tilt_deg), 0.0, 0.0
    for around in range(_PATCH_DEG // 2, 360, _PATCH_DEG):
        least = horizon_deg(horizon, around)
        across = math.cos(math.radians(around - azimuth_deg)) * math.sin(tilt)
        for elevation in range(_PATCH_DEG // 2, 90, _PATCH_DEG):
            low = math.radians(elevation)
            light = max(math.sin(low) * math.cos(tilt) + math.cos(low) * across, 0.0) * math.cos(low)
            whole += light
            kept += light * min(max((elevation + 0.5 * _PATCH_DEG - least) / _PATCH_DEG, 0.0), 1.0)
    return kept / whole
