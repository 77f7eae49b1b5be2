"""What an application could not have known breaks no invariant: bounds, refusals and samples as they came to it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from suites.benches import scenario
from suites.invariants_bench import INVERTER, PUSH, Steps, broken, refused, small_site

from doppelgrid.scenarios.suites.checks import attribution
from doppelgrid.scenarios.suites.checks.delivered import Delivered
from doppelgrid.scenarios.suites.checks.invariants import WORDS
from doppelgrid.scenarios.suites.running.case import Case, run_case
from doppelgrid.sim.domain.commands import (
    AugmentBounds,
    Command,
    OverrideInput,
    SetPower,
    StrikeFault,
)
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return small_site(tmp_path_factory.mktemp("site"))


class TestShown:
    """Set-points of the application are within the bounds that it was shown, -1943 W if its battery gives 2 kW."""

    APP = """
        import asyncio
        from frequenz.client.common.microgrid.components import ComponentId
        from frequenz.client.microgrid import MicrogridApiClient
        from frequenz.client.microgrid.metrics import Bounds, Metric

        INVERTER, BATTERY = ComponentId(3), ComponentId(4)

        async def main():
            client = MicrogridApiClient("grpc://[::1]:8800")
            if {watches}:
                stream = client.receive_component_data_samples_stream(INVERTER, [Metric.AC_POWER_ACTIVE])
            await asyncio.sleep(20)
            await client.add_component_bounds(BATTERY, Metric.DC_POWER, [Bounds(lower=-2e3, upper=2e3)])
            await asyncio.sleep(2.2)
            await client.set_component_power_active(INVERTER, {power_w})
            await asyncio.sleep(1e6)
        asyncio.run(main())
    """

    @pytest.mark.parametrize(
        ("power_w", "watches", "is_found"), [(-2000, True, True), (-1900, True, False), (-2000, False, False)]
    )
    def test_one_beyond_them_that_the_site_tolerates_is_found(
        self, tmp_path: Path, power_w: float, watches: bool, is_found: bool
    ) -> None:
        (tmp_path / "app.py").write_text(textwrap.dedent(self.APP.format(power_w=power_w, watches=watches)))
        path = scenario(tmp_path, "app: app.py\nchecks: [{always: grid.power < 99 kW}]\n")
        failures = run_case(Case("try", path)).failures
        assert [failure.partition(": ")[0] for failure in failures] == [WORDS["shown"]] * is_found, failures

    SLOW = Fault("inv", FaultKind.SLOW_CONSUMER, amount=1 / 60)
    NARROW = AugmentBounds(INVERTER, Metric.AC_POWER_ACTIVE, ((-2e3, 2e3),), 60)

    @pytest.mark.parametrize("lasts_s", [None, 8.0])
    def test_bounds_that_wait_on_a_slow_line_are_not_those_that_it_was_shown(
        self, site: Site, lasts_s: float | None
    ) -> None:
        commands: Steps = [(5.0, StrikeFault(self.SLOW, lasts_s)), (7.0, self.NARROW), (15.0, PUSH)]
        assert broken(refused(site, commands)) == []

    def test_bounds_that_came_before_the_line_was_slow_are(self, site: Site) -> None:
        beyond = SetPower(INVERTER, PowerType.ACTIVE, -2050.0)
        commands: Steps = [(2.0, self.NARROW), (5.0, StrikeFault(self.SLOW, None)), (15.0, beyond)]
        assert broken(refused(site, commands)) == ["shown"]


class TestRefusals:
    """An application is not blamed for what it could not know."""

    TRIP = StrikeFault(Fault("inv", FaultKind.TRIP), None)

    @pytest.mark.parametrize(
        ("fault", "after_s", "is_found"),
        [
            (TRIP, 0.5, False),
            (TRIP, 5.0, True),
            (StrikeFault(Fault("battery", FaultKind.TRIP), None), 0.5, False),
            (StrikeFault(Fault("battery", FaultKind.TRIP), None), 5.0, True),
            (StrikeFault(Fault("inv", FaultKind.REFUSED), None), 5.0, False),
            (OverrideInput("grid", "presence", 0.0), 0.5, False),
            (OverrideInput("grid", "presence", 0.0), 5.0, True),
        ],
        ids=[
            "just now",
            "seen since",
            "behind it",
            "behind it, seen since",
            "by the line",
            "before it",
            "before it, seen since",
        ],
    )
    def test_a_refusal_counts_once_its_cause_could_be_seen(
        self, site: Site, fault: Command, after_s: float, is_found: bool
    ) -> None:
        found = refused(site, [(5.0, fault), (5.0 + after_s, PUSH)])
        assert ("commands" in broken(found)) is is_found

    def test_a_state_that_is_not_reported_cannot_be_seen(self, site: Site) -> None:
        unseen = StrikeFault(Fault("inv", FaultKind.MISSING_STATES), None)
        assert "commands" not in broken(refused(site, [(5.0, unseen), (5.0, self.TRIP), (15.0, PUSH)]))

    def test_bounds_that_come_late_are_not_those_that_it_was_shown(self, site: Site) -> None:
        late = StrikeFault(Fault("inv", FaultKind.LATENCY, amount=30.0), None)
        narrow = AugmentBounds(INVERTER, Metric.AC_POWER_ACTIVE, ((-1e3, 1e3),), 60)
        assert broken(refused(site, [(5.0, narrow), (15.0, PUSH)])) == ["shown", "commands"]
        assert broken(refused(site, [(5.0, late), (5.0, narrow), (15.0, PUSH)])) == []

    @pytest.mark.parametrize(("at_s", "is_found"), [(20.5, False), (21.2, False), (21.8, True)])
    def test_bounds_count_half_a_second_after_they_were_shown(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, at_s: float, is_found: bool
    ) -> None:
        # Bounds that sun or cells narrow do so without an event.
        monkeypatch.setattr(attribution, "_CHANGES", ())
        found = refused(site, [(20.5, TestShown.NARROW), (at_s, PUSH)])
        assert broken(found) == ["shown", "commands"] * is_found

    def test_a_command_that_a_slow_line_brings_late_is_not_blamed(self, site: Site) -> None:
        slow = StrikeFault(Fault("inv", FaultKind.LATENCY, amount=2.0), None)
        wide = SetPower(INVERTER, PowerType.ACTIVE, -3e3)
        assert broken(refused(site, [(5.0, TestShown.NARROW), (20.0, slow), (40.0, wide)])) == []

    @pytest.mark.parametrize(("after_s", "is_found"), [(9.0, False), (11.0, True)])
    def test_a_command_may_be_on_its_way_for_a_while_after_the_line_is_mended(
        self, site: Site, after_s: float, is_found: bool
    ) -> None:
        slow = StrikeFault(Fault("inv", FaultKind.LATENCY, amount=2.0), 10.0)
        commands: Steps = [(5.0, TestShown.NARROW), (20.0, slow), (30.0 + after_s, PUSH)]
        assert broken(refused(site, commands)) == ["shown", "commands"] * is_found

    @pytest.mark.parametrize(("after_s", "is_found"), [(2.4, False), (2.5, True)])
    def test_a_trip_counts_an_interval_and_half_a_second_after_the_sampling_that_shows_it(
        self, site: Site, after_s: float, is_found: bool
    ) -> None:
        commands: Steps = [(10.05, self.TRIP), (10.05 + after_s, PUSH)]
        assert ("commands" in broken(refused(site, commands))) is is_found

    def test_a_change_counts_once_a_sample_has_come_that_shows_it(self, site: Site) -> None:
        slow = StrikeFault(TestShown.SLOW, 8.0)
        assert broken(refused(site, [(5.0, slow), (7.0, self.TRIP), (15.0, PUSH)])) == []

    def test_what_makes_no_sense_counts_whatever_is_broken(self, site: Site) -> None:
        unseen = StrikeFault(Fault("inv", FaultKind.MISSING_STATES), None)
        short = SetPower(INVERTER, PowerType.ACTIVE, -3e3, 1)
        assert broken(refused(site, [(5.0, unseen), (6.0, short)])) == ["commands"]


class TestDelivered:
    """What an application has been shown, once it had half a second to look at it."""

    @pytest.mark.parametrize(("at_s", "seen_s"), [(10.0, 9.0), (10.4, 9.0), (10.5, 10.0), (10.9, 10.0)])
    def test_a_sample_is_seen_half_a_second_after_it_came(
        self, site: Site, at_s: float, seen_s: float
    ) -> None:
        delivered = self.after(site, at_s)
        assert delivered.seen_us(INVERTER, round(at_s * 1e6)) == round(seen_s * 1e6)

    def test_nothing_is_seen_without_a_stream_or_before_the_first_sample_was_looked_at(
        self, site: Site
    ) -> None:
        assert self.after(site, 10.0, listens=False).seen_us(INVERTER, 10_000_000) is None
        assert self.after(site, 1.2).seen_us(INVERTER, 1_200_000) is None

    def after(self, site: Site, at_s: float, *, listens: bool = True) -> Delivered:
        simulation = Simulation.headless(site, start_us=0, seed=0)
        if listens:
            simulation.gateway.subscribe(INVERTER)
        delivered = Delivered(simulation)
        simulation.gateway.listen_to_frames(delivered.look)
        simulation.run_to(round(at_s * 1e6))
        return delivered
