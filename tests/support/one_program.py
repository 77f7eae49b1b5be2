"""Sites that are compiled to the same program: it depends on what they have any of, and takes half a minute to make."""

from __future__ import annotations

from typing import Any


def in_one_program(components: dict[str, Any]) -> dict[str, Any]:
    """Return the components of a site and, beside them, some of whatever the program depends on.

    Nothing of it stands in the way of what the site does: fuse and feed-in limit are wide, the others are idle. The
    battery is of the preset with the longest tables, for their lengths are of the program.

    Args:
        components: With a `grid` and, behind it, `main`; ids from 900 are taken. None is recorded, has a grid code, or
            is a machine other than photovoltaics: those make a program of their own.
    """
    metered: dict[str, Any] = {
        "id": 900, "category": "meter", "behind": "main", "load": "1 W", "measurement": {"accuracy_class": "1"},
    }  # fmt: skip
    return {
        **components,
        "grid": {"fuse": {"preset": "gg-1250"}, "feed_in_limit": "100 %", **components["grid"]},
        "metered": metered,
        "dark": {"id": 901, "category": "pv_inverter", "behind": "main", "rated_power": "1 kW", "irradiance": "0 W/m²"},
        "ageing-inv": {"id": 902, "category": "battery_inverter", "behind": "main", "rated_power": "1 kW"},
        "ageing": {"id": 903, "category": "battery", "behind": "ageing-inv", "preset": "nmc-100kwh", "ageing": 1},
    }  # fmt: skip
