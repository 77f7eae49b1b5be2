"""Battery management systems, for the shared suite."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from doppelgrid.models.bms import (
    RELAYS_CLOSED,
    RELAYS_OPEN,
    BmsInput,
    BmsOutput,
    BmsParams,
    BmsState,
    bms_horizon_s,
    bms_output,
    bms_step,
)
from doppelgrid.sim.components.battery import battery_preset, cells_in_series
from doppelgrid.sim.components.battery_management import bms_preset

from .case import ModelCase

PACKS = {
    "lfp": "lfp-92kwh",
    "nmc": "nmc-100kwh",
    "lto": "lto-230kwh",
    "lmo": "lmo-24kwh",
    "sodium-ion": "sodium-ion-100kwh",
    "lead-acid": "lead-acid-10kwh",
}


def _exceeded(delay_s: float) -> SearchStrategy[float]:
    return st.floats(0.0, delay_s)


@st.composite
def states(draw: Any, params: BmsParams) -> BmsState:
    """Return any state: also one that the next input will not leave as it is."""
    relays = draw(st.integers(0, 4))
    rests = relays in (RELAYS_OPEN, RELAYS_CLOSED)
    return BmsState(
        relays,
        0.0 if rests else draw(st.floats(0.0, params.relay_s)),
        draw(st.floats(0.0, 1000.0)),
        draw(st.integers(0, 8)),
        draw(st.integers(0, 255)),
        draw(_exceeded(params.overvoltage.delay_s)),
        draw(_exceeded(params.undervoltage.delay_s)),
        draw(_exceeded(params.overcurrent_charging.delay_s)),
        draw(_exceeded(params.overcurrent_discharging.delay_s)),
        draw(_exceeded(params.overtemperature_charging.delay_s)),
        draw(_exceeded(params.overtemperature.delay_s)),
        draw(_exceeded(params.undertemperature_charging.delay_s)),
        draw(st.floats(0.0, 1.0)),
        draw(st.integers(0, 1)),
    )


def inputs(params: BmsParams) -> SearchStrategy[BmsInput]:
    """Return what cells of any kind and every climate can show, and any wish."""
    rated_a = params.overcurrent_charging.trip
    return st.builds(
        BmsInput,
        voltage_v=st.floats(1.0, 4.5).map(lambda cell_v: cell_v * params.cells_in_series),
        current_a=st.floats(-1.5 * rated_a, 1.5 * rated_a),
        temperature_c=st.floats(-40.0, 80.0),
        soc=st.floats(0.0, 1.0),
        wanted_relays=st.sampled_from((RELAYS_OPEN, RELAYS_CLOSED)),
        acknowledge=st.integers(0, 1),
        link_load_s=st.floats(0.0, 0.1),
    )


def _stored_j(params: BmsParams, state: BmsState) -> float:
    return 0.5 * params.link.capacitance_f * state.link_voltage_v**2


def _energies_j(
    params: BmsParams, before: BmsState, after: BmsState, output: BmsOutput, dt_s: float
) -> tuple[float, float, float]:
    growth_j = _stored_j(params, after) - _stored_j(params, before)
    return output.link_power_w * dt_s, output.link_loss_w * dt_s, growth_j


def imbalance_j(
    params: BmsParams, before: BmsState, after: BmsState, output: BmsOutput, dt_s: float
) -> float:
    """Return what the DC link got, less its losses and what it stores [J]."""
    drawn_j, loss_j, growth_j = _energies_j(params, before, after, output, dt_s)
    return drawn_j - loss_j - growth_j


def throughput_j(
    params: BmsParams, before: BmsState, after: BmsState, output: BmsOutput, dt_s: float
) -> float:
    """Return the magnitudes of the same, and what the link has stored at either end [J]."""
    stored_j = _stored_j(params, before) + _stored_j(params, after)
    return stored_j + sum(abs(energy_j) for energy_j in _energies_j(params, before, after, output, dt_s))


def spans(_params: BmsParams) -> BmsState:
    """Return how far each field may range."""
    return BmsState(1, 10.0, 1000.0, 1, 1, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 1.0, 1)


CASES = [
    ModelCase(
        name="battery management system",
        params={
            name: bms_preset(name, battery_preset(pack), cells_in_series(pack))
            for name, pack in PACKS.items()
        },
        output=bms_output,
        horizon_s=bms_horizon_s,
        step=bms_step,
        states=states,
        inputs=inputs,
        imbalance_j=imbalance_j,
        throughput_j=throughput_j,
        spans=spans,
    )
]
