"""What the models of a component are made of: each parameter with its value, and where that is from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter

from ...models.grid_code import GridCodeParams
from ...models.parameter import Parameter, described_parameters, watched_units
from ..components.array_spectrum import SPECTRUM
from ..components.charged_cars import KnownCar
from ..components.component_type import Built
from ..components.own_keys import key_given
from ..components.registry import type_of
from ..components.section import ComponentSection
from ..components.solar_array import ARRAY
from ..files.parameters import SWITCH
from ..files.preset_comments import remarks_on
from ..files.presets import PresetName, own_presets, presets_asked
from ..files.sections import Section
from .environment import ambient_signal, settings
from .site import Site
from .weather import Sensor, sensor_params

_DRIVES = frozenset(
    {
        "id", "category", "behind", "preset", "module", "load", "power", "irradiance", "car", "accuracy_class",
        "rated_fuse_current_a",
    }
)  # fmt: skip
"""Keys without which a component would be another one, driven by something else, or drawn otherwise by chance."""

_PARTS = frozenset(
    {
        "grid_code", "volt_var", "watt_var", "watt_pf", "freq_watt", "measurement", "fuse", "voltages",
        "soc_estimate", "auxiliary", "cells",
    }
)  # fmt: skip
"""Keys that give a component a part with parameters of its own, which stays where the file says less of it."""
_OF_A_CODE = "grid_code.code."
"""Before the names of what a grid code's preset has."""
GRID_CODES = "grid codes"
"""What stands for the file of presets of grid codes, which is none."""
_PRESETS_OF: Mapping[str, frozenset[str]] = {
    ARRAY: frozenset({"pv_arrays"}),
    "bms": frozenset({"bms", "batteries", "cells"}),
    "ageing": frozenset({"ageing"}),
    "fuse": frozenset({"fuses"}),
    **dict.fromkeys(
        ("grid_code", "soc_estimate", "auxiliary", "cells", "meter", "impedance"), frozenset[str]()
    ),
}
"""Files of presets that parts with models of their own have values from; all else has them from any."""
_NOISE = Parameter("1", 0.0, 0.1)
_FOLLOWS = {
    "keeps_dc_window": "preset",
    "keeps_dc_current": "preset",
    "cut_in_m_per_s": "power_curve",
    "stop_m_per_s": "power_curve",
}
"""Parameters that follow from a field about something else, where a file gives that."""
_MADE_OF = {
    "standby_power_w": "standby",
    "no_load_loss_w": "no_load_loss",
    "quadratic_loss_per_w": "quadratic_loss",
    "ramp_rate_w_per_s": "ramp_rate_per_s",
    "heat_capacity_j_per_k": "time_constant_s",
    "heat_loss_w_per_k": "temperature_rise_k",
    "dc_current_max_a": "dc_current_a_per_kw",
    "heat_sink_max_c": "full_power_ambient_c",
    "c1_f": "rc1_time_constant_s",
    "c2_f": "rc2_time_constant_s",
    "hysteresis_f": "hysteresis_rate",
    "self_discharge_a": "self_discharge_per_month",
    "charge_current_max_a": "charge_rate_max_per_h",
    "discharge_current_max_a": "discharge_rate_max_per_h",
    "bms.link.capacitance_f": "link_capacitance_f_per_kw",
    "bms.link.precharge_resistance_ohm": "precharge_time_constant_s",
    "bms.link.discharge_resistance_ohm": "discharge_time_constant_s",
    "array.module.current_a_per_k": "alpha_sc_a_per_k",
    "array.module.power_stc_w": "light_current_a",
    "array.voltage_min_v": "dc_voltage_min_v",
    "array.voltage_max_v": "dc_voltage_max_v",
}
"""Parameters that a model makes of others of a preset for the size of the component, and the main one of those."""


class Origin(StrEnum):
    """Where the value of a parameter is from."""

    FILE = "file"
    """A key of the component, or `parameters:`."""
    PRESET = "preset"
    """The preset that the file names, or the one for a device of this kind, has it, if only for each kilowatt."""
    MODEL = "model"
    """What the model takes where nobody says anything."""


class Explained(NamedTuple):
    """One parameter of a component."""

    name: str
    """As in `parameters:`; one of a part has the part's name before it."""
    value: Any
    """A number in its unit, a table of them, or whatever else the model takes."""
    unit: str
    """As text; `1` for a plain number."""
    accepted: str
    """Range of what it may be."""
    origin: Origin
    remark: str
    """What the file of the preset says of the value, or of what it is made of: a data sheet, or that it is chosen."""


class Explanation(NamedTuple):
    """All parameters of a component, and the presets that they are from."""

    presets: dict[PresetName, str]
    """Each with what its file says of it as a whole."""
    parameters: tuple[Explained, ...]


def explained(site: Site, key: str, *, start_us: int) -> Explanation:
    """Return all parameters of a component's models, as a run would have them.

    Args:
        site: A valid site.
        key: Of the component.
        start_us: When the run would start [µs since the Unix epoch].

    Raises:
        InputError: If a recorded input cannot drive the component from its start.
        ParameterError: If it cannot be built of the site's parameters.
    """
    section, built = site.components[key], builder_of(site, start_us)
    with presets_asked() as asked:
        made = dict(_parameters(built(key, section), section))
    plain = section.model_copy(update=_defaults(section))
    of_plain = dict(_parameters(built(key, plain), plain))
    presets, remarks = dict[PresetName, str](), list[tuple[str, dict[str, str]]]()
    with own_presets(site.own_presets):
        for preset in asked:
            presets[preset], of_values = remarks_on(preset)
            remarks.append((preset.file, of_values))
    code = getattr(section, "grid_code", None)
    if code is not None:
        presets[PresetName(GRID_CODES, code.preset)] = ""
    found, unused = [], type_of(section).unused(section)
    for name, (value, unit, accepted) in made.items():
        if name in unused:
            continue
        is_said = (
            name in section.parameters
            or key_given(section, name) is not None
            or _follows(section, name, value)
        )
        of_its_presets = _remarks_of(name, remarks)
        is_there_anyway, remark = name in of_plain, _remark(name, of_its_presets)
        if is_said or (of_plain[name][0] != value if is_there_anyway else remark is None):
            found.append(Explained(name, value, unit, accepted, Origin.FILE, ""))
        else:
            if remark is None and (main := _MADE_OF.get(name)) is not None:
                remark = _remark(main, _remarks_of(main, remarks))
            if name.startswith(_OF_A_CODE):
                remark = described_parameters(GridCodeParams)[name.removeprefix(_OF_A_CODE)].source
            origin = Origin.MODEL if remark is None else Origin.PRESET
            found.append(Explained(name, value, unit, accepted, origin, remark or ""))
    with own_presets(site.own_presets):
        found.extend(each for car in type_of(section).cars(section) for each in _of_car(car))
    return Explanation(presets, tuple(found))


def explained_sensor(sensor: Sensor) -> tuple[Explained, ...]:
    """Return all parameters of a sensor, as a run would have them, each with the metric before its name.

    Raises:
        ParameterError: If no sensor has such.
    """
    found = []
    for metric in sensor.metrics:
        given = sensor.parameters.get(metric, {})
        for name, (value, unit, accepted) in _flat("", sensor_params(metric, given)):
            origin = Origin.FILE if name in given else Origin.MODEL
            found.append(Explained(f"{metric}.{name}", value, unit, accepted, origin, ""))
    return tuple(found)


def _follows(section: ComponentSection, name: str, value: object) -> bool:
    """Say whether a parameter is what it is for a field of a file that is about something else."""
    field = _FOLLOWS.get(name.rpartition(".")[2])
    return value is not False and field is not None and getattr(section, field, None) is not None


def _remarks_of(name: str, remarks: Iterable[tuple[str, dict[str, str]]]) -> dict[str, str]:
    """Return what the presets that a parameter may be from say of their values.

    Args:
        name: Of the parameter, after those of the sets that it is in.
        remarks: By the file of the preset.
    """
    files = _PRESETS_OF.get(name.partition(".")[0])
    found = dict[str, str]()
    for file, of_values in remarks:
        if files is None or file in files:
            found |= of_values
    return found


def _of_car(car: KnownCar) -> Iterator[Explained]:
    remarks = {} if car.preset is None else remarks_on(car.preset)[1]
    for name, (value, unit, accepted) in _flat("", car.params):
        told = f"{car.name}.{name}"
        if name in car.said:
            yield Explained(told, value, unit, accepted, Origin.FILE, "")
        elif name in remarks:
            yield Explained(told, value, unit, accepted, Origin.PRESET, remarks[name])
        else:
            yield Explained(told, value, unit, accepted, Origin.MODEL, "")


def _remark(name: str, remarks: Mapping[str, str]) -> str | None:
    """Return what presets say of a parameter, whose sets have other names than in a file; None if they have none such.

    Args:
        name: After those of the sets that it is in.
        remarks: By the keys of values.
    """
    parts = name.split(".")
    for first in range(len(parts)):
        if (remark := remarks.get(".".join(parts[first:]))) is not None:
            return remark
    alike = [remark for key, remark in remarks.items() if key.rpartition(".")[2] == parts[-1]]
    return alike[0] if len(alike) == 1 else None


def _defaults(section: BaseModel) -> dict[str, Any]:
    """Return what a component has in place of whatever its file may leave out; parts that it has by the file stay."""
    plain = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if field.is_required() or name in _DRIVES:
            continue
        if name in _PARTS and isinstance(value, Section):
            plain[name] = value.model_copy(update=_defaults(value))
        else:
            # Defaults are written as in a file.
            plain[name] = TypeAdapter(field.rebuild_annotation()).validate_python(
                field.get_default(call_default_factory=True)
            )
    return plain


def builder_of(site: Site, start_us: int) -> Callable[[str, ComponentSection], Built]:
    """Return what makes what a component, by its key and section, brings into the plant of a site.

    It raises `InputError` if a recorded input cannot drive the component from its start, `ParameterError` if it cannot
    be built of the site's parameters.
    """
    ambient = ambient_signal(site, start_us=start_us, seed=0)
    where = settings(site, ambient, start_us=start_us, seed=0)

    def built(key: str, section: ComponentSection) -> Built:
        with own_presets(site.own_presets):
            return type_of(section).build(section, where[key])

    return built


def _parameters(built: Built, section: ComponentSection) -> Iterator[tuple[str, tuple[Any, str, str]]]:
    """Yield the parameters of whatever a component brings into a plant, each with its value, unit and range."""
    if built.battery is not None:
        yield from _flat("", built.battery.params)
        yield from _flat("bms.", built.battery.management)
        yield from _flat("ageing.", built.battery.ageing)
        yield from _flat("soc_estimate.", built.battery.estimate)
        yield from _flat("auxiliary.", built.battery.auxiliary)
        yield from _flat("cells.", built.battery.cells)
    yield from _flat("", built.inverter)
    if built.machine is not None and built.inverter is None:
        yield from _flat("", type_of(section).with_parameters(built.machine.params, section))
    yield from _flat(f"{ARRAY}.", None if built.array is None else built.array.array)
    yield from _flat(f"{SPECTRUM}.", None if built.array is None else built.array.spectrum)
    yield from _flat("grid_code.", built.guard)
    yield from _flat("", built.throughput)
    if built.metering is not None:
        yield from _flat("meter.", built.metering.params)
        yield "meter.noise", (built.metering.deviation, "1", _NOISE.range)
    for impedance in () if built.grid is None else built.grid.impedances:
        yield from _flat("impedance.", impedance)
    for fuse in () if built.grid is None else built.grid.fuses[:1]:
        yield from _flat("fuse.", fuse)


def _flat(within: str, params: Any, watched_unit: str = "") -> Iterator[tuple[str, tuple[Any, str, str]]]:
    if params is None:
        return
    described, units = described_parameters(type(params), watched_unit), watched_units(type(params))
    for name, value in zip(params._fields, params, strict=True):
        if hasattr(value, "_fields"):
            yield from _flat(f"{within}{name}.", value, units.get(name, ""))
        else:
            mark = described.get(name)
            yield f"{within}{name}", (value, "1", SWITCH) if mark is None else (value, mark.unit, mark.range)
