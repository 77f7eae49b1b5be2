"""The SDK's pools against their own bounds: nothing is refused, all is followed, no car is paused again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sdk.apps.pool_within_bounds import propose

from doppelgrid.scenarios.testing import SiteHandle
from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric

HEAD = """
microgrid: {id: 1, location: {latitude: 52.5, longitude: 13.4, timezone: Europe/Berlin}}
telemetry: {interval: 1 s}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 630 A}
  main: {id: 2, category: meter, behind: grid, load: {profile: bdew-g0, annual_energy: 60 MWh, noise: {amplitude: 3 %}}}
"""
STORAGE = f"""{HEAD}
  m1:    {{id: 10, category: meter, behind: main}}
  inv-1: {{id: 11, category: battery_inverter, behind: m1, rated_power: 60 kW}}
  bat-1: {{id: 12, category: battery, behind: inv-1, preset: lfp-92kwh, initial_soc: 40 %}}
  bat-2: {{id: 13, category: battery, behind: inv-1, preset: nmc-100kwh, initial_soc: 70 %}}
  m2:    {{id: 20, category: meter, behind: main}}
  inv-2: {{id: 21, category: battery_inverter, behind: m2, rated_power: 30 kW}}
  inv-3: {{id: 22, category: battery_inverter, behind: m2, rated_power: 30 kW}}
  bat-3: {{id: 23, category: battery, behind: [inv-2, inv-3], preset: lfp-92kwh, initial_soc: 50 %}}
  inv-4: {{id: 31, category: battery_inverter, behind: main, rated_power: 10 kW}}
  bat-4: {{id: 32, category: battery, behind: inv-4, preset: lfp-10kwh, initial_soc: 90 %}}
"""
LEAST_POWERS = f"""{HEAD}
  inv-1: {{id: 11, category: battery_inverter, behind: main, rated_power: 30 kW, min_power: 900 W}}
  bat-1: {{id: 12, category: battery, behind: inv-1, preset: lfp-92kwh, initial_soc: 40 %}}
  inv-2: {{id: 21, category: battery_inverter, behind: main, rated_power: 10 kW}}
  bat-2: {{id: 22, category: battery, behind: inv-2, preset: lfp-10kwh, initial_soc: 50 %, min_power: 400 W}}
"""
SUN = f"""{HEAD}
  inv-1: {{id: 11, category: hybrid_inverter, behind: main, rated_power: 30 kW, peak_power: 20 kW}}
  bat-1: {{id: 12, category: battery, behind: inv-1, preset: lfp-92kwh, initial_soc: 40 %}}
  inv-2: {{id: 21, category: battery_inverter, behind: main, rated_power: 30 kW}}
  bat-2: {{id: 22, category: battery, behind: inv-2, preset: lfp-92kwh, initial_soc: 40 %}}
  roof:
    id: 41
    category: pv_inverter
    behind: main
    rated_power: 30 kW
    irradiance: {{profile: clear-sky, clouds: {{cover: 40 %, passage: 4 min}}, step: 10 s}}
  east:  {{id: 42, category: pv_inverter, behind: main, rated_power: 60 kW, azimuth: 90 °, tilt: 20 °}}
  west:  {{id: 43, category: pv_inverter, behind: main, rated_power: 5 kW, peak_power: 8 kW, azimuth: 270 °}}
"""
CHARGERS = f"""{HEAD}
  ev-1: {{id: 11, category: ev_charger, behind: main, rated_power: 22 kW, sessions: {{profile: workplace}}, HOLD}}
  ev-2: {{id: 12, category: ev_charger, behind: main, rated_power: 11 kW, sessions: {{profile: public}}, HOLD}}
  ev-3: {{id: 13, category: ev_charger, behind: main, rated_power: 22 kW, car: {{initial_soc: 30 %}}, HOLD}}
  ev-4: {{id: 14, category: ev_charger, behind: main, rated_power: 11 kW, sessions: [{{
    arrive: "08:00", stay: 8 h, soc: 20 %}}], HOLD}}
  ev-5: {{id: 15, category: ev_charger, behind: main, type: dc, rated_power: 50 kW, sessions: [{{
    arrive: "09:00", stay: 2 h, soc: 20 %, target_soc: 80 %, car: saloon-50kwh}}], HOLD}}
""".replace("HOLD", "on_lapse: hold")
"""The SDK tells a charger a power once, and takes it for held."""
SITES = {"storage": STORAGE, "least powers": LEAST_POWERS, "sun": SUN, "chargers": CHARGERS}

PARTS: Mapping[str, Sequence[float]] = {
    "battery": (1.0, -1.0, 0.0, 0.5, -0.5, 1.3, -1.3, 0.01, -0.01),
    "ev": (1.0, 1.3, 0.6, 0.3, 0.0, 0.8, 0.1),
    "pv": (-1.0, -0.5, -1.3, 0.0, -0.1),
}
"""Of the pool's bounds: beyond them, at them, within them, and where devices cannot do as little."""
SETTLED_US = 10_000_000
"""Time for a device to come to its set-point."""
LAPSED_US = 60_000_000
SIX_AMPERES_W = 4_200.0
CALM_US = 130_000_000
"""Time for the SDK to share a power among cars: it raises each once a minute."""


class Watch:
    """Looks on while a pool is told what to do."""

    def __init__(self, site: SiteHandle) -> None:
        self.refused: list[str] = []
        self.astray: list[str] = []
        """What did not follow its set-point, as far as its bounds let it."""
        self.restless: list[str] = []
        """Cars that began or ceased to charge long after another one came, and after another power was proposed."""
        self.set_points = 0
        self._site = site
        components = site.definition.components.items()
        self._components = {component.id: (key, component.category) for key, component in components}
        self._set: dict[str, tuple[float, int]] = {}
        self._charging: dict[str, bool] = {}
        self._most_w: dict[str, float] = {}
        self._changed_us = 0
        self.part = 0.0
        site.simulation.gateway.listen_to_events(self._on_event)
        site.simulation.gateway.listen_to_frames(self._on_frames)

    def tell(self, part: float) -> None:
        """Take notice of what is proposed from now on."""
        self._changed_us = self._site.now_us
        self.part = part

    def _on_event(self, event: Event) -> None:
        if "refused" in event.kind:
            self.refused.append(str(event))
        if event.kind == "set-point accepted":
            self.set_points += 1
            power_w: Any = event.details["power"]
            former_w, since_us = self._set.get(event.subject, (None, 0))
            is_new = former_w is None or abs(former_w - power_w) > 1.0 + 1e-3 * abs(power_w)
            is_late = event.time_us - since_us > LAPSED_US - SETTLED_US
            self._set[event.subject] = (power_w, event.time_us if is_new or is_late else since_us)

    def _on_frames(self, time_us: int, frames: Sequence[Frame]) -> None:
        for frame in frames:
            bounds = frame.bounds.get(Metric.AC_POWER_ACTIVE)
            if frame.component_id not in self._components or not bounds:
                continue
            key, category = self._components[frame.component_id]
            power_w, is_charger = frame.values[Metric.AC_POWER_ACTIVE], category == Category.EV_CHARGER
            if is_charger:
                self._look_at_car(time_us, key, power_w, bounds[-1].upper)
            set_w, since_us = self._set.get(key, (0.0, time_us))
            if not SETTLED_US < time_us - since_us < LAPSED_US:
                continue
            wanted_w = min(max(set_w, bounds[0].lower), bounds[-1].upper)
            # Chargers offer whole amperes on three phases, and pause below six.
            coarse_w = (700.0 if wanted_w > 4_200.0 else wanted_w) if is_charger else 0.0
            slack_w = 150.0 + 0.03 * abs(wanted_w)
            if not -slack_w - coarse_w <= power_w - wanted_w <= slack_w:
                when = self._site.time_text(time_us)
                self.astray.append(f"{when} {key}: told {set_w:.0f} W, does {power_w:.0f} W of {bounds}")

    def _look_at_car(self, time_us: int, key: str, power_w: float, most_w: float) -> None:
        is_charging = power_w > 300.0
        was_charging = self._charging.setdefault(key, is_charging)
        self._charging[key] = is_charging
        wants = most_w > 300.0
        waiting_w = [each_w for each_w in self._most_w.values() if each_w > 300.0]
        if self.part * sum(waiting_w) < SIX_AMPERES_W * len(waiting_w):
            self._changed_us = time_us  # the SDK lets cars take turns where there is not enough for all
        # By amperes: a car that is nearly full takes less and less, until the part of it that is proposed is below 6 A.
        if abs(most_w - self._most_w.setdefault(key, most_w)) > 100.0:
            self._most_w[key] = most_w
            self._changed_us = time_us  # the bounds of the pool, and so what is proposed
        if wants and is_charging != was_charging and time_us - self._changed_us > CALM_US:
            self.restless.append(f"{self._site.time_text(time_us)} {key}: {power_w:.0f} W at {self.part}")


INTERVAL = "2 s"
"""The SDK's battery pool has no bounds where samples come less often."""


def cases(*starts: str, of: Sequence[tuple[str, str]]) -> list[Any]:
    """Return pools and their sites, each with the marker that makes it the test's site."""
    return [
        pytest.param(
            kind,
            marks=pytest.mark.site(SITES.get(name, name), start=start, interval=INTERVAL),
            id=f"{kind} of {name} from {start[-5:]}",
        )
        for kind, name in of
        for start in starts
    ]


async def watch(site: SiteHandle, kind: str, span: str, *, hold_s: int, every_s: int) -> Watch:
    """Let a pool be told powers for a while."""
    watching = Watch(site)
    app = propose(site.url, kind, PARTS[kind], hold_s=hold_s, every_s=every_s, tell=watching.tell)
    await site.start_app(app)
    await site.run_for(span)
    return watching


def assert_calm(watching: Watch) -> None:
    assert watching.refused == []
    assert watching.astray == []
    assert watching.restless == []
    assert watching.set_points > 5


@pytest.mark.parametrize(
    "kind",
    cases(
        "2026-06-15T11:00",
        of=[("battery", "storage"), ("battery", "least powers"), ("pv", "sun"), ("ev", "chargers")],
    ),
)
async def test_for_some_minutes(site: SiteHandle, kind: str) -> None:
    assert_calm(await watch(site, kind, "5 min", hold_s=30, every_s=15))


DAY = [("battery", "storage"), ("pv", "sun"), ("ev", "chargers")]


@pytest.mark.slow
@pytest.mark.parametrize("kind", cases("2026-06-15T08:30", of=DAY))
async def test_while_cars_come_and_the_sun_rises(site: SiteHandle, kind: str) -> None:
    assert_calm(await watch(site, kind, "90 min", hold_s=600, every_s=50))


@pytest.mark.slow
@pytest.mark.days
@pytest.mark.parametrize("kind", cases("2026-06-15T00:00", "2026-06-15T12:00", of=DAY))
async def test_for_half_a_day(site: SiteHandle, kind: str) -> None:
    assert_calm(await watch(site, kind, "12 h", hold_s=1500, every_s=50))
