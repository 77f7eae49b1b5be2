"""Holds what component types of other packages return to what a plant can run; ours are not looked at.

Whatever is wrong becomes one `PackageError`, which names the package, the component type, what was found and what would
be accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import wraps
from typing import Any

from ...models.ageing import AgeingParams
from ...models.battery import BatteryParams
from ...models.battery_pack import check_battery
from ...models.bms import BmsParams
from ...models.grid_guard import GridGuardParams
from ...models.inverter import InverterParams
from ...models.load import LoadParams
from ...models.parameter import ParameterError
from ...models.pv import PvArrayParams
from ...models.throughput import ThroughputParams
from ..domain.categories import BatteryType, Category, EvChargerType
from ..domain.ranges import Bounds
from ..files.packages import raised
from ..files.problems import with_article
from ..inputs.errors import InputError
from .component_type import DC_PARENTS, BatterySystem, Built, ComponentType, Converting, GridSupply
from .device import Machine
from .lapse import lapse_contradiction
from .load import WiredLoad
from .metering import Metering
from .package_machine import check_machine
from .package_values import (
    WrongError,
    called,
    check_model_params,
    check_number,
    check_of,
    check_rating,
    check_shares,
    check_signal,
    check_tuple,
    quoted,
)
from .rating import Rating
from .section import Lapsing
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
        except WrongError as wrong:
            key = given[1].key if name == "build" else name
            verb = "builds" if name == "build" else "returns"
            where = f" with {wrong.where}" if wrong.where else ""
            raise PackageError(
                package, kind.name, f"{verb} {key}{where} {wrong.found}", wrong.accepted
            ) from None
        return made

    return held


def _check_nothing(_kind: ComponentType, _made: object, *_given: object) -> None:
    return None


def _check_params(_kind: ComponentType, params: object, *_given: object) -> None:
    check_tuple("", params, may_be_infinite=True)


def _check_texts(_kind: ComponentType, texts: object, *_given: object) -> None:
    if not isinstance(texts, list | tuple) or not all(
        isinstance(text, str) and text.isprintable() for text in texts
    ):
        raise WrongError("", quoted(texts), "a list or tuple of printable texts")


def _check_identity(_kind: ComponentType, identity: object, *_given: object) -> None:
    if not isinstance(identity, dict):
        raise WrongError("", quoted(identity), f"a dict with any of {', '.join(_IDENTITY)}")
    for name, value in identity.items():
        if name not in _IDENTITY:
            raise WrongError("", f"unknown {name!r}", f"any of {', '.join(_IDENTITY)}")
        if value is not None and not isinstance(value, _IDENTITY[name]):
            raise WrongError(name, quoted(value), f"{with_article(_IDENTITY[name].__name__)}, or None")


def _check_switchgear(kind: ComponentType, gear: object, *_given: object) -> None:
    if gear is None:
        return
    if not isinstance(gear, Switchgear):
        raise WrongError("", quoted(gear), "a Switchgear, or None")
    if not isinstance(gear.relays, int) or gear.relays < 0:
        raise WrongError("relays", quoted(gear.relays), "a whole number >= 0")
    for name in ("closing_s", "opening_s", "precharge_s"):
        value = getattr(gear, name)
        if value is not None or name != "precharge_s":
            check_number(name, value, lower=0.0)
    if not isinstance(gear.shown, Shown):
        raise WrongError("shown", quoted(gear.shown), "Shown.X")
    if gear.is_managed and kind.category is not Category.BATTERY:
        raise WrongError("is_managed", "True", "False, as batteries alone have a management system")


def _check_built(kind: ComponentType, built: object, section: object, setting: Setting) -> None:
    if not isinstance(built, Built):
        raise WrongError("", f"as {quoted(built)}", "a Built")
    for part in _INDISPENSABLE.get(kind.category, ()):
        if getattr(built, part) is None:
            raise WrongError("", f"without {part}, which every {kind.category} has", f"Built({part}=...)")
    for each in fields(built):
        made = getattr(built, each.name)
        if made is None:
            continue
        wanted, categories = _PARTS[each.name]
        if kind.category not in categories:
            having = ", ".join(categories) or "none, as a site has one grid"
            raise WrongError(
                each.name, "although it is no component that has one", f"{each.name} of {having}"
            )
        if not isinstance(made, wanted):
            raise WrongError(each.name, quoted(made), f"{with_article(wanted.__name__)}, or None")
    _check_parts(built, setting)
    rating = built.converting.rating if built.converting is not None else None
    if built.converting is None and built.machine is not None:
        rating = built.machine.rating
    if rating is not None and rating.active is not None:
        if not rating.is_limit:  # A limit that is less than it runs at lets it pause.
            _check_minima(kind, section, rating.gap)
        _check_lapse(section, rating.active, rating)


def _check_parts(built: Built, setting: Setting) -> None:
    for name in ("inverter", "guard", "throughput"):
        check_model_params(name, getattr(built, name))
    if built.metering is not None:
        check_model_params("metering.params", built.metering.params)
    if built.battery is not None:
        _check_battery(built.battery)
    if built.converting is not None:
        _check_converting(built.converting)
    if built.array is not None:
        check_signal("array.signal", built.array.signal, setting)
        check_of("array.array", built.array.array, PvArrayParams)
    if built.peak_w is not None:
        check_number("peak_w", built.peak_w, lower=0.0)
        if built.converting is None and (built.machine is None or built.machine.rating is None):
            raise WrongError(
                "peak_w", quoted(built.peak_w), "None of what takes no set-points and can hold nothing back"
            )
    if built.load is not None:
        _check_load(built.load, setting)
    if built.machine is not None:
        check_machine(built.machine, setting, has_array=built.array is not None)


def _check_minima(kind: ComponentType, section: object, gap: Bounds) -> None:
    """Hold the least set-points that a type says to those of the rating that it builds; 0 says nothing."""
    for name, says, least_w in (
        ("least_w", kind.least_w, gap.upper),
        ("least_delivered_w", kind.least_delivered_w or kind.least_w, -gap.lower),
    ):
        said_w = called(name, says, section)
        if said_w not in (0.0, least_w):
            raise WrongError(
                "", f"whose {name} returns {quoted(said_w)}", f"{least_w:g}, the least of its rating"
            )


def _check_lapse(section: object, active: Bounds, rating: Rating) -> None:
    """Hold what a site file says that a device falls back on to what it can be told."""
    if not isinstance(section, Lapsing):
        return
    told = Bounds(min(active.lower, 0.0), max(active.upper, rating.most_told_w, 0.0))
    wrong = lapse_contradiction(section.on_lapse, told, rating.set_point_gap)
    if wrong is not None:
        raise WrongError("", f"whose on_lapse is {wrong[0]}", wrong[1])


def _check_battery(system: BatterySystem) -> None:
    check_of("battery.params", system.params, BatteryParams)
    try:
        check_battery(system.params)
    except ParameterError as error:
        raise WrongError(f"battery.params.{error.parameter}", error.found, error.accepted) from None
    check_of("battery.management", system.management, BmsParams)
    if system.ageing is not None:
        check_of("battery.ageing", system.ageing, AgeingParams)
    check_number("battery.initial_soc", system.initial_soc, lower=0.0, upper=1.0)
    check_number("battery.initial_temperature_c", system.initial_temperature_c)
    check_number("battery.initial_spread", system.initial_spread, lower=0.0, upper=1.0)
    check_number("battery.minimum_w", system.minimum_w, lower=0.0)
    if system.minimum_delivered_w is not None:
        check_number("battery.minimum_delivered_w", system.minimum_delivered_w, lower=0.0)


def _check_converting(converting: Converting) -> None:
    check_rating("converting.rating", converting.rating)
    check_shares("converting.shares", converting.shares)
    key = converting.self_consumption
    if key is not None and not isinstance(key, str):
        raise WrongError("converting.self_consumption", quoted(key), "the key of a component, or None")


def _check_load(load: WiredLoad, setting: Setting) -> None:
    check_signal("load.signal", load.signal, setting)
    check_number("load.power_factor", load.power_factor, lower=0.0, upper=1.0)
    if load.power_factor == 0.0:
        raise WrongError("load.power_factor", "0", "above 0..1")
    check_shares("load.shares", load.shares)
    if load.mix is not None:
        check_of("load.mix", load.mix, LoadParams)
