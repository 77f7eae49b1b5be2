"""What is made of the figures of grids, meters, grid codes and batteries in a site file."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from doppelgrid.models.grid_voltage import GridImpedanceParams
from doppelgrid.models.meter import EACH_PHASE, QUIET, RUNS_BACKWARDS, SUM_OF_PHASES
from doppelgrid.models.parameter import ParameterError
from doppelgrid.models.tables import table_value
from doppelgrid.sim.components.battery import (
    Battery,
    ageing_params,
    battery_params,
    battery_preset,
    cells_in_series,
    management_params,
)
from doppelgrid.sim.components.battery_management import ageing_preset, bms_preset
from doppelgrid.sim.components.captions import input_caption, load_caption
from doppelgrid.sim.components.grid_code import FreqWatt, GridCode, VoltVar, grid_guard_params
from doppelgrid.sim.components.grid_connection_point import (
    FrequencyInput,
    GridConnectionPoint,
    GridVoltage,
    frequency_signal,
    grid_impedance,
    grid_impedances,
    nominal_frequency_hz,
    voltage_signals,
)
from doppelgrid.sim.components.grid_fuse import fuse_for, fuse_links, fuse_preset
from doppelgrid.sim.components.grid_outages import Outages, presence_signal
from doppelgrid.sim.components.load_mix import LoadMixInput, load_mix
from doppelgrid.sim.components.metering import (
    ERROR_LIMITS,
    Metering,
    MeterOptions,
    meter_params,
    reading_noise,
)
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.files.presets import find_preset
from doppelgrid.sim.inputs.build import InputSetting
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.specs import LoadInput

SECOND = 1_000_000
START_US = 1_780_264_800 * SECOND
BERLIN = Location(latitude=52.52, longitude=13.405, timezone="Europe/Berlin", country_code="DE")
WHERE = InputSetting(BERLIN, Path(), START_US, 3, "grid", "frequency")


def battery(**keys: Any) -> Battery:
    return Battery.model_validate({"id": 3, "category": "battery", "behind": "inv", **keys})


class TestFuses:
    @pytest.mark.parametrize(
        ("rated_a", "preset"),
        [(63.0, "gg-63"), (70.9, "gg-63"), (71.1, "gg-80"), (1.0, "gg-16"), (9e4, "gg-1250")],
    )
    def test_a_link_of_any_current_is_the_nearest_one_with_its_currents_in_proportion(
        self, rated_a: float, preset: str
    ) -> None:
        made, near = fuse_for(rated_a), fuse_preset(preset)
        assert made.rated_current_a == rated_a
        assert made.melting_current_a == pytest.approx(
            near.melting_current_a * rated_a / near.rated_current_a
        )
        assert (made.weights, made.time_constants_s) == (near.weights, near.time_constants_s)

    def test_there_are_three_or_none(self) -> None:
        text = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "63 A"}
        assert fuse_links(GridConnectionPoint.model_validate(text).fuse, 63.0) == []
        grid = GridConnectionPoint.model_validate({**text, "fuse": {}})
        assert fuse_links(grid.fuse, 63.0) == [fuse_for(63.0)] * 3
        grid = GridConnectionPoint.model_validate({**text, "fuse": {"preset": "gg-16"}})
        assert fuse_links(grid.fuse, 63.0) == [fuse_preset("gg-16")] * 3


class TestGrid:
    @pytest.mark.parametrize(
        ("given", "nominal_hz"),
        [
            ("50 Hz", 50.0), ("49.5 Hz", 50.0), ("55 Hz", 50.0), ("55.1 Hz", 60.0), ("60 Hz", 60.0),
            ({"profile": "continental-europe"}, 50.0),
            ({"profile": "inline", "points": [{"at": "0 s", "value": "60 Hz"}]}, 50.0),
        ],
    )  # fmt: skip
    def test_its_nominal_frequency_is_that_of_its_area_or_the_nearer_of_two(
        self, given: object, nominal_hz: float
    ) -> None:
        spec: FrequencyInput = TypeAdapter(FrequencyInput).validate_python(given)
        assert nominal_frequency_hz(spec) == nominal_hz

    def test_the_frequency_of_an_area_is_rounded_where_that_is_asked_for(self) -> None:
        adapter: TypeAdapter[FrequencyInput] = TypeAdapter(FrequencyInput)
        fine = frequency_signal(adapter.validate_python({"profile": "continental-europe"}), WHERE)
        coarse = frequency_signal(
            adapter.validate_python({"profile": "continental-europe", "resolution": "10 mHz", "interval": "5 s"}),
            WHERE,
        )  # fmt: skip
        found = [coarse.at(START_US + step * 5 * SECOND) for step in range(50)]
        assert [round(value * 100.0) / 100.0 for value in found] == pytest.approx(found, abs=1e-9)
        assert len(set(found)) > 1
        assert fine.at(START_US) != pytest.approx(round(fine.at(START_US) * 100.0) / 100.0, abs=1e-9)
        assert coarse.until(START_US) == START_US + 5 * SECOND

    def test_it_has_an_impedance_if_either_part_is_more_than_nothing(self) -> None:
        def of(**keys: str) -> list[GridImpedanceParams]:
            return grid_impedances(GridVoltage.model_validate(keys))

        assert of() == grid_impedances(None) == []
        assert of(resistance="0.2 Ω") == [GridImpedanceParams(0.2, 0.0)]
        assert of(reactance="0.1 Ω") == [GridImpedanceParams(0.0, 0.1)]
        assert grid_impedance(None) == GridImpedanceParams(0.0, 0.0)

    def test_its_phases_have_the_nominal_voltage_unless_they_are_given(self) -> None:
        def at_start(spec: GridVoltage | None) -> list[float]:
            return [signal.at(START_US) for signal in voltage_signals(spec, 400.0, WHERE)]

        nominal_v = 400.0 / math.sqrt(3.0)
        assert at_start(None) == at_start(GridVoltage()) == [nominal_v] * 3
        given = GridVoltage.model_validate({"phases": ["231 V", "225 V", "236 V"]})
        assert at_start(given) == [231.0, 225.0, 236.0]

    @pytest.mark.parametrize("noise", ["fluctuation", "unbalance"])
    def test_constant_voltages_fluctuate_and_others_do_not(self, noise: str) -> None:
        inline = {"profile": "inline", "points": [{"at": "0 s", "value": "236 V"}]}
        spec = GridVoltage.model_validate({"phases": ["231 V", "231 V", inline], noise: "1 %"})
        l1, l2, l3 = (
            [signal.at(START_US + step * 600 * SECOND) for step in range(400)]
            for signal in voltage_signals(spec, 400.0, WHERE)
        )
        assert set(l3) == {236.0}
        assert sum(l1) / 400 == pytest.approx(231.0, abs=0.7)
        spread_v = math.sqrt(sum((value - 231.0) ** 2 for value in l1) / 400)
        assert spread_v == pytest.approx(0.01 * 230.94, rel=0.15)
        assert (l1 == l2) == (noise == "fluctuation")

    def test_its_outages_begin_when_the_file_says_by_the_clock_of_the_site_or_since_the_start(self) -> None:
        adapter: TypeAdapter[Outages] = TypeAdapter(Outages)
        listed = [
            {"from": "90.5 s", "duration": "1.5 s"},
            {"from": "2026-06-15T11:00:00", "duration": "2 h"},
            {"from": "2026-06-15T12:00:00Z", "duration": "1 min"},
        ]
        signal = presence_signal(adapter.validate_python(listed), WHERE)
        begin_us = START_US + 90_500_000
        local_us = round(datetime(2026, 6, 15, 11, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()) * SECOND
        utc_us = round(datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp()) * SECOND
        for first_us, length_s in ((begin_us, 1.5), (local_us, 7200.0), (utc_us, 60.0)):
            end_us = first_us + round(length_s * SECOND)
            seen = [signal.at(time_us) for time_us in (first_us - 1, first_us, end_us - 1, end_us)]
            assert seen == [1.0, 0.0, 0.0, 1.0]
        assert presence_signal(None, WHERE).at(START_US) == 1.0

    def test_seeded_outages_come_as_often_as_the_file_says(self) -> None:
        adapter: TypeAdapter[Outages] = TypeAdapter(Outages)

        def count(**keys: float) -> int:
            spec = adapter.validate_python({"preset": "weak-grid", **keys})
            signal, time_us, outages = presence_signal(spec, WHERE), START_US, 0
            while time_us < START_US + 365 * 86_400 * SECOND:
                outages += signal.at(time_us) == 0.0
                time_us = signal.until(time_us)
            return outages

        assert count(per_year=0.0) == 0
        assert count(per_year=200.0) == pytest.approx(200, abs=45)

    def test_its_caption_says_fuse_voltage_and_frequency(self) -> None:
        text = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "63 A"}
        plain = GridConnectionPoint.model_validate(text)
        area = GridConnectionPoint.model_validate({**text, "frequency": {"profile": "continental-europe"}})
        caption = type_of(plain).caption
        assert caption(plain) == ["63 A", "400 V", "50 Hz"]
        assert caption(area) == ["63 A", "400 V", "frequency continental-europe"]


class TestMeters:
    def test_without_options_it_shows_what_is(self) -> None:
        made = meter_params(MeterOptions(), key="5/main/meter")
        assert made.gain_errors == made.angle_errors_rad == (0.0, 0.0, 0.0)
        assert made.ratio_factors == made.directions == (1.0, 1.0, 1.0)
        assert made.current_phases == made.voltage_phases == (1.0, 2.0, 3.0)
        assert (
            made.power_resolution_w, made.voltage_resolution_v, made.current_resolution_a,
            made.register_resolution_wh, made.window_s, made.starting_current_a,
        ) == (0.0,) * 6  # fmt: skip

    def test_options_reach_its_model(self) -> None:
        made = meter_params(
            MeterOptions.model_validate({
                "window": "15 min", "power_resolution": "10 W", "voltage_resolution": "0.1 V",
                "current_resolution": "0.01 A", "register_resolution": "100 Wh", "starting_current": "20 mA",
                "wiring": {
                    "currents": ["-L2", "none", "L1"], "voltages": ["none", "L3", "L1"], "ratio_factor": 2.0
                },
            }),
            key="5/main/meter",
        )  # fmt: skip
        assert made.ratio_factors == (2.0, 0.0, 2.0)
        assert made.directions == (-1.0, 1.0, 1.0)
        assert made.current_phases == (2.0, 1.0, 1.0)
        assert made.voltage_phases == (0.0, 3.0, 1.0)
        assert (
            made.power_resolution_w, made.voltage_resolution_v, made.current_resolution_a,
            made.register_resolution_wh, made.window_s, made.starting_current_a,
        ) == pytest.approx((10.0, 0.1, 0.01, 100.0, 900.0, 0.02))  # fmt: skip

    def test_a_window_is_a_whole_number_of_microseconds(self) -> None:
        made = meter_params(MeterOptions.model_validate({"window": "0.3333333333 s"}), key="5/main/meter")
        assert made.window_s == 0.333333

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("sum-of-phases", SUM_OF_PHASES),
            ("each-phase", EACH_PHASE),
            ("runs-backwards", RUNS_BACKWARDS),
        ],
    )
    def test_registers_count_by_their_kind(self, name: str, kind: int) -> None:
        assert meter_params(MeterOptions.model_validate({"registers": name}), key="").registers == kind

    @pytest.mark.parametrize("accuracy_class", ERROR_LIMITS)
    def test_errors_stay_within_their_class_at_both_power_factors_and_use_nearly_all_of_it(
        self, accuracy_class: str
    ) -> None:
        limits = ERROR_LIMITS[accuracy_class]  # type: ignore[index]
        options = MeterOptions.model_validate({"accuracy_class": accuracy_class})
        gains, sums = [], []
        for seed in range(400):
            made = meter_params(options, key=f"{seed}/main/meter")
            for gain, angle in zip(made.gain_errors, made.angle_errors_rad, strict=True):
                gains.append(gain)
                sums.append(abs(gain) + abs(angle) * math.tan(math.pi / 3.0))
        assert 0.97 * limits.unity < max(gains) <= 0.98 * limits.unity
        assert -0.97 * limits.unity > min(gains) >= -0.98 * limits.unity
        assert 0.95 * limits.half_inductive < max(sums) <= 0.98 * limits.half_inductive * (1.0 + 1e-12)
        assert abs(sum(gains) / len(gains)) < 0.1 * limits.unity

    @pytest.mark.parametrize(
        "wiring",
        [
            {"currents": ["L4", "L2", "L3"]},
            {"currents": ["-none", "L2", "L3"]},
            {"currents": [1, "L2", "L3"]},
            {"voltages": ["-L1", "L2", "L3"]},
            {"voltages": [1, "L2", "L3"]},
        ],
    )
    def test_a_wire_that_is_none_is_refused(self, wiring: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match="L1, L2, L3 or none"):
            MeterOptions.model_validate({"wiring": wiring})

    def test_a_class_may_be_written_as_a_number(self) -> None:
        assert MeterOptions.model_validate({"accuracy_class": 0.5}).accuracy_class == "0.5"
        assert MeterOptions.model_validate({"accuracy_class": 1}).accuracy_class == "1"
        with pytest.raises(ValidationError):
            MeterOptions.model_validate({"accuracy_class": True})

    def test_noise_is_that_of_its_window_or_of_the_sampling(self) -> None:
        plain = meter_params(MeterOptions(), key="")
        windowed = plain._replace(window_s=60.0)
        by_sampling = Metering(plain, 0.1, "5/main/meter-noise", 200_000)
        by_window = Metering(windowed, 0.1, "5/main/meter-noise", 200_000)
        assert (by_sampling.length_us, by_window.length_us) == (200_000, 60 * SECOND)
        assert by_sampling.noise(399_999) == by_sampling.noise(200_000) != by_sampling.noise(400_000)
        assert by_window.noise(59_999_999) == by_window.noise(0) != by_window.noise(60_000_000)

    def test_noise_has_its_deviation_and_each_element_its_own(self) -> None:
        assert reading_noise(0.0, "k", 7) is QUIET
        drawn = [reading_noise(0.02, "k", number) for number in range(2000)]
        rows = list(zip(*drawn, strict=True))
        for one in range(3):
            for other, later in ((0, 1), (1, 1), (2, 1), ((one + 1) % 3, 0)):
                pairs = zip(rows[one], rows[other][later:], strict=False)
                assert sum(mine == his for mine, his in pairs) < 20
        for row in rows:
            assert math.sqrt(sum(value * value for value in row) / 2000) == pytest.approx(0.02, rel=0.06)


class TestLoads:
    def test_a_mix_of_ones_own_adds_up_to_one(self) -> None:
        adapter: TypeAdapter[Any] = TypeAdapter(LoadMixInput)
        assert load_mix(None, 0.9) is None
        made = load_mix(adapter.validate_python({"z": 0.5, "i": 0.3, "p": 0.2}), 0.9)
        assert made == (0.9, 0.5, 0.3, 0.5, 0.3, 0.7)
        for sum_off in (9e-7, -9e-7):
            assert adapter.validate_python({"z": 0.5, "i": 0.3, "p": 0.2 + sum_off})
        for sum_off in (1.1e-6, -1.1e-6):
            with pytest.raises(ValidationError, match="add up to 1"):
                adapter.validate_python({"z": 0.5, "i": 0.3, "p": 0.2 + sum_off})

    @pytest.mark.parametrize(
        ("given", "unit", "said"),
        [
            (3500.0, "W", "+3.5 kW"),
            (800, "W/m²", "800 W/m²"),
            ({"profile": "constant", "value": "2 kW"}, "W", "+2 kW"),
            ({"profile": "bdew-h25", "annual_energy": "4 MWh"}, "W", "bdew-h25 4 MWh a year"),
            ({"file": "a.csv", "unit": "kW", "positive": "consumption"}, "W", "from a.csv"),
        ],
    )
    def test_a_caption_says_where_an_input_comes_from(self, given: Any, unit: str, said: str) -> None:
        spec = TypeAdapter(LoadInput).validate_python(given) if isinstance(given, dict) else given
        assert input_caption(spec, unit) == said

    def test_a_caption_of_a_load_says_a_power_factor_that_is_not_one(self) -> None:
        assert load_caption(3500.0, 1.0) == "load +3.5 kW"
        assert load_caption(3500.0, 0.95) == "load +3.5 kW at power factor 0.95"


class TestGridCodes:
    def guard(self, code: GridCode, nominal_hz: float = 50.0, *, follows: bool = False) -> Any:
        return grid_guard_params(
            code, rated_power_w=10e3, rated_apparent_power_va=12e3, nominal_hz=nominal_hz, follows_production=follows
        )  # fmt: skip

    def test_frequencies_of_the_preset_move_with_that_of_the_grid_and_those_that_are_given_do_not(
        self,
    ) -> None:
        usual, american = self.guard(GridCode()).code, self.guard(GridCode(), 60.0).code
        for name, value in usual._asdict().items():
            moved = value * 1.2 if name.endswith("_hz") else value
            assert getattr(american, name) == pytest.approx(moved)
        given = GridCode.model_validate({"overfrequency": "61 Hz", "undervoltage": "85 %"})
        assert self.guard(given, 60.0).code == american._replace(
            overfrequency_hz=61.0, undervoltage_pu=pytest.approx(0.85)
        )

    @pytest.mark.parametrize(
        ("said", "seconds"), [(True, 10.0 / 3.0), (False, 0.0), ("6 s", 2.0), ("3 min", 60.0)]
    )
    def test_a_time_of_response_is_three_time_constants(self, said: str | bool, seconds: float) -> None:
        made = self.guard(GridCode.model_validate({"volt_var": {"response_time": said}}), 50.0)
        assert made.volt_var.time_constant_s == pytest.approx(seconds)

    def test_the_window_of_reconnection_keeps_within_limits_that_are_given(self) -> None:
        given = GridCode.model_validate(
            {
                "undervoltage": "95 %",
                "mean_overvoltage": "104 %",
                "underfrequency": "49.8 Hz",
                "overfrequency": "50.1 Hz",
            }
        )
        code = self.guard(given).code
        assert (code.reconnect_voltage_min_pu, code.reconnect_voltage_max_pu) == pytest.approx((0.95, 1.04))
        assert (code.reconnect_frequency_min_hz, code.reconnect_frequency_max_hz) == (49.8, 50.1)

    def test_support_is_off_unless_it_is_asked_for(self) -> None:
        made = self.guard(GridCode(), 60.0, follows=True)
        assert (made.volt_var.enabled, made.freq_watt.enabled) == (False, False)
        assert (made.freq_watt.threshold_hz, made.freq_watt.nominal_hz) == pytest.approx((60.24, 60.0))
        assert made.freq_watt.lower_threshold_hz == pytest.approx(59.76)
        assert made[3:6] == (10e3, 12e3, True)
        assert (made.watt_var.enabled, made.watt_pf.enabled, made.reactive_first) == (False, False, True)
        on = self.guard(GridCode.model_validate({"volt_var": True, "freq_watt": True}), 60.0)
        assert (on.volt_var.enabled, on.freq_watt.enabled) == (True, True)
        assert on.volt_var[1:] == pytest.approx((0.93, 0.97, 1.03, 1.07, 0.436, 0.0))
        assert (on.freq_watt.threshold_hz, on.freq_watt.droop) == pytest.approx((60.24, 0.05))
        own = {"threshold": "50.5 Hz", "droop": "4 %", "lower_threshold": "49.5 Hz"}
        on = self.guard(GridCode.model_validate({"volt_var": False, "freq_watt": own}))
        assert on.volt_var.enabled is False
        assert (on.freq_watt.threshold_hz, on.freq_watt.droop) == pytest.approx((50.5, 0.04))
        assert on.freq_watt.lower_threshold_hz == 49.5
        low = self.guard(GridCode.model_validate({"freq_watt": {"lower_threshold": "51 Hz"}})).freq_watt
        assert (low.lower_threshold_hz, low.threshold_hz) == (51.0, 51.0)
        high = self.guard(GridCode.model_validate({"freq_watt": {"threshold": "50 Hz"}}), 60.0).freq_watt
        assert (high.lower_threshold_hz, high.threshold_hz) == (50.0, 50.0)
        assert FreqWatt().threshold_hz is None

    def test_curves_of_power_have_their_defaults_and_take_what_is_given(self) -> None:
        by_power = self.guard(GridCode.model_validate({"watt_var": True})).watt_var
        assert by_power == pytest.approx((True, 0.5, 0.6, 0.05, 0.9, 0.33))
        own = {
            "start": "20 %",
            "knee": "30 %",
            "knee_reactive_power": "10 %",
            "end": "40 %",
            "reactive_power": "50 %",
        }
        by_power = self.guard(GridCode.model_validate({"watt_var": own})).watt_var
        assert by_power == pytest.approx((True, 0.2, 0.3, 0.1, 0.4, 0.5))
        factor = self.guard(GridCode.model_validate({"watt_pf": {"start": "0 %", "end": "0 %"}})).watt_pf
        assert factor == pytest.approx((True, 0.0, 0.0, 0.9))
        given = GridCode.model_validate({"watt_pf": {"power_factor": 0.92}, "priority": "active_power"})
        assert (self.guard(given).watt_pf.power_factor, self.guard(given).reactive_first) == (0.92, False)

    @pytest.mark.parametrize(("apparent_va", "factor"), [(3e3, 0.95), (4.6e3, 0.95), (4.7e3, 0.9)])
    def test_the_usual_power_factor_is_that_of_its_size(self, apparent_va: float, factor: float) -> None:
        made = grid_guard_params(
            GridCode.model_validate({"watt_pf": True}), rated_power_w=3e3, rated_apparent_power_va=apparent_va,
            nominal_hz=50.0, follows_production=True,
        )  # fmt: skip
        assert made.watt_pf.power_factor == factor

    def test_corners_of_voltage_come_in_their_order(self) -> None:
        assert VoltVar.model_validate(
            {"low": "95 %", "dead_low": "95 %", "dead_high": "105 %", "high": "105 %"}
        )
        with pytest.raises(ValidationError, match="at least low, which is 95 %"):
            VoltVar.model_validate({"low": "95 %", "dead_low": "94.9 %"})
        with pytest.raises(ValidationError, match="at least dead_high, which is 105 %"):
            VoltVar.model_validate({"dead_high": "105 %", "high": "104.9 %"})


class TestBatteries:
    def test_figures_of_the_file_go_before_those_of_the_preset(self) -> None:
        usual = battery_preset("lfp-92kwh")
        assert battery_params(battery()) == usual
        made = battery_params(
            battery(min_soc="0 %", max_soc="80 %", max_charge_power="20 kW", max_discharge_power="30 kW")
        )
        assert (made.soc_lower, made.soc_upper) == (0.0, pytest.approx(0.8))
        assert (made.charge_power_max_w, made.discharge_power_max_w) == (20e3, 30e3)
        assert battery_params(battery(capacity="46 kWh")).capacity_wh == pytest.approx(46e3)

    @pytest.mark.parametrize(
        ("keys", "message"),
        [
            ({"min_soc": "50 %", "max_soc": "50 %"}, "more than min_soc, which is 50 %"),
            ({"min_soc": "20 %", "initial_soc": "19 %"}, "20 %..100 %, from min_soc to max_soc"),
            ({"max_soc": "80 %", "initial_soc": "81 %"}, "0 %..80 %, from min_soc to max_soc"),
        ],
    )
    def test_it_begins_within_its_limits(self, keys: dict[str, str], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            battery(**keys)

    def test_it_may_begin_exactly_at_them(self) -> None:
        for soc in ("20 %", "80 %"):
            assert battery(min_soc="20 %", max_soc="80 %", initial_soc=soc)
        assert battery(min_soc="49.9 %", max_soc="50 %", initial_soc="50 %")

    def test_thresholds_that_are_not_given_keep_their_distance_to_the_trip(self) -> None:
        usual = management_params(battery())
        moved = management_params(battery(bms={"overtemperature": {"trip": "50 °C"}}))
        before, after = usual.overtemperature, moved.overtemperature
        shift = 50.0 - before.trip
        assert shift != 0.0
        assert after == pytest.approx(
            before._replace(
                trip=50.0,
                release=before.release + shift,
                warning=before.warning + shift,
                warning_release=before.warning_release + shift,
            )
        )
        assert moved._replace(overtemperature=before) == usual
        given = management_params(
            battery(bms={"overtemperature": {"delay": "7 s", "warning": "40 °C", "warning_release": "38 °C"}})
        )
        assert given.overtemperature == pytest.approx(
            before._replace(delay_s=7.0, warning=40.0, warning_release=38.0)
        )

    def test_currents_of_its_management_follow_the_pack_and_its_link_the_power(self) -> None:
        raw, pack = find_preset("bms", "battery management preset", "lfp"), battery_preset("lfp-92kwh")
        pack = pack._replace(charge_power_max_w=40e3, discharge_power_max_w=50e3)
        made = bms_preset("lfp", pack, cells_in_series("lfp-92kwh"))
        for name, rated_a in (
            ("overcurrent_charging", pack.charge_current_max_a),
            ("overcurrent_discharging", pack.discharge_current_max_a),
        ):
            protection = getattr(made, name)
            for threshold in ("trip", "release", "warning", "warning_release"):
                assert getattr(protection, threshold) == pytest.approx(raw[name][threshold] * rated_a)
            assert protection.delay_s == raw[name]["delay_s"]
        gear = raw["switchgear"]
        farad = gear["link_capacitance_f_per_kw"] * 50.0
        assert made.link.capacitance_f == pytest.approx(farad)
        assert made.link[1] * farad == pytest.approx(gear["precharge_time_constant_s"])
        assert made.link[2] * farad == pytest.approx(gear["discharge_time_constant_s"])

    def test_its_management_is_held_to_the_ranges_of_its_parameters(self) -> None:
        with pytest.raises(ParameterError) as refused:
            bms_preset("lfp", battery_preset("lfp-92kwh"), -1.0)
        assert refused.value.parameter == "cells_in_series"

    def test_tables_of_ageing_are_alike_in_all_chemistries_and_say_what_they_said(self) -> None:
        assert ageing_params(battery()) is None
        for preset, chemistry in (("lfp-92kwh", "lfp"), ("nmc-100kwh", "nmc")):
            made, raw = ageing_params(battery(preset=preset, ageing=2)), ageing_preset(chemistry, 2.0)
            assert made is not None
            assert made.pace == 2.0
            for law, old in zip(made, raw, strict=True):
                tables = (
                    [entry for entry in law if isinstance(entry, tuple)] if isinstance(law, tuple) else []
                )
                olds = [entry for entry in old if isinstance(entry, tuple)] if isinstance(old, tuple) else []
                for table, given in zip(tables, olds, strict=True):
                    assert len(table) == 21
                    for place in (0, 5, 10, 20):
                        assert table[place] == pytest.approx(table_value(given, place / 20.0))

    @pytest.mark.parametrize("pace", [True, "often", -1, 1_000_000.5])
    def test_a_pace_of_ageing_is_a_number_or_off(self, pace: object) -> None:
        with pytest.raises(ValidationError, match="off, or a number"):
            battery(ageing=pace)
        for right, number in ((False, 0.0), ("off", 0.0), (0, 0.0), (1e6, 1e6), (3, 3.0)):
            assert battery(ageing=right).ageing == number

    def test_ageing_is_known_of_some_chemistries_alone(self) -> None:
        assert battery(preset="lead-acid-10kwh", ageing="off")
        with pytest.raises(
            ValidationError, match="off: ageing laws are there for lfp, nmc, lto, not for lead-acid"
        ):
            battery(preset="lead-acid-10kwh", ageing=1)

    def test_a_caption_says_preset_capacity_and_charge(self) -> None:
        plain = battery()
        assert type_of(plain).caption(plain) == ["lfp-92kwh", "50 %"]
        small = battery(capacity="46 kWh", initial_soc="25 %")
        assert type_of(small).caption(small) == ["lfp-92kwh", "46 kWh", "25 %"]
