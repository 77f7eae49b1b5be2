"""Tests of control applications against a simulated site; the pytest plugin loads by itself.

Names are looked up when they are first used: pytest imports this package at every start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .apps import App
    from .component import ComponentHandle, FaultHandle
    from .readings import Reading
    from .settling import Always
    from .site import SiteHandle

_HOMES = {
    "Always": "settling",
    "App": "apps",
    "ComponentHandle": "component",
    "FaultHandle": "component",
    "Reading": "readings",
    "SiteHandle": "site",
}

__all__ = ["Always", "App", "ComponentHandle", "FaultHandle", "Reading", "SiteHandle"]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
