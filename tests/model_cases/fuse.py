"""Fuse links, as the shared suite tries them out."""

from __future__ import annotations

from hypothesis import strategies as st

from doppelgrid.models.fuse import (
    CARRIES,
    MELTED,
    FuseInput,
    FuseOutput,
    FuseParams,
    FuseState,
    fuse_horizon_s,
    fuse_output,
    fuse_step,
)
from doppelgrid.sim.components.grid_fuse import fuse_preset, fuse_preset_names

from .case import ModelCase


def _states(_params: FuseParams) -> st.SearchStrategy[FuseState]:
    """A link that carries is nowhere hot enough to melt; one that has melted may have been."""
    heats = st.floats(0.0, 0.99)
    hot = st.floats(0.0, 1000.0)
    return st.one_of(
        st.builds(FuseState, heats, heats, heats, st.just(CARRIES)),
        st.builds(FuseState, hot, heats, heats, st.just(MELTED)),
    )


def _inputs(params: FuseParams) -> st.SearchStrategy[FuseInput]:
    return st.builds(FuseInput, st.floats(0.0, 100.0).map(lambda ratio: ratio * params.rated_current_a))


def _imbalance(
    _params: FuseParams, _before: FuseState, _after: FuseState, _output: FuseOutput, _dt_s: float
) -> float:
    """A link's own loss is left out: there is no energy to balance."""
    return 0.0


def _charge_c(
    _params: FuseParams, _before: FuseState, _after: FuseState, output: FuseOutput, dt_s: float
) -> float:
    return output.current_a * dt_s


CASES: list[ModelCase] = [
    ModelCase(
        name="fuse",
        params={name: fuse_preset(name) for name in fuse_preset_names()},
        output=fuse_output,
        horizon_s=fuse_horizon_s,
        step=fuse_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance,
        throughput_j=_charge_c,
        held=("current_a",),
    )
]
