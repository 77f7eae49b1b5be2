"""Figures of machines, from what a site file says of them to what runs."""

from __future__ import annotations

import math

import pytest
from support.one_component import START_US, built, caption, params, rating, refusal, section

from doppelgrid.models.air import pressure_at_altitude_pa
from doppelgrid.models.crypto_miner import CryptoMinerInput, CryptoMinerState
from doppelgrid.models.parameter import ParameterError
from doppelgrid.models.steam_boiler import saturation_temperature_c
from doppelgrid.sim.components.device import Activity
from doppelgrid.sim.components.machines.chp import chp_preset, hot_water_buffer
from doppelgrid.sim.components.machines.crypto_miner import crypto_miner_preset
from doppelgrid.sim.components.machines.electrolyzer import electrolyzer_preset
from doppelgrid.sim.components.machines.hvac import hvac_preset
from doppelgrid.sim.components.machines.steam_boiler import steam_boiler_preset
from doppelgrid.sim.components.machines.wind_turbine import wind_turbine_preset
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.files.presets import find_preset


class TestChps:
    @pytest.mark.parametrize(
        ("rated", "name"),
        [
            ("10 kW", "ecopower-5kw"), ("10.1 kW", "gas-20kw"), ("35 kW", "gas-20kw"), ("36 kW", "gas-50kw"),
            ("90 kW", "gas-50kw"), ("91 kW", "gas-140kw"), ("180 kW", "gas-140kw"), ("181 kW", "gas-250kw"),
        ],
    )  # fmt: skip
    def test_the_preset_is_that_of_the_smallest_class_that_holds_it(self, rated: str, name: str) -> None:
        found = params("chp", f"rated_power: {rated}")
        assert found == chp_preset(name, found.rated_power_w)

    def test_its_engine_heats_up_in_the_time_that_was_measured_and_cools_down_in_four_hours(self) -> None:
        raw = find_preset("chps", "CHP preset", "gas-20kw")
        made = chp_preset("gas-20kw", 40e3)
        # At half load there are 29.55 % of power and 56.82 % of heat, of the table of eleven entries.
        heat_w = 20e3 * raw["thermal_efficiency"][5] / raw["electrical_efficiency"][5]
        warmed_k = heat_w / made.engine_heat_loss_w_per_k * (1.0 - math.exp(-raw["warm_up_s"] / 14400.0))
        assert warmed_k == pytest.approx(80.0 - 20.0)
        assert made.engine_heat_capacity_j_per_k / made.engine_heat_loss_w_per_k == pytest.approx(14400.0)

    def test_its_powers_grow_with_the_rating(self) -> None:
        made = chp_preset("gas-20kw", 40e3, heat_led=True)
        assert made.minimum_power_w == 20e3
        assert (made.starting_power_w, made.stopping_power_w, made.standby_power_w) == pytest.approx(
            (0.034 * 40e3, 0.034 * 40e3, 0.016 * 40e3)
        )
        assert (made.heat_led, made.dump_cooler, made.reactive_per_active) == (True, False, 0.0)
        raw = find_preset("chps", "CHP preset", "gas-20kw")
        heat_kw = raw["thermal_efficiency"][-1] * 40.0 / raw["electrical_efficiency"][-1]
        assert made.buffer == pytest.approx(hot_water_buffer(60.0 * heat_kw))
        assert chp_preset("gas-20kw", 40e3, 500.0).buffer == hot_water_buffer(500.0)

    def test_a_buffer_loses_what_the_regulation_allows(self) -> None:
        made = hot_water_buffer(300.0)
        assert made.heat_capacity_j_per_k == pytest.approx(300.0 * 4.1e3)
        assert made.heat_loss_w_per_k * 45.0 == pytest.approx(16.66 + 8.33 * 300.0**0.4)
        assert made.useful_c == 50.0

    def test_it_takes_set_points_unless_heat_leads_it(self) -> None:
        told = rating("chp", "rated_power: 20 kW")
        assert (told.active, told.reactive, told.default_w) == (Bounds(-20e3, 0.0), None, 0.0)
        assert told.minimum_w == 10e3
        assert told.ramp_rate_w_per_s == pytest.approx(20e3 / 30.0)
        assert rating("chp", "rated_power: 20 kW, ramp_rate: 3 kW/s").ramp_rate_w_per_s == 3e3
        assert rating("chp", "rated_power: 20 kW, min_power: 12 kW").minimum_w == 12e3
        led = built("chp", "rated_power: 20 kW, heat_led: true").machine
        assert led is not None
        assert led.rating is None

    @pytest.mark.parametrize(
        ("said", "step_w", "recovery_s"),
        [("true", 6.8e3, 5.0), ("{step: 50 %, recovery: 8 s}", 10e3, 8.0), ("false", math.inf, 5.0)],
    )
    def test_it_takes_on_load_in_steps_where_the_file_says_so(
        self, said: str, step_w: float, recovery_s: float
    ) -> None:
        found = params("chp", f"rated_power: 20 kW, load_acceptance: {said}")
        assert (found.load_step_w, found.recovery_s) == pytest.approx((step_w, recovery_s))

    def test_beside_steps_there_is_no_ramp_but_one_that_the_file_gives(self) -> None:
        assert params("chp", "rated_power: 20 kW, load_acceptance: true").loading_w_per_s == 20e3
        assert rating("chp", "rated_power: 20 kW, load_acceptance: true").ramp_rate_w_per_s == 20e3
        ramping = "rated_power: 20 kW, load_acceptance: true, ramp_rate: 1 kW/s"
        assert params("chp", ramping).loading_w_per_s == 1e3

    def test_without_a_demand_all_its_heat_is_taken(self) -> None:
        machine = built("chp", "rated_power: 20 kW").machine
        assert machine is not None
        raw = find_preset("chps", "CHP preset", "gas-20kw")
        heat_w = 20e3 * raw["thermal_efficiency"][-1] / raw["electrical_efficiency"][-1]
        assert machine.inputs["heat_demand"].at(START_US) == pytest.approx(heat_w)
        assert machine.inputs["acknowledge"].at(START_US) == 0.0
        machine = built("chp", "rated_power: 20 kW, heat_demand: 7 kW").machine
        assert machine is not None
        assert machine.inputs["heat_demand"].at(START_US) == 7e3


class TestElectrolyzers:
    @pytest.mark.parametrize(("rated", "name"), [("1 MW", "pem"), ("1.01 MW", "alkaline")])
    def test_small_ones_are_pem_and_large_ones_alkaline(self, rated: str, name: str) -> None:
        found = params("electrolyzer", f"rated_power: {rated}")
        assert found == electrolyzer_preset(name, found.rated_power_w)

    def test_powers_and_heat_grow_with_the_rating(self) -> None:
        raw, made = (
            find_preset("electrolyzers", "electrolyzer preset", "alkaline"),
            electrolyzer_preset("alkaline", 5e5),
        )
        expected = {
            "minimum_power_w": raw["minimum_load"] * 5e5,
            "auxiliary_power_w": raw["auxiliary"] * 5e5,
            "heat_capacity_j_per_k": raw["heat_capacity_j_per_k_per_w"] * 5e5,
            "heat_loss_w_per_k": raw["heat_loss_per_k"] * 5e5,
            "heater_power_w": raw["heater"] * 5e5,
            "standby_power_w": raw["standby"] * 5e5,
            "off_power_w": raw["off"] * 5e5,
        }
        assert {name: getattr(made, name) for name in expected} == pytest.approx(expected)

    def test_it_takes_set_points_from_its_minimum_on(self) -> None:
        told = rating("electrolyzer", "rated_power: 100 kW")
        assert (told.active, told.default_w, told.minimum_w) == (Bounds(0.0, 100e3), 0.0, 10e3)
        assert told.ramp_rate_w_per_s == pytest.approx(100e3 / 10.0)
        assert rating("electrolyzer", "rated_power: 100 kW, min_power: 30 kW").minimum_w == 30e3


class TestBoilers:
    @pytest.mark.parametrize(("rated", "name"), [("2 MW", "resistive"), ("2.1 MW", "electrode")])
    def test_small_ones_have_rods_and_large_ones_electrodes(self, rated: str, name: str) -> None:
        found = params("steam_boiler", f"rated_power: {rated}")
        assert found == steam_boiler_preset(name, found.rated_power_w)

    def test_powers_and_heat_grow_with_the_rating_and_temperatures_follow_the_pressures(self) -> None:
        raw, made = (
            find_preset("steam_boilers", "steam boiler preset", "electrode"),
            steam_boiler_preset("electrode", 5e5),
        )
        assert (made.minimum_power_w, made.auxiliary_power_w, made.keep_warm_power_w) == pytest.approx(
            (raw["minimum_load"] * 5e5, raw["auxiliary"] * 5e5, raw["keep_warm"] * 5e5)
        )
        drum = made.drum
        assert (drum.heat_capacity_j_per_k, drum.heat_loss_w_per_k) == pytest.approx(
            (raw["heat_capacity_j_per_k_per_w"] * 5e5, raw["heat_loss_per_k"] * 5e5)
        )
        assert (made.full_c, made.restart_c, drum.useful_c, made.keep_warm_c) == pytest.approx(
            [saturation_temperature_c(bar * 1e5) for bar in (11.0, 10.0, 7.0, 5.0)]
        )

    def test_it_takes_set_points_from_its_minimum_on(self) -> None:
        told = rating("steam_boiler", "rated_power: 100 kW")
        assert (told.active, told.minimum_w) == (Bounds(0.0, 100e3), 10e3)
        assert told.ramp_rate_w_per_s == pytest.approx(100e3 / 5.0)
        assert rating("steam_boiler", "rated_power: 100 kW, min_power: 30 kW").minimum_w == 30e3
        machine = built("steam_boiler", "rated_power: 100 kW").machine
        assert machine is not None
        assert machine.inputs["steam_demand"].at(START_US) == 100e3

    def test_its_minimum_lies_between_its_pumps_and_its_rating(self) -> None:
        for power in ("5 kW", "100 kW"):
            assert section("steam_boiler", f"rated_power: 100 kW, min_power: {power}")
        assert refusal("steam_boiler", "rated_power: 100 kW, min_power: 4.99 kW") == (
            "min_power is 4.99 kW; accepted: at least 5% of the rated power, 5 kW"
        )
        assert refusal("steam_boiler", "rated_power: 100 kW, min_power: 101 kW") == (
            "min_power is 101 kW; accepted: at most the rated power, 100 kW"
        )


class TestWindTurbines:
    @pytest.mark.parametrize(
        ("rated", "name"),
        [
            ("30 kW", "bergey-excel-10kw"), ("31 kW", "northern-power-100kw"),
            ("500 kW", "northern-power-100kw"), ("501 kW", "senvion-mm82-2050kw"),
        ],
    )  # fmt: skip
    def test_the_preset_of_its_class_is_scaled_to_its_rating(self, rated: str, name: str) -> None:
        usual, found = wind_turbine_preset(name), params("wind_turbine", f"rated_power: {rated}").turbine
        scale = found.rated_power_w / usual.rated_power_w
        assert found.standby_power_w == pytest.approx(usual.standby_power_w * scale)
        assert found.apparent_power_va == pytest.approx(usual.apparent_power_va * scale)
        assert found.reactive_power_max_var == pytest.approx(usual.reactive_power_max_var * scale)
        assert found.power_curve_w == pytest.approx([power_w * scale for power_w in usual.power_curve_w])
        assert max(found.power_curve_w) <= found.rated_power_w
        assert found._replace(
            rated_power_w=0.0, power_curve_w=(), standby_power_w=0.0, apparent_power_va=0.0, reactive_power_max_var=0.0
        ) == usual._replace(
            rated_power_w=0.0, power_curve_w=(), standby_power_w=0.0, apparent_power_va=0.0, reactive_power_max_var=0.0
        )  # fmt: skip

    def test_the_wind_grows_with_the_height_where_its_shear_is_given(self) -> None:
        plain = params("wind_turbine", "rated_power: 100 kW, hub_height: 80 m")
        shear = "shear_exponent: 0.5, hub_height: 80 m, wind_height: 20 m"
        sheared = params("wind_turbine", f"rated_power: 100 kW, {shear}")
        assert (plain.wind_ratio, sheared.wind_ratio) == (1.0, pytest.approx(2.0))
        ratio = pressure_at_altitude_pa(80.0) / pressure_at_altitude_pa(0.0)
        assert plain.pressure_ratio == sheared.pressure_ratio == pytest.approx(ratio)
        assert ratio < 1.0

    def test_it_may_be_told_the_most_that_it_produces(self) -> None:
        told = rating("wind_turbine", "rated_power: 100 kW")
        most_var = params("wind_turbine", "rated_power: 100 kW").turbine.reactive_power_max_var
        assert (told.active, told.default_w, told.is_limit) == (Bounds(-100e3, 0.0), -100e3, True)
        assert told.reactive == Bounds(-most_var, most_var)
        tiny = rating("wind_turbine", "rated_power: 1 W, preset: northern-power-100kw").reactive
        assert tiny is not None
        assert 0.0 < tiny.upper < 1.0
        assert told.ramp_rate_w_per_s == pytest.approx(100e3 / 10.0)
        assert rating("wind_turbine", "rated_power: 100 kW, ramp_rate: 7 kW/s").ramp_rate_w_per_s == 7e3

    def test_one_with_a_recorded_power_has_no_model_and_gives_no_reactive_power(self) -> None:
        keys = "rated_power: 100 kW, power: 30 kW"
        told = rating("wind_turbine", keys)
        assert (told.active, told.reactive) == (Bounds(-100e3, 0.0), None)
        machine = built("wind_turbine", keys).machine
        assert machine is not None
        assert (machine.model.name, machine.reactive_limit_var) == ("supply", None)
        assert (machine.params.rated_power_w, machine.params.rated_apparent_power_va) == (100e3, 100e3)
        assert caption("wind_turbine", keys) == ["100 kW", "power -30 kW"]
        assert caption("wind_turbine", "rated_power: 100 kW") == ["100 kW"]

    @pytest.mark.parametrize(("rated_w", "mode"), [(7.0, "RUNNING"), (1.0, "STOPPED"), (40.0, "STORM")])
    def test_it_begins_in_the_wind_at_its_hub(self, rated_w: float, mode: str) -> None:
        from doppelgrid.models import wind_turbine

        machine = built("wind_turbine", f"rated_power: 100 kW, wind_speed: {rated_w} m/s").machine
        assert machine is not None
        assert machine.state.mode == getattr(wind_turbine, mode)

    @pytest.mark.parametrize(
        "keys", ["preset: bergey-excel-10kw", "wind_speed: 7 m/s", "shear_exponent: 0.2"]
    )
    def test_a_recorded_power_goes_without_what_the_model_needs(self, keys: str) -> None:
        said = refusal("wind_turbine", f"rated_power: 100 kW, power: 30 kW, {keys}")
        assert said.endswith("accepted: either power or what the model needs, not both")


class TestMiners:
    def test_boards_of_all_machines_start_within_the_time_of_one(self) -> None:
        one, hall = crypto_miner_preset("antminer-s19-pro"), crypto_miner_preset("antminer-s19-pro", 4)
        assert hall.boards == 12
        assert hall.throttled_boards == 8
        assert hall.base_power_w == 400.0
        assert (hall.board_start_s, hall.board_stop_s) == (15.0, 0.25)
        assert (hall.heat_capacity_j_per_k, hall.heat_loss_w_per_k) == (36e3, 288.0)
        assert hall.board_power_w == one.board_power_w
        assert params("crypto_miner", "machines: 4") == hall
        assert params("crypto_miner", "preset: antminer-s19-xp") == crypto_miner_preset("antminer-s19-xp")

    def test_a_set_point_is_the_most_that_it_draws(self) -> None:
        told = rating("crypto_miner", "machines: 2")
        assert (told.active, told.default_w) == (Bounds(200.0, 6500.0), 6500.0)
        assert (told.is_limit, told.reactive, told.ramp_rate_w_per_s) == (True, None, math.inf)
        machine = built("crypto_miner", "machines: 2").machine
        assert machine is not None
        assert machine.state.boards == 6

    @pytest.mark.parametrize(
        ("boards", "set_point_w", "activity"),
        [
            (3, 3250.0, Activity.WORKING),
            (3, 3250.0 - 2e-3, Activity.STEPPING),
            (3, 3250.0 - 5e-4, Activity.WORKING),
            (1, 3250.0, Activity.WORKING),
            (0, 3250.0, Activity.RESTING),
            (0, 0.0, Activity.RESTING),
            (1, 0.0, Activity.STEPPING),
        ],
    )
    def test_it_is_on_its_way_while_it_draws_more_than_it_is_told(
        self, boards: int, set_point_w: float, activity: Activity
    ) -> None:
        machine = built("crypto_miner", "machines: 1").machine
        assert machine is not None
        assert machine.activity is not None
        state = machine.state._replace(boards=boards)
        assert isinstance(state, CryptoMinerState)
        given = CryptoMinerInput(set_point_w, 20.0)
        assert machine.activity(machine.params, state, given) is activity

    def test_with_a_load_it_draws_what_that_says(self) -> None:
        made = built("crypto_miner", "load: 3 kW, power_factor: 0.9")
        assert made.machine is None
        assert made.load is not None
        assert made.load.signal.at(START_US) == 3e3
        assert caption("crypto_miner", "load: 3 kW, power_factor: 0.9") == ["load +3 kW at power factor 0.9"]
        assert caption("crypto_miner", "load: 3 kW") == ["load +3 kW"]
        assert caption("crypto_miner", "machines: 4") == []
        assert refusal("crypto_miner", "load: 3 kW, machines: 4").endswith(
            "accepted: either load or what the model needs, not both"
        )


class TestHvac:
    @pytest.mark.parametrize(
        ("keys", "name"),
        [
            ("rated_power: 5 kW", "house-heat-pump"),
            ("rated_power: 5.01 kW", "office-split"),
            ("operational_mode: control_and_telemetry", "office-split"),
            ("preset: house-heat-pump", "house-heat-pump"),
            ("rated_power: 50 kW, preset: house-heat-pump", "house-heat-pump"),
        ],
    )
    def test_up_to_five_kilowatts_it_is_the_heat_pump_of_a_house(self, keys: str, name: str) -> None:
        usual, found = hvac_preset(name), params("hvac", keys)
        scale = found.rated_power_w / usual.rated_power_w
        assert scale == (section("hvac", keys).rated_power_w or usual.rated_power_w) / usual.rated_power_w
        assert (found.minimum_power_w, found.standby_power_w) == pytest.approx(
            (usual.minimum_power_w * scale, usual.standby_power_w * scale)
        )
        assert (found.heat_capacity_j_per_k, found.heat_loss_w_per_k) == pytest.approx(
            (usual.heat_capacity_j_per_k * scale, usual.heat_loss_w_per_k * scale)
        )

    def test_a_set_point_is_the_most_that_it_draws(self) -> None:
        told = rating("hvac", "preset: house-heat-pump")
        assert (told.active, told.default_w, told.is_limit) == (Bounds(15.0, 3015.0), 3015.0, True)

    def test_temperatures_can_be_given(self) -> None:
        found = params("hvac", "heating_temperature: 18 °C, cooling_temperature: 27 °C")
        assert (found.heating_set_point_c, found.cooling_set_point_c) == (18.0, 27.0)

    def test_its_room_begins_at_what_it_is_held_at(self) -> None:
        def room_c(keys: str) -> float:
            machine = built("hvac", keys, ambient_c=-5.0).machine
            assert machine is not None
            room_c: float = machine.state.room_c
            return room_c

        assert room_c("preset: house-heat-pump, heating_temperature: 19 °C") == 19.0
        assert room_c("preset: house-heat-pump, initial_temperature: 12 °C") == 12.0

    def test_cooling_begins_at_least_a_hysteresis_above_heating(self) -> None:
        usual = hvac_preset("office-split")
        least_c = 21.0 + usual.hysteresis_k
        keys = "preset: office-split, heating_temperature: 21 °C, cooling_temperature: %s °C"
        assert section("hvac", keys % least_c)
        assert refusal("hvac", keys % (least_c - 0.1)).endswith(
            f"accepted: at least {least_c:g} °C, the hysteresis above the heating temperature"
        )
        lone = usual.heating_set_point_c + usual.hysteresis_k
        assert section("hvac", f"preset: office-split, cooling_temperature: {lone} °C")
        assert "hysteresis" in refusal("hvac", f"preset: office-split, cooling_temperature: {lone - 0.1} °C")
        most = usual.cooling_set_point_c - usual.hysteresis_k
        assert section("hvac", f"preset: office-split, heating_temperature: {most} °C")
        assert "hysteresis" in refusal("hvac", f"preset: office-split, heating_temperature: {most + 0.1} °C")

    def test_what_does_not_cool_is_given_no_temperature_to_cool_to(self) -> None:
        assert refusal("hvac", "preset: house-heat-pump, cooling_temperature: 26 °C").endswith(
            "accepted: none: house-heat-pump does not cool"
        )

    def test_gains_heat_its_room(self) -> None:
        for keys, gains_w in (("preset: office-split", 0.0), ("gains: 2 kW", 2e3)):
            machine = built("hvac", keys).machine
            assert machine is not None
            assert machine.inputs["gains"].at(START_US) == gains_w


@pytest.mark.parametrize(
    ("category", "keys", "parameters"),
    [
        ("crypto_miner", "", "{boards: 1, throttled_boards: 2}"),
        ("crypto_miner", "", "{resume_c: 84.95}"),
        ("hvac", "", "{minimum_power_w: 9e3}"),
    ],
)
def test_parameters_are_held_to_one_another(category: str, keys: str, parameters: str) -> None:
    more = f"{keys}, " if keys else ""
    assert "parameters." in refusal(category, f"{more}parameters: {parameters}")


def test_a_miner_throttles_before_it_trips_and_resumes_a_tenth_of_a_kelvin_below() -> None:
    from doppelgrid.sim.components.machines.crypto_miner import check_crypto_miner

    usual = crypto_miner_preset("antminer-s19-pro")
    check_crypto_miner(usual._replace(throttle_c=95.0, trip_c=95.0, resume_c=94.9, throttled_boards=3))
    for wrong in ({"throttle_c": 95.1}, {"resume_c": 84.95}, {"throttled_boards": 4}):
        with pytest.raises(ParameterError):
            check_crypto_miner(usual._replace(**wrong))
