"""What the sections of components have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from ..domain.categories import OperationalMode
from ..domain.messages import Refusal, RefusalStatus
from ..files.parameters import Number, Value
from ..files.sections import ComponentNumber, Phases, Section, as_list, refuse, written
from ..files.units import NonNegativePower, PositivePower, PositiveRampRate, ResponseDelay
from ..inputs.specs import ConsumedInput, RecordedPower
from .lapse import LapseInput
from .line import Line
from .load_mix import LoadMixInput


class ComponentSection(Section):
    """What every component says of itself."""

    if TYPE_CHECKING:
        # Each category's own section has it as the one value that a file may say.
        category: str

    id: ComponentNumber
    """Number by which clients know the component; each once in a site."""
    name: str = ""
    """Shown to clients; the component's key in the file if empty."""
    manufacturer: str = "Doppelgrid"
    """Name of the maker, shown to clients."""
    model: str = ""
    """Name of the model, shown to clients."""
    behind: Annotated[
        tuple[str, ...], BeforeValidator(as_list, json_schema_input_type=str | tuple[str, ...])
    ] = ()
    """Keys of the components on the grid's side of this one."""
    operational_mode: OperationalMode = OperationalMode.CONTROL_AND_TELEMETRY
    """What clients may do: read telemetry, send commands, both or neither."""
    refusals: Mapping[Refusal, RefusalStatus] = {}
    """gRPC statuses by which it refuses commands, by the reason, where its maker has others than usual."""
    line: Line | None = None
    """The line by which it is joined to what it is behind; the same voltages as there if not given."""
    parameters: Mapping[str, Value] = {}
    """Parameters of the component's model, past its preset, in the units of `docs/models`."""


class Lapsing(ComponentSection):
    """A device whose set-points of active power can lapse."""

    on_lapse: LapseInput = Field(default=written("release"))
    """What takes the place of a set-point of active power that lapses: `release`, `zero`, `hold` or a power."""
    recorded: RecordedPower | None = None
    """Set-points of active power from a recording, while no client tells it otherwise; none if not given."""


LEAST_LOAD = 0.05
"""Least minimum load over the rating; above what pumps and controls draw in any preset."""


class FlexibleDevice(ComponentSection):
    """A device on the AC side that takes set-points."""

    response_delay_s: ResponseDelay = Field(default=written("1 s"), alias="response_delay")
    """From a command to the first movement [s]."""
    phases: Phases = (1, 2, 3)
    """Phases that it is connected to."""


class RatedMachine(FlexibleDevice, Lapsing):
    """A device with a rated power."""

    rated_power_w: PositivePower = Field(alias="rated_power")
    """Greatest active power on the AC side [W]."""
    ramp_rate_w_per_s: PositiveRampRate | None = Field(default=None, alias="ramp_rate")
    """Greatest change of active power [W/s]; by the kind of device if not given."""


def at_most_rated(power_w: float | None, info: ValidationInfo) -> float | None:
    """Refuse a power above the rated one."""
    rated_w = info.data.get("rated_power_w")
    if power_w is not None and rated_w is not None and power_w > rated_w:
        raise refuse(f"at most the rated power, {rated_w / 1e3:.6g} kW")
    return power_w


class MachineWithMinimum(RatedMachine):
    """A device that runs from a minimum load on."""

    min_power_w: NonNegativePower | None = Field(default=None, alias="min_power")
    """Least active power at which it runs [W]; by kind and preset if not given."""

    _below_rating = field_validator("min_power_w")(at_most_rated)


class ProcessMachine(MachineWithMinimum):
    """A machine of a process, with a set of parameters by name."""

    preset: str | None = None
    """Name of a set of parameters, brought to the rated power; by that if not given."""

    @field_validator("min_power_w")
    @classmethod
    def _above_its_auxiliaries(cls, power_w: float | None, info: ValidationInfo) -> float | None:
        rated_w = info.data.get("rated_power_w")
        if power_w is not None and rated_w is not None and power_w < LEAST_LOAD * rated_w:
            raise refuse(f"at least {LEAST_LOAD:.0%} of the rated power, {LEAST_LOAD * rated_w / 1e3:.6g} kW")
        return power_w


class Consumer(ComponentSection):
    """A device that draws what its input says."""

    load: ConsumedInput | None = None
    """Active power [W]."""
    power_factor: Number = Field(default=1.0, ge=0.1, le=1.0)
    """Displacement power factor, inductive."""
    phases: Phases = (1, 2, 3)
    """Phases that it is connected to."""
    zip: LoadMixInput | None = None
    """How the load follows the voltage; it draws what it is said to if not given."""


class ModelledConsumer(Consumer, Lapsing):
    """A device with a model of its own, unless a load says what it draws."""

    response_delay_s: ResponseDelay = Field(default=written("1 s"), alias="response_delay")
    """From a command to the first movement [s]."""

    @field_validator("load")
    @classmethod
    def _not_told_twice(cls, load: ConsumedInput | None, info: ValidationInfo) -> ConsumedInput | None:
        if load is not None and info.data.get("recorded") is not None:
            raise refuse("either load or recorded, not both")
        return load


def no_load_beside(value: object, info: ValidationInfo) -> object:
    """Refuse a value of a model beside a load that takes its place."""
    if value is not None and info.data.get("load") is not None:
        raise refuse("either load or what the model needs, not both")
    return value


def given(value: float | None, default: float) -> float:
    """Return a value of a site file, or a default if it gives none."""
    return default if value is None else value
