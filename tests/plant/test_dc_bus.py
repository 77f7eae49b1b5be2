"""Sharing direct current between inverters and batteries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.sim.dc_bus import share_dc_power
from doppelgrid.sim.vocabulary import Bounds

BATTERIES_OF = {"a": ("x", "y"), "b": ("y", "z"), "c": ("z",)}
LIMITS = st.fixed_dictionaries(
    {key: st.builds(Bounds, st.floats(-50_000, 0), st.floats(0, 50_000)) for key in ("x", "y", "z")}
)
WANTED = st.fixed_dictionaries({key: st.floats(-60_000, 60_000) for key in BATTERIES_OF})


@given(WANTED, LIMITS)
def test_what_leaves_the_inverters_arrives_in_the_batteries(
    wanted: dict[str, float], limits: dict[str, Bounds]
) -> None:
    flows = share_dc_power(wanted, BATTERIES_OF, limits)
    assert abs(sum(flows.inverters.values()) - sum(flows.batteries.values())) < 1e-6


@given(WANTED, LIMITS)
def test_no_battery_leaves_its_limits(wanted: dict[str, float], limits: dict[str, Bounds]) -> None:
    flows = share_dc_power(wanted, BATTERIES_OF, limits)
    for key, power_w in flows.batteries.items():
        assert limits[key].contains(power_w)


def test_power_within_all_limits_passes_unchanged() -> None:
    roomy = dict.fromkeys("xyz", Bounds(-50_000.0, 50_000.0))
    assert share_dc_power({"a": 9_000.0, "b": 0.0, "c": -4_000.0}, BATTERIES_OF, roomy).inverters == {
        "a": 9_000.0,
        "b": 0.0,
        "c": -4_000.0,
    }


def test_a_battery_with_more_room_takes_the_larger_share() -> None:
    limits = {"x": Bounds(-1.0, 30_000.0), "y": Bounds(-1.0, 10_000.0), "z": Bounds(-1.0, 1.0)}
    flows = share_dc_power({"a": 8_000.0}, BATTERIES_OF, limits)
    assert (flows.batteries["x"], flows.batteries["y"]) == (6_000.0, 2_000.0)
