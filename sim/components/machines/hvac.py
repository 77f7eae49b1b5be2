"""Heating, ventilation and air conditioning."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ....models import hvac
from ....models.ac import phase_shares
from ....models.hvac import (
    LIFT_MAX_K,
    LIFT_MIN_K,
    HvacParams,
    hvac_cop,
    hvac_initial_state,
    hvac_lift_k,
)
from ....models.parameter import ParameterError
from ...domain.categories import Category
from ...files.presets import check_at_most, check_own_draws, params_of_preset, preset_cache, preset_names
from ...files.sections import refuse, refuse_at
from ...files.units import CELSIUS, WATT, Temperature
from ...inputs.signal import Constant
from ...inputs.specs import ConsumedInput, TemperatureInput
from ..component_type import AC_PARENTS, Built, ComponentType, Way
from ..device import AMBIENT, SET_POINT, Machine
from ..device_model import DeviceModel
from ..load import wired_load
from ..section import ModelledConsumer, given, no_load_beside
from ..setting import GridFacts, Setting
from .consumer import consumer_caption, refuse_parameters_beside_load, upper_limit_rating

_RoomTemperature = Annotated[float, CELSIUS.within(lower=-40.0, upper=60.0)]
_CompressorPower = Annotated[float, WATT.within(above=0.0, upper=5e6)]
SMALL_HVAC_W = 5e3
"""Up to this rated power, a heat pump of a house is meant; above it, the machine of an office [W]."""


class Hvac(ModelledConsumer):
    """Heating, ventilation and air conditioning of a room or building; a set-point is the most it may draw."""

    category: Literal[Category.HVAC]
    rated_power_w: _CompressorPower | None = Field(default=None, alias="rated_power")
    """Electric, of the running machine [W]; scales the building along. That of the preset if not given."""
    preset: str | None = None
    """Name of a set of parameters; by the rated power if not given."""
    heating_temperature_c: _RoomTemperature | None = Field(default=None, alias="heating_temperature")
    """Temperature of the room around which its thermostat heats [°C]; by preset if not given."""
    cooling_temperature_c: _RoomTemperature | None = Field(default=None, alias="cooling_temperature")
    """Temperature of the room around which its thermostat cools [°C]; by preset if not given."""
    gains: ConsumedInput | None = None
    """Heat that people, devices and the sun bring into the room [W]; none if not given."""
    source_temperature: TemperatureInput | None = None
    """Temperature of the ground or water that it takes heat from and rejects it to [°C]; the air if not given."""
    supply_temperature_c: Annotated[float, CELSIUS.within(lower=20.0, upper=75.0)] | None = Field(
        default=None, alias="supply_temperature"
    )
    """Temperature at which it gives heat to the room [°C]; by preset if not given."""
    initial_temperature_c: Temperature | None = Field(default=None, alias="initial_temperature")
    """Initial temperature of the room when a run starts [°C]; what it is held at if not given."""

    _instead_of_load = field_validator(
        "rated_power_w",
        "preset",
        "heating_temperature_c",
        "cooling_temperature_c",
        "gains",
        "source_temperature",
        "supply_temperature_c",
        "initial_temperature_c",
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
        if set_c is not None and not is_heating and params.can_heat:
            least_c = params.hysteresis_k + given(
                info.data.get("heating_temperature_c"), params.heating_set_point_c
            )
            if set_c < least_c:
                raise refuse(f"at least {least_c:g} °C, the hysteresis above the heating temperature")
        return set_c

    @field_validator("supply_temperature_c")
    @classmethod
    def _heats(cls, supply_c: float | None, info: ValidationInfo) -> float | None:
        name = info.data.get("preset")
        if supply_c is not None and name in hvac_preset_names() and not hvac_preset(name).can_heat:
            raise refuse(f"none: {name} does not heat")
        return supply_c

    @model_validator(mode="after")
    def _warms_the_room(self) -> Self:
        if self.preset not in hvac_preset_names() or self.parameters:
            return self  # Parameters may say the rest of it.
        params = hvac_preset(self.preset)
        most_c = params.cooling_set_point_c - params.hysteresis_k
        if (
            params.can_cool
            and self.cooling_temperature_c is None
            and self.heating_temperature_c is not None
            and self.heating_temperature_c > most_c
        ):
            accepted = f"at most {most_c:g} °C, the hysteresis below the cooling temperature"
            raise refuse_at(("heating_temperature",), f"{self.heating_temperature_c:g} °C", accepted)
        heating_c = given(self.heating_temperature_c, params.heating_set_point_c)
        supply_c = given(self.supply_temperature_c, params.supply_c)
        warmest_c = _warmest_room_c(params._replace(heating_set_point_c=heating_c))
        if not params.can_heat or supply_c > warmest_c:
            return self
        if self.supply_temperature_c is None:
            most_c = supply_c + heating_c - warmest_c
            accepted = f"below {most_c:g} °C, half the hysteresis below supply_temperature, {supply_c:g} °C"
            raise refuse_at(("heating_temperature",), f"{heating_c:g} °C", accepted)
        accepted = f"above {warmest_c:g} °C, half the hysteresis above the heating temperature"
        raise refuse_at(("supply_temperature",), f"{supply_c:g} °C", accepted)


def hvac_preset_names() -> tuple[str, ...]:
    """Return the names that `hvac_preset` accepts."""
    return preset_names("hvacs")


@preset_cache
def hvac_preset(name: str) -> HvacParams:
    """Return the parameters of a room or building with its machine.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a machine that cannot exist; names the parameter.
    """
    params = params_of_preset(HvacParams, "hvacs", "HVAC preset", name)
    check_hvac(params)
    return params


_SHORTEST_CYCLE_S = 1.0
"""Least time from one switching to the one after the next; chosen, far below any [s]."""
_KELVIN = 273.15
_RATING_SOURCE_C = 7.0
"""Of the air in which a heat pump must do more than a resistance; chosen [°C]."""
_MOST_HEAT = 10.0
"""Over electrical power; the quickest that a room is warmed or cooled goes by it."""


def check_hvac(params: HvacParams) -> None:
    """Hold parameters of a room and its machine to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    check_at_most("minimum_power_w", params.minimum_power_w, "rated_power_w", params.rated_power_w, "W")
    check_own_draws(params, ("standby_power_w",), params.rated_power_w)
    if not (params.can_heat or params.can_cool):
        raise ParameterError(
            "can_heat", "false", "true, or can_cool true; a machine with neither does nothing"
        )
    if params.can_heat and params.supply_c <= _warmest_room_c(params):
        accepted = (
            f"above {_warmest_room_c(params):g} °C, heating_set_point_c and half of hysteresis_k (physics)"
        )
        raise ParameterError("supply_c", f"{params.supply_c:g} °C", accepted)
    if params.can_heat and params.can_cool:
        gap_k = params.cooling_set_point_c - params.heating_set_point_c
        check_at_most(
            "hysteresis_k", params.hysteresis_k, "cooling_set_point_c less heating_set_point_c", gap_k, "K"
        )
    _check_cop(params)
    resting_s = params.min_run_s + params.min_pause_s
    least_j_per_k = (_SHORTEST_CYCLE_S - resting_s) * _MOST_HEAT * params.rated_power_w / params.hysteresis_k
    if params.heat_capacity_j_per_k < least_j_per_k:
        raise ParameterError(
            "heat_capacity_j_per_k",
            f"{params.heat_capacity_j_per_k:g} J/K",
            f"at least {least_j_per_k:g} J/K, or min_run_s or min_pause_s; else it switches without end",
        )


def _warmest_room_c(params: HvacParams) -> float:
    """Return the temperature up to which a room is heated [°C]."""
    return params.heating_set_point_c + 0.5 * params.hysteresis_k


def _check_cop(params: HvacParams) -> None:
    """Hold the COP to that of Carnot's cycle between the same temperatures, and its curve to what a resistance has."""
    lift_k = hvac_lift_k(params, _RATING_SOURCE_C)
    least_per_k = (1.0 - params.cop_constant) / lift_k - params.cop_per_k2 * lift_k
    if params.can_heat and params.cop_per_k < least_per_k:
        raise ParameterError(
            "cop_per_k",
            f"{params.cop_per_k:g} 1/K",
            f"at least {least_per_k:g} 1/K, with which the COP is 1 at a lift of {lift_k:g} K, from air of"
            f" {_RATING_SOURCE_C:g} °C to supply_c",
        )
    for lift_k in range(int(LIFT_MIN_K), int(LIFT_MAX_K) + 1):
        found, most = hvac_cop(params, params.supply_c - lift_k), (params.supply_c + _KELVIN) / lift_k
        if found > most:
            raise ParameterError(
                "cop_constant",
                f"{params.cop_constant:g}, with cop_per_k and cop_per_k2 a COP of {found:.3g} at a lift of {lift_k} K",
                f"what leaves it at most {most:.3g} there, that of Carnot's cycle",
            )


HVAC = DeviceModel(
    "hvac", hvac.HvacInput, hvac.hvac_output, hvac.hvac_horizon_s, hvac.hvac_step, hvac.hvac_power_limits,
)  # fmt: skip


def build(unit: Hvac, setting: Setting) -> Built:
    """Make a room or building with its machine, which has rested.

    Raises:
        InputError: If recorded gains cannot drive it.
    """
    if unit.load is not None:
        return Built(load=wired_load(unit, unit.load, setting))
    params = hvac_params(unit)
    least_w, most_w = params.standby_power_w, params.standby_power_w + params.rated_power_w
    inputs = {"gains": Constant(0.0) if unit.gains is None else setting.signal("gains", unit.gains)}
    source = AMBIENT
    if unit.source_temperature is not None:
        inputs["source_temperature"] = setting.signal("source_temperature", unit.source_temperature)
        source = f"{setting.key}.source_temperature"
    machine = Machine(
        HVAC,
        params,
        hvac_initial_state(params, _first_room_c(unit, params)),
        phase_shares(unit.phases),
        (SET_POINT, AMBIENT, f"{setting.key}.gains", source),
        inputs,
        upper_limit_rating(least_w, most_w, unit.response_delay_s),
    )
    return Built(machine=machine)


def hvac_params(hvac: Hvac) -> HvacParams:
    """Return the parameters of a building with its machine: those of its preset, scaled to its rated power."""
    assert hvac.preset is not None
    params = hvac_preset(hvac.preset)
    scale = 1.0 if hvac.rated_power_w is None else hvac.rated_power_w / params.rated_power_w
    heating_c, cooling_c = hvac.heating_temperature_c, hvac.cooling_temperature_c
    params = params._replace(
        rated_power_w=params.rated_power_w * scale,
        minimum_power_w=params.minimum_power_w * scale,
        standby_power_w=params.standby_power_w * scale,
        heat_capacity_j_per_k=params.heat_capacity_j_per_k * scale,
        heat_loss_w_per_k=params.heat_loss_w_per_k * scale,
        heating_set_point_c=params.heating_set_point_c if heating_c is None else heating_c,
        cooling_set_point_c=params.cooling_set_point_c if cooling_c is None else cooling_c,
        supply_c=params.supply_c if hvac.supply_temperature_c is None else hvac.supply_temperature_c,
    )
    if not hvac.parameters:
        check_hvac(params)
    return params


def _first_room_c(hvac: Hvac, params: HvacParams) -> float:
    if hvac.initial_temperature_c is not None:
        return hvac.initial_temperature_c
    return params.heating_set_point_c if params.can_heat else params.cooling_set_point_c


def _params(unit: Hvac, _grid: GridFacts) -> HvacParams:
    refuse_parameters_beside_load(unit)
    return hvac_params(unit)


TYPE = ComponentType(
    name=Category.HVAC,
    category=Category.HVAC,
    way=Way.CONSUMES,
    section=Hvac,
    sdk_class="Hvac",
    behind=AC_PARENTS,
    build=build,
    params=_params,
    check=check_hvac,
    presets=hvac_preset_names,
    inputs={"load": 0.0, "gains": 0.0, "source_temperature": None},
    caption=consumer_caption,
)
