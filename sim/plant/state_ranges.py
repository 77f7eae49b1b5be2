"""What each number of a plant's state may be, on any site: its sign, shares from 0 to 1, switches, codes, times.

Beside that every number keeps to the magnitude of its unit (`files.units`). What a site makes of its numbers, such as
the power of a rating, is not held here: a snapshot of another rating goes on as the ratings of this site allow.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ...models.bms import RELAYS_OPENING, TRIPS, WARNINGS
from ...models.chp import FAULT
from ...models.crypto_miner import TRIPPED
from ...models.electrolyzer import STANDBY
from ...models.fuse import MELTED
from ...models.grid_code import CONNECTED, OVERFREQUENCY
from ...models.hvac import COOLING
from ...models.wind_turbine import STORM
from ..domain.durations import LONGEST_S
from ..domain.timestamps import MICROSECONDS
from ..kernel.bms_horizon import LONGEST_HORIZON_S
from .numbering import LONGEST_STEP_US

_ROUNDING = 1e-9
_LEAST_LOSS_WH = -1.0
"""Sums of losses may have come below zero by rounding."""


class Range(NamedTuple):
    """What a number may be."""

    lower: float = -math.inf
    upper: float = math.inf
    accepted: str = ""
    """In words; of a range that ends nowhere the unit says it."""
    is_limit: bool = False
    """Whether it is a limit, which may be infinite, and any number in place of that."""
    is_open: bool = False
    """Whether it must be more than `lower`."""

    def has(self, value: float) -> bool:
        """Say whether a number may be so."""
        return self.lower <= value <= self.upper and not (self.is_open and value == self.lower)


class Moment(NamedTuple):
    """What a time may be, from that of the plant on [µs]."""

    earliest_us: int | None
    """None where it may be long ago."""
    latest_us: int


_Table = tuple[tuple[Range | Moment, str], ...]


def _codes(greatest: int) -> Range:
    return Range(0, greatest, f"a whole number from 0 to {greatest}")


_ANY = Range()
_LIMIT = Range(is_limit=True)
_MAGNITUDE = Range(-_ROUNDING, math.inf, "0 or more")
_MAGNITUDE_LIMIT = Range(0.0, math.inf, "0 or more", is_limit=True)
_DRAINED = Range(-math.inf, _ROUNDING, "0 or less")
_POSITIVE = Range(0.0, math.inf, "more than 0", is_open=True)
_LOSS = Range(_LEAST_LOSS_WH, math.inf, "0 or more")
_SHARE = Range(-_ROUNDING, 1.0 + _ROUNDING, "0 to 1")
_DIFFERENCE = Range(-1.0 - _ROUNDING, 1.0 + _ROUNDING, "-1 to 1")
_NEAR_SHARE = Range(-2.0, 2.0, "-2 to 2")
"""Of a share with an error of as much, and some room."""
_FLAG = Range(0, 1, "0 or 1")
_COUNT = Range(0, math.inf, "0 or more")
_COLD = Range(-273.15, math.inf, "-273.15 °C or more")
_WAIT = Range(-_ROUNDING, LONGEST_S, "0 s to 366 d")
_PAST = Moment(None, 0)
_STEP = Moment(-LONGEST_STEP_US, 0)
_HORIZON_US = round(LONGEST_HORIZON_S * MICROSECONDS)

_OF_NUMBERS: _Table = (
    (_ANY, """
        next_input_us inputs
        components.active_1 components.active_2 components.active_3 components.dc_w
        components.reactive_1 components.reactive_2 components.reactive_3
        components.reactive_1_varh components.reactive_2_varh components.reactive_3_varh
        meters.sums.p1_w meters.sums.p2_w meters.sums.p3_w meters.sums.q1_var meters.sums.q2_var meters.sums.q3_var
        meters.shown.p1_w meters.shown.p2_w meters.shown.p3_w
        meters.shown.q1_var meters.shown.q2_var meters.shown.q3_var
        batteries.dc_w batteries.lower_w batteries.upper_w batteries.broken_wh batteries.mean_a
        batteries.auxiliary_heat_w batteries.begin_rc1_v batteries.begin_rc2_v batteries.begin_lead
        batteries.begin_hysteresis_v
        bms.seen_a bms.lower_w bms.upper_w
        ageings.temperature_c_s
        guards.reference_w guards.by_power_var
        inverters.own_lower_w inverters.own_upper_w inverters.asked_ac_w inverters.asked_var inverters.asked_bridge_w
        inverters.dc_w inverters.ac_w inverters.wanted_dc_w inverters.taken_dc_w
        pairs.asked_w pairs.taken_w
        nodes.real_1 nodes.imag_1 nodes.real_2 nodes.imag_2 nodes.real_3 nodes.imag_3 nodes.loss_w
        controls.target_w controls.setting_w controls.reactive_target_var controls.support_var controls.reach_lower_w
        controls.reach_upper_w controls.uncut_lower_w controls.stuck_w
        recorded.asked_w
        """),
    (_LIMIT, """
        batteries.allowed_lower_w batteries.allowed_upper_w arrays.irradiance
        controls.by_now_lower_w controls.by_now_upper_w
        """),
    (_MAGNITUDE, """
        components.consumed_wh components.delivered_wh
        components.consumed_1_wh components.consumed_2_wh components.consumed_3_wh
        components.delivered_1_wh components.delivered_2_wh components.delivered_3_wh
        components.apparent_vah components.apparent_1_vah components.apparent_2_vah components.apparent_3_vah
        nodes.v_1 nodes.v_2 nodes.v_3 nodes.v_12 nodes.v_23 nodes.v_31 nodes.loading
        fuses.notch_heat fuses.strip_heat fuses.body_heat
        meters.sums.v1_v meters.sums.v2_v meters.sums.v3_v meters.sums.i1_a2 meters.sums.i2_a2 meters.sums.i3_a2
        meters.shown.v1_v meters.shown.v2_v meters.shown.v3_v meters.shown.i1_a2 meters.shown.i2_a2 meters.shown.i3_a2
        meters.consumed_wh meters.delivered_wh
        batteries.throughput_ah batteries.auxiliary_w batteries.begin_throughput_ah
        bms.seen_v bms.seen_ah
        ageings.throughput_ah ageings.charged_ah ageings.discharged_ah ageings.active_s ageings.time_s ageings.soc_s
        estimates.rested_s estimates.begin_rested_s
        arrays.voltage_v arrays.wind
        guards.mean_voltage_pu guards.undervoltage_s guards.low_undervoltage_s guards.overvoltage_s
        guards.high_overvoltage_s guards.underfrequency_s guards.overfrequency_s guards.waited_s guards.ramped_s
        inverters.apparent_va inverters.least_w inverters.least_delivered_w inverters.alone_w
        controls.least_by_code_w controls.offered_w controls.able_w
        recorded.late_s recorded.late_wh recorded.late_most_w recorded.astray_s recorded.astray_wh recorded.most_w
        feed_in.offered_w feed_in.held_w
        """),
    (_MAGNITUDE_LIMIT, """
        batteries.allowed_minimum_w batteries.allowed_minimum_delivered_w
        controls.growth_w_per_s controls.most_w controls.slowest_w_per_s
        """),
    (_DRAINED, "arrays.power_w inverters.sun_w inverters.surplus_w"),
    (_POSITIVE, "batteries.capacity_factor batteries.resistance_factor inverters.dc_voltage_pu"),
    (_LOSS, "batteries.loss_wh batteries.begin_loss_wh inverters.loss_wh inverters.sun_wh nodes.loss_wh"),
    (_SHARE, """
        batteries.allowed_share batteries.begin_soc ageings.soc estimates.soc controls.active_share
        controls.drawing_share feed_in.share
        """),
    (_DIFFERENCE, "batteries.soc_error guards.volt_var_share recorded.way"),
    (_NEAR_SHARE, "bms.seen_soc bms.lower_soc bms.upper_soc estimates.begin_taken"),
    (_COUNT, "nodes.collapses"),
    (_FLAG, """
        is_known components.is_closed components.is_cut_off components.is_fed bms.has_horizon bms.acknowledges
        inverters.is_held_back pairs.conducts controls.follows_meter controls.is_stuck recorded.is_overruled
        recorded.is_astray recorded.is_told
        """),
    (_COLD, """
        batteries.begin_temperature_c bms.seen_c bms.lower_c bms.upper_c bms.ambient_c ageings.temperature_c
        arrays.ambient_c inverters.heat_sink_c
        """),
    (_codes(MELTED), "fuses.condition"),
    (_codes(RELAYS_OPENING), "bms.wanted bms.relays"),
    (_codes(len(TRIPS) - 1), "bms.trip"),
    (_codes((1 << len(WARNINGS)) - 1), "bms.warnings"),
    (_codes(CONNECTED), "guards.mode"),
    (_codes(OVERFREQUENCY), "controls.held_off_by"),
    (_PAST, "time_us recorded.since_us recorded.late_since_us recorded.first_us"),
    (_STEP, "counted_us batteries.begin_us ageings.gathered_us"),
    (Moment(None, LONGEST_STEP_US), "holds_until_us nodes.dark_until_us"),
    (Moment(-_HORIZON_US - LONGEST_STEP_US, 0), "bms.carried_us"),
    (Moment(None, _HORIZON_US), "bms.horizon_us"),
)  # fmt: skip
_OF_STATES: _Table = (
    (
        _ANY,
        """
        BatteryState.rc1_voltage_v BatteryState.rc2_voltage_v BatteryState.surface_lead
        BatteryState.hysteresis_voltage_v
        AgeingState.swing AgeingState.reach
        ChpState.steady_w ChpState.taken_w SupplyState.nothing
        """,
    ),
    (
        _MAGNITUDE,
        """
        BatteryState.resistance_factor
        BmsState.relays_s BmsState.link_voltage_v BmsState.overvoltage_s BmsState.undervoltage_s
        BmsState.overcurrent_charging_s BmsState.overcurrent_discharging_s BmsState.overtemperature_charging_s
        BmsState.overtemperature_s BmsState.undertemperature_charging_s
        AgeingState.capacity_by_time AgeingState.resistance_by_time AgeingState.capacity_by_use
        AgeingState.resistance_by_use AgeingState.leg_charge AgeingState.leg_soc AgeingState.leg_capacity
        AgeingState.leg_resistance AgeingState.back_charge AgeingState.back_soc AgeingState.back_capacity
        AgeingState.back_resistance AgeingState.full_cycles
        ElectrolyzerState.run_s ChpState.run_s
        EvChargerState.delivered_wh EvChargerState.wanted_s EvChargerState.followed_a EvChargerState.behind_s
        """,
    ),
    (_MAGNITUDE_LIMIT, "SteamBoilerState.loaded_s ElectrolyzerState.loaded_s ChpState.loaded_s"),
    (_POSITIVE, "BatteryState.capacity_share"),
    (_SHARE, "BatteryState.soc BmsState.spread EvChargerState.soc WindTurbineState.ice"),
    (_NEAR_SHARE, "BatteryState.soc_lower_shift BatteryState.soc_upper_shift"),
    (_DIFFERENCE, "CryptoMinerState.moving"),
    (
        _COLD,
        """
        BatteryState.temperature_c SteamBoilerState.drum_c ElectrolyzerState.stack_c CryptoMinerState.temperature_c
        InverterState.heat_sink_c ChpState.engine_c ChpState.buffer_c HvacState.room_c
        """,
    ),
    (
        _WAIT,
        """
        ElectrolyzerState.wait_s CryptoMinerState.timer_s CapacitorBankState.timer_s ChpState.wait_s
        ChpState.recovering_s EvChargerState.pause_s EvChargerState.dwell_s WindTurbineState.timer_s HvacState.timer_s
        """,
    ),
    (
        _COUNT,
        """
        ElectrolyzerState.starts ChpState.starts ChpState.failures CryptoMinerState.boards
        CapacitorBankState.steps_on CapacitorBankState.steps_waiting EvChargerState.session_id
        """,
    ),
    (
        _FLAG,
        """
        BmsState.balancing SteamBoilerState.drum_takes InverterState.held_back ChpState.buffer_takes
        EvChargerState.on_one WindTurbineState.is_iced
        """,
    ),
    (_codes(RELAYS_OPENING), "BmsState.relays"),
    (_codes(len(TRIPS) - 1), "BmsState.trip"),
    (_codes((1 << len(WARNINGS)) - 1), "BmsState.warnings"),
    (_codes(STANDBY), "ElectrolyzerState.phase"),
    (_codes(FAULT), "ChpState.phase"),
    (_codes(TRIPPED), "CryptoMinerState.heat_mode"),
    (_codes(STORM), "WindTurbineState.mode"),
    (_codes(COOLING), "HvacState.mode"),
)
_OF_IMPAIRMENTS: _Table = (
    (_SHARE, "power_share allowed_share"),
    (_ANY, "stuck_w"),
    (_MAGNITUDE_LIMIT, "ramp_w_per_s"),
    (_POSITIVE, "capacity_factor resistance_factor"),
)


def _by_name(table: _Table) -> dict[str, Range | Moment]:
    return {name: found for found, names in table for name in names.split()}


OF_NUMBERS = _by_name(_OF_NUMBERS)
"""Of the kernel's memory, by the names under which a save keeps its numbers."""
OF_STATES = _by_name(_OF_STATES)
"""Of the states of our models, by type and field."""
OF_IMPAIRMENTS = _by_name(_OF_IMPAIRMENTS)
"""Of what is broken of devices."""
