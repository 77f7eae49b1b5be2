"""The glass of a photovoltaic module: how much of the light it lets through at an angle, over that at right angles.

Snell's, Fresnel's and Bouguer's laws for one sheet of glass:

    sin θr = sin θ / n
    τ(θ) = exp(-K L / cos θr) (1 - (sin²(θr - θ) / sin²(θr + θ) + tan²(θr - θ) / tan²(θr + θ)) / 2)

Light of the sky and of the ground comes from many directions; each counts as if it came at one effective angle.

References:
- W. De Soto, S. A. Klein, W. A. Beckman, "Improvement and validation of a model for photovoltaic array performance",
  Solar Energy 80 (2006) 78-88, doi:10.1016/j.solener.2005.06.010 (the law; n, K and L of glass).
- M. J. Brandemuehl, W. A. Beckman, "Transmission of diffuse radiation through CPC and flat plate collector glazings",
  Solar Energy 24 (1980) 511-513, doi:10.1016/0038-092X(80)90320-5 (effective angles).

Left out: coatings against reflection, dirt that makes it worse, polarised light of the sky.
"""

from __future__ import annotations

import math

_REFRACTION = 1.526
"""Refractive index n."""
_ABSORBED = 4.0 * 0.002
"""Extinction coefficient K times thickness L: 4 per metre, 2 mm."""


def _transmittance(cosine: float) -> float:
    """Return τ of light at an angle of incidence with a cosine > 0."""
    refracted = math.sqrt(1.0 - (1.0 - cosine * cosine) / (_REFRACTION * _REFRACTION))
    across = (cosine - _REFRACTION * refracted) / (cosine + _REFRACTION * refracted)
    along = (_REFRACTION * cosine - refracted) / (_REFRACTION * cosine + refracted)
    return math.exp(-_ABSORBED / refracted) * (1.0 - 0.5 * (across * across + along * along))


_STRAIGHT = _transmittance(1.0)


def glass_kept(cosine: float) -> float:
    """Return the share of light that reaches the cells, over that at right angles, within 0..1.

    Args:
        cosine: Of the angle of incidence; 0 and less is light along the glass or from behind.
    """
    if cosine <= 0.0:
        return 0.0
    return min(_transmittance(min(cosine, 1.0)) / _STRAIGHT, 1.0)


def sky_kept(tilt_deg: float) -> float:
    """Return the same of the diffuse light of the sky, by the tilt of the module from the horizontal [°]."""
    return glass_kept(math.cos(math.radians(59.7 - 0.1388 * tilt_deg + 0.001497 * tilt_deg * tilt_deg)))


def ground_kept(tilt_deg: float) -> float:
    """Return the same of light from the ground, by the tilt of the module from the horizontal [°]."""
    return glass_kept(math.cos(math.radians(90.0 - 0.5788 * tilt_deg + 0.002693 * tilt_deg * tilt_deg)))
