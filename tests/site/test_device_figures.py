"""What is made of the figures of a device: the preset of its class, brought to its rating, and what it can be told."""

from __future__ import annotations

import math

import pytest
from support.one_component import BASE, START_US, built, caption, params, rating, refusal, section

from doppelgrid.models.pv import pv_maximum_power_point
from doppelgrid.sim.components.inverter import inverter_preset, nearest_inverter_preset
from doppelgrid.sim.components.power_transformer import transformer_preset
from doppelgrid.sim.components.precharger import Precharger
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.components.solar_array import pv_array_preset
from doppelgrid.sim.components.switchgear import OF_AN_INVERTER, RELAY_S, Switchgear
from doppelgrid.sim.components.uninterruptible_power_supply import ups_preset
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.files.presets import find_preset
from doppelgrid.sim.inputs.signal import Constant
from doppelgrid.sim.site.environment import settings
from doppelgrid.sim.site.reader import parse_site


class TestInverters:
    @pytest.mark.parametrize(
        ("family", "rated_w", "name"),
        [
            ("battery", 3872.0, "battery-3kw"),
            ("battery", 3874.0, "battery-5kw"),
            ("pv", 1.0, None),
            ("pv", 1e9, None),
        ],
    )
    def test_the_preset_is_that_of_the_nearest_class_by_ratio(
        self, family: str, rated_w: float, name: str | None
    ) -> None:
        found = nearest_inverter_preset(family, rated_w)
        assert found.startswith(f"{family}-")
        assert name in (None, found)

    def test_losses_heat_and_ramp_grow_with_the_rating(self) -> None:
        raw, rated_w = find_preset("inverters", "inverter preset", "battery-5kw"), 8e3
        loss_w = (raw["no_load_loss"] + raw["linear_loss"] + raw["quadratic_loss"]) * rated_w
        per_k = loss_w / raw["temperature_rise_k"]
        made = inverter_preset("battery-5kw", rated_w, 9e3)
        expected = {
            "rated_power_w": 8e3,
            "rated_apparent_power_va": 9e3,
            "standby_power_w": raw["standby"] * rated_w,
            "no_load_loss_w": raw["no_load_loss"] * rated_w,
            "linear_loss": raw["linear_loss"],
            "quadratic_loss_per_w": raw["quadratic_loss"] / rated_w,
            "ramp_rate_w_per_s": raw["ramp_rate_per_s"] * rated_w,
            "resolution_w": 0.0,
            "heat_capacity_j_per_k": raw["time_constant_s"] * per_k,
            "heat_loss_w_per_k": per_k,
            "dc_current_max_a": raw["dc_current_a_per_kw"] * 8.0,
            "power_factor_min": 0.0,
            "reactive_power_max_var": math.inf,
            "heat_sink_max_c": raw["full_power_ambient_c"] + raw["temperature_rise_k"],
            "ambient_max_c": raw["ambient_max_c"],
        }
        assert {name: getattr(made, name) for name in expected} == pytest.approx(expected)

    @pytest.mark.parametrize("kind", ["battery_inverter", "hybrid_inverter"])
    def test_a_battery_inverter_may_be_told_both_ways(self, kind: str) -> None:
        text = BASE % (kind, "rated_power: 10 kW, rated_apparent_power: 12 kVA, resolution: 50 W")
        site = parse_site(text + "  bat: {id: 3, category: battery, behind: it}\n", "berlin.yaml")
        where = settings(site, Constant(20.0), start_us=START_US, seed=3)
        converting = type_of(site.components["it"]).build(site.components["it"], where["it"]).converting
        assert converting is not None
        told = converting.rating
        assert (told.active, told.reactive) == (Bounds(-10e3, 10e3), Bounds(-12e3, 12e3))
        assert (told.default_w, told.is_limit, told.resolution_w) == (0.0, False, 50.0)
        assert not told.only_produces
        assert told.size == 12e3

    def test_one_of_photovoltaics_may_be_told_the_most_that_it_produces(self) -> None:
        told = rating("pv_inverter", "rated_power: 10 kW, rated_apparent_power: 12 kVA")
        assert (told.active, told.reactive) == (Bounds(-10e3, 0.0), Bounds(-12e3, 12e3))
        assert (told.default_w, told.is_limit) == (-10e3, True)
        assert told.only_produces

    def test_its_apparent_power_is_at_least_its_rated_power(self) -> None:
        assert section("pv_inverter", "rated_power: 10 kW, rated_apparent_power: 10 kVA")
        said = refusal("pv_inverter", "rated_power: 10 kW, rated_apparent_power: 9.99 kVA")
        assert said == "rated_apparent_power is 9.99 kVA; accepted: at least the rated power, 10 kVA"
        assert params("pv_inverter", "rated_power: 10 kW").rated_apparent_power_va == 10e3

    def test_its_switchgear_has_a_relay_on_either_side(self) -> None:
        assert (OF_AN_INVERTER.moving_s(2, is_closing=True), OF_AN_INVERTER.relays) == (2.0 * RELAY_S, 2)
        gear = Switchgear(closing_s=0.2, opening_s=0.3)
        assert gear.moving_s(3, is_closing=True) == pytest.approx(0.6)
        assert gear.moving_s(3, is_closing=False) == pytest.approx(0.9)

    def test_captions_say_its_size_and_its_sun(self) -> None:
        assert caption("pv_inverter", "rated_power: 10 kW") == [
            "10 kW", "10 kWp", "30° towards 180°", "irradiance clear-sky",
        ]  # fmt: skip
        keys = "rated_power: 10 kW, peak_power: 12 kW, tilt: 45 °, azimuth: 90 °"
        assert caption("pv_inverter", keys) == [
            "10 kW", "12 kWp", "45° towards 90°", "irradiance clear-sky",
        ]  # fmt: skip
        assert caption("pv_inverter", "rated_power: 10 kW, irradiance: 800 W/m²")[-1] == "irradiance 800 W/m²"
        assert caption("pv_inverter", "rated_power: 10 kW, power: 3.5 kW")[-1] == "power -3.5 kW"


class TestArrays:
    def test_modules_have_the_power_of_their_data_sheet_and_strings_the_voltage_of_the_inverter(self) -> None:
        raw = find_preset("pv_arrays", "PV array preset", "crystalline-silicon")
        array = pv_array_preset("crystalline-silicon", 10e3, 500.0)
        assert array.dc_power_stc_w == 10e3
        coefficient = raw["alpha_sc_a_per_k"] * (1.0 - raw["adjust_percent"] / 100.0)
        assert array.module.current_a_per_k == pytest.approx(coefficient)
        point = pv_maximum_power_point(array.module, 1000.0, 25.0)
        assert array.module.power_stc_w == point.power_w == pytest.approx(300.0, rel=0.02)
        assert array.modules_in_series == round(500.0 / point.voltage_v) > 10.0
        assert pv_array_preset("crystalline-silicon", 10e3, 1.0).modules_in_series == 1.0
        assert pv_array_preset("crystalline-silicon", 10e3) == array._replace(
            modules_in_series=float(round(600.0 / point.voltage_v))
        )

    def test_an_array_without_a_power_of_its_own_has_that_of_its_inverter(self) -> None:
        def dc_power_w(keys: str) -> float:
            array = built("pv_inverter", keys).array
            assert array is not None
            return array.array.dc_power_stc_w

        assert dc_power_w("rated_power: 10 kW") == 10e3
        assert dc_power_w("rated_power: 10 kW, peak_power: 13 kW") == 13e3


class TestPassages:
    def test_a_transformer_without_a_preset_has_common_losses(self) -> None:
        found = params("power_transformer", "rated_apparent_power: 200 kVA")
        assert (found.no_load_loss_w, found.load_loss_w) == (200.0, 2000.0)
        assert (
            params("power_transformer", "rated_apparent_power: 200 kVA, load_loss: 3 kW").load_loss_w == 3e3
        )

    def test_that_of_a_preset_takes_reactive_power_by_its_core_and_its_windings(self) -> None:
        raw = find_preset("transformers", "transformer preset", "oil-250kva")
        made = transformer_preset("oil-250kva", 500e3)
        assert (made.no_load_loss_w, made.load_loss_w) == pytest.approx((2 * 270.0, 2 * 2350.0))
        # Of the current without load, and of the voltage in short circuit, what is not active.
        assert math.hypot(made.no_load_var, made.no_load_loss_w) == pytest.approx(
            raw["no_load_current_pu"] * 500e3
        )
        assert math.hypot(made.load_var, made.load_loss_w) == pytest.approx(
            raw["short_circuit_voltage_pu"] * 500e3
        )
        assert params("power_transformer", "rated_apparent_power: 500 kVA, preset: oil-250kva") == made

    def test_a_supply_takes_its_losses_in_proportion_to_its_size(self) -> None:
        plain = params("uninterruptible_power_supply", "rated_apparent_power: 50 kVA")
        assert (plain.no_load_loss_w, plain.load_loss_w) == (1000.0, 1500.0)
        made = ups_preset("online-20kva", 50e3)
        assert (made.no_load_loss_w, made.load_loss_w, made.linear_loss) == pytest.approx(
            (500.0, 600.0, 0.02)
        )
        keys = "rated_apparent_power: 50 kVA, preset: online-20kva"
        assert params("uninterruptible_power_supply", keys) == made
        assert caption("uninterruptible_power_supply", keys) == ["50 kVA"]

    def test_a_precharger_takes_the_time_of_its_resistor_and_link(self) -> None:
        def seconds(**more: str) -> float:
            return Precharger.model_validate(
                {"id": 1, "category": "precharger", "behind": "inv", **more}
            ).precharge_s

        assert seconds() == 2.0
        link = {"link_capacitance": "10 mF", "resistance": "50 Ω"}
        assert seconds(**link) == pytest.approx(0.5 * math.log(1.0 / 0.05))
        assert seconds(**link, closing_voltage="90 %") == pytest.approx(0.5 * math.log(10.0))
        for name, value in link.items():
            with pytest.raises(ValueError, match="link_capacitance and resistance, or neither"):
                seconds(**{name: value})

    def test_a_capacitor_bank_has_equal_steps(self) -> None:
        found = params("capacitor_bank", "rated_reactive_power: 60 kvar, steps: 4, discharge_time: 30 s")
        assert found[:4] == (4, 15e3, 0.0005, 30.0)
        told = rating("capacitor_bank", "rated_reactive_power: 60 kvar, steps: 4")
        assert (told.active, told.reactive, told.step_var) == (None, Bounds(-60e3, 0.0), 15e3)
        assert caption("capacitor_bank", "rated_reactive_power: 60 kvar, steps: 4") == ["60 kvar in 4 steps"]
