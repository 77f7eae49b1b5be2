"""The words of a running site: what conditions about it may speak of."""

from __future__ import annotations

from collections.abc import Container

from ..site.graph import formulas
from .formulas import parse_formula
from .sight import Running
from .vocabulary import SiteWords


def words_of(running: Running, broken: Container[str] = ()) -> SiteWords:
    """Return what conditions about a site may speak of.

    Args:
        running: The site.
        broken: Components with faults that may report what nothing else does.
    """
    site, instruments = running.site, running.instruments
    keys = {sensor.id: key for key, sensor in site.sensors.items()}
    return SiteWords(
        {key: instruments.metrics(key) for key in site.components},
        {component.id: key for key, component in site.components.items()},
        {name: parse_formula(text) for name, text in formulas(site).items()},
        {keys[info.id]: (info.id, info.metrics) for info in running.gateway.sensors()},
        {key: instruments.sayable(key).states for key in site.components},
        {key: instruments.sayable(key).diagnostics for key in site.components if key not in broken},
    )
