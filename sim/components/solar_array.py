"""Arrays of photovoltaic modules behind inverters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple, Protocol

from pydantic import AfterValidator

from ...models.inverter import InverterParams
from ...models.parameter import check_parameters
from ...models.pv import ModuleParams, PvArrayParams, pv_maximum_power_point
from ..files.parameters import lacks_part, with_part
from ..files.presets import find_preset, preset_names
from ..files.problems import one_of
from ..files.sections import Section, refuse
from ..files.units import Fraction
from ..inputs.signal import Signal
from ..inputs.specs import ClearSky, IrradianceInput
from .section import given
from .setting import Setting


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


class BehindInverter(Protocol):
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
    def rated_power_w(self) -> float:
        """AC active power of the inverter [W]."""
        ...

    @property
    def peak_power_w(self) -> float | None:
        """DC power at 1000 W/m² and 25 °C [W]."""
        ...

    @property
    def tilt_deg(self) -> float:
        """From the horizontal [°]."""
        ...

    @property
    def azimuth_deg(self) -> float:
        """Clockwise from north [°]."""
        ...

    @property
    def parameters(self) -> Mapping[str, float | tuple[float, ...]]:
        """Parameters that the file sets, those of the array as `array.…`."""
        ...

    @property
    def irradiance(self) -> IrradianceInput | None:
        """On the plane of the array."""
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
    array = array._replace(
        soiling=given(inverter.soiling, array.soiling), shading=given(inverter.shading, array.shading)
    )
    return with_part(array, inverter.parameters, ARRAY)


def no_array(inverter: BehindInverter) -> PvArrayParams:
    """Refuse parameters of modules where there are none.

    Raises:
        ParameterError: Always.
    """
    lacks_part(inverter.parameters, ARRAY, "this component has no modules of its own")


class SolarArray(NamedTuple):
    """Photovoltaics on the direct current side of an inverter."""

    signal: Signal
    """Irradiance on its plane [W/m²]."""
    array: PvArrayParams
    is_outdoors: bool = False
    """Whether it is in the air of place and season, not in that about the devices."""


def solar_array(inverter: BehindInverter, params: InverterParams, setting: Setting) -> SolarArray:
    """Make the modules behind an inverter, under a clear sky with seeded clouds if the file gives no irradiance.

    Raises:
        InputError: If recorded irradiance cannot drive it.
    """
    given_sun = inverter.irradiance if inverter.irradiance is not None else ClearSky()
    plane = (inverter.tilt_deg, inverter.azimuth_deg)
    sun = setting.signal("irradiance", given_sun, plane=plane, is_glazed=True)
    is_outdoors = setting.has_climate and isinstance(given_sun, ClearSky)
    return SolarArray(sun, array_params(inverter, params), is_outdoors)
