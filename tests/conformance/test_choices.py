"""Sites whose makers chose otherwise than most, which is no fault of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.scenarios.conformance.access import Access
from doppelgrid.scenarios.conformance.lapse import Lapse
from doppelgrid.scenarios.conformance.statements import Outcome, Verdict
from doppelgrid.scenarios.conformance.suite import examine
from doppelgrid.sim.site.site import Site

INVERTER = 11


def site(on_lapse: str = "release") -> Site:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "main": {"id": 2, "category": "meter", "behind": "grid", "load": "3 kW"},
        "inv": {
            "id": INVERTER, "category": "battery_inverter", "behind": "main", "rated_power": "20 kW",
            "on_lapse": on_lapse,
        },
        "bat": {"id": 12, "category": "battery", "behind": "inv", "preset": "lfp-10kwh"},
    }  # fmt: skip
    return Site.model_validate({"microgrid": {"id": 1}, "components": components})


def examined(
    number: int, *ways: str, on_lapse: str = "release", accepted: Sequence[Lapse] = ()
) -> list[Outcome]:
    async def outcomes() -> list[Outcome]:
        async with SiteServer(site(on_lapse)) as url:
            return await examine(Access.to(url), ways, numbers=[number], on_lapse=accepted)

    return asyncio.run(outcomes())


def test_a_connection_point_may_tell_nothing_of_its_fuse() -> None:
    outcomes = examined(3, "v1alpha18", "client", "v1alpha19", "v1")
    assert [(outcome.verdict, outcome.reason) for outcome in outcomes] == [(Verdict.PASSED, "")] * 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("on_lapse", "accepted"),
    [("hold", ["hold"]), ("hold", [0.0, "hold"]), ("-2 kW", [-2e3]), ("zero", ["release"])],
)
def test_what_a_maker_chose_to_follow_a_set_point_is_accepted_where_it_is_named(
    on_lapse: str, accepted: list[Lapse]
) -> None:
    (outcome,) = examined(32, "v1alpha18", on_lapse=on_lapse, accepted=accepted)
    assert outcome.verdict is Verdict.PASSED, outcome.reason


@pytest.mark.slow
@pytest.mark.parametrize(
    ("on_lapse", "accepted", "named"), [("hold", [], "0 W"), ("release", [2e3], "2000 W")]
)
def test_what_was_not_named_fails_and_tells_how_to_name_it(
    on_lapse: str, accepted: list[Lapse], named: str
) -> None:
    (outcome,) = examined(32, "v1alpha18", on_lapse=on_lapse, accepted=accepted)
    assert outcome.verdict is Verdict.FAILED
    assert (
        f"not back at the default of {named} (--on-lapse names another one that its maker chose)"
        in outcome.reason
    )
