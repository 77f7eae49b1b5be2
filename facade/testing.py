"""Tests of control applications against a simulated site; the pytest plugin loads by itself."""

from .scenarios.testing import Always, App, ComponentHandle, FaultHandle, Reading, SiteHandle

__all__ = ["Always", "App", "ComponentHandle", "FaultHandle", "Reading", "SiteHandle"]
