"""Loads on their phases, behind meters and as consumers."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ...models.ac import ThreePhase, phase_shares
from ...models.load import LoadParams
from ..inputs.build import Spec
from ..inputs.signal import Signal
from .load_mix import LoadMixInput, load_mix
from .setting import Setting


class WiredLoad(NamedTuple):
    """A load on its phases."""

    signal: Signal
    power_factor: float
    shares: ThreePhase
    mix: LoadParams | None = None
    """How the load follows the voltage; not at all if None."""


class Loaded(Protocol):
    """What a site file says of a load beside its power."""

    @property
    def power_factor(self) -> float:
        """Displacement power factor, inductive."""
        ...

    @property
    def phases(self) -> tuple[int, ...]:
        """Phases that the load uses, in equal parts."""
        ...

    @property
    def zip(self) -> LoadMixInput | None:
        """How the load follows the voltage."""
        ...


def wired_load(section: Loaded, power: Spec, setting: Setting) -> WiredLoad:
    """Return the load behind a meter, or a consumer as the load that it is.

    Raises:
        InputError: If a recorded input cannot drive the site from its start.
    """
    return WiredLoad(
        setting.signal("load", power),
        section.power_factor,
        phase_shares(section.phases),
        load_mix(section.zip, section.power_factor),
    )
