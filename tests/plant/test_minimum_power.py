"""Inverters and batteries that cannot work near 0, and bounds that follow what a device can do now."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import OutOfBoundsError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.power_bounds import shown_ranges

INVERTER = 3


class Storage:
    """A running site of an inverter and two batteries."""

    def __init__(self, inverter: dict[str, Any], *batteries: dict[str, Any]) -> None:
        self.simulation = Simulation.headless(
            Site.model_validate({
                "microgrid": {"id": 1},
                "components": {
                    "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"},
                    "main": {"id": 2, "category": "meter", "behind": "grid", "load": "0 W"},
                    "inv": {
                        "id": INVERTER, "category": "battery_inverter", "behind": "main",
                        "rated_power": "30 kW", **inverter,
                    },
                    **{
                        f"bat-{number}": {"id": 10 + number, "category": "battery", "behind": "inv", **battery}
                        for number, battery in enumerate(batteries or ({},), 1)
                    },
                },
            }),
            start_us=0,
        )  # fmt: skip
        self.plant = self.simulation.plant

    def tell(self, power_w: float) -> float:
        """Give a set-point and return what comes of it."""
        self.simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, power_w, 900)
        self.simulation.run_to(self.simulation.plant.time_us + 10_000_000)
        return self.plant.readings.active_power_w("inv")

    def shown(self, key: str = "inv") -> tuple[tuple[float, float], ...]:
        metric = Metric.AC_POWER_ACTIVE if key == "inv" else Metric.DC_POWER
        return shown_ranges(self.plant, key, metric)


class TestInverters:
    def test_the_range_that_it_cannot_work_in_is_left_out_of_its_bounds(self) -> None:
        assert Storage({"min_power": "900 W"}).shown() == ((-30e3, -900.0), (900.0, 30e3))

    @pytest.mark.parametrize("power_w", [500.0, -500.0, 899.0, -899.0])
    def test_less_is_refused(self, power_w: float) -> None:
        site = Storage({"min_power": "900 W"})
        with pytest.raises(OutOfBoundsError):
            site.tell(power_w)

    @pytest.mark.parametrize("power_w", [900.0, -900.0, 5e3])
    def test_from_there_on_it_works(self, power_w: float) -> None:
        assert Storage({"min_power": "900 W"}).tell(power_w) == pytest.approx(power_w)

    def test_what_a_32_bit_float_makes_of_the_minimum_is_the_minimum(self) -> None:
        site = Storage({"min_power": "901.3 W"})
        sent_w = float(np.float32(901.3))
        assert sent_w < 901.3
        assert site.tell(sent_w) == pytest.approx(901.3)

    @pytest.mark.parametrize("resolution", ["88 W", "0.1 W"])
    def test_a_minimum_is_one_of_the_steps_that_it_can_be_told(self, resolution: str) -> None:
        site = Storage({"min_power": "900 W", "resolution": resolution})
        least_w = site.shown()[1][0]
        assert least_w >= 900.0
        assert site.tell(float(np.float32(least_w))) == pytest.approx(least_w)

    def test_nothing_is_accepted(self) -> None:
        site = Storage({"min_power": "900 W"})
        assert site.tell(0.0) == site.plant.equipment.inverters["inv"].standby_power_w

    def test_a_full_battery_leaves_one_way_and_rest(self) -> None:
        site = Storage({"min_power": "900 W"}, {"max_soc": "90 %", "initial_soc": "90 %"})
        standby_w = site.plant.equipment.inverters["inv"].standby_power_w
        assert site.shown() == ((-30e3, -900.0), (0.0, standby_w))

    def test_rest_and_0_are_shown_beside_the_one_way_that_clients_leave(self) -> None:
        site = Storage({"min_power": "900 W"})
        standby_w = site.plant.equipment.inverters["inv"].standby_power_w
        site.plant.allowed_power.allow("inv", Metric.AC_POWER_ACTIVE, (Bounds(-9e3, 500.0),))
        assert site.shown() == ((-9e3, -900.0), (0.0, standby_w))
        site.tell(-5e3)
        assert site.shown() == ((-9e3, -900.0), (0.0, 0.0))

    def test_a_minimum_above_the_rating_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at most the rated power, 30 kW"):
            Storage({"min_power": "31 kW"})


_EACH = {"min_charge_power": "300 W", "min_discharge_power": "900 W"}


class TestEachWayOfItsOwn:
    """Inverters and batteries that can charge with less than they can discharge with, or the other way round."""

    @pytest.mark.parametrize(
        ("inverter", "shown"),
        [
            (_EACH, ((-30e3, -900.0), (300.0, 30e3))),
            ({"min_power": "500 W", "min_discharge_power": "900 W"}, ((-30e3, -900.0), (500.0, 30e3))),
            ({"min_discharge_power": "900 W"}, ((-30e3, -900.0), (0.0, 30e3))),
        ],
    )
    def test_bounds_leave_out_what_it_cannot_do(
        self, inverter: dict[str, str], shown: tuple[tuple[float, float], ...]
    ) -> None:
        assert Storage(inverter).shown() == shown

    def test_what_it_draws_at_rest_is_shown_where_it_can_deliver_any_power(self) -> None:
        site = Storage({"min_charge_power": "900 W"})
        standby_w = site.plant.equipment.inverters["inv"].standby_power_w
        assert site.shown() == ((-30e3, standby_w), (900.0, 30e3))
        assert site.tell(-200.0) == pytest.approx(-200.0)

    @pytest.mark.parametrize("power_w", [299.0, -301.0, -899.0])
    def test_less_is_refused(self, power_w: float) -> None:
        with pytest.raises(OutOfBoundsError, match="-30000 to -900 W or 300 to 30000 W"):
            Storage(_EACH).tell(power_w)

    @pytest.mark.parametrize("power_w", [300.0, -900.0, 899.0])
    def test_from_there_on_it_works(self, power_w: float) -> None:
        site = Storage(_EACH)
        assert site.tell(power_w) == pytest.approx(power_w)
        assert site.plant.tracking.has_reached("inv", PowerType.ACTIVE)

    def test_a_battery_has_two_as_well_and_its_inverter_can_do_no_less(self) -> None:
        site = Storage({}, {"min_charge_power": "500 W", "min_discharge_power": "2 kW"})
        assert site.shown("bat-1") == ((-46e3, -2e3), (500.0, 46e3))
        (_, delivers_w), (draws_w, _) = site.shown()
        assert 500.0 < draws_w < 650.0
        assert -2300.0 < delivers_w < -2000.0
        for power_w, least_w in ((draws_w, 500.0), (delivers_w, 2000.0)):
            site.tell(power_w)
            assert abs(site.plant.readings.flows().battery_dc_w["bat-1"]) >= least_w - 1e-6

    @pytest.mark.parametrize("least", ["123.4 W", "500 W", "777 W", "1.1 kW", "3.3 kW"])
    def test_told_the_least_that_its_inverter_shows_a_battery_takes_its_minimum(self, least: str) -> None:
        site = Storage({}, {"min_power": least})
        (_, delivers_w), (draws_w, _) = site.shown()
        for power_w in (draws_w, delivers_w):
            site.tell(float(np.float32(power_w)))
            assert site.plant.readings.flows().battery_dc_w["bat-1"] != 0.0

    @pytest.mark.parametrize("least_w", range(600, 1500, 50))
    def test_told_the_least_that_its_inverter_shows_no_battery_of_two_rests(self, least_w: int) -> None:
        stored = {"preset": "lfp-10kwh", "initial_soc": "50 %"}
        for told in (lambda shown_w: shown_w, lambda shown_w: float(np.float32(shown_w))):
            site = Storage({"rated_power": "10 kW"}, stored, {**stored, "min_charge_power": f"{least_w} W"})
            draws_w = site.shown()[1][0]
            assert site.tell(told(draws_w)) == pytest.approx(draws_w)
            assert site.plant.readings.flows().battery_dc_w["bat-2"] == pytest.approx(least_w)
            assert site.plant.tracking.has_reached("inv", PowerType.ACTIVE)

    @pytest.mark.parametrize("minimum", ["min_discharge_power", "min_charge_power", "min_power"])
    @pytest.mark.parametrize("of_battery", [False, True], ids=["of the inverter", "of its battery"])
    @pytest.mark.parametrize("before_w", [None, -1500.0, 1500.0])
    def test_told_nothing_it_has_come_to_that_at_rest(
        self, minimum: str, of_battery: bool, before_w: float | None
    ) -> None:
        least = {minimum: "500 W"}
        site = Storage({} if of_battery else least, least if of_battery else {})
        if before_w is not None:
            site.tell(before_w)
        standby_w = site.plant.equipment.inverters["inv"].standby_power_w
        assert site.tell(0.0) == standby_w
        assert site.plant.tracking.has_reached("inv", PowerType.ACTIVE)

    def test_of_two_batteries_each_gets_its_own(self) -> None:
        site = Storage({}, {"min_discharge_power": "1 kW"}, {"min_charge_power": "3 kW"})
        for power_w, least in ((6e3, (0.0, 3e3)), (-6e3, (1e3, 0.0))):
            site.tell(power_w)
            for key, least_w in zip(("bat-1", "bat-2"), least, strict=True):
                assert abs(site.plant.readings.flows().battery_dc_w[key]) >= least_w - 1e-6

    def test_one_beyond_the_rating_is_refused_by_its_own_name(self) -> None:
        with pytest.raises(ValueError, match=r"min_discharge_power\n.* at most the rated power, 30 kW"):
            Storage({"min_discharge_power": "31 kW"})
        with pytest.raises(ValueError, match=r"min_charge_power\n.* at most max_charge_power, 5 kW"):
            Storage({}, {"min_charge_power": "6 kW", "max_charge_power": "5 kW"})


class TestHybridInverters:
    def hybrid(self, irradiance: str, **battery: str) -> Storage:
        inverter = {"category": "hybrid_inverter", "peak_power": "10 kW", "irradiance": irradiance}
        return Storage({**inverter, "min_power": "900 W"}, {"preset": "lfp-10kwh", **battery})

    def test_they_have_one_too(self) -> None:
        site = self.hybrid("0 W/m²")
        (_, delivers_w), (draws_w, _) = site.shown()
        assert (delivers_w, draws_w) == (-900.0, 900.0)
        with pytest.raises(OutOfBoundsError):
            site.tell(-500.0)
        assert site.tell(-1e3) == pytest.approx(-1e3)

    @pytest.mark.parametrize(
        "inverter", [{}, {"min_power": "900 W"}, {"min_power": "900 W", "resolution": "88 W"}]
    )
    @pytest.mark.parametrize(
        "batteries",
        [
            ({"min_power": "1 kW"}, {}),
            ({"min_power": "800 W"}, {"min_charge_power": "100 W"}),
            ({"min_charge_power": "300 W", "min_discharge_power": "2 kW"},),
        ],
    )
    def test_without_sun_they_show_what_a_battery_inverter_does(
        self, inverter: dict[str, str], batteries: tuple[dict[str, str], ...]
    ) -> None:
        dark = {"category": "hybrid_inverter", "peak_power": "10 kW", "irradiance": "0 W/m²"}
        stored = [{"preset": "lfp-10kwh", **battery} for battery in batteries]
        hybrid, other = Storage({**dark, **inverter}, *stored), Storage(inverter, *stored)
        assert hybrid.shown() == other.shown()
        (_, delivers_w), (draws_w, _) = hybrid.shown()
        for power_w in (delivers_w, draws_w):
            with pytest.raises(OutOfBoundsError):
                hybrid.tell(0.9 * power_w)
            assert hybrid.tell(float(np.float32(power_w))) == pytest.approx(power_w)

    @pytest.mark.parametrize("irradiance", ["0 W/m²", "10 W/m²", "50 W/m²", "85 W/m²", "95 W/m²", "300 W/m²"])
    def test_what_they_show_they_can_draw_whatever_the_sun(self, irradiance: str) -> None:
        inverter = {"category": "hybrid_inverter", "peak_power": "10 kW", "irradiance": irradiance}
        stored = {"preset": "lfp-10kwh"}
        site = Storage({**inverter, "min_charge_power": "100 W"}, {**stored, "min_power": "1 kW"}, stored)
        for edge_w in (edge_w for ways in site.shown() for edge_w in ways if edge_w >= 100.0):
            assert site.tell(edge_w) == pytest.approx(edge_w)
            assert site.plant.tracking.has_reached("inv", PowerType.ACTIVE)

    @pytest.mark.parametrize("minimum", ["min_discharge_power", "min_charge_power", "min_power"])
    def test_told_nothing_they_deliver_nothing_of_what_a_full_battery_leaves(self, minimum: str) -> None:
        inverter = {"category": "hybrid_inverter", "peak_power": "3 kW", "irradiance": "800 W/m²"}
        full = {"preset": "lfp-10kwh", "max_soc": "90 %", "initial_soc": "90 %"}
        site = Storage({**inverter, "rated_power": "3 kW", minimum: "500 W"}, full)
        assert site.plant.readings.active_power_w("inv") < -1500.0
        assert site.tell(0.0) == site.plant.equipment.inverters["inv"].standby_power_w
        assert site.plant.tracking.has_reached("inv", PowerType.ACTIVE)

    @pytest.mark.lengthy
    @pytest.mark.parametrize("irradiance", ["50 W/m²", "333 W/m²", "800 W/m²"])
    def test_at_rest_they_draw_the_same_whatever_the_shares_of_their_batteries_round_to(
        self, irradiance: str
    ) -> None:
        inverter = {"category": "hybrid_inverter", "peak_power": "5 kW", "irradiance": irradiance}
        socs = ("50 %", "20 %", "35 %")
        site = Storage(inverter, *({"preset": "lfp-10kwh", "initial_soc": soc} for soc in socs))
        drawn_w = set()
        for _ in range(120):
            site.simulation.run_to(site.plant.time_us + 5_000_000)
            drawn_w.add(site.plant.readings.active_power_w("inv"))
            assert site.plant.readings.flows().inverter_dc_w["inv"] == 0.0
        assert drawn_w == {site.plant.equipment.inverters["inv"].standby_power_w}

    def by_day(self, irradiance: str, inverter: dict[str, str], **battery: str) -> Storage:
        hybrid = {"category": "hybrid_inverter", "rated_power": "3 kW", "peak_power": "5 kW", **inverter}
        return Storage({**hybrid, "irradiance": irradiance}, {"preset": "lfp-10kwh", **battery})

    @pytest.mark.parametrize("own", [{}, {"min_power": "100 W"}], ids=["none", "100 W"])
    def test_what_they_deliver_by_themselves_is_in_one_of_the_two_ranges_that_they_show_and_accept(
        self, own: dict[str, str]
    ) -> None:
        site = self.by_day("50 W/m²", own, min_power="500 W")
        power_w = site.plant.readings.active_power_w("inv")
        (sun_w, _), (draws_w, upper_w) = site.shown()
        assert power_w == pytest.approx(sun_w) == pytest.approx(-180.6, abs=0.1)
        assert (draws_w, upper_w) == (pytest.approx(321.0, abs=1.0), 3e3)
        for told_w in (-300.0, -500.0, -672.0, 0.99 * draws_w):
            with pytest.raises(OutOfBoundsError):
                site.tell(told_w)
        assert site.tell(power_w) == pytest.approx(power_w)

    @pytest.mark.parametrize("own", [{}, {"min_power": "100 W"}], ids=["none", "100 W"])
    def test_at_rest_they_show_and_accept_the_two_of_three_ranges_that_leave_the_most_choice(
        self, own: dict[str, str]
    ) -> None:
        site = self.by_day("50 W/m²", own, min_power="500 W")
        site.tell(0.0)
        (lower_w, delivers_w), (draws_w, upper_w) = site.shown()
        assert (lower_w, upper_w) == (-3e3, 3e3)
        assert delivers_w == pytest.approx(-671.5, abs=0.1)
        assert draws_w == pytest.approx(321.0, abs=1.0)
        for power_w in (-100.0, -180.0, -300.0, -500.0, 0.99 * delivers_w, 0.99 * draws_w):
            with pytest.raises(OutOfBoundsError, match="0 or -3000 to -672 W or 321 to 3000 W"):
                site.tell(power_w)
        assert site.tell(delivers_w) == pytest.approx(delivers_w)

    @pytest.mark.parametrize("irradiance", ["10 W/m²", "50 W/m²", "300 W/m²", "500 W/m²", "900 W/m²"])
    @pytest.mark.parametrize(
        "own", [{}, {"min_power": "100 W"}, {"min_discharge_power": "900 W"}, {"min_charge_power": "100 W"}]
    )
    @pytest.mark.parametrize(
        "battery",
        [
            {"min_power": "500 W"},
            {"min_discharge_power": "1 kW"},
            {"min_power": "900 W", "initial_soc": "10 %"},
        ],
    )
    def test_told_whatever_they_show_they_come_to_it(
        self, irradiance: str, own: dict[str, str], battery: dict[str, str]
    ) -> None:
        site = self.by_day(irradiance, own, **battery)
        before = site.simulation.save()
        for lower_w, upper_w in site.shown():
            edges_w = (lower_w, upper_w, float(np.float32(lower_w)), float(np.float32(upper_w)))
            for told_w in (*edges_w, *(lower_w + part * (upper_w - lower_w) for part in (0.1, 0.5, 0.9))):
                site.simulation.restore(before)
                assert site.tell(told_w) == pytest.approx(told_w, abs=35.0)
                assert site.plant.tracking.has_reached("inv", PowerType.ACTIVE)

    @pytest.mark.parametrize("irradiance", ["20 W/m²", "50 W/m²", "200 W/m²"])
    def test_what_they_deliver_to_their_meter_with_their_battery_is_within_what_they_show(
        self, irradiance: str
    ) -> None:
        site = self.by_day(irradiance, {"self_consumption": "main"}, min_discharge_power="500 W")
        for load_w in range(300, 1500, 20):
            site.simulation.drive("main", "load", float(load_w))
            site.simulation.run_to(site.plant.time_us + 10_000_000)
            if site.plant.readings.flows().battery_dc_w["bat-1"] < 0.0:
                power_w = site.plant.readings.active_power_w("inv")
                assert any(lower <= power_w <= upper for lower, upper in site.shown())

    def test_by_much_sun_they_leave_out_what_neither_that_nor_a_battery_can_make(self) -> None:
        site = self.by_day("500 W/m²", {}, min_power="500 W")
        (lower_w, together_w), (alone_w, upper_w) = site.shown()
        assert (lower_w, upper_w) == (-3e3, 3e3)
        assert together_w < alone_w - 450.0 < -2000.0
        with pytest.raises(OutOfBoundsError):
            site.tell(0.5 * (together_w + alone_w))
        assert site.tell(together_w) == pytest.approx(together_w)
        assert site.plant.readings.flows().battery_dc_w["bat-1"] == pytest.approx(-500.0)
        assert site.tell(alone_w) == pytest.approx(alone_w)
        assert site.plant.readings.flows().battery_dc_w["bat-1"] == 0.0

    def test_what_clients_leave_of_three_ranges_counts(self) -> None:
        site = self.by_day("50 W/m²", {}, min_power="500 W")
        site.simulation.gateway.augment_bounds(
            INVERTER, Metric.AC_POWER_ACTIVE, [(-400, 400)], lifetime_s=900
        )
        (sun, draws) = site.shown()
        assert sun == pytest.approx((-180.6, 0.0), abs=0.1)
        assert draws == pytest.approx((321.4, 400.0), abs=0.1)
        assert site.tell(-100.0) == pytest.approx(-100.0)

    def test_a_battery_that_allows_less_than_their_minimum_lets_them_rest(self) -> None:
        site = self.hybrid("0 W/m²")
        site.tell(2e3)
        site.plant.allowed_power.allow("bat-1", Metric.DC_POWER, (Bounds(-500.0, 500.0),))
        site.simulation.run_to(site.plant.time_us + 1_000_000)
        standby_w = site.plant.equipment.inverters["inv"].standby_power_w
        assert site.plant.readings.active_power_w("inv") == standby_w

    def test_the_sun_charges_while_it_rests(self) -> None:
        site = self.hybrid("50 W/m²")
        assert site.tell(0.0) == site.plant.equipment.inverters["inv"].standby_power_w
        assert site.plant.readings.flows().battery_dc_w["bat-1"] > 300.0

    @pytest.mark.parametrize(("irradiance", "delivers"), [("50 W/m²", False), ("500 W/m²", True)])
    def test_what_a_full_battery_leaves_is_delivered_from_there_on(
        self, irradiance: str, delivers: bool
    ) -> None:
        site = self.hybrid(irradiance, max_soc="90 %", initial_soc="90 %")
        site.simulation.run_to(site.plant.time_us + 60_000_000)
        assert (site.plant.readings.active_power_w("inv") < -900.0) == delivers
        if not delivers:
            assert (
                site.plant.readings.active_power_w("inv")
                == site.plant.equipment.inverters["inv"].standby_power_w
            )


class TestWhatClientsLeave:
    """What is drawn at rest is drawn whatever clients allow, so it is in what is shown."""

    @pytest.mark.parametrize("own", [{}, {"min_power": "900 W"}], ids=["none", "900 W"])
    @pytest.mark.parametrize("category", ["battery_inverter", "hybrid_inverter"])
    @pytest.mark.parametrize("allowed", [(-10.0, 10.0), (0.0, 10.0), (0.0, 100.0), (-500.0, 500.0)])
    def test_a_resting_inverter_is_within_its_bounds(
        self, own: dict[str, str], category: str, allowed: tuple[float, float]
    ) -> None:
        sun = {"peak_power": "10 kW", "irradiance": "0 W/m²"} if category == "hybrid_inverter" else {}
        site = Storage({"category": category, **sun, **own})
        site.simulation.gateway.augment_bounds(INVERTER, Metric.AC_POWER_ACTIVE, [allowed], lifetime_s=900)
        site.simulation.run_to(site.plant.time_us + 10_000_000)
        power_w = site.plant.readings.active_power_w("inv")
        assert power_w == site.plant.equipment.inverters["inv"].standby_power_w
        assert any(lower <= power_w <= upper for lower, upper in site.shown())

    def test_a_switched_off_one_shows_nothing_all_the_same(self) -> None:
        site = Storage({"min_power": "900 W"})
        site.simulation.gateway.augment_bounds(INVERTER, Metric.AC_POWER_ACTIVE, [(-10, 10)], lifetime_s=900)
        site.simulation.fault(Fault("inv", FaultKind.TRIP))
        assert site.shown() == ((0.0, 0.0),)


class TestBatteries:
    def test_the_range_is_left_out_on_the_direct_current_side(self) -> None:
        shown = Storage({}, {"min_power": "1 kW"}).shown("bat-1")
        assert shown == ((-46e3, -1e3), (1e3, 46e3))

    def test_its_inverter_can_do_no_less(self) -> None:
        site = Storage({}, {"min_power": "1 kW"})
        lower, upper = site.shown()
        assert lower[1] == -upper[0]
        assert 1000.0 < upper[0] < 1150.0
        for power_w in (upper[0], lower[1]):
            site.tell(power_w)
            assert abs(site.plant.readings.flows().battery_dc_w["bat-1"]) >= 1000.0 - 1e-6

    def test_of_two_each_gets_its_minimum_and_shares_the_rest(self) -> None:
        site = Storage({}, {"min_power": "1 kW"}, {"min_power": "3 kW"})
        for power_w in (site.shown()[1][0], 6e3, 20e3):
            site.tell(power_w)
            one, other = (site.plant.readings.flows().battery_dc_w[key] for key in ("bat-1", "bat-2"))
            assert one >= 1000.0 - 1e-6
            assert other >= 3000.0 - 1e-6
            inverter = site.plant.readings.flows().inverter_dc_w["inv"]
            assert one + other == pytest.approx(inverter)

    @pytest.mark.parametrize("minima", [("300 W", "900 W"), ("0 W", "900 W"), ("900 W", "900 W")])
    def test_at_rest_nothing_flows_between_them(self, minima: tuple[str, str]) -> None:
        site = Storage({}, *({"min_power": each} for each in minima))
        site.simulation.run_to(site.plant.time_us + 60_000_000)
        assert set(site.plant.readings.flows().battery_dc_w.values()) == {0.0}

    def test_sun_below_the_minimum_charges_no_battery_of_a_hybrid(self) -> None:
        site = Storage(
            {"category": "hybrid_inverter", "peak_power": "10 kW", "irradiance": "50 W/m²"},
            {"preset": "lfp-10kwh", "min_power": "900 W"},
        )
        site.simulation.run_to(site.plant.time_us + 60_000_000)
        assert site.plant.readings.flows().battery_dc_w["bat-1"] == 0.0
        assert site.plant.readings.active_power_w("inv") < -300.0

    def test_an_empty_one_lets_a_hybrid_rest_while_the_sun_gives_less_than_running_takes(self) -> None:
        site = Storage(
            {
                "category": "hybrid_inverter",
                "peak_power": "10 kW",
                "irradiance": "1 W/m²",
                "start_irradiance": "0 W/m²",
                "standby_power": "20 W",
            },
            {"preset": "lfp-10kwh", "initial_soc": "10.2 %", "min_soc": "10 %"},
        )
        assert site.tell(-500.0) == pytest.approx(-500.0)
        site.simulation.run_to(site.plant.time_us + 600_000_000)
        assert site.shown()[0][0] == 0.0
        assert site.plant.readings.active_power_w("inv") == 20.0
        assert 0.0 < site.plant.readings.flows().battery_dc_w["bat-1"] < 10.0

    def test_without_minima_they_share_by_their_room(self) -> None:
        site = Storage({}, {}, {"capacity": "46 kWh"})
        site.tell(10e3)
        one, other = (site.plant.readings.flows().battery_dc_w[key] for key in ("bat-1", "bat-2"))
        assert one / other == pytest.approx(2.0, rel=0.01)


class TestReactivePower:
    def test_it_has_the_room_that_batteries_leave_of_the_active_power(self) -> None:
        site = Storage({})
        gateway = site.simulation.gateway
        site.tell(30e3)
        gateway.augment_bounds(11, Metric.DC_POWER, [(-9e3, 9e3)], lifetime_s=900)
        gateway.set_power(INVERTER, PowerType.REACTIVE, 20e3, 900)
        site.simulation.run_to(site.plant.time_us + 10_000_000)
        frame = gateway.frame(INVERTER)
        assert frame.bounds[Metric.AC_POWER_REACTIVE][0].upper > 28e3
        assert frame.values[Metric.AC_POWER_REACTIVE] == pytest.approx(20e3)
        assert 9e3 < frame.values[Metric.AC_POWER_ACTIVE] < 9.5e3


class TestWhatCannotWorkNow:
    def test_a_tripped_inverter_shows_nothing(self) -> None:
        site = Storage({})
        site.simulation.fault(Fault("inv", FaultKind.TRIP))
        assert site.shown() == ((0.0, 0.0),)

    def test_a_parked_one_shows_what_it_can_be_woken_to_until_it_trips(self) -> None:
        site = Storage({})
        site.simulation.gateway.standby(INVERTER)
        site.simulation.run_to(site.plant.time_us + 60_000_000)
        assert site.shown() == ((-30e3, 30e3),)
        site.simulation.fault(Fault("inv", FaultKind.TRIP))
        assert site.shown() == ((0.0, 0.0),)

    def test_one_that_the_grid_does_not_reach_shows_nothing(self) -> None:
        site = Storage({})
        site.simulation.drive("grid", "presence", 0.0)
        assert site.shown() == ((0.0, 0.0),)

    def test_a_stopped_one_shows_nothing_until_it_is_started(self) -> None:
        site = Storage({})
        site.simulation.gateway.stop(INVERTER)
        site.simulation.run_to(site.plant.time_us + 60_000_000)
        assert site.shown() == ((0.0, 0.0),)
        site.simulation.gateway.start(INVERTER)
        site.simulation.run_to(site.plant.time_us + 60_000_000)
        assert site.shown() == ((-30e3, 30e3),)
