"""A site as its file describes it: the microgrid, its components and how they are connected.

Attributes carry the inner units of `units`; aliases are the keys of the file. Nothing here moves: the plant
makes a running site of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, Field, ValidationInfo, field_validator
from pydantic.json_schema import SkipJsonSchema

from ..models.battery import scaled
from .clock import to_us
from .inputs.specs import IrradianceInput, LoadInput, PvPowerInput, TemperatureInput
from .load_mix import LoadMixInput
from .presets import battery_preset, battery_preset_names, pv_array_preset_names
from .problems import did_you_mean, one_of
from .sections import Azimuth, ComponentNumber, ComponentSection, Phases, Section, Text, Tilt, refuse, written
from .site_battery import AgeingPace, BatteryManagement, check_ageing_known, check_management
from .site_devices import FurtherDevice
from .site_grid import FrequencyInput, GridFuse, GridVoltage, MeterOptions, Outages
from .site_grid_code import GridCodeInput
from .units import AMPERE as _AMPERE
from .units import (
    Duration,
    Fraction,
    NonNegativePower,
    PositiveApparentPower,
    PositiveDuration,
    PositiveEnergy,
    PositivePower,
    PositiveRampRate,
    PositiveReactivePower,
    PositiveVoltage,
    Temperature,
)
from .vocabulary import BatteryType, Category
from .weather import Sensor, Weather

FuseCurrent = Annotated[float, _AMPERE.within(lower=1.0, upper=100_000.0)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        meant = did_you_mean(name, available_timezones())
        raise refuse(f"the name of an IANA time zone such as Europe/Berlin{meant}") from None
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class Location(Section):
    """Where the site is."""

    latitude: float = Field(ge=-90.0, le=90.0)
    """Degrees north [°]."""
    longitude: float = Field(ge=-180.0, le=180.0)
    """Degrees east [°]."""
    timezone: TimeZone = "UTC"
    """Name of an IANA time zone; profiles follow its clock."""
    country_code: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    """ISO 3166-1 alpha-2 code, as the API reports it."""
    altitude: float = Field(default=0.0, ge=-500.0, le=9000.0)
    """Metres above sea level [m]."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)


class DeliveryArea(Section):
    """The market area that the site delivers to."""

    code: Text
    code_type: Literal["eic", "nerc"] = "eic"


class Microgrid(Section):
    """Who the site says it is."""

    id: ComponentNumber
    name: str = ""
    enterprise_id: ComponentNumber = 1
    location: Location = Location(
        latitude=52.52, longitude=13.405, timezone="Europe/Berlin", country_code="DE"
    )
    delivery_area: DeliveryArea | None = DeliveryArea(code="10Y1001A1001A82H")
    list_unsupported: bool = Field(default=False, strict=True)
    """List components of categories, too, that today's Python clients do not know and cannot start with."""
    created: AwareDatetime = datetime.fromisoformat("2024-01-01T00:00:00+00:00")


class GridConnectionPoint(ComponentSection):
    """Where the site meets the public grid."""

    category: Literal[Category.GRID_CONNECTION_POINT]
    rated_fuse_current_a: FuseCurrent = Field(alias="rated_fuse_current")
    """Per phase, both directions [A]."""
    voltage_v: PositiveVoltage = Field(default=written("400 V"), alias="voltage")
    """Line to line [V]."""
    frequency: FrequencyInput = Field(default=written("50 Hz"))
    """While the grid is there [Hz]."""
    voltages: GridVoltage | None = None
    """Phase by phase; nominal ones if not given."""
    fuse: GridFuse | None = None
    """Links that can melt; nothing melts if not given."""
    outages: Outages | None = None
    """Times without the grid; none if not given."""


class Meter(ComponentSection):
    """Measures what flows to everything behind it, and feeds a load of its own where one is given."""

    category: Literal[Category.METER]
    load: LoadInput | None = None
    """Active power of a load wired behind this meter."""
    power_factor: float = Field(default=1.0, gt=0.0, le=1.0)
    """Displacement power factor of the load, inductive."""
    phases: Phases = (1, 2, 3)
    """Phases that the load uses, in equal parts."""
    zip: LoadMixInput | None = None
    """How the load follows the voltage; it draws what it is said to if not given."""
    measurement: MeterOptions | None = None
    """How the meter measures; it shows what is if not given."""


class InverterSection(ComponentSection):
    """What a site file says of an inverter of any kind."""

    rated_power_w: PositivePower = Field(alias="rated_power")
    """AC active power [W]."""
    rated_apparent_power_va: PositiveApparentPower | None = Field(default=None, alias="rated_apparent_power")
    """AC apparent power [VA]; as much as the rated power if not given."""
    preset: str | None = None
    """Name of a set of efficiency and loss parameters."""
    standby_power_w: NonNegativePower | None = Field(default=None, alias="standby_power")
    """Drawn from the AC side while no power is converted [W]."""
    response_delay_s: Duration | None = Field(default=None, alias="response_delay")
    """From a command to the first movement [s]."""
    ramp_rate_w_per_s: PositiveRampRate | None = Field(default=None, alias="ramp_rate")
    """Greatest change of active power [W/s]."""
    resolution_w: PositivePower | None = Field(default=None, alias="resolution")
    """Step of the set-point [W]; the magnitude is floored to it."""
    min_power_factor: float | None = Field(default=None, ge=0.0, le=1.0)
    """Least power factor at which it gives reactive power; no such limit if not given."""
    max_reactive_power_var: PositiveReactivePower | None = Field(default=None, alias="max_reactive_power")
    """Greatest reactive power, either sign [var]; what the apparent power leaves if not given."""
    grid_code: GridCodeInput | None = None
    """When it leaves the grid and comes back; it keeps to none if not given."""
    phases: Phases = (1, 2, 3)

    @field_validator("rated_apparent_power_va")
    @classmethod
    def _not_below_rated_power(cls, apparent_va: float | None, info: ValidationInfo) -> float | None:
        power_w = info.data.get("rated_power_w", 0.0)
        if apparent_va is not None and apparent_va < power_w:
            raise refuse(f"at least the rated power, {power_w / 1e3:.6g} kVA")
        return apparent_va


def _known_module(name: str) -> str:
    if name not in pv_array_preset_names():
        raise refuse(one_of(pv_array_preset_names(), name))
    return name


class ArraySection(Section):
    """What a site file says of the modules behind an inverter."""

    module: Annotated[str, AfterValidator(_known_module)] | None = None
    """Name of a set of parameters of the modules."""
    soiling: Fraction | None = None
    """Share of the light lost to dirt; the preset's if not given."""
    shading: Fraction | None = None
    """Share of the light lost to shade; the preset's if not given."""


class BuiltInControl(Section):
    """What an inverter does by itself while no client tells it otherwise."""

    self_consumption: str | None = None
    """Key of the component, such as the main meter, whose active power it keeps at nothing; at rest if not given."""


class BatteryInverter(InverterSection, BuiltInControl):
    """Couples batteries to the AC side."""

    category: Literal[Category.BATTERY_INVERTER]


class PvInverter(ArraySection, InverterSection):
    """A photovoltaic array with its inverter."""

    category: Literal[Category.PV_INVERTER]
    peak_power_w: PositivePower | None = Field(default=None, alias="peak_power")
    """DC power of the array at 1000 W/m² and 25 °C [W]; as much as the inverter's rating if not given."""
    tilt_deg: Tilt = Field(default=written("30 °"), alias="tilt")
    """Of the array from the horizontal [°]."""
    azimuth_deg: Azimuth = Field(default=written("180 °"), alias="azimuth")
    """Of the array, clockwise from north [°]."""
    irradiance: IrradianceInput | None = None
    """On the plane of the array; clear sky with seeded clouds if neither this nor `power` is given."""
    power: PvPowerInput | None = None
    """Available AC power, in place of irradiance and array."""

    @field_validator("power")
    @classmethod
    def _instead_of_irradiance(cls, power: PvPowerInput | None, info: ValidationInfo) -> PvPowerInput | None:
        if power is not None and info.data.get("irradiance") is not None:
            raise refuse("either irradiance or power, not both")
        return power


class HybridInverter(ArraySection, InverterSection, BuiltInControl):
    """Couples batteries and photovoltaics, which share its direct current side, to the AC side."""

    category: Literal[Category.HYBRID_INVERTER]
    peak_power_w: PositivePower | None = Field(default=None, alias="peak_power")
    """DC power of the array at 1000 W/m² and 25 °C [W]; no array if not given."""
    tilt_deg: Tilt = Field(default=written("30 °"), alias="tilt")
    """Of the array from the horizontal [°]."""
    azimuth_deg: Azimuth = Field(default=written("180 °"), alias="azimuth")
    """Of the array, clockwise from north [°]."""
    irradiance: IrradianceInput | None = None
    """On the plane of the array; clear sky with seeded clouds if not given."""


def _percent(fraction: float) -> str:
    return f"{100.0 * fraction:.6g} %"


class Battery(ComponentSection):
    """Stores energy; controlled through the inverters in front of it."""

    category: Literal[Category.BATTERY]
    type: BatteryType = BatteryType.LI_ION
    preset: str = "lfp-92kwh"
    """Name of a set of cell and pack parameters."""
    capacity_wh: PositiveEnergy | None = Field(default=None, alias="capacity")
    """Nominal energy [Wh]; scales the preset's pack."""
    soc_lower: Fraction | None = Field(default=None, alias="min_soc")
    """The battery management system stops discharging here."""
    soc_upper: Fraction | None = Field(default=None, alias="max_soc")
    """The battery management system stops charging here."""
    initial_soc: Fraction = Field(default=written("50 %"))
    """State of charge when a run starts."""
    max_charge_power_w: PositivePower | None = Field(default=None, alias="max_charge_power")
    max_discharge_power_w: PositivePower | None = Field(default=None, alias="max_discharge_power")
    initial_temperature_c: Temperature | None = Field(default=None, alias="initial_temperature")
    """Of the cells when a run starts [°C]; that of the air if not given."""
    initial_spread: Fraction = Field(default=written("0 %"))
    """SoC of the fullest cell less that of the emptiest when a run starts."""
    bms: BatteryManagement = BatteryManagement()
    """Thresholds of the management system; those of the chemistry where not given."""
    ageing: AgeingPace = Field(default=written("off"))
    """`off`, or a pace: 1 for ageing as measured, 10 for ten times as fast."""

    @field_validator("soc_upper")
    @classmethod
    def _above_lower(cls, upper: float | None, info: ValidationInfo) -> float | None:
        lower = info.data.get("soc_lower")
        if upper is not None and lower is not None and upper <= lower:
            raise refuse(f"more than min_soc, which is {_percent(lower)}")
        return upper

    @field_validator("bms")
    @classmethod
    def _thresholds_agree(cls, bms: BatteryManagement, info: ValidationInfo) -> BatteryManagement:
        preset, capacity_wh = info.data.get("preset"), info.data.get("capacity_wh")
        if preset in battery_preset_names():
            battery = battery_preset(preset)
            check_management(preset, battery if capacity_wh is None else scaled(battery, capacity_wh), bms)
        return bms

    @field_validator("ageing")
    @classmethod
    def _ageing_is_known(cls, pace: float, info: ValidationInfo) -> float:
        if info.data.get("preset") in battery_preset_names():
            check_ageing_known(info.data["preset"], pace)
        return pace

    @field_validator("initial_soc")
    @classmethod
    def _within_limits(cls, soc: float, info: ValidationInfo) -> float:
        if not {"soc_lower", "soc_upper"} <= info.data.keys():
            return soc
        lower, upper = info.data["soc_lower"] or 0.0, info.data["soc_upper"]
        upper = 1.0 if upper is None else upper
        if not lower <= soc <= upper:
            raise refuse(f"{_percent(lower)}..{_percent(upper)}, from min_soc to max_soc")
        return soc


Inverter = BatteryInverter | PvInverter | HybridInverter
Component = Annotated[
    GridConnectionPoint | Meter | Inverter | Battery | FurtherDevice, Field(discriminator="category")
]


class Telemetry(Section):
    """How telemetry is sampled."""

    interval_s: PositiveDuration = Field(default=written("200 ms"), alias="interval")
    """Between two samples of a component [s]."""


class Site(Section):
    """A whole site: identity, components by key, and the weather around them."""

    microgrid: Microgrid
    components: Mapping[str, Component] = Field(min_length=1)
    """By key: letters, digits, `-` and `_`, beginning with a letter or digit."""
    ambient_temperature: TemperatureInput | None = None
    """Of the air around the devices; 20 °C if not given."""
    weather: Weather = Weather()
    """What sensors see beside the temperature of the air."""
    sensors: Mapping[str, Sensor] = {}
    """By key, none of them that of a component."""
    telemetry: Telemetry = Telemetry()
    directory: SkipJsonSchema[Path] = Field(default=Path(), exclude=True, repr=False)
    """Folder that relative paths of input files start from; set on loading."""

    def with_telemetry_interval(self, interval_s: float) -> Site:
        """Return the same site, sampled at another interval [s]."""
        telemetry = Telemetry.model_validate({"interval": f"{interval_s!r} s"})
        return self.model_copy(update={"telemetry": telemetry})

    def moment_us(self, moment: datetime) -> int:
        """Return a moment as simulated time [µs], by the site's clock if it names no offset."""
        return to_us(moment if moment.tzinfo else moment.replace(tzinfo=self.microgrid.location.zone))
