"""Batteries."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from ...models.ageing import AgeingParams, CalendarParams, CycleParams, check_ageing
from ...models.battery import BatteryParams, scaled
from ...models.battery_auxiliary import AuxiliaryParams, check_auxiliary
from ...models.battery_pack import CellParams, PackParams, battery_of_cells, check_battery
from ...models.bms import BmsParams, check_bms
from ...models.cell_spread import CellSpreadParams, least_mean_soc, most_mean_soc, most_spread
from ...models.parameter import check_parameters
from ...models.soc_estimate import SocEstimateParams
from ...models.tables import table_mean, table_value
from ..domain.categories import BatteryType, Category
from ..domain.states import StateCode
from ..files.parameters import Given, lacks_part, not_of_parts, overridden, with_part
from ..files.presets import MANAGED_AS, find_preset, preset_cache, preset_names
from ..files.sections import refuse, written
from ..files.units import Fraction, NonNegativePower, PositiveEnergy, PositivePower, Temperature
from .auxiliary import Auxiliary, auxiliary_params_of
from .battery_management import (
    AgeingPace,
    BatteryManagement,
    ageing_preset,
    check_ageing_known,
    check_management,
    managed,
)
from .cells import Cells, cell_spread_params
from .component_type import DC_PARENTS, BatterySystem, Built, ComponentType, Way
from .section import ComponentSection, given
from .setting import GridFacts, Setting
from .soc_estimate import SocEstimate, soc_estimate_params
from .switchgear import Shown, Switchgear


def _percent(fraction: float) -> str:
    return f"{100.0 * fraction:.6g} %"


class Battery(ComponentSection):
    """Stores energy; controlled through the inverters in front of it."""

    category: Literal[Category.BATTERY]
    type: BatteryType = BatteryType.LI_ION
    """Chemistry, as clients are told."""
    preset: str = "lfp-92kwh"
    """Name of a set of cell and pack parameters."""
    capacity_wh: PositiveEnergy | None = Field(default=None, alias="capacity")
    """Nominal energy [Wh], to which the pack is scaled; by preset if not given."""
    soc_lower: Fraction | None = Field(default=None, alias="min_soc")
    """State of charge at which the battery management system stops discharging; by preset if not given."""
    soc_upper: Fraction | None = Field(default=None, alias="max_soc")
    """State of charge at which the battery management system stops charging; by preset if not given."""
    initial_soc: Fraction = Field(default=written("50 %"))
    """State of charge when a run starts."""
    max_charge_power_w: PositivePower | None = Field(default=None, alias="max_charge_power")
    """Greatest power into the battery [W]; by preset if not given."""
    max_discharge_power_w: PositivePower | None = Field(default=None, alias="max_discharge_power")
    """Greatest power out of the battery [W]; by preset if not given."""
    min_power_w: NonNegativePower = Field(default=written("0 W"), alias="min_power")
    """Magnitude of power below which it is neither charged nor discharged [W]."""
    min_charge_power_w: NonNegativePower | None = Field(default=None, alias="min_charge_power")
    """Least power into the battery while it is charged [W]; `min_power` if not given."""
    min_discharge_power_w: NonNegativePower | None = Field(default=None, alias="min_discharge_power")
    """Least power out of the battery while it is discharged [W]; `min_power` if not given."""
    initial_temperature_c: Temperature | None = Field(default=None, alias="initial_temperature")
    """Initial temperature of the cells when a run starts [°C]; that of the air if not given."""
    initial_spread: Fraction = Field(default=written("0 %"))
    """SoC of the fullest cell less that of the emptiest when a run starts."""
    cells: Cells | None = None
    """How its cells differ; if not given, they are alike for whatever its SoC may be."""
    bms: BatteryManagement = BatteryManagement()
    """Thresholds of the management system; those of the chemistry where not given."""
    soc_estimate: SocEstimate | None = None
    """What its management system goes by in place of the true SoC; it knows that if not given."""
    auxiliary: Auxiliary | None = None
    """What it draws from its own cells for electronics, heating and cooling; nothing if not given."""
    ageing: AgeingPace = Field(default=written("off"))
    """`off`, or a pace: 1 for ageing as measured, 10 for ten times as fast."""

    @field_validator("soc_upper")
    @classmethod
    def _above_lower(cls, upper: float | None, info: ValidationInfo) -> float | None:
        lower = info.data.get("soc_lower")
        if upper is not None and lower is not None and upper <= lower:
            raise refuse(f"more than min_soc, which is {_percent(lower)}")
        return upper

    @field_validator("min_power_w")
    @classmethod
    def _within_its_powers(cls, power_w: float, info: ValidationInfo) -> float:
        given_w = [info.data.get(name) for name in ("max_charge_power_w", "max_discharge_power_w")]
        most_w = min((each for each in given_w if each is not None), default=power_w)
        if power_w > most_w:
            raise refuse(f"at most what it can take and give, {most_w / 1e3:.6g} kW")
        return power_w

    @field_validator("min_charge_power_w", "min_discharge_power_w")
    @classmethod
    def _at_most_the_greatest(cls, power_w: float | None, info: ValidationInfo) -> float | None:
        assert info.field_name is not None
        key = info.field_name.replace("min", "max", 1)
        most_w = info.data.get(key)
        if power_w is not None and most_w is not None and power_w > most_w:
            raise refuse(f"at most {key.removesuffix('_w')}, {most_w / 1e3:.6g} kW")
        return power_w

    @property
    def least_charge_w(self) -> float:
        """Least power into it while it is charged [W]."""
        return given(self.min_charge_power_w, self.min_power_w)

    @property
    def least_discharge_w(self) -> float:
        """Least power out of it while it is discharged [W]."""
        return given(self.min_discharge_power_w, self.min_power_w)

    @field_validator("bms")
    @classmethod
    def _thresholds_agree(cls, bms: BatteryManagement, info: ValidationInfo) -> BatteryManagement:
        preset, capacity_wh = info.data.get("preset"), info.data.get("capacity_wh")
        if preset in battery_preset_names():
            battery = battery_preset(preset)
            check_management(
                battery_chemistry(preset),
                battery if capacity_wh is None else scaled(battery, capacity_wh),
                cells_in_series(preset),
                bms,
            )
        return bms

    @field_validator("ageing")
    @classmethod
    def _ageing_is_known(cls, pace: float, info: ValidationInfo) -> float:
        if info.data.get("preset") in battery_preset_names():
            check_ageing_known(battery_chemistry(info.data["preset"]), pace)
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

    @field_validator("soc_estimate")
    @classmethod
    def _takes_it_for_an_soc(cls, estimate: SocEstimate | None, info: ValidationInfo) -> SocEstimate | None:
        soc = info.data.get("initial_soc")
        if estimate is not None and soc is not None and not 0.0 <= soc + estimate.initial_error <= 1.0:
            raise refuse(
                f"an initial_error of {_percent(-soc)}..{_percent(1.0 - soc)}, as initial_soc is {_percent(soc)}"
            )
        return estimate


BMS, AGEING, SOC_ESTIMATE, AUXILIARY, CELLS = "bms", "ageing", "soc_estimate", "auxiliary", "cells"
PARTS = (BMS, AGEING, SOC_ESTIMATE, AUXILIARY, CELLS)
"""What stands before the names of parameters that are not those of the cells themselves."""


_OF_THE_PACK = dict.fromkeys(
    (f"{BMS}.cells_in_series", f"{BMS}.balance.charge_capacity_ah"), "nothing, as it follows from the pack"
)
"""Parameters of the management system that the cells and the capacity say."""


def battery_preset_names() -> tuple[str, ...]:
    """Return the names that `battery_preset` accepts."""
    return preset_names("batteries")


@preset_cache
def battery_chemistry(name: str) -> str:
    """Return the chemistry by which the cells of a battery preset are managed and age, such as `lfp`.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    cell = find_preset("batteries", "battery preset", name)["cell"]
    chemistry: str = find_preset("cells", "cell", cell).get(MANAGED_AS, cell)
    return chemistry


def cells_in_series(name: str) -> float:
    """Return how many cells are in series in each string of a battery preset.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    return float(find_preset("batteries", "battery preset", name)["series"])


@preset_cache
def battery_preset(name: str) -> BatteryParams:
    """Return the parameters of a battery.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the preset describes a battery that cannot exist; names the parameter.
    """
    pack = dict(find_preset("batteries", "battery preset", name))
    cell_params = cell_preset(pack.pop("cell"))
    pack_params = PackParams(**pack)
    check_parameters(pack_params)
    params = battery_of_cells(cell_params, pack_params)
    check_battery(params)
    return params


@preset_cache
def cell_preset(name: str) -> CellParams:
    """Return the parameters of a cell.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If one is out of its range; names it.
    """
    cell = find_preset("cells", "cell", name)
    params = CellParams(
        **{key: _table_or_number(key, value) for key, value in cell.items() if key != MANAGED_AS}
    )
    check_parameters(params)
    return params


_TABLES_OR_NUMBERS = frozenset(
    {"ocv_slope_v_per_k", "r0_ohm", "r1_ohm", "r2_ohm", "charging_ohm", "charge_acceptance", "hysteresis_v"}
)


def _table_or_number(key: str, value: Any) -> Any:
    """Return a list as a tuple, and a single number in the place of a table as the same everywhere."""
    if isinstance(value, list):
        return tuple(value)
    return (value, value) if key in _TABLES_OR_NUMBERS else value


def battery_params(battery: Battery) -> BatteryParams:
    """Return the parameters of a battery."""
    params = battery_preset(battery.preset)
    if battery.capacity_wh is not None:
        params = scaled(params, battery.capacity_wh)
    params = params._replace(
        soc_lower=given(battery.soc_lower, params.soc_lower),
        soc_upper=given(battery.soc_upper, params.soc_upper),
        charge_power_max_w=given(battery.max_charge_power_w, params.charge_power_max_w),
        discharge_power_max_w=given(battery.max_discharge_power_w, params.discharge_power_max_w),
    )
    if battery.parameters:
        own = not_of_parts(battery.parameters, PARTS)
        params = _with_energy(overridden(params, own), own)
        check_battery(params)
    return params


def _with_energy(params: BatteryParams, given: Given) -> BatteryParams:
    """Return a battery with the energy that its charge and voltage make, where a site file sets one of those."""
    if "charge_capacity_ah" in given or "ocv_v" in given:
        return params._replace(capacity_wh=params.charge_capacity_ah * table_mean(params.ocv_v, 0.0, 1.0))
    return params


Law = TypeVar("Law", CalendarParams, CycleParams)
_TABLE = 21
"""Entries of every table of ageing, so that those of different chemistries are alike in a compiled run."""


def management_params(battery: Battery) -> BmsParams:
    """Return the management system of a battery."""
    params = managed(
        battery_chemistry(battery.preset),
        battery_params(battery),
        cells_in_series(battery.preset),
        battery.bms,
    )
    return with_part(params, battery.parameters, BMS, check_bms)


def ageing_params(battery: Battery) -> AgeingParams | None:
    """Return how a battery ages; None if it does not."""
    if battery.ageing == 0.0:
        return None
    params = ageing_preset(battery_chemistry(battery.preset), battery.ageing)
    params = with_part(params, battery.parameters, AGEING, check_ageing)
    return params._replace(
        capacity_by_time=_even(params.capacity_by_time),
        capacity_by_use=_even(params.capacity_by_use),
        resistance_by_time=_even(params.resistance_by_time),
        resistance_by_use=_even(params.resistance_by_use),
    )


def _managed_params(battery: Battery, _grid: GridFacts) -> BatteryParams:
    """Return the parameters of a battery that can be managed."""
    params = battery_params(battery)
    management_params(battery)
    return params


def _ageing_part(battery: Battery, _grid: GridFacts) -> AgeingParams:
    params = ageing_params(battery)
    if params is None:
        lacks_part(battery.parameters, AGEING, "this battery does not age (ageing: off)")
    return params


def estimate_params(battery: Battery) -> SocEstimateParams | None:
    """Return how the management system of a battery tells its SoC; None if it knows that."""
    if battery.soc_estimate is None:
        return None
    return with_part(soc_estimate_params(battery.soc_estimate), battery.parameters, SOC_ESTIMATE)


def _estimate_part(battery: Battery, _grid: GridFacts) -> SocEstimateParams:
    params = estimate_params(battery)
    if params is None:
        lacks_part(battery.parameters, SOC_ESTIMATE, "this battery's SoC is known (without soc_estimate)")
    return params


def auxiliary_params(battery: Battery) -> AuxiliaryParams | None:
    """Return what a battery draws from its own cells; None if nothing."""
    if battery.auxiliary is None:
        return None
    params = auxiliary_params_of(battery.auxiliary)
    return with_part(params, battery.parameters, AUXILIARY, check_auxiliary)


def initial_spread_most(battery: Battery) -> float:
    """Return the greatest `initial_spread` with which all cells are between empty and full at `initial_soc`."""
    return most_spread(_cells_of(battery), battery.initial_soc)


def initial_soc_within(battery: Battery) -> tuple[float, float]:
    """Return the least and the greatest SoC at which all cells, if balanced, are between empty and full."""
    cells = _cells_of(battery)
    return least_mean_soc(cells, 0.0, 0.0), most_mean_soc(cells, 0.0, 1.0)


def _cells_of(battery: Battery) -> CellSpreadParams:
    return spread_params(battery) or CellSpreadParams(0.0)


def _auxiliary_part(battery: Battery, _grid: GridFacts) -> AuxiliaryParams:
    params = auxiliary_params(battery)
    if params is None:
        lacks_part(battery.parameters, AUXILIARY, "this battery draws nothing itself (without auxiliary)")
    return params


def spread_params(battery: Battery) -> CellSpreadParams | None:
    """Return how the cells of a battery differ; None if they are alike."""
    if battery.cells is None:
        return None
    return with_part(cell_spread_params(battery.cells), battery.parameters, CELLS)


def _cells_part(battery: Battery, _grid: GridFacts) -> CellSpreadParams:
    params = spread_params(battery)
    if params is None:
        lacks_part(battery.parameters, CELLS, "this battery's cells are alike (without cells)")
    return params


def _even(law: Law) -> Law:
    tables: dict[str, Any] = {
        name: tuple(table_value(values, place / (_TABLE - 1)) for place in range(_TABLE))
        for name, values in law._asdict().items()
        if isinstance(values, tuple) and len(values) != _TABLE
    }
    return law._replace(**tables)


def build(battery: Battery, setting: Setting) -> Built:
    """Make a battery with its management system."""
    return Built(
        battery=BatterySystem(
            battery_params(battery),
            management_params(battery),
            ageing_params(battery),
            battery.initial_soc,
            given(battery.initial_temperature_c, setting.ambient_c),
            battery.initial_spread,
            battery.least_charge_w,
            battery.least_discharge_w,
            estimate_params(battery),
            0.0 if battery.soc_estimate is None else battery.soc_estimate.initial_error,
            auxiliary_params(battery),
            spread_params(battery),
        )
    )


def _caption(battery: Battery) -> list[str]:
    capacity = [] if battery.capacity_wh is None else [f"{battery.capacity_wh / 1e3:g} kWh"]
    return [battery.preset, *capacity, f"{100 * battery.initial_soc:g} %"]


TYPE = ComponentType(
    name=Category.BATTERY,
    category=Category.BATTERY,
    way=Way.BOTH,
    section=Battery,
    sdk_class="LiIonBattery",
    behind=DC_PARENTS,
    build=build,
    params=_managed_params,
    check=check_battery,
    parts={
        BMS: lambda battery, _grid: management_params(battery),
        AGEING: _ageing_part,
        SOC_ESTIMATE: _estimate_part,
        AUXILIARY: _auxiliary_part,
        CELLS: _cells_part,
    },
    presets=battery_preset_names,
    caption=_caption,
    identity=lambda battery: {"battery_type": battery.type},
    switchgear=lambda _battery: Switchgear(is_managed=True, shown=Shown.RELAY),
    unused=lambda _battery: _OF_THE_PACK,
    resting_state=StateCode.READY,
)
