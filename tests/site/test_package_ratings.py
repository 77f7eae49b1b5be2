"""Ratings, phases, switchgear and captions of component types of other packages are held to their limits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.own_parts import MACHINE, RATING, SECTION, TYPE, first_built, of_machine, own_setting, told

from doppelgrid.hardware import (
    Bounds,
    Built,
    Category,
    Rating,
    Setting,
    Switchgear,
)
from doppelgrid.models.ac import ThreePhase
from doppelgrid.models.throughput import ThroughputParams
from doppelgrid.sim.components.lapse import parse_lapse
from doppelgrid.sim.components.metering import MeterOptions, metering
from doppelgrid.sim.components.package_check import PackageError, guarded
from doppelgrid.sim.components.switchgear import Shown
from doppelgrid.sim.domain.categories import BatteryType


@pytest.fixture
def setting() -> Setting:
    return own_setting()


@pytest.fixture
def ours() -> dict[Category, Built]:
    return first_built()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"active": None, "reactive": Bounds(-1.0, 1.0)}, ""),
        ({"reactive": Bounds(-1.0, 1.0)}, ""),
        ({"reactive": Bounds(0.0, math.inf)}, "reactive.upper inf; accepted: a finite number >= 0"),
        ({"reactive": 3}, "reactive 3; accepted: Bounds(lower, upper), or None"),
        ({"active": Bounds(2.0, 2.0), "default_w": 2.0}, ""),
        ({"default_w": -5e3}, ""),
        ({"default_w": 5e3}, ""),
        ({"default_w": -5001.0}, "default_w -5001.0; accepted: -5000..5000"),
        ({"active": None, "reactive": Bounds(-1.0, 1.0), "default_w": 9e9}, ""),
        ({"active": None, "reactive": Bounds(-1.0, 1.0), "default_w": math.inf}, "default_w inf; accepted: a fin"),
        ({"ramp_rate_w_per_s": 0.0}, ""),
        ({"response_delay_s": 0.0}, ""),
        ({"resolution_w": -1.0}, "resolution_w -1.0; accepted: a finite number >= 0"),
        ({"step_var": -1.0}, "step_var -1.0; accepted: a finite number >= 0"),
        ({"most_told_w": -1.0}, "most_told_w -1.0; accepted: a finite number >= 0"),
        ({"minimum_w": -1.0}, "minimum_w -1.0; accepted: a finite number >= 0"),
        ({"minimum_w": True}, "minimum_w True; accepted: a finite number >= 0"),
    ],
)  # fmt: skip
def test_a_rating_is_held_to_its_limits(setting: Setting, changes: dict[str, Any], said: str) -> None:
    found = of_machine(setting, rating=RATING._replace(**changes))
    assert found.startswith(f"machine.rating.{said}") if said else not found


def lapsed(rating: Rating, on_lapse: str, setting: Setting) -> str:
    """Return what is said against what a device falls back on."""
    section = SECTION.model_copy(update={"on_lapse": parse_lapse(on_lapse)})
    kind = replace(TYPE, build=lambda _section, _setting: Built(machine=replace(MACHINE, rating=rating)))
    try:
        guarded(kind, "evil 0.1").build(section, setting)
    except PackageError as refused:
        return str(refused).removeprefix(
            "package evil 0.1: component type 'own' builds own whose on_lapse is "
        )
    return ""


PRODUCES = RATING._replace(active=Bounds(-20e3, 0.0), minimum_w=6e3)


@pytest.mark.parametrize(
    ("rating", "on_lapse", "said"),
    [
        (PRODUCES, "7 kW", "7 kW; accepted: 0 W or -20 kW to -6 kW, what it can be told"),
        (PRODUCES, "-2 kW", "-2 kW; accepted: 0 W or -20 kW to -6 kW, what it can be told"),
        (PRODUCES, "-6 kW", ""),
        (PRODUCES, "0 W", ""),
        (PRODUCES, "hold", ""),
        (PRODUCES._replace(is_limit=True), "-2 kW", ""),
        (RATING, "5.1 kW", "5.1 kW; accepted: -5 kW to 5 kW, what it can be told"),
        (RATING._replace(most_told_w=6e3), "5.1 kW", ""),
        (RATING._replace(active=Bounds(2e3, 5e3), default_w=2e3), "0 W", ""),
        (RATING._replace(active=None, reactive=Bounds(-1.0, 1.0)), "7 kW", ""),
    ],
)
def test_what_a_device_falls_back_on_is_what_its_rating_takes(
    setting: Setting, rating: Rating, on_lapse: str, said: str
) -> None:
    assert lapsed(rating, on_lapse, setting) == said


@pytest.mark.parametrize(
    ("says", "said"),
    [
        ({}, ""),
        ({"least_w": lambda _section: 6e3}, ""),
        (
            {"least_w": lambda _section: 5e3},
            "whose least_w returns 5000.0; accepted: 6000, the least of its rating",
        ),
        (
            {"least_w": lambda _section: 6e3, "least_delivered_w": lambda _section: 4e3},
            "whose least_delivered_w returns 4000.0; accepted: 6000, the least of its rating",
        ),
        ({"least_w": lambda _section: 1 / 0}, "with least_w that raises ZeroDivisionError"),
    ],
)
def test_the_least_set_point_that_a_type_says_is_that_of_its_rating(
    setting: Setting, says: dict[str, Any], said: str
) -> None:
    kind = replace(
        TYPE, build=lambda _section, _setting: Built(machine=replace(MACHINE, rating=PRODUCES)), **says
    )
    if not said:
        guarded(kind, "evil 0.1").build(SECTION, setting)
        return
    with pytest.raises(PackageError) as refused:
        guarded(kind, "evil 0.1").build(SECTION, setting)
    assert f"builds own {said}" in str(refused.value)


def test_a_type_whose_set_points_are_limits_says_itself_below_which_it_pauses(setting: Setting) -> None:
    rating = RATING._replace(is_limit=True)
    kind = replace(
        TYPE,
        least_w=lambda _section: 4e3,
        build=lambda _section, _setting: Built(machine=replace(MACHINE, rating=rating)),
    )
    assert guarded(kind, "good 1.0").build(SECTION, setting).machine is not None


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (ThreePhase(0.0, 1.0, 0.0), ""),
        (ThreePhase(0.5, 0.5, 5e-7), ""),
        (ThreePhase(0.5, 0.5 - 5e-7, 0.0), ""),
        (ThreePhase(0.5, 0.5, 2e-6), " that add up to 1; accepted: shares of phases that add up to 1"),
        (ThreePhase(0.5, 0.25, 0.0), " that add up to 0.75; accepted: shares of phases that add up to 1"),
        (ThreePhase(1.5, 0.0, 0.0), ".l1 1.5; accepted: 0..1"),
    ],
)
def test_shares_of_phases_add_up_to_one(setting: Setting, shares: ThreePhase, said: str) -> None:
    found = of_machine(setting, shares=shares)
    assert found == (f"machine.shares{said}" if said else "")


def test_losses_and_meters_are_held_to_the_ranges_of_their_parameters(setting: Setting) -> None:
    assert not told(Built(throughput=ThroughputParams(1e3, 0.0, 0.0)), setting)
    said = told(Built(throughput=ThroughputParams(1e3, -1.0, 0.0)), setting)
    assert said.startswith("throughput.no_load_loss_w ")
    meter = metering(MeterOptions(), setting)
    assert not told(Built(metering=meter), setting)
    wrong = meter._replace(params=meter.params._replace(window_s=-1.0))
    assert told(Built(metering=wrong), setting).startswith("metering.params.window_s ")


def asked(setting: Setting, category: Category = Category.CHP, **changes: Callable[..., Any]) -> str:
    """Return what is said against what a type tells of a component; nothing if it passes."""
    try:
        guarded(replace(TYPE, **changes), "evil 0.1").build(SECTION, setting)
    except PackageError as refused:
        return str(refused).removeprefix("package evil 0.1: component type 'own' ")
    return ""


@pytest.mark.parametrize(
    ("gear", "said"),
    [
        (None, ""),
        (Switchgear(), ""),
        (Switchgear(relays=0, closing_s=0.0, opening_s=0.0, precharge_s=0.0, shown=Shown.RELAY), ""),
        (Switchgear(relays=-1), "relays -1; accepted: a whole number >= 0"),
        (Switchgear(relays=1.5), "relays 1.5; accepted: a whole number >= 0"),  # type: ignore[arg-type]
        (Switchgear(opening_s=-1.0), "opening_s -1.0; accepted: a finite number >= 0"),
        (Switchgear(precharge_s=-1.0), "precharge_s -1.0; accepted: a finite number >= 0"),
        (Switchgear(opening_s=None), "opening_s None; accepted: a finite number >= 0"),  # type: ignore[arg-type]
        (Switchgear(closing_s=None), "closing_s None; accepted: a finite number >= 0"),  # type: ignore[arg-type]
        (Switchgear(shown=1), "shown 1; accepted: Shown.X"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_switchgear_is_held_to_its_times_and_relays(
    setting: Setting, gear: Switchgear | None, said: str
) -> None:
    found = asked(setting, switchgear=lambda _section: gear)
    assert found == (f"returns switchgear with {said}" if said else "")


def test_a_management_system_moves_the_relays_of_batteries_alone(
    ours: dict[Category, Built], setting: Setting
) -> None:
    managed = replace(
        TYPE,
        category=Category.BATTERY,
        build=lambda _section, _setting: ours[Category.BATTERY],
        switchgear=lambda _section: Switchgear(is_managed=True),
    )
    assert guarded(managed, "good 1.0").build(SECTION, setting) is ours[Category.BATTERY]


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        ({}, ""),
        ({"battery_type": None, "rated_fuse_current_a": 63.0}, ""),
        ({"battery_type": BatteryType.LI_ION}, ""),
        ([], "returns identity []; accepted: a dict with any of battery_type, rated_fuse_current_a, "),
        ({"rated_fuse_current_a": "63"}, "returns identity with rated_fuse_current_a '63'; accepted: a float, or"),
    ],
)  # fmt: skip
def test_identity_is_held_to_the_fields_that_clients_know(setting: Setting, identity: Any, said: str) -> None:
    found = asked(setting, identity=lambda _section: identity)
    assert found.startswith(said) if said else not found


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        ((), ""),
        (("5 kW",), ""),
        (["5 kW", 3], "returns caption ['5 kW', 3]; accepted: a list or tuple of print"),
    ],
)
def test_captions_are_printable_texts(setting: Setting, caption: Any, said: str) -> None:
    found = asked(setting, caption=lambda _section: caption)
    assert found.startswith(said) if said else not found


def test_an_error_is_told_by_its_first_line_and_where_it_was_raised(setting: Setting) -> None:
    def fail(_section: Any) -> Any:
        def within() -> None:
            raise KeyError("no key\nand more")

        within()

    line = fail.__code__.co_firstlineno + 2
    said = asked(setting, caption=fail)
    assert said.startswith(
        f"caption raises KeyError: 'no key\\nand more' ({Path(__file__).name}:{line}); accepted: a list"
    )

    def leave(_section: Any) -> Any:
        raise SystemExit("  first" + "x" * 300 + "\nsecond  ")

    said = asked(setting, caption=leave)
    shown = f"first{'x' * 195}"
    assert said.startswith(f"caption raises SystemExit: {shown} (test_package_ratings.py:")


def test_what_cannot_be_shown_is_told_by_its_type_and_what_is_long_in_short(setting: Setting) -> None:
    class Shy:
        def __repr__(self) -> str:
            raise RuntimeError

    assert asked(setting, caption=lambda _section: Shy()).startswith("returns caption a Shy; accepted: ")
    said = asked(setting, caption=lambda _section: "y" * 300)
    assert said.startswith(f"returns caption '{'y' * 79}; accepted: ")
