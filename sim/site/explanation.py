"""What the models of a component are made of: each parameter with its value, and where that is from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter

from ...models.grid_code import GridCodeParams
from ...models.parameter import Parameter, described_parameters, watched_units
from ..components.array_spectrum import SPECTRUM
from ..components.charged_cars import CAR, KnownCar
from ..components.component_type import Built
from ..components.own_keys import key_given
from ..components.registry import type_of
from ..components.section import ComponentSection
from ..components.setting import Setting
from ..components.solar_array import ARRAY
from ..files.parameters import SWITCH
from ..files.preset_comments import remarks_on
from ..files.presets import PresetName, own_presets, presets_asked
from ..files.sections import Section
from ..inputs.build import Spec
from ..inputs.signal import Signal
from ..inputs.specs import FileColumn
from .environment import ambient_signal, settings
from .preset_effects import Effect, effects, is_namesake
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
_PROPORTIONAL = 1.0
_MUCH = 0.6
"""Part of the greatest effect, or of a proportional one, from which on a value of a preset tells of a parameter."""
_OF_A_CODE = "grid_code.code."
"""Before the names of what a grid code's preset has."""
GRID_CODES = "grid codes"
"""What stands for the file of presets of grid codes, which is none."""
_NOISE = Parameter("1", 0.0, 0.1)
_FOLLOWS = {
    "keeps_dc_window": "preset",
    "keeps_dc_current": "preset",
    "cut_in_m_per_s": "power_curve",
    "stop_m_per_s": "power_curve",
}
"""Parameters that follow from a field about something else, where a file gives that."""


class Origin(StrEnum):
    """Where the value of a parameter is from."""

    FILE = "file"
    """A key of the component, or `parameters:`."""
    PRESET = "preset"
    """The preset that the file names, or the one for a device of this kind, has it, if only for each kilowatt."""
    MODEL = "model"
    """What the model takes where nobody says anything."""


_Told = tuple[Any, str, str]
"""Value, unit and range."""
_Remarks = Mapping[PresetName, tuple[str, Mapping[str, str]]]
"""By preset, what its file says of it as a whole, and of each of its values by key."""


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
    section, built = site.components[key], builder_of(site, start_us, setting=_ReadOnce)

    def parameters() -> dict[str, _Told]:
        with own_presets(site.own_presets):
            cars = type_of(section).cars(section)
        return dict((*_parameters(built(key, section), section), *_of_cars(cars)))

    with presets_asked() as asked:
        made = parameters()
    plain = section.model_copy(update=_defaults(section))
    of_plain = dict(_parameters(built(key, plain), plain))
    with own_presets(site.own_presets):
        made_of = effects(asked, lambda: {name: value for name, (value, _, _) in parameters().items()})
        remarks = {preset: remarks_on(preset) for preset in asked}
        said_of_cars = {f"{car.name}.{name}" for car in type_of(section).cars(section) for name in car.said}
    presets = {preset: of_preset for preset, (of_preset, _) in remarks.items()}
    code = getattr(section, "grid_code", None)
    if code is not None:
        presets[PresetName(GRID_CODES, code.preset)] = ""
    found, unused = [], type_of(section).unused(section)
    for name, (value, unit, accepted) in made.items():
        if name in unused:
            continue
        is_plain = name in of_plain and of_plain[name][0] == value
        origin, remark = Origin.MODEL, ""
        if name in said_of_cars or _is_said(section, name, value):
            origin = Origin.FILE
        elif name in made_of and (is_plain or not _is_replaced(name, made_of[name], remarks)):
            origin, remark = Origin.PRESET, remark_of(name, made_of[name], remarks)
        elif name.startswith(_OF_A_CODE) and is_plain:
            source = described_parameters(GridCodeParams)[name.removeprefix(_OF_A_CODE)].source
            origin, remark = Origin.PRESET, source
        elif not is_plain and not name.startswith(f"{CAR}."):
            origin = Origin.FILE
        found.append(Explained(name, value, unit, accepted, origin, remark))
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


def _is_said(section: ComponentSection, name: str, value: object) -> bool:
    """Say whether a file says a parameter, or a field about something else from which it follows."""
    if name.partition(".")[0] == CAR:
        return False
    if name in section.parameters or key_given(section, name) is not None:
        return True
    field = _FOLLOWS.get(name.rpartition(".")[2])
    return value is not False and field is not None and getattr(section, field, None) is not None


def _is_replaced(name: str, made_of: Sequence[Effect], remarks: _Remarks) -> bool:
    """Say whether a preset has a value of the name of a parameter that does nothing to it, but others of it do."""
    of_its_name = any(is_namesake(key, name) for _, of_values in remarks.values() for key in of_values)
    return of_its_name and not any(is_namesake(effect.key, name) for effect in made_of)


def _of_cars(cars: Iterable[KnownCar]) -> Iterator[tuple[str, _Told]]:
    for car in cars:
        yield from _flat(f"{car.name}.", car.params)


def remark_of(name: str, made_of: Sequence[Effect], remarks: _Remarks) -> str:
    """Return what presets say of a parameter: of the values that tell most of it, with their keys if that differs.

    Args:
        name: Of the parameter, after those of the sets that it is in.
        made_of: What values of presets do to it; at least one.
        remarks: By preset, what its file says of it as a whole, and of each of its values by key.
    """
    keys = dict[str, list[str]]()
    for effect in _most_telling(name, made_of):
        keys.setdefault(remarks[effect.preset][1][effect.key], []).append(effect.key)
    if len(keys) == 1:
        return next(iter(keys))
    return "; ".join(f"{', '.join(of_remark)}: {remark}" for remark, of_remark in keys.items() if remark)


def _most_telling(name: str, made_of: Sequence[Effect]) -> list[Effect]:
    """Return the value of the name of a parameter, or of those that do much to it those that do least to others.

    A time constant tells more of a capacitance than the size of all, which it is scaled to.
    """
    namesakes = [effect for effect in made_of if is_namesake(effect.key, name)]
    most = min(max(effect.strength for effect in made_of), _PROPORTIONAL)
    strong = namesakes or [effect for effect in made_of if effect.strength >= _MUCH * most]
    least_reach = min(effect.reach for effect in strong)
    return [effect for effect in strong if effect.reach == least_reach]


def _defaults(section: BaseModel) -> dict[str, Any]:
    """Return what a component has in place of whatever its file may leave out; parts that it has by the file stay."""
    plain = {}
    for name, described in type(section).model_fields.items():
        value = getattr(section, name)
        if described.is_required() or name in _DRIVES:
            continue
        if name in _PARTS and isinstance(value, Section):
            plain[name] = value.model_copy(update=_defaults(value))
        else:
            # Defaults are written as in a file.
            plain[name] = TypeAdapter(described.rebuild_annotation()).validate_python(
                described.get_default(call_default_factory=True)
            )
    return plain


@dataclass(frozen=True)
class _ReadOnce(Setting):
    """A setting in which a recording is read once, however often a component is built with other presets."""

    read: dict[tuple[str, int], Signal] = field(default_factory=dict)
    """By purpose and identity of the input's section, which the site keeps."""

    def __post_init__(self) -> None:
        for name in ("make_wind", "make_air"):
            object.__setattr__(self, name, cache(getattr(self, name)))

    def signal(self, purpose: str, spec: Spec, **seen: Any) -> Signal:
        if not isinstance(spec, FileColumn) or seen.get("spectrum") is not None:
            return super().signal(purpose, spec, **seen)
        name = purpose, id(spec)
        if name not in self.read:
            self.read[name] = super().signal(purpose, spec, **seen)
        return self.read[name]


def builder_of(
    site: Site, start_us: int, setting: type[Setting] = Setting
) -> Callable[[str, ComponentSection], Built]:
    """Return what makes what a component, by its key and section, brings into the plant of a site.

    Args:
        site: A valid site.
        start_us: When a run would start [µs since the Unix epoch].
        setting: Of which kind that is that components are built into.

    It raises `InputError` if a recorded input cannot drive the component from its start, `ParameterError` if it cannot
    be built of the site's parameters.
    """
    ambient = ambient_signal(site, start_us=start_us, seed=0)
    where = {
        key: setting(**vars(each)) for key, each in settings(site, ambient, start_us=start_us, seed=0).items()
    }

    def built(key: str, section: ComponentSection) -> Built:
        with own_presets(site.own_presets):
            return type_of(section).build(section, where[key])

    return built


def _parameters(built: Built, section: ComponentSection) -> Iterator[tuple[str, _Told]]:
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


def _flat(within: str, params: Any, watched_unit: str = "") -> Iterator[tuple[str, _Told]]:
    if params is None:
        return
    described, units = described_parameters(type(params), watched_unit), watched_units(type(params))
    for name, value in zip(params._fields, params, strict=True):
        if hasattr(value, "_fields"):
            yield from _flat(f"{within}{name}.", value, units.get(name, ""))
        else:
            mark = described.get(name)
            yield f"{within}{name}", (value, "1", SWITCH) if mark is None else (value, mark.unit, mark.range)
