"""Devices beside inverters and batteries, as a site file describes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from .inputs.specs import LoadInput, PvPowerInput
from .sections import ComponentSection, Phases, Section, refuse, written
from .units import (
    FRACTION,
    Duration,
    Fraction,
    NonNegativePower,
    PositiveApparentPower,
    PositiveEnergy,
    PositivePower,
    PositiveRampRate,
    PositiveReactivePower,
    PositiveVoltage,
)
from .vocabulary import Category, EvChargerType

_BeforeFull = Annotated[float, FRACTION.within(lower=0.0, upper=0.99)]
_Efficiency = Annotated[float, FRACTION.within(lower=0.5, upper=1.0)]


class FlexibleDevice(ComponentSection):
    """A device on the AC side that takes set-points."""

    response_delay_s: Duration = Field(default=written("1 s"), alias="response_delay")
    """From a command to the first movement [s]."""
    phases: Phases = (1, 2, 3)


class _Machine(FlexibleDevice):
    rated_power_w: PositivePower = Field(alias="rated_power")
    """Greatest active power on the AC side [W]."""
    ramp_rate_w_per_s: PositiveRampRate | None = Field(default=None, alias="ramp_rate")
    """Greatest change of active power [W/s]."""


class _MachineWithMinimum(_Machine):
    min_power_w: NonNegativePower | None = Field(default=None, alias="min_power")
    """Least active power at which it runs [W]."""

    @field_validator("min_power_w")
    @classmethod
    def _below_rating(cls, power_w: float | None, info: ValidationInfo) -> float | None:
        rated_w = info.data.get("rated_power_w")
        if power_w is not None and rated_w is not None and power_w > rated_w:
            raise refuse(f"at most the rated power, {rated_w / 1e3:.6g} kW")
        return power_w


class Car(Section):
    """A car at a charging point."""

    capacity_wh: PositiveEnergy = Field(default=written("60 kWh"), alias="capacity")
    initial_soc: Fraction = Field(default=written("30 %"))
    """State of charge when a run starts."""
    max_power_w: PositivePower = Field(default=written("11 kW"), alias="max_power")
    """Greatest AC power that the car takes [W]."""
    taper_soc: _BeforeFull = Field(default=written("80 %"))
    """State of charge at which the car begins to take less."""
    efficiency: _Efficiency = Field(default=written("90 %"))
    """Part of the energy that arrives in the car's battery."""


class EvCharger(_MachineWithMinimum):
    """A charging point for cars."""

    category: Literal[Category.EV_CHARGER]
    type: EvChargerType = EvChargerType.AC
    car: Car | None = None
    """The car that is plugged in; none if not given."""


class Chp(_MachineWithMinimum):
    """Burns gas for power and heat; produces when told to."""

    category: Literal[Category.CHP]


class Electrolyzer(_MachineWithMinimum):
    """Makes hydrogen; consumes when told to."""

    category: Literal[Category.ELECTROLYZER]


class SteamBoiler(_MachineWithMinimum):
    """Makes steam with electricity; consumes when told to."""

    category: Literal[Category.STEAM_BOILER]


class WindTurbine(_Machine):
    """A wind turbine with its converter."""

    category: Literal[Category.WIND_TURBINE]
    power: PvPowerInput
    """AC power that the wind offers."""


class CapacitorBank(FlexibleDevice):
    """Gives reactive power in equal steps."""

    category: Literal[Category.CAPACITOR_BANK]
    rated_reactive_power_var: PositiveReactivePower = Field(alias="rated_reactive_power")
    """Of all steps together, capacitive [var]."""
    steps: Annotated[int, Field(strict=True, ge=1, le=100)] = 6


class Consumer(ComponentSection):
    """A device that draws what its input says."""

    load: LoadInput
    """Active power [W]."""
    power_factor: float = Field(default=1.0, gt=0.0, le=1.0)
    """Displacement power factor, inductive."""
    phases: Phases = (1, 2, 3)


class Hvac(Consumer):
    """Heating, ventilation and air conditioning."""

    category: Literal[Category.HVAC]


class CryptoMiner(Consumer):
    """Computers that turn electricity into heat and numbers."""

    category: Literal[Category.CRYPTO_MINER]


class Plc(Consumer):
    """A programmable logic controller."""

    category: Literal[Category.PLC]


class _Throughput(ComponentSection):
    rated_apparent_power_va: PositiveApparentPower = Field(alias="rated_apparent_power")
    no_load_loss_w: NonNegativePower | None = Field(default=None, alias="no_load_loss")
    """Lost for as long as it is energised [W]."""
    load_loss_w: NonNegativePower | None = Field(default=None, alias="load_loss")
    """Lost besides at rated apparent power [W]."""


class PowerTransformer(_Throughput):
    """Joins two voltages."""

    category: Literal[Category.POWER_TRANSFORMER]
    primary_voltage_v: PositiveVoltage = Field(default=written("20 kV"), alias="primary_voltage")
    secondary_voltage_v: PositiveVoltage = Field(default=written("400 V"), alias="secondary_voltage")


class UninterruptiblePowerSupply(_Throughput):
    """Feeds what is behind it by double conversion."""

    category: Literal[Category.UNINTERRUPTIBLE_POWER_SUPPLY]


class StaticTransferSwitch(ComponentSection):
    """Chooses what feeds the components behind it."""

    category: Literal[Category.STATIC_TRANSFER_SWITCH]


class Breaker(ComponentSection):
    """Connects what is behind it, or not."""

    category: Literal[Category.BREAKER]


class Precharger(ComponentSection):
    """Charges a direct current link gently before it closes."""

    category: Literal[Category.PRECHARGER]


class Converter(ComponentSection):
    """Couples batteries to an inverter at another direct voltage; its losses count as the inverter's."""

    category: Literal[Category.CONVERTER]


FurtherDevice = (
    EvCharger
    | Chp
    | Electrolyzer
    | SteamBoiler
    | WindTurbine
    | CapacitorBank
    | Hvac
    | CryptoMiner
    | Plc
    | PowerTransformer
    | UninterruptiblePowerSupply
    | StaticTransferSwitch
    | Breaker
    | Precharger
    | Converter
)
