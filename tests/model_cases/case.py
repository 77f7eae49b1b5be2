"""What the shared suite of `tests/models/test_every_model.py` has to know of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hypothesis.strategies import SearchStrategy


class Derating(NamedTuple):
    """A power limit that must not grow while something gets worse."""

    what: str
    limit_w: Callable[[Any, float], float]
    """Magnitude of the limit [W] of a set of parameters, at a position 0 (good) to 1 (bad)."""


class ModelCase(NamedTuple):
    """One model, as the shared suite tries it out."""

    name: str
    params: Mapping[str, Any]
    """Sets of parameters to try, by name: every preset of the package among them."""
    output: Callable[[Any, Any, Any], Any]
    """`(params, state, input)`: what the model shows at this instant."""
    horizon_s: Callable[[Any, Any, Any], float]
    step: Callable[[Any, Any, Any, float], tuple[Any, Any]]
    states: Callable[[Any], SearchStrategy[Any]]
    """Every state that a set of parameters can be in."""
    inputs: Callable[[Any], SearchStrategy[Any]]
    """Every input in range."""
    imbalance_j: Callable[[Any, Any, Any, Any, float], float]
    """`(params, before, after, output, dt_s)`: energy in, less energy out, losses and growth of what is stored [J]."""
    throughput_j: Callable[[Any, Any, Any, Any, float], float]
    """Of the same: the sum of the magnitudes of those energies [J], against which the imbalance is judged."""
    limits: Callable[[Any, Any, Any], tuple[float, float]] | None = None
    """Active power that the model may have [W], if it takes set-points."""
    deratings: tuple[Derating, ...] = ()
    split_tolerance: float = 1e-9
    """How far one long step may be from many short ones, over the span of each field of the state."""
    spans: Callable[[Any], Any] | None = None
    """State whose fields are the spans that `split_tolerance` counts in; 1 for each if not given."""
    stored_j: Callable[[Any], float] | None = None
    """Greatest energy stored [J], where it is above 1 MJ: its rounding is allowed for in the balance."""
    passed_on: Callable[[Any, Any, Any], Any] | None = None
    """`(params, state, input)`: the input as the plant passes it on, where `split_tolerance` is for that alone."""
    means_only: tuple[str, ...] = ()
    """Fields of the output whose mean counts what an instant does not show; a case that names some says what."""
    held: tuple[str, ...] = ("active_power_w", "reactive_power_var")
    """Fields of the output, if it has them, that hold unchanged for a horizon."""
    limits_include_zero: bool = True
    """Whether it may always stand still; false for machines that cannot stop at once."""
    own_use_w: Callable[[Any], float] | None = None
    """What it may draw beyond its limits [W], such as that of its controls at standstill; nothing if not given."""
    turns_per_hour: Callable[[Any], int] | None = None
    """How often its parts can come and go in an hour, each by itself; few if not given."""
    compiled_tolerance: float = 0.0
    """How far compiled results may be from interpreted ones, relative; a case that states one says why."""
