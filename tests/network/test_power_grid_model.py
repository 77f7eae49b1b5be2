"""Radial networks beside power-grid-model, which solves them by another method, with every phase and its sequences."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.network_sites import (
    Cable,
    Impedance,
    Load,
    Network,
    Node,
    Transformer,
    phases_pu,
    phases_v,
    plant_of,
    solved_by_power_grid_model,
)

from doppelgrid.sim.plant.plant import Plant

GROUPS = ("Dyn1", "Dyn5", "Dyn7", "Dyn11", "YNyn0")
CABLES = ("nayy-4x50", "nayy-4x120", "nayy-4x150")


@st.composite
def impedances(draw: st.DrawFn, most_ohm: float) -> Impedance:
    resistance = draw(st.floats(0.01 * most_ohm, most_ohm))
    reactance = draw(st.floats(0.01 * most_ohm, 0.5 * most_ohm))
    return Impedance(
        resistance,
        reactance,
        resistance * draw(st.floats(1.0, 5.0)),
        reactance * draw(st.floats(1.0, 5.0)),
    )


@st.composite
def transformers(draw: st.DrawFn) -> Transformer:
    rated_kva = draw(st.sampled_from([100, 250, 400, 630, 1000]))
    return Transformer(
        draw(st.sampled_from(GROUPS)),
        f"oil-{rated_kva}kva",
        1e3 * rated_kva,
        draw(st.none() | impedances(2.0)),
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw one that carries its loads: they share 15 kW, drawn or delivered, whatever its cables are."""
    transformer = draw(st.none() | transformers())
    first, count = (0 if transformer is None else 1), draw(st.integers(1, 13))
    phases = st.sets(st.sampled_from([1, 2, 3]), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
    cables = st.builds(Cable, st.sampled_from(CABLES), st.floats(5.0, 150.0))
    loads = st.builds(Load, st.integers(-7500, 15_000).map(lambda w: w // count), st.floats(0.7, 1.0), phases)
    nodes = tuple(
        Node(
            draw(st.integers(first, first + place)),
            draw(cables | impedances(0.1)),
            tuple(draw(st.lists(loads, max_size=2))),
        )
        for place in range(count)
    )
    short_circuit_va = 10.0 ** draw(st.floats(6.7, 9.0))
    return Network(
        short_circuit_va, draw(st.floats(0.1, 3.0)), draw(st.floats(0.94, 1.06)), transformer, nodes
    )


def nominal_v(network: Network) -> npt.NDArray[np.float64]:
    return np.array([[network.grid_v], *[[400.0]] * (len(network.keys) - 1)]) / math.sqrt(3.0)


def grid_powers(plant: Plant) -> npt.NDArray[np.float64]:
    flow = plant.readings.flows().ac["grid"]
    return np.array([flow.p1, flow.p2, flow.p3, flow.q1, flow.q2, flow.q3])


def _numbers(plant: Plant, network: Network) -> list[int]:
    layout, places = plant.operating_point.layout, plant.places.components
    return [layout.components[places[key]].node for key in network.keys]


def deviations(network: Network, *, has_our_shunts: bool) -> tuple[float, float]:
    """Return by how much voltages differ at most, in magnitude and angle [pu], and powers at the grid [W] or [var]."""
    plant = plant_of(network)
    found = solved_by_power_grid_model(network, has_our_shunts=has_our_shunts)
    own_pu = phases_pu(plant)[_numbers(plant, network)]
    assert phases_v(plant, *network.keys) == pytest.approx(np.abs(own_pu) * nominal_v(network), rel=1e-12)
    powers = np.concatenate([found.grid_w, found.grid_var])
    return float(np.abs(own_pu - found.phases_pu).max()), float(np.abs(grid_powers(plant) - powers).max())


@settings(max_examples=60, derandomize=True)
@given(network=networks())
def test_voltages_and_powers_are_those_of_power_grid_model(network: Network) -> None:
    away_pu, away_w = deviations(network, has_our_shunts=False)
    assert away_pu < 1e-6
    assert away_w < 0.1


@settings(max_examples=60, derandomize=True)
@given(network=networks())
def test_all_that_differs_is_where_magnetising_currents_of_the_zero_sequence_flow(network: Network) -> None:
    if network.transformer is not None:
        network = network._replace(transformer=network.transformer._replace(line=None))
    away_pu, away_w = deviations(network, has_our_shunts=True)
    assert away_pu < 1e-10
    assert away_w < 1e-5


FEEDER = (
    Node(1, Cable("nayy-4x150", 400.0), (Load(30e3, 0.9, (1,)),)),
    Node(2, Cable("nayy-4x50", 150.0), (Load(12e3, 1.0, (2,)), Load(-4e3, 1.0, (3,)))),
    Node(1, Impedance(0.1, 0.05, 0.25, 0.2), (Load(25e3, 0.8, (1, 3)),)),
)


@pytest.mark.parametrize("line", [None, Impedance(2.0, 1.0, 6.0, 4.0)])
@pytest.mark.parametrize("group", GROUPS)
def test_a_feeder_far_out_of_balance_is_right_behind_every_vector_group(
    group: str, line: Impedance | None
) -> None:
    transformer = Transformer(group, "oil-400kva", 400e3, line)  # type: ignore[arg-type]
    network = Network(50e6, 0.5, 1.02, transformer, FEEDER)
    away_pu, away_w = deviations(network, has_our_shunts=False)
    assert away_pu < 1e-6
    assert away_w < 1e-6 * 400e3
    away_pu, _ = deviations(network, has_our_shunts=True)
    assert away_pu < (1e-10 if line is None else 2e-7)
