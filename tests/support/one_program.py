"""Sites that are compiled to the same program: it depends on what they have any of, and takes a minute to make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

NOTHING = Path(__file__).with_name("nothing.csv")
"""A day of powers of 0."""


def in_one_program(components: dict[str, Any]) -> dict[str, Any]:
    """Return the components of a site and, among them, some of whatever the program depends on.

    Nothing of it stands in the way of what the site does: fuse and feed-in limit are wide, the others are idle. The
    batteries are of the two kinds of cells that tests have, for the lengths of their tables are of the program.

    Args:
        components: With a `grid` and, behind it, `main`; ids from 900 are taken. Boilers, electrolysers, HVAC, crypto
            miners, capacitor banks and models of other packages make a program of their own.
    """
    grid = {"fuse": {"preset": "gg-1250"}, "feed_in_limit": "100 %", **components["grid"]}
    return {**_some_of_each(), **components, "grid": grid}


def _some_of_each() -> dict[str, Any]:
    def idle(number: int, category: str, **more: Any) -> dict[str, Any]:
        return {"id": 900 + number, "category": category, "behind": "main", **more}

    at_rest = {"file": str(NOTHING), "column": "w", "unit": "W", "align": "time-of-day"}
    return {
        "metered": idle(0, "meter", load="1 W", measurement={"accuracy_class": "1"}),
        "dark": idle(1, "pv_inverter", rated_power="1 kW", irradiance="0 W/m²", grid_code={"preset": "vde-ar-n-4105"}),
        "calm": idle(2, "wind_turbine", rated_power="100 kW", wind_speed="0 m/s"),
        "cold": idle(3, "chp", rated_power="1 kW", recorded={**at_rest, "positive": "production"}),
        "empty": idle(4, "ev_charger", rated_power="11 kW"),
        "spare": idle(5, "uninterruptible_power_supply", rated_apparent_power="1 kVA", preset="online-20kva"),
        "ageing-inv": idle(6, "battery_inverter", rated_power="1 kW"),
        "ageing": {
            **idle(7, "battery", preset="nmc-100kwh"), "behind": "ageing-inv", "ageing": 1, "auxiliary": {},
            "soc_estimate": {}, "cells": {},
        },
        "other": {**idle(8, "battery", preset="lfp-10kwh"), "behind": "ageing-inv"},
    }  # fmt: skip
