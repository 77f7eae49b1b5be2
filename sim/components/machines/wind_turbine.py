"""Wind turbines with their converters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from ....models import wind_plant, wind_turbine
from ....models.ac import phase_shares
from ....models.air import SEA_LEVEL_PRESSURE_PA, pressure_at_altitude_pa
from ....models.parameter import ParameterError
from ....models.supply import SupplyParams
from ....models.wind_plant import WindPlantInput, WindPlantParams
from ....models.wind_turbine import (
    WindTurbineParams,
    WindTurbineState,
    wind_turbine_initial_state,
    wind_turbine_reactive_limit_var,
    wind_turbine_smoothed,
)
from ...domain.categories import Category
from ...domain.ranges import Bounds
from ...files.parameters import Number
from ...files.presets import check_at_most, check_own_draws, params_of_preset, preset_cache, preset_names
from ...files.sections import refuse, written
from ...files.units import DEGREE, FRACTION, METRE, METRE_PER_SECOND, SECOND, WATT, Fraction
from ...inputs.chance import Chance
from ...inputs.errors import InputError
from ...inputs.specs import ProductionFile, PvPowerInput, WindSpeedInput
from ..captions import input_caption, kilowatts
from ..component_type import AC_PARENTS, Built, ComponentType, Way
from ..device import AMBIENT, NOTHING, REACTIVE_SET_POINT, SET_POINT, Activity, Machine
from ..device_model import DeviceModel
from ..environment import AIR_PRESSURE, HUMIDITY, OUTDOORS, WIND
from ..rating import Rating
from ..section import RatedMachine, given
from ..setting import GridFacts, Setting
from ..supply import supply_machine
from .wind_power_curve import (
    MOST_FALL,
    Curve,
    CurveFile,
    PowerCurveInput,
    checked_curve,
    curve_end,
    curve_fall,
    curve_fault,
    curve_return,
    with_curve,
)

_Height = Annotated[float, METRE.within(lower=2.0, upper=250.0)]
_WindPower = Annotated[float, WATT.within(above=0.0, upper=2e7)]
_YawError = Annotated[float, DEGREE.within(lower=0.0, upper=45.0)]
_Turbulence = Annotated[float, FRACTION.within(lower=0.0, upper=0.4)]
_OutageLength = Annotated[float, SECOND.within(lower=60.0, upper=30 * 86400.0)]


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
    """Height of the hub above the ground [m]."""
    wind_height_m: _Height = Field(default=written("10 m"), alias="wind_height")
    """Where the wind is measured [m]."""
    shear_exponent: Annotated[Number, Field(ge=0.0, le=0.6)] | None = None
    """How the wind grows from there to the hub, as the height to this power; it is the hub's if not given."""
    power_curve: PowerCurveInput | None = None
    """Powers by wind speed at hub height, such as measured ones: a list, or a file; the preset's if not given."""
    cut_in_m_per_s: Annotated[float, METRE_PER_SECOND.within(lower=0.5, upper=8.0)] | None = Field(
        default=None, alias="cut_in_speed"
    )
    """It starts in wind as strong as this [m/s]; by curve or preset if not given."""
    cut_out_m_per_s: Annotated[float, METRE_PER_SECOND.within(lower=10.0, upper=60.0)] | None = Field(
        default=None, alias="cut_out_speed"
    )
    """It stops in wind stronger than this [m/s]; by curve or preset if not given."""
    restart_m_per_s: Annotated[float, METRE_PER_SECOND.within(lower=8.0, upper=60.0)] | None = Field(
        default=None, alias="restart_speed"
    )
    """After a storm it waits for wind as weak as this [m/s]; the preset's, at most the cut-out speed, if not given."""
    restart_wait_s: Annotated[float, SECOND.within(lower=0.0, upper=86400.0)] | None = Field(
        default=None, alias="restart_wait"
    )
    """For so long the wind has to be as weak [s]; the preset's if not given."""
    turbulence: _Turbulence | None = None
    """Spread of the wind within the time of which its values are means, over them, as far as the curve lacks it."""
    yaw_error_deg: _YawError | None = Field(default=None, alias="yaw_error")
    """Angle between the wind and the rotor's axis [°]; the preset's if not given."""
    iced_power: Fraction | None = None
    """Share of its power that iced blades leave, `0 %` if it stands still then; without it no ice grows."""
    availability: Fraction | None = None
    """Share of the time that it is in service, always if not given; outages come at random, by the seed of the run."""
    outage_duration_s: _OutageLength | None = Field(default=None, alias="outage_duration")
    """Outages begin and end at multiples of this time [s]; of a day if not given."""

    @field_validator("power")
    @classmethod
    def _is_of_its_rating(cls, power: PvPowerInput | None, info: ValidationInfo) -> PvPowerInput | None:
        if isinstance(power, ProductionFile) and "rated_power_w" in info.data:
            power.hold_to(info.data["rated_power_w"])
        return power

    @field_validator("power_curve")
    @classmethod
    def _of_its_rating(cls, curve: PowerCurveInput | None, info: ValidationInfo) -> PowerCurveInput | None:
        rated_w = info.data.get("rated_power_w")
        if curve is None or isinstance(curve, CurveFile) or rated_w is None:
            return curve
        wrong = curve_fault([(point.wind_speed_m_per_s, point.power_w) for point in curve], rated_w)
        if wrong is not None:
            raise refuse(f"{wrong[1]}; this one is {wrong[0]}")
        return curve

    @field_validator(
        "preset",
        "wind_speed",
        "shear_exponent",
        "power_curve",
        "cut_in_m_per_s",
        "cut_out_m_per_s",
        "restart_m_per_s",
        "restart_wait_s",
        "yaw_error_deg",
        "iced_power",
        "turbulence",
        "availability",
        "outage_duration_s",
    )
    @classmethod
    def _instead_of_power(cls, value: object, info: ValidationInfo) -> object:
        if value is not None and info.data.get("power") is not None:
            raise refuse("either power or what the model needs, not both")
        return value


def wind_turbine_preset_names() -> tuple[str, ...]:
    """Return the names that `wind_turbine_preset` accepts."""
    return preset_names("wind_turbines")


@preset_cache
def wind_turbine_preset(name: str) -> WindTurbineParams:
    """Return the parameters of a wind turbine.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a turbine that cannot exist; names the parameter.
    """
    params = params_of_preset(WindTurbineParams, "wind_turbines", "wind turbine preset", name)
    check_wind_turbine(params)
    return params


def check_wind_turbine(params: WindTurbineParams, within: str = "") -> None:
    """Hold parameters of a wind turbine to one another.

    Args:
        params: The turbine.
        within: What stands before the names in an error, with a dot.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    check_at_most(
        f"{within}stop_m_per_s", params.stop_m_per_s, "cut_in_m_per_s", params.cut_in_m_per_s, "m/s"
    )
    check_at_most(
        f"{within}restart_m_per_s", params.restart_m_per_s, "cut_out_m_per_s", params.cut_out_m_per_s, "m/s"
    )
    check_at_most(
        f"{within}cut_in_m_per_s", params.cut_in_m_per_s, "restart_m_per_s", params.restart_m_per_s, "m/s"
    )
    check_at_most(
        f"{within}rated_power_w", params.rated_power_w, "apparent_power_va", params.apparent_power_va, "VA"
    )
    check_at_most(
        f"{within}icing_below_c", params.icing_below_c, "melting_above_c", params.melting_above_c, "°C"
    )
    check_own_draws(params, ("standby_power_w",), params.rated_power_w, within)
    curve_w = params.power_curve_w
    place = curve_fall(curve_w, MOST_FALL * max(curve_w))
    if place is not None:
        found = f"{curve_w[place]:g} W after {curve_w[place - 1]:g} W"
        raise ParameterError(
            f"{within}power_curve_w[{place}]",
            found,
            "a power that does not fall before its greatest (physics)",
        )
    place = curve_return(curve_w)
    if place is not None:
        found = f"{curve_w[place]:g} W after none in less wind"
        accepted = "no power beyond the wind that is too strong for any (physics)"
        raise ParameterError(f"{within}power_curve_w[{place}]", found, accepted)


_USUAL_TURBINES = (
    (30e3, "bergey-excel-10kw"), (500e3, "northern-power-100kw"), (float("inf"), "senvion-mm82-2050kw"),
)  # fmt: skip
"""Up to a rated power [W]; chosen: the preset of the nearest class."""
_CUT_OUT = "turbine.cut_out_m_per_s"
_USUAL_OUTAGE_S = 86400.0
"""Chosen: a stop that somebody has to drive to."""
_SECONDS_TO_FULL = 10.0
"""Of a wind turbine, from nothing to the rating where a site file gives no ramp [s]; chosen."""
_TURBINE_ACTIVITIES = {
    wind_turbine.STOPPED: Activity.WAITING,
    wind_turbine.STORM: Activity.WAITING,
    wind_turbine.STARTING: Activity.STARTING,
    wind_turbine.RUNNING: Activity.WORKING,
}
WIND_PLANT = DeviceModel(
    "wind_plant", wind_plant.WindPlantInput, wind_plant.wind_plant_output,
    wind_plant.wind_plant_horizon_s, wind_plant.wind_plant_step, wind_plant.wind_plant_power_limits,
)  # fmt: skip


def build(turbine: WindTurbine, setting: Setting) -> Built:
    """Make a wind turbine that has long been in the wind; that of the site's weather if it has none of its own.

    Raises:
        InputError: If a recorded wind, or a recorded power in its place, cannot drive it, or the file of its power
            curve is wrong.
    """
    if turbine.power is not None:
        supply = _supply_params(turbine)
        return Built(
            machine=supply_machine(
                supply,
                turbine.power,
                _wind_rating(turbine, 0.0, supply.standby_power_w),
                phase_shares(turbine.phases),
                setting,
            )
        )
    try:
        params = wind_plant_params(turbine, setting.directory)
    except InputError as error:
        error.place = setting.key, "power_curve"
        raise
    own = None if turbine.wind_speed is None else setting.signal("wind_speed", turbine.wind_speed)
    wind = setting.make_wind() if own is None else own
    inputs = {} if own is None else {"wind_speed": own}
    if turbine.availability is not None:
        inputs["outage"] = Chance(
            1.0 - turbine.availability,
            step_us=round(given(turbine.outage_duration_s, _USUAL_OUTAGE_S) * 1e6),
            key=setting.of_input("outage").key,
        )
    machine = Machine(
        WIND_PLANT,
        params,
        wind_turbine_initial_state(params.turbine, wind.at(setting.start_us) * params.wind_ratio),
        phase_shares(turbine.phases),
        (
            SET_POINT,
            REACTIVE_SET_POINT,
            WIND if own is None else f"{setting.key}.wind_speed",
            OUTDOORS if setting.has_climate else AMBIENT,
            AIR_PRESSURE,
            HUMIDITY,
            f"{setting.key}.outage" if "outage" in inputs else NOTHING,
        ),
        inputs,
        _wind_rating(turbine, params.turbine.reactive_power_max_var, params.turbine.standby_power_w),
        lambda plant, active_w: wind_turbine_reactive_limit_var(plant.turbine, active_w),
        activity=_turbine_activity,
        choices={"outage": (0.0, 1.0)} if "outage" in inputs else {},
    )
    return Built(machine=machine)


def _wind_rating(turbine: WindTurbine, most_var: float, rest_w: float) -> Rating:
    """Return what a turbine can be told: the most that it may produce, and reactive power up to a limit [var]."""
    rated_w = turbine.rated_power_w
    return Rating(
        active=Bounds(-rated_w, 0.0),
        reactive=Bounds(-most_var, most_var) if most_var > 0.0 else None,
        default_w=-rated_w,
        ramp_rate_w_per_s=turbine.ramp_rate_w_per_s or rated_w / _SECONDS_TO_FULL,
        response_delay_s=turbine.response_delay_s,
        rest_w=rest_w,
        is_limit=True,
    )


def wind_plant_params(turbine: WindTurbine, directory: Path | None = None) -> WindPlantParams:
    """Return the parameters of a turbine: those of its preset, its powers scaled to its rating, and its place.

    Args:
        turbine: What the site file says.
        directory: Where relative paths start; a power curve from a file is left out, that of the preset in its place,
            if None.

    Raises:
        InputError: If that file is wrong, or something that the site file says does not suit its curve.
    """
    wind_ratio = 1.0
    if turbine.shear_exponent is not None:
        wind_ratio = (turbine.hub_height_m / turbine.wind_height_m) ** turbine.shear_exponent
    pressure_ratio = pressure_at_altitude_pa(turbine.hub_height_m) / SEA_LEVEL_PRESSURE_PA
    params = WindPlantParams(_turbine_params(turbine, directory), wind_ratio, pressure_ratio)
    if isinstance(turbine.power_curve, CurveFile) and directory is not None:
        _check_beside_file(turbine, turbine.power_curve, directory, params)
    return params


def _turbine_params(turbine: WindTurbine, directory: Path | None) -> WindTurbineParams:
    params = _scaled(wind_turbine_preset(_preset_name(turbine)), turbine.rated_power_w)
    curve = _curve(turbine, directory)
    if curve is not None:
        params = with_curve(params, curve)
    cut_in = given(turbine.cut_in_m_per_s, params.cut_in_m_per_s)
    cut_out = given(turbine.cut_out_m_per_s, params.cut_out_m_per_s)
    params = params._replace(
        cut_in_m_per_s=cut_in,
        stop_m_per_s=min(params.stop_m_per_s, cut_in),
        cut_out_m_per_s=cut_out,
        restart_m_per_s=given(turbine.restart_m_per_s, min(params.restart_m_per_s, cut_out)),
        restart_wait_s=given(turbine.restart_wait_s, params.restart_wait_s),
        yaw_error_deg=given(turbine.yaw_error_deg, params.yaw_error_deg),
        iced_share=given(turbine.iced_power, params.iced_share),
    )
    return params if turbine.turbulence is None else wind_turbine_smoothed(params, turbine.turbulence)


def _preset_name(turbine: WindTurbine) -> str:
    return turbine.preset or next(
        name for limit_w, name in _USUAL_TURBINES if turbine.rated_power_w <= limit_w
    )


def _curve(turbine: WindTurbine, directory: Path | None) -> Curve | None:
    """Return the power curve that the site file gives; None without one, or if it is in a file and there is no place.

    Raises:
        InputError: If that file is wrong.
    """
    curve = turbine.power_curve
    if curve is None or (isinstance(curve, CurveFile) and directory is None):
        return None
    return checked_curve(curve, directory or Path(), turbine.rated_power_w)


def speed_contradictions(
    turbine: WindTurbine, directory: Path | None = None
) -> Iterator[tuple[str, str, str]]:
    """Find speeds at which a turbine cannot stop or come back: yield key, what was found, and what would be accepted.

    Args:
        turbine: What the site file says.
        directory: As of `wind_plant_params`.
    """
    curve = _curve(turbine, directory)
    for key, speed in (
        ("cut_out_speed", turbine.cut_out_m_per_s),
        (f"parameters.{_CUT_OUT}", turbine.parameters.get(_CUT_OUT)),
    ):
        if curve is not None and isinstance(speed, float) and speed > curve_end(curve):
            accepted = f"at most {curve_end(curve):g} m/s, beyond which its power curve has no power"
            yield key, f"{speed:g} m/s", accepted
    cut_out = _turbine_params(turbine, directory).cut_out_m_per_s
    if turbine.restart_m_per_s is not None and turbine.restart_m_per_s > cut_out:
        accepted = f"at most {cut_out:g} m/s, its cut-out speed"
        yield "restart_speed", f"{turbine.restart_m_per_s:g} m/s", accepted


def _check_beside_file(
    turbine: WindTurbine, file: CurveFile, directory: Path, params: WindPlantParams
) -> None:
    """Hold what a site file says beside a power curve in a file to that curve.

    Raises:
        InputError: Naming the file, and the key or parameter.
    """
    name = Path(file.file).name
    for key, found, accepted in speed_contradictions(turbine, directory):
        raise InputError(name, None, f"{key} beside this curve", found, accepted)
    try:
        TYPE.with_parameters(params, turbine)
    except ParameterError as error:
        beside = f"parameters.{error.parameter} beside this curve"
        raise InputError(name, None, beside, error.found, error.accepted) from None


def read_power_curve_file(turbine: WindTurbine, directory: Path) -> None:
    """See that a power curve in a file is one, and suits what the site file says beside it.

    Raises:
        InputError: If not.
    """
    if turbine.power is None and isinstance(turbine.power_curve, CurveFile):
        wind_plant_params(turbine, directory)


def _scaled(params: WindTurbineParams, rated_w: float) -> WindTurbineParams:
    scale = rated_w / params.rated_power_w
    return params._replace(
        rated_power_w=rated_w,
        power_curve_w=tuple(min(power_w * scale, rated_w) for power_w in params.power_curve_w),
        standby_power_w=params.standby_power_w * scale,
        apparent_power_va=params.apparent_power_va * scale,
        reactive_power_max_var=params.reactive_power_max_var * scale,
    )


def _turbine_activity(_params: WindPlantParams, state: WindTurbineState, _inp: WindPlantInput) -> Activity:
    return _TURBINE_ACTIVITIES[state.mode]


def _supply_params(turbine: WindTurbine) -> SupplyParams:
    return SupplyParams(turbine.rated_power_w, turbine.rated_power_w, 0.0)


def _params(turbine: WindTurbine, _grid: GridFacts) -> SupplyParams | WindPlantParams:
    return wind_plant_params(turbine) if turbine.power is None else _supply_params(turbine)


def _check(params: SupplyParams | WindPlantParams) -> None:
    if isinstance(params, WindPlantParams):
        check_wind_turbine(params.turbine, "turbine.")
    else:
        check_own_draws(params, ("standby_power_w",), params.rated_power_w)


def _caption(turbine: WindTurbine) -> list[str]:
    source = [] if turbine.power is None else [f"power {input_caption(turbine.power, 'W')}"]
    return [kilowatts(turbine.rated_power_w), *source]


TYPE = ComponentType(
    name=Category.WIND_TURBINE,
    category=Category.WIND_TURBINE,
    way=Way.PRODUCES,
    section=WindTurbine,
    sdk_class="WindTurbine",
    behind=AC_PARENTS,
    build=build,
    params=_params,
    check=_check,
    presets=wind_turbine_preset_names,
    inputs={"power": 0.0, "wind_speed": None},
    files={"power_curve": read_power_curve_file},
    caption=_caption,
)
