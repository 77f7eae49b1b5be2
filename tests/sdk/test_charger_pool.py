"""The SDK's pool of chargers where voltages move and not all have three phases, as `docs/how-to/sessions.md` says."""

from __future__ import annotations

import pytest
from sdk.apps.pool_within_bounds import propose

from doppelgrid.scenarios.testing import SiteHandle
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.metrics import Metric

SITE = """
microgrid: {id: 1}
telemetry: {interval: 1 s}
components:
  grid: {id: 1, category: grid_connection_point, voltages: {phases: [226 V, 231 V, 238 V], fluctuation: 1 %}}
  main: {id: 2, category: meter, behind: grid}
  ev-1: {id: 11, category: ev_charger, behind: main, rated_power: 22 kW, car: {max_power: 22 kW}, HOLD}
  ev-2: {id: 12, category: ev_charger, behind: main, rated_power: 11 kW, car: {max_power: 11 kW}, HOLD}
  ev-3: {id: 13, category: ev_charger, behind: main, type: dc, rated_power: 50 kW, car: {max_power: 90 kW}, HOLD}
  ev-4: {id: 14, category: ev_charger, behind: main, rated_power: 3.68 kW, phases: [2], car: {phases: 1}, HOLD}
""".replace("HOLD", "on_lapse: hold")
CHARGERS = ("ev-1", "ev-2", "ev-3", "ev-4")

pytestmark = pytest.mark.site(SITE, start="2026-06-15T11:00", interval="1 s")


async def told(site: SiteHandle, part: float, span: str) -> list[Event]:
    """Propose a part of the pool's upper bound for a while, and return what becomes of its commands."""
    events: list[Event] = []
    site.simulation.gateway.listen_to_events(
        lambda event: events.append(event) if event.kind.startswith("set-point") else None
    )
    app = propose(site.url, "ev", (part,), hold_s=60, every_s=15, tell=lambda _part: None)
    await site.start_app(app)
    await site.run_for(span)
    return events


def power_w(site: SiteHandle, key: str) -> float:
    number = site.definition.components[key].id
    return site.simulation.gateway.frame(number).values[Metric.AC_POWER_ACTIVE]


async def test_told_a_little_more_than_they_draw_at_rest_all_cars_pause_and_the_pool_rests(
    site: SiteHandle,
) -> None:
    events = await told(site, 0.005, "5 min")
    assert all(power_w(site, key) < 100.0 for key in CHARGERS)
    assert [event.kind for event in events].count("set-point accepted") == len(CHARGERS)


async def test_told_all_it_can_every_charger_charges_also_on_one_phase_and_nothing_is_refused(
    site: SiteHandle,
) -> None:
    events = await told(site, 1.0, "5 min")
    assert [event for event in events if "refused" in event.kind] == []
    assert {key: power_w(site, key) > 3e3 for key in CHARGERS} == dict.fromkeys(CHARGERS, True)
