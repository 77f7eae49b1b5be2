"""The frequency of a large grid: fluctuations around the nominal value, and the pulses that trading leaves.

The deviation from the nominal frequency is a sum of linear responses, each carried on by its exact exponential:

    f - f_n = s + (q - p) + (a - b)

- `s`: an Ornstein-Uhlenbeck process, `ds = -s dt / τ_s + σ_s sqrt(2 / τ_s) dW`: slow drifts that secondary control
  takes back;
- `q - p`: two such processes on one common noise, `dq = -q dt / τ_q + g dW'`, `dp = -p dt / τ_p + g dW'`: quick
  fluctuations, which inertia rounds off within the shorter of the two time constants. The stationary variance of the
  difference is `g² (τ_q - τ_p)² / (2 (τ_q + τ_p))`;
- `a - b`: the answer to a jump of the generation schedule against the load, which primary control lets grow with τ_b
  and secondary control takes back with τ_a > τ_b. A jump adds the same to `a` and `b`.

Ornstein-Uhlenbeck noise with deterministic jumps at the hours of trading is the model of Rydin Gorjão and others
(2020); the jumps account for most of the heavy tails that Schäfer and others (2018) found. Here primary and secondary
control are the time constants of the responses in place of a second-order equation, so that every part is diagonal.

References: L. Rydin Gorjão, M. Anvari, H. Kantz, C. Beck, D. Witthaut, M. Timme, B. Schäfer, "Data-driven model of the
power-grid frequency dynamics", IEEE Access 8, 2020, doi:10.1109/ACCESS.2020.2967834; B. Schäfer, C. Beck, K. Aihara,
D. Witthaut, M. Timme, "Non-Gaussian power grid frequency fluctuations characterized by Lévy-stable laws and
superstatistics", Nature Energy 3, 2018, doi:10.1038/s41560-017-0058-z; D. T. Gillespie, "Exact numerical simulation of
the Ornstein-Uhlenbeck process and its integral", Physical Review E 54, 1996, doi:10.1103/PhysRevE.54.2084.

Left out: single large losses of generation, oscillations between areas, any effect of the site on the grid's frequency.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter


class FrequencyParams(NamedTuple):
    """A synchronous area."""

    nominal_hz: Annotated[float, Parameter("Hz", 10.0, 100.0, "public and railway grids")]
    slow_deviation_hz: Annotated[float, Parameter("Hz", 0.0, 1.0, "chosen: more is no large grid")]
    """Standard deviation of the slow drifts, `σ_s` [Hz]."""
    slow_time_s: Annotated[
        float, Parameter("s", 0.0, 7200.0, "chosen: longer is no regulated grid", above=True)
    ]
    """Time constant of their return, `τ_s` [s]."""
    quick_deviation_hz: Annotated[float, Parameter("Hz", 0.0, 1.0, "chosen: more is no large grid")]
    """Standard deviation of the quick fluctuations, `q - p` [Hz]."""
    quick_time_s: Annotated[float, Parameter("s", 0.0, 7200.0, "physics", above=True)]
    """Longer time constant of their return, `τ_q` [s]."""
    smoothing_time_s: Annotated[float, Parameter("s", 0.0, 7200.0, "physics", above=True)]
    """Shorter one, `τ_p` [s]; less than the longer one."""
    jump_fall_s: Annotated[float, Parameter("s", 0.0, 7200.0, "physics", above=True)]
    """How the answer to a jump is taken back, `τ_a` [s]."""
    jump_rise_s: Annotated[float, Parameter("s", 0.0, 7200.0, "physics", above=True)]
    """How it grows, `τ_b` [s]; less than the time of its fall."""


class FrequencyState(NamedTuple):
    """What the grid's frequency remembers [Hz]."""

    slow_hz: float
    quick_hz: float
    smoothing_hz: float
    falling_hz: float
    rising_hz: float


class FrequencyInput(NamedTuple):
    """What acts on the frequency during a step."""

    slow_deviate: float
    """Standard normal, drawn anew for each step."""
    quick_deviate: float
    """Another one."""
    smoothing_deviate: float
    """And a third one."""
    jump_hz: float
    """Highest deviation that a jump of the schedule at the beginning of the step will make [Hz]."""


class FrequencyOutput(NamedTuple):
    """What the grid shows."""

    frequency_hz: float


class FrequencyTransition(NamedTuple):
    """What a step of a given length does: how much is left of each part, and what noise and jumps add."""

    slow_left: float
    quick_left: float
    smoothing_left: float
    falling_left: float
    rising_left: float
    slow_noise_hz: float
    quick_noise_hz: float
    common_noise_hz: float
    """Noise of the smoothing part, with the quick one's deviate [Hz]."""
    smoothing_noise_hz: float
    """Noise of the smoothing part, with a deviate of its own [Hz]."""
    jump_gain: float
    """What a jump adds to `a` and `b` per unit of the peak of their difference."""


def frequency_output(params: FrequencyParams, state: FrequencyState) -> FrequencyOutput:
    """Return the frequency at this instant."""
    noise_hz = state.slow_hz + (state.quick_hz - state.smoothing_hz)
    return FrequencyOutput(params.nominal_hz + (noise_hz + (state.falling_hz - state.rising_hz)))


def frequency_transition(params: FrequencyParams, dt_s: float) -> FrequencyTransition:
    """Return what a step does, exactly in law for any length [s] (Gillespie 1996, for the pair with covariance)."""
    quick, smoothing = params.quick_time_s, params.smoothing_time_s
    # Variances over g²; of the stationary difference first, which sets g.
    whole = (quick - smoothing) * (quick - smoothing) / (2.0 * (quick + smoothing))
    scale = params.quick_deviation_hz / math.sqrt(whole)
    both = quick * smoothing / (quick + smoothing)
    quick_variance = -0.5 * quick * math.expm1(-2.0 * dt_s / quick)
    smoothing_variance = -0.5 * smoothing * math.expm1(-2.0 * dt_s / smoothing)
    covariance = -both * math.expm1(-dt_s / both)
    quick_noise = math.sqrt(quick_variance)
    common = covariance / quick_noise if quick_noise > 0.0 else 0.0
    own = math.sqrt(max(smoothing_variance - common * common, 0.0))
    slow_noise_hz = params.slow_deviation_hz * math.sqrt(-math.expm1(-2.0 * dt_s / params.slow_time_s))
    return FrequencyTransition(
        math.exp(-dt_s / params.slow_time_s),
        math.exp(-dt_s / quick),
        math.exp(-dt_s / smoothing),
        math.exp(-dt_s / params.jump_fall_s),
        math.exp(-dt_s / params.jump_rise_s),
        slow_noise_hz,
        scale * quick_noise,
        scale * common,
        scale * own,
        jump_gain(params),
    )


def jump_gain(params: FrequencyParams) -> float:
    """Return what a jump adds to both of its parts, per unit of the peak of their difference."""
    fall, rise = params.jump_fall_s, params.jump_rise_s
    peak_s = math.log(fall / rise) * fall * rise / (fall - rise)
    return 1.0 / (math.exp(-peak_s / fall) - math.exp(-peak_s / rise))


def frequency_next(
    transition: FrequencyTransition, state: FrequencyState, inp: FrequencyInput
) -> FrequencyState:
    """Return the state after a step whose transition is known."""
    jump_hz = transition.jump_gain * inp.jump_hz
    return FrequencyState(
        transition.slow_left * state.slow_hz + transition.slow_noise_hz * inp.slow_deviate,
        transition.quick_left * state.quick_hz + transition.quick_noise_hz * inp.quick_deviate,
        transition.smoothing_left * state.smoothing_hz
        + (
            transition.common_noise_hz * inp.quick_deviate
            + transition.smoothing_noise_hz * inp.smoothing_deviate
        ),
        transition.falling_left * (state.falling_hz + jump_hz),
        transition.rising_left * (state.rising_hz + jump_hz),
    )
