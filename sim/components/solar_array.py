"""Arrays of photovoltaic modules behind inverters."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple, Protocol

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from ...models.inverter import InverterParams
from ...models.parameter import check_parameters
from ...models.pv import ModuleParams, PvArrayParams, pv_maximum_power_point, pv_point_at
from ...models.pv_module import check_diode, check_modules, module_power_w
from ...models.pv_spectrum import SpectrumParams
from ..files.parameters import lacks_part, of_part, with_part
from ..files.presets import check_at_most, find_preset, preset_names
from ..files.problems import one_of
from ..files.sections import Azimuth, Section, Tilt, ascending, refuse
from ..files.units import DEGREE, FRACTION, IRRADIANCE, METRE, Fraction, Unit
from ..inputs.limited import Mix
from ..inputs.profiles.obstacles import Obstacles, RowsOfModules
from ..inputs.profiles.spectral import Spectrum
from ..inputs.signal import Signal
from ..inputs.specs import ClearSky, IrradianceInput, shows_all_light
from .array_spectrum import Cells, OfCells, spectrum_params
from .section import given
from .setting import Setting

_YEAR = Unit("years", {"years": 1.0, "year": 1.0})
_Dusk = Annotated[float, IRRADIANCE.within(lower=0.0, upper=300.0)]
START_W_PER_M2 = 20.0
"""Chosen: two inverters of 3 kW at Sandia had not started in 15 W/m²; the next minute's light was 49 W/m²."""
STOP_W_PER_M2 = 10.0
"""Chosen: in the evening they went on down to between 9 and 14 W/m². Keeps to its ratio where another start is said."""
_YEARLY_DEGRADATION = 0.005
"""Chosen: median of crystalline modules."""
_TURN_DEG = 360.0
_ROUNDED = 1e-3
"""By so much shares may miss to add up."""
_HOT_C, _COOL_C = 60.0, 25.0
"""Temperatures of cells at which strings are to work within the inverter's window as well as they can; chosen."""


def _known_module(name: str) -> str:
    if name not in pv_array_preset_names():
        raise refuse(one_of(pv_array_preset_names(), name))
    return name


class HorizonPoint(Section):
    """How high the horizon is somewhere."""

    azimuth_deg: Azimuth = Field(alias="azimuth")
    """Where to look, clockwise from north [°]."""
    elevation_deg: Annotated[float, DEGREE.within(lower=0.0, upper=80.0)] = Field(alias="elevation")
    """Height of the horizon there [°]."""


def _closed(points: tuple[HorizonPoint, ...]) -> tuple[HorizonPoint, ...]:
    first, last = points[0], points[-1]
    if last.azimuth_deg - first.azimuth_deg == _TURN_DEG and last.elevation_deg != first.elevation_deg:
        raise refuse(
            f"one elevation at 0 ° and 360 °, which are the same way; found {first.elevation_deg:g} ° and "
            f"{last.elevation_deg:g} °"
        )
    return points


_Horizon = Annotated[
    tuple[HorizonPoint, ...],
    Field(min_length=1),
    ascending("azimuth", "azimuth", "°", lambda point: point.azimuth_deg),
    AfterValidator(_closed),
]


class Rows(Section):
    """Rows of modules of one kind, each before the next."""

    pitch_m: Annotated[float, METRE.within(above=0.0, upper=100.0)] = Field(alias="pitch")
    """Distance from row to row [m]."""
    height_m: Annotated[float, METRE.within(above=0.0, upper=20.0)] = Field(alias="height")
    """Of the modules of a row along their slope, from the lower to the upper edge [m]."""
    strings: Annotated[int, Field(strict=True, ge=1, le=20)] = 2
    """How many lie above each other in a row; 2 if not given. One that is shaded in part has no direct light."""

    @field_validator("height_m")
    @classmethod
    def _fits_between(cls, height: float, info: ValidationInfo) -> float:
        pitch = info.data.get("pitch_m")
        if pitch is not None and height > pitch:
            raise refuse(f"at most pitch, {pitch:g} m")
        return height


class Plane(Section):
    """Part of the modules, in a plane of its own and on a tracker of its own."""

    tilt_deg: Tilt = Field(alias="tilt")
    """From the horizontal [°]."""
    azimuth_deg: Azimuth = Field(alias="azimuth")
    """Clockwise from north [°]."""
    share: Annotated[float, FRACTION.within(above=0.0, upper=1.0)]
    """Of the peak power."""


def _whole(planes: tuple[Plane, ...]) -> tuple[Plane, ...]:
    whole = sum(plane.share for plane in planes)
    if abs(whole - 1.0) > _ROUNDED:
        raise refuse(f"shares that add up to 100 %; these do to {100.0 * whole:g} %")
    return planes


class ArraySection(Section):
    """What a site file says of the modules behind an inverter."""

    module: Annotated[str, AfterValidator(_known_module)] | None = None
    """Name of a set of parameters of the modules."""
    soiling: Fraction | None = None
    """Share of the light lost to dirt; the preset's if not given."""
    shading: Fraction | None = None
    """Share of the light lost to shade; the preset's if not given."""
    start_irradiance_w_per_m2: _Dusk | None = Field(default=None, alias="start_irradiance")
    """Light on the modules in which the inverter wakes [W/m²]; 20 W/m² if not given."""
    stop_irradiance_w_per_m2: _Dusk | None = Field(default=None, alias="stop_irradiance")
    """Light in which it falls asleep [W/m²]; half of that in which it wakes if not given."""
    age_years: Annotated[float, _YEAR.within(lower=0.0, upper=60.0)] | None = Field(default=None, alias="age")
    """Time that the modules have been in the sun [years]; new if not given."""
    yearly_degradation: Annotated[float, FRACTION.within(lower=0.0, upper=0.05)] | None = None
    """Share of the power lost in each year of that; 0.5 % if not given."""
    bifacial_gain: Annotated[float, FRACTION.within(lower=0.0, upper=0.4)] | None = None
    """Light on the back of the modules that counts, over that on the front; none if not given."""
    planes: (
        Annotated[tuple[Plane, ...], Field(min_length=1, max_length=12), AfterValidator(_whole)] | None
    ) = None
    """Several planes in place of `tilt` and `azimuth`, each with strings on a tracker of its own."""
    horizon: _Horizon | None = None
    """What stands before the sun, under the sky of this package: straight lines between points all around."""
    rows: Rows | None = None
    """Rows of modules that shade each other, under the sky of this package."""
    spectrum: Cells | None = None
    """Name of a kind of cells, which use light by its spectrum; all light alike if not given."""

    @field_validator("stop_irradiance_w_per_m2")
    @classmethod
    def _at_most_the_start(cls, stop: float | None, info: ValidationInfo) -> float | None:
        start = given(info.data.get("start_irradiance_w_per_m2"), START_W_PER_M2)
        if stop is not None and stop > start:
            raise refuse(f"at most start_irradiance, {start:g} W/m²")
        return stop


class BehindInverter(OfCells, Protocol):
    """What a site file says of modules and of the inverter that they are behind."""

    @property
    def module(self) -> str | None:
        """Name of a set of parameters of the modules."""
        ...

    @property
    def soiling(self) -> float | None:
        """Share of the light lost to dirt."""
        ...

    @property
    def shading(self) -> float | None:
        """Share of the light lost to shade."""
        ...

    @property
    def start_irradiance_w_per_m2(self) -> float | None:
        """Light in which the inverter wakes [W/m²]."""
        ...

    @property
    def stop_irradiance_w_per_m2(self) -> float | None:
        """Light in which it falls asleep [W/m²]."""
        ...

    @property
    def age_years(self) -> float | None:
        """Time that the modules have been in the sun [years]."""
        ...

    @property
    def yearly_degradation(self) -> float | None:
        """Share of the power lost in each year of that."""
        ...

    @property
    def bifacial_gain(self) -> float | None:
        """Light on the back of the modules that counts, over that on the front."""
        ...

    @property
    def planes(self) -> tuple[Plane, ...] | None:
        """Several planes in place of one."""
        ...

    @property
    def horizon(self) -> tuple[HorizonPoint, ...] | None:
        """What stands before the sun."""
        ...

    @property
    def rows(self) -> Rows | None:
        """Rows of modules that shade each other."""
        ...

    @property
    def rated_power_w(self) -> float:
        """AC active power of the inverter [W]."""
        ...

    @property
    def peak_power_w(self) -> float | None:
        """DC power at 1000 W/m² and 25 °C [W]."""
        ...

    @property
    def tilt_deg(self) -> float:
        """Tilt from the horizontal [°]."""
        ...

    @property
    def azimuth_deg(self) -> float:
        """Direction that it faces, clockwise from north [°]."""
        ...

    @property
    def irradiance(self) -> IrradianceInput | None:
        """Irradiance on the plane of the array."""
        ...


def pv_array_preset_names() -> tuple[str, ...]:
    """Return the names that `pv_array_preset` accepts."""
    return preset_names("pv_arrays")


def pv_array_preset(name: str, peak_power_w: float, string_voltage_v: float = 600.0) -> PvArrayParams:
    """Return the parameters of an array of a given size.

    Args:
        name: Of the preset.
        peak_power_w: DC power at 1000 W/m² and 25 °C [W], > 0.
        string_voltage_v: Wanted of a string under these conditions [V]: as many modules are in series as come
            nearest, at least one.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    values = dict(find_preset("pv_arrays", "PV array preset", name))
    del values["module"]
    coefficient = values.pop("alpha_sc_a_per_k") * (1.0 - values.pop("adjust_percent") / 100.0)
    diode = {key: values.pop(key) for key in ModuleParams._fields if key in values}
    module = ModuleParams(**diode, current_a_per_k=coefficient, power_stc_w=1.0)
    check_parameters(module, "module.")
    check_diode(module)
    point = pv_maximum_power_point(module, 1000.0, 25.0)
    params = PvArrayParams(
        dc_power_stc_w=peak_power_w,
        module=module._replace(power_stc_w=point.power_w),
        modules_in_series=max(float(round(string_voltage_v / point.voltage_v)), 1.0),
        **values,
    )
    check_parameters(params)
    return params


DEFAULT_MODULE = "crystalline-silicon"
ARRAY = "array"
"""Before the names of its parameters in a site file."""


def array_params(inverter: BehindInverter, params: InverterParams) -> PvArrayParams:
    """Return the parameters of the array of an inverter, in strings that suit its direct voltage."""
    peak_w = inverter.peak_power_w or inverter.rated_power_w
    array = pv_array_preset(inverter.module or DEFAULT_MODULE, peak_w, params.nominal_dc_voltage_v)
    start = given(inverter.start_irradiance_w_per_m2, START_W_PER_M2)
    years = given(inverter.age_years, 0.0)
    left = (1.0 - given(inverter.yearly_degradation, _YEARLY_DEGRADATION)) ** years
    array = array._replace(
        soiling=given(inverter.soiling, array.soiling),
        shading=given(inverter.shading, array.shading),
        degradation=1.0 - (1.0 - array.degradation) * left if years > 0.0 else array.degradation,
        bifacial_gain=given(inverter.bifacial_gain, array.bifacial_gain),
        modules_in_series=_within_window(array, params),
        start_w_per_m2=start,
        stop_w_per_m2=given(inverter.stop_irradiance_w_per_m2, STOP_W_PER_M2 / START_W_PER_M2 * start),
        voltage_min_v=params.dc_voltage_min_v,
        voltage_max_v=params.dc_voltage_max_v,
    )
    own = of_part(inverter.parameters, f"{ARRAY}.module")
    array = with_part(array, inverter.parameters, ARRAY, lambda made: check_diode(made.module))
    if own and "power_stc_w" not in own:
        power_w = module_power_w(array.module)
        array = array._replace(module=array.module._replace(power_stc_w=power_w))
    return with_part(array, inverter.parameters, ARRAY, check_array)


def check_array(array: PvArrayParams) -> None:
    """Hold parameters of an array to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    check_at_most("stop_w_per_m2", array.stop_w_per_m2, "start_w_per_m2", array.start_w_per_m2, "W/m²")
    check_at_most("voltage_min_v", array.voltage_min_v, "voltage_max_v", array.voltage_max_v, "V")
    check_modules(array)


def _within_window(array: PvArrayParams, inverter: InverterParams) -> float:
    """Return how many modules are in series: those of the array, unless others lose less to the inverter's window."""
    points = [(cell_c, pv_maximum_power_point(array.module, 1000.0, cell_c)) for cell_c in (_HOT_C, _COOL_C)]
    hot_v, cool_v = (point.voltage_v * (1.0 - array.wiring) for _, point in points)

    def kept(modules: float) -> float:
        shares = []
        for cell_c, best in points:
            per_module = modules * (1.0 - array.wiring)
            string_v = best.voltage_v * per_module
            edge_v = min(max(string_v, inverter.dc_voltage_min_v), inverter.dc_voltage_max_v)
            at_edge = pv_point_at(array.module, 1000.0, cell_c, edge_v / per_module)
            shares.append(1.0 if edge_v == string_v else at_edge.power_w / best.power_w)
        return sum(shares)

    most = max(float(math.floor(inverter.dc_voltage_max_v / cool_v)), 1.0)
    least = max(float(math.ceil(inverter.dc_voltage_min_v / hot_v)), 1.0)
    return max((array.modules_in_series, most, least), key=kept)


def no_array(inverter: BehindInverter) -> PvArrayParams:
    """Refuse parameters of modules where there are none.

    Raises:
        ParameterError: Always.
    """
    lacks_part(inverter.parameters, ARRAY, "this component has no modules of its own")


def planes_of(inverter: BehindInverter) -> list[tuple[float, tuple[float, float]]]:
    """Return the planes of the modules behind an inverter: share of each, its tilt and azimuth [°]."""
    if inverter.planes is None:
        return [(1.0, (inverter.tilt_deg, inverter.azimuth_deg))]
    return [(plane.share, (plane.tilt_deg, plane.azimuth_deg)) for plane in inverter.planes]


def obstacles_of(inverter: BehindInverter) -> Obstacles:
    """Return what stands before the modules behind an inverter."""
    points = tuple((point.azimuth_deg, point.elevation_deg) for point in inverter.horizon or ())
    rows = inverter.rows
    if rows is None:
        return Obstacles(points)
    return Obstacles(points, RowsOfModules(rows.height_m / rows.pitch_m, rows.strings))


class SolarArray(NamedTuple):
    """Photovoltaics on the direct current side of an inverter."""

    signal: Signal
    """Irradiance on its plane, or the mean of its planes [W/m²]."""
    array: PvArrayParams
    is_outdoors: bool = False
    """Whether it is in the air of place and season, not in that about the devices."""
    spectrum: SpectrumParams | None = None
    """What its cells use of light, if the spectrum counts."""


def solar_array(inverter: BehindInverter, params: InverterParams, setting: Setting) -> SolarArray:
    """Make the modules behind an inverter, under a clear sky with seeded clouds if the file gives no irradiance.

    Raises:
        InputError: If recorded irradiance cannot drive it.
    """
    given_sun = inverter.irradiance if inverter.irradiance is not None else ClearSky()
    cells = spectrum_params(inverter)
    spectrum = None
    if cells is not None and shows_all_light(given_sun):
        spectrum = Spectrum(cells, setting.location, setting.make_air())
    parts = [
        (
            share,
            setting.signal(
                "irradiance",
                given_sun,
                plane=plane,
                is_glazed=True,
                obstacles=obstacles_of(inverter),
                spectrum=spectrum,
            ),
        )
        for share, plane in planes_of(inverter)
    ]
    sun = parts[0][1] if len(parts) == 1 else Mix(parts)
    has_default_sky = isinstance(given_sun, ClearSky) and given_sun.clouds is None
    is_outdoors = setting.has_climate and has_default_sky
    return SolarArray(sun, array_params(inverter, params), is_outdoors, cells)
