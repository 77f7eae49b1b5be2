"""What a component is, in a few words for people."""

from __future__ import annotations


def input_caption(given: object, unit: str) -> str:
    """Say where an input comes from: a value, a profile with its size, or a file."""
    if isinstance(given, int | float):
        return _signed(given) if unit == "W" else f"{given:g} {unit}"
    if file := getattr(given, "file", None):
        return f"from {file}"
    profile = str(getattr(given, "profile", ""))
    if annual_wh := getattr(given, "annual_energy_wh", None):
        return f"{profile} {annual_wh / 1e6:g} MWh a year"
    if isinstance(value := getattr(given, "value", None), float):
        return _signed(value)
    return profile


def _signed(power_w: float) -> str:
    """Return a power [W] that flows, by the passive sign convention: what is consumed has a plus."""
    return f"{power_w / 1e3:+g} kW" if power_w else "0 kW"


def kilowatts(power_w: float) -> str:
    """Return a power [W] as people read it."""
    return f"{power_w / 1e3:g} kW"


def load_caption(load: object, power_factor: float) -> str:
    """Say what a load draws."""
    factor = "" if power_factor == 1.0 else f" at power factor {power_factor:g}"
    return f"load {input_caption(load, 'W')}{factor}"
