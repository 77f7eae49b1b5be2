"""Devices beside inverters and batteries, as a site file describes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from .inputs.specs import LoadInput, PvPowerInput, WindSpeedInput
from .load_mix import LoadMixInput
from .presets_devices import hvac_preset, hvac_preset_names
from .presets_ev import ev_charger_preset, ev_charger_preset_names
from .sections import ComponentSection, Phases, Section, refuse, written
from .site_sessions import Sessions
from .units import (
    CELSIUS,
    FRACTION,
    SECOND,
    WATT,
    WATT_HOUR,
    Duration,
    Fraction,
    NonNegativePower,
    PositiveApparentPower,
    PositivePower,
    PositiveRampRate,
    PositiveReactivePower,
    PositiveVoltage,
    Temperature,
    Unit,
)
from .vocabulary import Category, EvChargerType

_BeforeFull = Annotated[float, FRACTION.within(lower=0.0, upper=0.99)]
_Efficiency = Annotated[float, FRACTION.within(lower=0.7, upper=1.0)]
_DischargeTime = Annotated[float, SECOND.within(lower=0.0, upper=3600.0)]
_LITRE = Unit("l", {"l": 1.0, "m³": 1e3, "m3": 1e3})
_METRE = Unit("m", {"m": 1.0})
_Volume = Annotated[float, _LITRE.within(above=0.0, upper=1e7)]
_Height = Annotated[float, _METRE.within(lower=2.0, upper=250.0)]
_BufferTemperature = Annotated[float, CELSIUS.within(lower=0.0, upper=80.0)]
_RoomTemperature = Annotated[float, CELSIUS.within(lower=-40.0, upper=60.0)]
_WindPower = Annotated[float, WATT.within(above=0.0, upper=2e7)]
_CompressorPower = Annotated[float, WATT.within(above=0.0, upper=5e6)]
_CarEnergy = Annotated[float, WATT_HOUR.within(lower=1e3, upper=1e6)]
NOMINAL_PHASE_V = 230.0
"""By which rated powers are turned into currents [V]."""
LEAST_CURRENT_A = 6.0
"""Least current per phase that a charger may offer a car on alternating current by IEC 61851-1 [A]."""
_GREATEST_CURRENT_A = 1500.0
SMALL_HVAC_W = 5e3
"""Up to this rated power, a heat pump of a house is meant; above it, the machine of an office [W]."""
LEAST_LOAD = 0.05
"""Least minimum load over the rating; above what pumps and controls draw in any preset."""


class FlexibleDevice(ComponentSection):
    """A device on the AC side that takes set-points."""

    response_delay_s: Duration = Field(default=written("1 s"), alias="response_delay")
    """From a command to the first movement [s]."""
    phases: Phases = (1, 2, 3)


class RatedMachine(FlexibleDevice):
    """A device with a rated power."""

    rated_power_w: PositivePower = Field(alias="rated_power")
    """Greatest active power on the AC side [W]."""
    ramp_rate_w_per_s: PositiveRampRate | None = Field(default=None, alias="ramp_rate")
    """Greatest change of active power [W/s]."""


class MachineWithMinimum(RatedMachine):
    """A device that runs from a minimum load on."""

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
    """A car at a charging point, by a few figures."""

    capacity_wh: _CarEnergy = Field(default=written("60 kWh"), alias="capacity")
    initial_soc: Fraction = Field(default=written("30 %"))
    """State of charge when a run starts."""
    max_power_w: PositivePower = Field(default=written("11 kW"), alias="max_power")
    """Greatest power that the car takes [W], at 230 V on alternating current."""
    taper_soc: _BeforeFull = Field(default=written("80 %"))
    """State of charge at which the car begins to take less."""
    efficiency: _Efficiency = Field(default=written("90 %"))
    """Part of the energy that arrives in the car's battery, on alternating current."""


class _ChargesCars(FlexibleDevice):
    type: EvChargerType = EvChargerType.AC
    """What it gives to cars; one with both outlets charges on alternating current here."""


class EvCharger(MachineWithMinimum, _ChargesCars):
    """A charging point for cars. Cars on fewer phases than it has load the first of `phases`."""

    category: Literal[Category.EV_CHARGER]
    preset: str | None = None
    """Name of a set of parameters; by type and rated power if not given."""
    car: Car | None = None
    """A car that is plugged in all the time."""
    sessions: Sessions | None = None
    """Which cars come; none if neither this nor `car` is given."""

    @field_validator("rated_power_w")
    @classmethod
    def _can_charge(cls, power_w: float, info: ValidationInfo) -> float:
        phases = info.data.get("phases")
        if phases is None:
            return power_w
        greatest_w = min(1e6, _GREATEST_CURRENT_A * NOMINAL_PHASE_V * len(phases))
        if power_w > greatest_w:
            raise refuse(f"at most {greatest_w / 1e3:g} kW on {len(phases)} phase{'s'[: len(phases) > 1]}")
        least_w = _least_power_w(info)
        if power_w < least_w:
            raise refuse(
                f"at least {least_w / 1e3:g} kW on {len(phases)} phase{'s'[: len(phases) > 1]}"
                f" ({LEAST_CURRENT_A:g} A at {NOMINAL_PHASE_V:g} V on each of `phases`)"
            )
        return power_w

    @field_validator("min_power_w")
    @classmethod
    def _offers_six_amperes(cls, power_w: float | None, info: ValidationInfo) -> float | None:
        least_w = _least_power_w(info)
        if power_w is not None and power_w < least_w:
            raise refuse(f"at least {least_w / 1e3:g} kW ({LEAST_CURRENT_A:g} A on each of `phases`)")
        return power_w

    @field_validator("preset")
    @classmethod
    def _of_its_type(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name in ev_charger_preset_names() and "type" in info.data:
            is_dc = info.data["type"] is EvChargerType.DC
            fitting = [each for each in ev_charger_preset_names() if ev_charger_preset(each).is_dc == is_dc]
            if name not in fitting:
                raise refuse(f"with type {info.data['type'].value}: {', '.join(fitting)}")
        return name

    @field_validator("sessions")
    @classmethod
    def _instead_of_car(cls, sessions: Sessions | None, info: ValidationInfo) -> Sessions | None:
        if sessions is not None and info.data.get("car") is not None:
            raise refuse("either car or sessions, not both")
        return sessions


def _least_power_w(info: ValidationInfo) -> float:
    if "type" not in info.data or info.data["type"] is EvChargerType.DC:
        return 0.0
    return LEAST_CURRENT_A * NOMINAL_PHASE_V * len(info.data.get("phases", ()))


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


class Chp(ProcessMachine):
    """Burns gas for power and heat; produces when told to, or when heat is wanted."""

    category: Literal[Category.CHP]
    heat_demand: LoadInput | None = None
    """Heat drawn from its buffer [W]; all that it makes if not given."""
    buffer_l: _Volume | None = Field(default=None, alias="buffer")
    """Water in the buffer [l]; 60 l per kW of heat if not given."""
    initial_temperature_c: _BufferTemperature = Field(default=written("60 °C"), alias="initial_temperature")
    """Of the buffer when a run starts [°C]."""
    heat_led: bool = Field(default=False, strict=True)
    """Whether the buffer starts and stops it; it takes no set-points then."""
    dump_cooler: bool = Field(default=False, strict=True)
    """Whether a cooler takes what a full buffer does not; else a full buffer stops it."""
    failed_starts: Fraction = Field(default=written("0 %"))
    """Part of its attempts to start that fail."""


class Electrolyzer(ProcessMachine):
    """Makes hydrogen; consumes when told to."""

    category: Literal[Category.ELECTROLYZER]


class SteamBoiler(ProcessMachine):
    """Makes steam with electricity; consumes when told to."""

    category: Literal[Category.STEAM_BOILER]
    steam_demand: LoadInput | None = None
    """Heat drawn as steam [W]; all that it makes if not given."""


class WindTurbine(RatedMachine):
    """A wind turbine with its converter, in a wind of its own, in that of the site, or with a recorded power."""

    category: Literal[Category.WIND_TURBINE]
    rated_power_w: _WindPower = Field(alias="rated_power")
    """Greatest active power on the AC side [W]."""
    power: PvPowerInput | None = None
    """AC power that the wind offers, for a turbine without a model of its own."""
    preset: str | None = None
    """Name of a set of parameters, its powers scaled to the rated power; by that if not given."""
    wind_speed: WindSpeedInput | None = None
    """That of the site's weather if not given [m/s]."""
    hub_height_m: _Height = Field(default=written("40 m"), alias="hub_height")
    wind_height_m: _Height = Field(default=written("10 m"), alias="wind_height")
    """Where the wind is measured [m]."""
    shear_exponent: Annotated[float, Field(ge=0.0, le=0.6)] | None = None
    """How the wind grows from there to the hub, as the height to this power; it is the hub's if not given."""

    @field_validator("preset", "wind_speed", "shear_exponent")
    @classmethod
    def _instead_of_power(cls, value: object, info: ValidationInfo) -> object:
        if value is not None and info.data.get("power") is not None:
            raise refuse("either power or what the model needs, not both")
        return value


class CapacitorBank(FlexibleDevice):
    """Gives reactive power in equal steps."""

    category: Literal[Category.CAPACITOR_BANK]
    rated_reactive_power_var: PositiveReactivePower = Field(alias="rated_reactive_power")
    """Of all steps together, capacitive [var]."""
    steps: Annotated[int, Field(strict=True, ge=1, le=100)] = 6
    discharge_time_s: _DischargeTime = Field(default=written("60 s"), alias="discharge_time")
    """From a step's switching off to when it may be switched on again [s]."""


class Consumer(ComponentSection):
    """A device that draws what its input says."""

    load: LoadInput | None = None
    """Active power [W]."""
    power_factor: float = Field(default=1.0, gt=0.0, le=1.0)
    """Displacement power factor, inductive."""
    phases: Phases = (1, 2, 3)
    zip: LoadMixInput | None = None
    """How the load follows the voltage; it draws what it is said to if not given."""


class ModelledConsumer(Consumer):
    """A device with a model of its own, unless a load says what it draws."""

    response_delay_s: Duration = Field(default=written("1 s"), alias="response_delay")
    """From a command to the first movement [s]."""


def no_load_beside(value: object, info: ValidationInfo) -> object:
    """Refuse a value of a model beside a load that takes its place."""
    if value is not None and info.data.get("load") is not None:
        raise refuse("either load or what the model needs, not both")
    return value


class Hvac(ModelledConsumer):
    """Heating, ventilation and air conditioning of a room or building; a set-point is the most it may draw."""

    category: Literal[Category.HVAC]
    rated_power_w: _CompressorPower | None = Field(default=None, alias="rated_power")
    """Electric, of the running machine [W]; scales the building along. That of the preset if not given."""
    preset: str | None = None
    """Name of a set of parameters; by the rated power if not given."""
    heating_temperature_c: _RoomTemperature | None = Field(default=None, alias="heating_temperature")
    cooling_temperature_c: _RoomTemperature | None = Field(default=None, alias="cooling_temperature")
    """Around which its thermostat heats and cools [°C]; those of the preset if not given."""
    gains: LoadInput | None = None
    """Heat that people, devices and the sun bring into the room [W]; none if not given."""
    initial_temperature_c: Temperature | None = Field(default=None, alias="initial_temperature")
    """Of the room when a run starts [°C]; what it is held at if not given."""

    _instead_of_load = field_validator(
        "rated_power_w", "preset", "heating_temperature_c", "cooling_temperature_c", "gains"
    )(no_load_beside)

    @field_validator("preset")
    @classmethod
    def _usual(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name is not None or info.data.get("load") is not None:
            return name
        rated_w = info.data.get("rated_power_w")
        return "house-heat-pump" if rated_w is not None and rated_w <= SMALL_HVAC_W else "office-split"

    @field_validator("heating_temperature_c", "cooling_temperature_c")
    @classmethod
    def _as_it_can(cls, set_c: float | None, info: ValidationInfo) -> float | None:
        name, is_heating = info.data.get("preset"), info.field_name == "heating_temperature_c"
        if name not in hvac_preset_names():
            return set_c
        params = hvac_preset(name)
        if set_c is not None and not (params.can_heat if is_heating else params.can_cool):
            raise refuse(f"none: {name} does not {'heat' if is_heating else 'cool'}")
        if not is_heating and params.can_heat and params.can_cool:
            heating_c = info.data.get("heating_temperature_c")
            least_c = params.hysteresis_k + (params.heating_set_point_c if heating_c is None else heating_c)
            if (params.cooling_set_point_c if set_c is None else set_c) < least_c:
                raise refuse(f"at least {least_c:g} °C, the hysteresis above the heating temperature")
        return set_c


class CryptoMiner(ModelledConsumer):
    """Computers that turn electricity into heat and numbers; a set-point is the most they may draw."""

    category: Literal[Category.CRYPTO_MINER]
    preset: str | None = None
    """Name of a set of parameters of one machine; antminer-s19-pro if not given."""
    machines: Annotated[int, Field(strict=True, ge=1, le=10_000)] | None = None
    """Number of them; 1 if not given."""

    _instead_of_load = field_validator("preset", "machines")(no_load_beside)


class Plc(Consumer):
    """A programmable logic controller."""

    category: Literal[Category.PLC]
    load: LoadInput
    """Active power [W]."""


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
