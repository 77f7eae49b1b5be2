"""Holds what component types of other packages return to what a plant can run; ours are not looked at.

Whatever is wrong becomes one `PackageError`, which names the package, the component type, what was found and what would
be accepted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial, wraps
from typing import Any, NamedTuple, get_type_hints

from ...models.ac import ThreePhase
from ...models.ageing import AgeingParams
from ...models.battery import BatteryParams
from ...models.battery_pack import check_battery
from ...models.bms import BmsParams
from ...models.grid_guard import GridGuardParams
from ...models.inverter import InverterParams
from ...models.load import LoadParams
from ...models.parameter import ParameterError, check_parameters
from ...models.pv import PvArrayParams
from ...models.throughput import ThroughputParams
from ..domain.categories import BatteryType, Category, EvChargerType
from ..domain.ranges import Bounds
from ..files.packages import raised
from ..files.problems import with_article
from ..inputs.errors import InputError
from .component_type import DC_PARENTS, BatterySystem, Built, ComponentType, Converting, GridSupply
from .device import (
    ACTIVE_LOWER_BOUND,
    ACTIVE_SHARE,
    ACTIVE_UPPER_BOUND,
    AMBIENT,
    ARRAY_POWER,
    ARRAY_VOLTAGE,
    NOTHING,
    REACTIVE_LOWER_BOUND,
    REACTIVE_SET_POINT,
    REACTIVE_UPPER_BOUND,
    SET_POINT,
    UPPER_BOUND,
    Activity,
    Machine,
)
from .device_model import LEAST_HORIZON_S, DeviceModel
from .environment import AIR_PRESSURE, HUMIDITY, WIND
from .load import WiredLoad
from .metering import Metering
from .rating import Rating
from .setting import Setting
from .solar_array import SolarArray
from .switchgear import Shown, Switchgear

_INDISPENSABLE = {
    Category.BATTERY: ("battery",),
    Category.BATTERY_INVERTER: ("inverter", "converting"),
    Category.HYBRID_INVERTER: ("inverter", "converting"),
}
"""What is built for every component of a category: fields of `Built`."""
_PARTS: Mapping[str, tuple[type, tuple[Category, ...]]] = {
    "grid": (GridSupply, ()),
    "battery": (BatterySystem, (Category.BATTERY,)),
    "inverter": (InverterParams, (*DC_PARENTS, Category.PV_INVERTER)),
    "converting": (Converting, DC_PARENTS),
    "array": (SolarArray, (Category.HYBRID_INVERTER, Category.PV_INVERTER)),
    "peak_w": (float, (Category.HYBRID_INVERTER, Category.PV_INVERTER)),
    "guard": (GridGuardParams, (*DC_PARENTS, Category.PV_INVERTER)),
    "load": (WiredLoad, tuple(Category)),
    "machine": (Machine, tuple(Category)),
    "throughput": (ThroughputParams, tuple(Category)),
    "metering": (Metering, tuple(Category)),
}
"""Fields of `Built`: the type of each, and the categories whose components may have it."""
_IDENTITY: Mapping[str, type] = {
    "battery_type": BatteryType,
    "rated_fuse_current_a": float,
    "ev_charger_type": EvChargerType,
    "transformer_voltages_v": tuple,
}
"""Fields of `ComponentInfo` that only some categories have."""
_GRID = ("voltage", "frequency", "voltage_1", "voltage_2", "voltage_3", "presence")
_USUAL_AIR = {AIR_PRESSURE: 1013.25, HUMIDITY: 0.5}
"""At which a model is first looked at."""
_SHORT_STEPS = 100
"""So many steps of the least length in a row are no coming to an edge, but a model that stands still."""
_SHARE_TOLERANCE = 1e-6


class PackageError(ValueError):
    """What a component type of another package returns cannot be run; says whose it is, and what would be accepted."""

    def __init__(self, package: str, kind: str, found: str, accepted: str) -> None:
        """Gather what there is to say.

        Args:
            package: Name and version.
            kind: Name of the component type.
            found: What it does, beginning with a verb.
            accepted: What would be right.
        """
        super().__init__(package, kind, found, accepted)
        self.package, self.kind, self.found, self.accepted = package, kind, found, accepted

    def __str__(self) -> str:
        return f"package {self.package}: component type {self.kind!r} {self.found}; accepted: {self.accepted}"


class _WrongError(Exception):
    """Something of what was returned is wrong."""

    def __init__(self, where: str, found: str, accepted: str) -> None:
        self.where, self.found, self.accepted = where, found, accepted


def guarded(kind: ComponentType, package: str) -> ComponentType:
    """Return a component type of a package, its functions held to what they are to return.

    Args:
        kind: As the package offers it.
        package: Name and version.
    """

    def hold(
        name: str,
        accepted: str,
        check: Callable[..., None],
        *passed: type[Exception],
    ) -> Any:
        function = getattr(kind, name)
        return None if function is None else _held(kind, package, name, function, check, accepted, passed)

    build = hold("build", "a Built", _check_built, InputError)
    told = replace(
        kind,
        package=package,
        params=hold("params", "a named tuple of numbers", _check_params, ParameterError),
        check=hold("check", "a ParameterError, or nothing", _check_nothing, ParameterError),
        presets=hold("presets", "a tuple of names", _check_texts),
        caption=hold("caption", "a list of texts", _check_texts),
        identity=hold("identity", f"a dict with any of {', '.join(_IDENTITY)}", _check_identity),
        switchgear=hold("switchgear", "a Switchgear, or None", _check_switchgear),
    )

    def build_and_tell(section: Any, setting: Setting) -> Built:
        built: Built = build(section, setting)
        # What is asked for later, while clients are there, is better refused before.
        for tell in (told.caption, told.identity, told.switchgear):
            tell(section)
        if told.presets is not None:
            told.presets()
        return built

    return replace(told, build=build_and_tell)


def _held(
    kind: ComponentType,
    package: str,
    name: str,
    function: Callable[..., Any],
    check: Callable[..., None],
    accepted: str,
    passed: tuple[type[Exception], ...],
) -> Callable[..., Any]:
    @wraps(function)
    def held(*given: Any) -> Any:
        try:
            made = function(*given)
        except passed:
            raise
        except (Exception, SystemExit) as error:
            raise PackageError(package, kind.name, f"{name} raises {raised(error)}", accepted) from error
        try:
            check(kind, made, *given)
        except _WrongError as wrong:
            key = given[1].key if name == "build" else name
            verb = "builds" if name == "build" else "returns"
            where = f" with {wrong.where}" if wrong.where else ""
            raise PackageError(
                package, kind.name, f"{verb} {key}{where} {wrong.found}", wrong.accepted
            ) from None
        return made

    return held


def _shown(value: object) -> str:
    try:
        return repr(value)[:80]
    except Exception:  # of a stranger's class
        return with_article(type(value).__name__)


def _check_nothing(_kind: ComponentType, _made: object, *_given: object) -> None:
    return None


def _check_params(_kind: ComponentType, params: object, *_given: object) -> None:
    _check_tuple("", params, may_be_infinite=True)


def _check_texts(_kind: ComponentType, texts: object, *_given: object) -> None:
    if not isinstance(texts, list | tuple) or not all(
        isinstance(text, str) and text.isprintable() for text in texts
    ):
        raise _WrongError("", _shown(texts), "a list or tuple of printable texts")


def _check_identity(_kind: ComponentType, identity: object, *_given: object) -> None:
    if not isinstance(identity, dict):
        raise _WrongError("", _shown(identity), f"a dict with any of {', '.join(_IDENTITY)}")
    for name, value in identity.items():
        if name not in _IDENTITY:
            raise _WrongError("", f"unknown {name!r}", f"any of {', '.join(_IDENTITY)}")
        if value is not None and not isinstance(value, _IDENTITY[name]):
            raise _WrongError(name, _shown(value), f"{with_article(_IDENTITY[name].__name__)}, or None")


def _check_switchgear(kind: ComponentType, gear: object, *_given: object) -> None:
    if gear is None:
        return
    if not isinstance(gear, Switchgear):
        raise _WrongError("", _shown(gear), "a Switchgear, or None")
    if not isinstance(gear.relays, int) or gear.relays < 0:
        raise _WrongError("relays", _shown(gear.relays), "a whole number >= 0")
    for name in ("closing_s", "opening_s", "precharge_s"):
        value = getattr(gear, name)
        if value is not None or name != "precharge_s":
            _check_number(name, value, lower=0.0)
    if not isinstance(gear.shown, Shown):
        raise _WrongError("shown", _shown(gear.shown), "Shown.X")
    if gear.is_managed and kind.category is not Category.BATTERY:
        raise _WrongError("is_managed", "True", "False, as batteries alone have a management system")


def _check_built(kind: ComponentType, built: object, _section: object, setting: Setting) -> None:
    if not isinstance(built, Built):
        raise _WrongError("", f"as {_shown(built)}", "a Built")
    for part in _INDISPENSABLE.get(kind.category, ()):
        if getattr(built, part) is None:
            raise _WrongError("", f"without {part}, which every {kind.category} has", f"Built({part}=...)")
    for each in fields(built):
        made = getattr(built, each.name)
        if made is None:
            continue
        wanted, categories = _PARTS[each.name]
        if kind.category not in categories:
            having = ", ".join(categories) or "none, as a site has one grid"
            raise _WrongError(
                each.name, "although it is no component that has one", f"{each.name} of {having}"
            )
        if not isinstance(made, wanted):
            raise _WrongError(each.name, _shown(made), f"{with_article(wanted.__name__)}, or None")
    _check_parts(built, setting)


def _check_parts(built: Built, setting: Setting) -> None:
    for name in ("inverter", "guard", "throughput"):
        _check_model_params(name, getattr(built, name))
    if built.metering is not None:
        _check_model_params("metering.params", built.metering.params)
    if built.battery is not None:
        _check_battery(built.battery)
    if built.converting is not None:
        _check_converting(built.converting)
    if built.array is not None:
        _check_signal("array.signal", built.array.signal, setting)
        _check_of("array.array", built.array.array, PvArrayParams)
    if built.peak_w is not None:
        _check_number("peak_w", built.peak_w, lower=0.0)
        if built.converting is None and (built.machine is None or built.machine.rating is None):
            raise _WrongError(
                "peak_w", _shown(built.peak_w), "None of what takes no set-points and can hold nothing back"
            )
    if built.load is not None:
        _check_load(built.load, setting)
    if built.machine is not None:
        _check_machine(built.machine, setting, has_array=built.array is not None)


def _check_model_params(where: str, params: Any) -> None:
    """Hold parameters to the ranges of their type."""
    if params is None:
        return
    _check_tuple(where, params, may_be_infinite=True)
    try:
        check_parameters(params)
    except ParameterError as error:
        raise _WrongError(f"{where}.{error.parameter}", error.found, error.accepted) from None


def _check_of(where: str, params: object, wanted: type) -> None:
    if not isinstance(params, wanted):
        raise _WrongError(where, _shown(params), with_article(wanted.__name__))
    _check_model_params(where, params)


def _check_battery(system: BatterySystem) -> None:
    _check_of("battery.params", system.params, BatteryParams)
    try:
        check_battery(system.params)
    except ParameterError as error:
        raise _WrongError(f"battery.params.{error.parameter}", error.found, error.accepted) from None
    _check_of("battery.management", system.management, BmsParams)
    if system.ageing is not None:
        _check_of("battery.ageing", system.ageing, AgeingParams)
    _check_number("battery.initial_soc", system.initial_soc, lower=0.0, upper=1.0)
    _check_number("battery.initial_temperature_c", system.initial_temperature_c)
    _check_number("battery.initial_spread", system.initial_spread, lower=0.0, upper=1.0)
    _check_number("battery.minimum_w", system.minimum_w, lower=0.0)
    if system.minimum_delivered_w is not None:
        _check_number("battery.minimum_delivered_w", system.minimum_delivered_w, lower=0.0)


def _check_converting(converting: Converting) -> None:
    _check_rating("converting.rating", converting.rating)
    _check_shares("converting.shares", converting.shares)
    key = converting.self_consumption
    if key is not None and not isinstance(key, str):
        raise _WrongError("converting.self_consumption", _shown(key), "the key of a component, or None")


def _check_load(load: WiredLoad, setting: Setting) -> None:
    _check_signal("load.signal", load.signal, setting)
    _check_number("load.power_factor", load.power_factor, lower=0.0, upper=1.0)
    if load.power_factor == 0.0:
        raise _WrongError("load.power_factor", "0", "above 0..1")
    _check_shares("load.shares", load.shares)
    if load.mix is not None:
        _check_of("load.mix", load.mix, LoadParams)


def _check_machine(machine: Machine, setting: Setting, *, has_array: bool) -> None:
    _check_model(machine.model, takes_set_points=machine.rating is not None)
    _check_tuple("machine.params", machine.params, may_be_infinite=True)
    if hasattr(machine.params, "_fields"):
        _check_model_params("machine.params", machine.params)
    _check_tuple("machine.state", machine.state, may_be_infinite=True)
    _check_shares("machine.shares", machine.shares)
    if machine.rating is not None:
        _check_rating("machine.rating", machine.rating)
    if not isinstance(machine.inputs, Mapping):
        raise _WrongError("machine.inputs", _shown(machine.inputs), "a mapping of quantities to signals")
    for name, signal in machine.inputs.items():
        if not isinstance(name, str) or not name:
            raise _WrongError("machine.inputs", _shown(name), "quantities by name")
        _check_signal(f"machine.inputs[{name!r}]", signal, setting, may_be_infinite=True)
    values = _check_sources(machine, setting, has_array=has_array)
    for name in ("reactive_limit_var", "reactive_range_var", "steps_w", "activity"):
        function = getattr(machine, name)
        if function is not None and not callable(function):
            raise _WrongError(f"machine.{name}", _shown(function), "a function, or None")
    if values is not None:
        _look_at(machine, values)


def _check_model(model: object, *, takes_set_points: bool) -> None:
    where = "machine.model"
    if not isinstance(model, DeviceModel):
        raise _WrongError(where, _shown(model), "a DeviceModel")
    if not isinstance(model.name, str) or not model.name.isidentifier() or len(model.name) > 60:
        raise _WrongError(f"{where}.name", _shown(model.name), "letters, digits and _, at most 60")
    if not (isinstance(model.input, type) and hasattr(model.input, "_fields")):
        raise _WrongError(f"{where}.input", _shown(model.input), "a named tuple of numbers")
    for name in ("output", "horizon_s", "step", "power_limits", "limits_by_now"):
        function = getattr(model, name)
        if not callable(function) and not (name in ("power_limits", "limits_by_now") and function is None):
            raise _WrongError(f"{where}.{name}", _shown(function), "a function")
    if takes_set_points and model.power_limits is None:
        raise _WrongError(f"{where}.power_limits", "None", "a function, as the machine has a rating")


def _check_rating(where: str, rating: object) -> None:
    if not isinstance(rating, Rating):
        raise _WrongError(where, _shown(rating), "a Rating")
    if rating.active is None and rating.reactive is None:
        raise _WrongError(
            where, "without active and reactive power", "Bounds of one of them; no rating if there are none"
        )
    for name in ("active", "reactive"):
        bounds = getattr(rating, name)
        if bounds is None:
            continue
        if not isinstance(bounds, Bounds):
            raise _WrongError(f"{where}.{name}", _shown(bounds), "Bounds(lower, upper), or None")
        _check_number(f"{where}.{name}.lower", bounds.lower)
        _check_number(f"{where}.{name}.upper", bounds.upper, lower=bounds.lower)
    _check_number(f"{where}.default_w", rating.default_w)
    if rating.active is not None:
        _check_number(
            f"{where}.default_w", rating.default_w, lower=rating.active.lower, upper=rating.active.upper
        )
    if rating.ramp_rate_w_per_s != math.inf:
        _check_number(f"{where}.ramp_rate_w_per_s", rating.ramp_rate_w_per_s, lower=0.0)
    for name in (
        "response_delay_s", "response_jitter_s", "response_lag_s", "resolution_w", "step_var", "minimum_w", "rest_w",
        "step_w", "told_at_v", "most_told_w",
    ):  # fmt: skip
        _check_number(f"{where}.{name}", getattr(rating, name), lower=0.0)
    if rating.minimum_delivered_w is not None:
        _check_number(f"{where}.minimum_delivered_w", rating.minimum_delivered_w, lower=0.0)


def _check_shares(where: str, shares: object) -> None:
    if not isinstance(shares, ThreePhase):
        raise _WrongError(where, _shown(shares), "a ThreePhase, such as phase_shares((1, 2, 3))")
    for name, share in zip(shares._fields, shares, strict=True):
        _check_number(f"{where}.{name}", share, lower=0.0, upper=1.0)
    if abs(sum(shares) - 1.0) > _SHARE_TOLERANCE:
        raise _WrongError(where, f"that add up to {sum(shares):g}", "shares of phases that add up to 1")


def _check_number(where: str, value: object, *, lower: float = -math.inf, upper: float = math.inf) -> None:
    accepted = "a finite number"
    if math.isfinite(lower) and math.isfinite(upper):
        accepted = f"{lower:g}..{upper:g}"
    elif math.isfinite(lower):
        accepted = f"a finite number >= {lower:g}"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and math.isfinite(value) and lower <= value <= upper):  # type: ignore[arg-type, operator]
        raise _WrongError(where, _shown(value), accepted)


def _check_tuple(where: str, value: object, *, may_be_infinite: bool = False) -> None:
    """Hold a state, or a set of parameters, to a named tuple of numbers, of tables of them, and of such sets."""
    if not isinstance(value, tuple) or not hasattr(value, "_fields"):
        raise _WrongError(where, _shown(value), "a named tuple of numbers")
    for name, entry in zip(value._fields, value, strict=True):
        _check_entry(f"{where}.{name}" if where else name, entry, may_be_infinite=may_be_infinite)


def _check_entry(where: str, value: object, *, may_be_infinite: bool) -> None:
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        _check_tuple(where, value, may_be_infinite=may_be_infinite)
    elif isinstance(value, tuple):
        for place, entry in enumerate(value):
            _check_entry(f"{where}[{place}]", entry, may_be_infinite=may_be_infinite)
    elif not isinstance(value, int | float):
        raise _WrongError(where, _shown(value), "a number, or a tuple of numbers")
    elif math.isnan(value) or (math.isinf(value) and not may_be_infinite):
        raise _WrongError(where, _shown(value), "a number" if may_be_infinite else "a finite number")


def _check_signal(where: str, signal: Any, setting: Setting, *, may_be_infinite: bool = False) -> None:
    """Hold an input to what signals are."""
    accepted = "a signal, such as setting.signal(...) returns"
    if not (callable(getattr(signal, "at", None)) and callable(getattr(signal, "until", None))):
        raise _WrongError(where, _shown(signal), accepted)
    if not isinstance(getattr(signal, "ends_us", None), int):
        raise _WrongError(f"{where}.ends_us", _shown(getattr(signal, "ends_us", None)), accepted)
    now_us = setting.start_us
    value: float = _called(f"{where}.at", signal.at, now_us)
    _check_entry(f"{where}.at({now_us})", value, may_be_infinite=may_be_infinite)
    until_us = _called(f"{where}.until", signal.until, now_us)
    if not isinstance(until_us, int) or until_us <= now_us:
        raise _WrongError(f"{where}.until({now_us})", _shown(until_us), "a later time, in whole microseconds")


def _check_sources(machine: Machine, setting: Setting, *, has_array: bool) -> list[float] | None:
    """Return the inputs with which a model begins; None if they go by what is around the component."""
    names = machine.model.input._fields  # type: ignore[attr-defined]
    sources: object = machine.sources
    if not isinstance(sources, tuple) or len(sources) != len(names):
        accepted = f"a tuple of {len(names)}, one for each of {', '.join(names)}"
        raise _WrongError("machine.sources", _shown(sources), accepted)
    rating = machine.rating
    default_w = 0.0 if rating is None else rating.default_w
    grid = setting.grid
    phase_v = grid.voltage_v / math.sqrt(3.0)
    known: dict[str, Callable[[], float]] = {
        SET_POINT: lambda: default_w,
        REACTIVE_SET_POINT: lambda: 0.0,
        UPPER_BOUND: lambda: math.inf,
        ACTIVE_SHARE: lambda: 1.0,
        ACTIVE_LOWER_BOUND: lambda: -math.inf,
        ACTIVE_UPPER_BOUND: lambda: math.inf,
        REACTIVE_LOWER_BOUND: lambda: -math.inf,
        REACTIVE_UPPER_BOUND: lambda: math.inf,
        NOTHING: lambda: 0.0,
        AMBIENT: lambda: setting.ambient_c,
        WIND: lambda: setting.make_wind().at(setting.start_us),
        **{name: partial(float, value) for name, value in _USUAL_AIR.items()},
        **{
            f"{grid.key}.{quantity}": partial(float, value)
            for quantity, value in zip(
                _GRID, (grid.voltage_v, grid.frequency_hz, phase_v, phase_v, phase_v, 1.0), strict=True
            )
        },
        **{
            f"{setting.key}.{quantity}": partial(signal.at, setting.start_us)
            for quantity, signal in machine.inputs.items()
        },
    }
    of_array = (ARRAY_POWER, ARRAY_VOLTAGE) if has_array else ()
    for source in sources:
        if source not in (*known, *of_array):
            raise _WrongError("machine.sources", _shown(source), f"any of {', '.join([*known, *of_array])}")
    if any(source in of_array for source in sources):
        return None
    return [known[source]() for source in sources]


class _Shown(NamedTuple):
    """What every model shows, unless it shows its power by phase."""

    active_power_w: float
    reactive_power_var: float


class _ShownByPhase(NamedTuple):
    active_1_w: float
    active_2_w: float
    active_3_w: float
    reactive_power_var: float


def _look_at(machine: Machine, values: list[float]) -> None:
    """Look at a model as it begins: what it shows, what it could do, how long that holds, and what comes then."""
    model, params, state = machine.model, machine.params, machine.state
    hints = _called("machine.model.input", get_type_hints, model.input)
    numbers = [
        int(value) if hint is int else value for value, hint in zip(values, hints.values(), strict=True)
    ]
    given = _called("machine.model.input", model.input, *numbers)
    shown = _called("machine.model.output", model.output, params, state, given)
    _check_shown("machine.model.output", shown, model)
    if model.power_limits is not None:
        limits = _called("machine.model.power_limits", model.power_limits, params, state, given)
        _check_pair("machine.model.power_limits", limits)
    if model.limits_by_now is not None:
        limits = _called("machine.model.limits_by_now", model.limits_by_now, params, state, given)
        _check_two("machine.model.limits_by_now", limits, "a pair: lower and upper")
        for place, number in enumerate(limits):
            _check_entry(f"machine.model.limits_by_now[{place}]", number, may_be_infinite=True)
    if machine.reactive_limit_var is not None:
        limit_var = _called("machine.reactive_limit_var", machine.reactive_limit_var, params, 0.0)
        _check_number("machine.reactive_limit_var", limit_var, lower=0.0)
    if machine.reactive_range_var is not None:
        span = _called("machine.reactive_range_var", machine.reactive_range_var, params, state, given)
        _check_pair("machine.reactive_range_var", span)
    if machine.steps_w is not None:
        steps_w = _called("machine.steps_w", machine.steps_w, params, state, given)
        _check_two("machine.steps_w", steps_w, "a pair: where steps begin, and their size")
        for place, number in enumerate(steps_w):
            _check_number(f"machine.steps_w[{place}]", number, lower=0.0)
    if machine.activity is not None:
        activity = _called("machine.activity", machine.activity, params, state, given)
        if not isinstance(activity, Activity):
            raise _WrongError("machine.activity", _shown(activity), "an Activity")
    _look_ahead(model, params, state, given)


def _look_ahead(model: DeviceModel, params: Any, state: Any, given: Any) -> None:
    """Step a model until what it shows holds for longer than the least time, or hardly ever does."""
    where = "machine.model.horizon_s"
    for _ in range(_SHORT_STEPS):
        horizon_s = _called(where, model.horizon_s, params, state, given)
        if not isinstance(horizon_s, int | float) or math.isnan(horizon_s):
            raise _WrongError(where, _shown(horizon_s), "a number of seconds, or math.inf")
        stepped = _called(
            "machine.model.step", model.step, params, state, given, min(max(horizon_s, LEAST_HORIZON_S), 1.0)
        )
        _check_stepped("machine.model.step", stepped, state, model)
        if horizon_s >= LEAST_HORIZON_S:
            return
        state = stepped[0]
    raise _WrongError(where, f"{horizon_s:g} s, time and again", f"at least {LEAST_HORIZON_S:g} s")


def _check_stepped(where: str, stepped: Any, state: Any, model: DeviceModel) -> None:
    if not (isinstance(stepped, tuple) and not hasattr(stepped, "_fields") and len(stepped) == 2):
        raise _WrongError(where, _shown(stepped), "a pair: the next state, and what it shows")
    if type(stepped[0]) is not type(state):
        raise _WrongError(
            where, _shown(stepped[0]), f"{with_article(type(state).__name__)} as the next state"
        )
    _check_tuple(f"{where}: state", stepped[0], may_be_infinite=True)
    _check_shown(f"{where}: output", stepped[1], model)


def _check_shown(where: str, shown: object, model: DeviceModel) -> None:
    wanted = _ShownByPhase if model.by_phase else _Shown
    for name in wanted._fields:
        if not hasattr(shown, name):
            raise _WrongError(where, _shown(shown), f"a named tuple with {', '.join(wanted._fields)}")
        _check_number(f"{where}.{name}", getattr(shown, name))


def _check_pair(where: str, limits: Any) -> None:
    _check_two(where, limits, "a pair: lower and upper")
    _check_number(f"{where}[0]", limits[0])
    _check_number(f"{where}[1]", limits[1], lower=limits[0])


def _check_two(where: str, values: Any, accepted: str) -> None:
    if not isinstance(values, tuple) or len(values) != 2:
        raise _WrongError(where, _shown(values), accepted)


def _called(where: str, function: Callable[..., Any], *given: Any) -> Any:
    try:
        return function(*given)
    except (Exception, SystemExit) as error:
        raise _WrongError(where, f"that raises {raised(error)}", "a function that returns") from error
