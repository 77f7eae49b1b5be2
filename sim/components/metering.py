"""How meters measure: options of a site file, errors drawn within a class, noise."""

from __future__ import annotations

import math
import random
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from ...models.meter import (
    EACH_PHASE,
    LONGEST_WINDOW_S,
    QUIET,
    RUNS_BACKWARDS,
    SHORTEST_WINDOW_S,
    SUM_OF_PHASES,
    MeterNoise,
    MeterParams,
    meter_window_us,
)
from ...models.parameter import ParameterError, check_parameters
from ..files.parameters import FINEST, Given, Number, check_step, with_part
from ..files.sections import Deviation, Section, refuse, written
from ..files.units import AMPERE, SECOND, VOLT, WATT, WATT_HOUR
from ..inputs.signal import normal_deviate, stream_key
from .setting import Setting

AccuracyClass = Literal["0.1S", "0.2S", "0.5S", "0.5", "1", "2", "A", "B", "C"]
_TERMINALS = ("L1", "L2", "L3", "none")


def _as_text(value: object) -> object:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else value


def _wire(value: object) -> str:
    if not isinstance(value, str) or value.removeprefix("-") not in _TERMINALS or value == "-none":
        raise refuse("L1, L2, L3 or none; a minus before a phase turns its current transformer round")
    return value


def _terminal(value: object) -> str:
    if not isinstance(value, str) or value not in _TERMINALS:
        raise refuse("L1, L2, L3 or none")
    return value


_Wire = Annotated[str, PlainValidator(_wire), WithJsonSchema({"type": "string"})]
_Terminal = Annotated[str, PlainValidator(_terminal), WithJsonSchema({"enum": list(_TERMINALS)})]


class MeterWiring(Section):
    """What is connected to the three elements of a meter, in their order; the defaults are right."""

    currents: tuple[_Wire, _Wire, _Wire] = ("L1", "L2", "L3")
    """Phases that the current transformers sit on: `-L2` sits the wrong way round, `none` is missing."""
    voltages: tuple[_Terminal, _Terminal, _Terminal] = ("L1", "L2", "L3")
    """Phases that the voltage terminals are wired to."""
    ratio_factor: Number = Field(default=1.0, gt=0.0, le=1000.0)
    """Set ratio of the current transformers over the built-in one, such as 2 for 200/5 set and 100/5 built in."""


def _none_or_long_enough(window_s: float) -> float:
    if 0.0 < window_s < SHORTEST_WINDOW_S:
        raise refuse(_WINDOWS)
    return window_s


_WINDOWS = f"0 s for none, or at least {SHORTEST_WINDOW_S:g} s"
_Window = Annotated[
    float, SECOND.within(lower=0.0, upper=LONGEST_WINDOW_S), AfterValidator(_none_or_long_enough)
]


class MeterOptions(Section):
    """How a meter measures; without any of these it shows what is."""

    accuracy_class: Annotated[AccuracyClass | None, BeforeValidator(_as_text)] = None
    """By IEC 62053-21 and -22, or EN 50470-3 (A, B, C); none for no errors."""
    noise: Deviation = Field(default=written("0 %"))
    """Standard deviation of a reading's powers."""
    window_s: _Window = Field(default=written("0 s"), alias="window")
    """Powers, voltages and currents are means over windows of this length [s]; 0 for none."""
    power_resolution_w: Annotated[float, WATT.within(lower=FINEST, upper=1e6)] | None = Field(
        default=None, alias="power_resolution"
    )
    """Step of powers [W]; none if not given."""
    voltage_resolution_v: Annotated[float, VOLT.within(lower=FINEST, upper=1e3)] | None = Field(
        default=None, alias="voltage_resolution"
    )
    """Step of voltages [V]; none if not given."""
    current_resolution_a: Annotated[float, AMPERE.within(lower=FINEST, upper=1e3)] | None = Field(
        default=None, alias="current_resolution"
    )
    """Step of currents [A]; none if not given."""
    register_resolution_wh: Annotated[float, WATT_HOUR.within(lower=FINEST, upper=1e6)] | None = Field(
        default=None, alias="register_resolution"
    )
    """Step of energy registers [Wh]; none if not given."""
    registers: Literal["sum-of-phases", "each-phase", "runs-backwards"] = "sum-of-phases"
    """Whether phases that consume and phases that deliver are set off against each other."""
    starting_current_a: Annotated[float, AMPERE.within(lower=0.0)] = Field(
        default=written("0 A"), alias="starting_current"
    )
    """Less than this counts as none [A]."""
    wiring: MeterWiring = MeterWiring()
    """Transformers and wires in front of the meter, with what is wrong with them."""


_REGISTERS = {"sum-of-phases": SUM_OF_PHASES, "each-phase": EACH_PHASE, "runs-backwards": RUNS_BACKWARDS}
_PHASES = {"none": 0.0, "L1": 1.0, "L2": 2.0, "L3": 3.0}
_TAN_60 = math.sqrt(3.0)
_KEPT_TO = 0.98
"""Part of a limit that the drawn errors use: leaves room for products of errors, and meters pass with a margin."""


class ErrorLimits(NamedTuple):
    """Greatest percentage errors of a class from a tenth of the rated current on, at reference conditions."""

    unity: float
    """At power factor 1 [1]."""
    half_inductive: float
    """At power factor 0.5, inductive [1]."""


ERROR_LIMITS: dict[AccuracyClass, ErrorLimits] = {
    "0.1S": ErrorLimits(0.001, 0.0015),
    "0.2S": ErrorLimits(0.002, 0.003),
    "0.5S": ErrorLimits(0.005, 0.006),
    "0.5": ErrorLimits(0.005, 0.006),
    "1": ErrorLimits(0.01, 0.01),
    "2": ErrorLimits(0.02, 0.02),
    "A": ErrorLimits(0.02, 0.02),
    "B": ErrorLimits(0.01, 0.01),
    "C": ErrorLimits(0.005, 0.005),
}
"""By IEC 62053-22 (S), IEC 62053-21 (0.5, 1, 2) and EN 50470-3 (A, B, C)."""


METER = "meter"
"""Before the names of its parameters in a site file."""


def meter_params(options: MeterOptions, *, key: str, given: Given = MappingProxyType({})) -> MeterParams:
    """Return a meter: its errors are drawn once, within its class, and stay with it.

    Each element's gain is uniform within the limit at power factor 1; its angle is uniform within what the limit at
    power factor 0.5 leaves, where an angle of `δ` adds `δ tan 60°`.

    Args:
        options: What the site file says.
        key: Names the random stream: `seed/component/meter`.
        given: Parameters that the file sets itself, as `meter.…`.

    Raises:
        ParameterError: If one of those cannot be.
    """
    gains, angles = _errors(options.accuracy_class, random.Random(key))
    wiring = options.wiring
    currents = [_PHASES[wire.removeprefix("-")] for wire in wiring.currents]
    params = MeterParams(
        gain_errors=gains,
        angle_errors_rad=angles,
        ratio_factors=_triple([wiring.ratio_factor if phase else 0.0 for phase in currents]),
        directions=_triple([-1.0 if wire.startswith("-") else 1.0 for wire in wiring.currents]),
        current_phases=_triple([phase or 1.0 for phase in currents]),
        voltage_phases=_triple([_PHASES[terminal] for terminal in wiring.voltages]),
        starting_current_a=options.starting_current_a,
        window_s=round(options.window_s * 1e6) / 1e6,
        power_resolution_w=options.power_resolution_w or 0.0,
        voltage_resolution_v=options.voltage_resolution_v or 0.0,
        current_resolution_a=options.current_resolution_a or 0.0,
        register_resolution_wh=options.register_resolution_wh or 0.0,
        registers=_REGISTERS[options.registers],
    )
    check_parameters(params)
    return with_part(params, given, METER, check_meter)


def check_meter(params: MeterParams) -> None:
    """Refuse windows that are shorter than a period of the grid, and steps too fine to count by.

    Raises:
        ParameterError: Naming the window, or the step.
    """
    if 0.0 < params.window_s < SHORTEST_WINDOW_S:
        raise ParameterError("window_s", f"{params.window_s:g} s", _WINDOWS)
    for name, step in params._asdict().items():
        if "_resolution_" in name:
            check_step(name, step)


class Metering(NamedTuple):
    """A meter of a running site, and the noise of its readings."""

    params: MeterParams
    deviation: float
    """Standard deviation of a reading's powers, as a part of them."""
    noise_key: str
    interval_us: int
    """Interval of telemetry [µs]."""

    @property
    def length_us(self) -> int:
        """How long the noise of a reading holds [µs]."""
        return meter_window_us(self.params) or self.interval_us

    def noise(self, time_us: int) -> MeterNoise:
        """Return the noise of the reading that is shown at a time."""
        return reading_noise(self.deviation, self.noise_key, time_us // self.length_us)


def metering(options: MeterOptions, setting: Setting, given: Given = MappingProxyType({})) -> Metering:
    """Return a meter with options of its own, and with parameters that a file sets as `meter.…`."""
    return Metering(
        meter_params(options, key=f"{setting.seed}/{setting.key}/meter", given=given),
        options.noise,
        f"{setting.seed}/{setting.key}/meter-noise",
        setting.telemetry_interval_us,
    )


def reading_noise(deviation: float, key: str, number: int) -> MeterNoise:
    """Return the noise of a reading.

    Args:
        deviation: Standard deviation of a power, as a part of it.
        key: Names the random stream: `seed/component/meter-noise`.
        number: Of the window, or of the sampling where there is none, since the epoch: the same number, the same noise.
    """
    if deviation == 0.0:
        return QUIET
    stream = stream_key(key)
    l1, l2, l3 = (deviation * normal_deviate(stream, 3 * number + element) for element in range(3))
    return MeterNoise(l1, l2, l3)


def _errors(
    accuracy_class: AccuracyClass | None, draw: random.Random
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return the gain and angle errors of the three elements."""
    if accuracy_class is None:
        return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    limits = ERROR_LIMITS[accuracy_class]
    gains, angles = [], []
    for _ in range(3):
        gain = draw.uniform(-1.0, 1.0) * _KEPT_TO * limits.unity
        gains.append(gain)
        angles.append(draw.uniform(-1.0, 1.0) * (_KEPT_TO * limits.half_inductive - abs(gain)) / _TAN_60)
    return _triple(gains), _triple(angles)


def _triple(values: list[float]) -> tuple[float, float, float]:
    l1, l2, l3 = values
    return l1, l2, l3
