"""Machines that would stand for good or draw more than they are rated for are refused, and so is what does nothing."""

from __future__ import annotations

import pytest
from support.one_component import params, refusal, section

from doppelgrid.models.chp import RUNNING, STOPPED, ChpInput, ChpParams, ChpState, chp_initial_state, chp_step
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.machines.chp import check_chp, chp_preset

CHP, BOILER, ELECTROLYZER = "chp", "steam_boiler", "electrolyzer"
RATED = "rated_power: 50 kW"
HASTE = "start_s: 0.1, minimum_run_s: 0, stop_s: 0, minimum_pause_s: 0"


def given(parameters: str, keys: str = RATED) -> str:
    return f"{keys}, parameters: {{{parameters}}}"


def sheet(*points: tuple[float, float, float]) -> str:
    rows = (f"{{power: {power} kW, heat: {heat} kW, fuel: {fuel} kW}}" for power, heat, fuel in points)
    return f"{RATED}, data_sheet: [{', '.join(rows)}]"


def cells(*points: tuple[float, float]) -> str:
    rows = (f"{{current_density: {density} A/cm², voltage: {voltage} V}}" for density, voltage in points)
    return f"{RATED}, polarisation: [{', '.join(rows)}]"


STANDS = {
    "a buffer that gives nothing where it restarts": (
        CHP,
        given("buffer.useful_c: 75"),
        "parameters.buffer.useful_c is 75 °C; accepted: at most buffer_restart_c, 60 °C",
    ),
    "a buffer that gives nothing when full": (
        CHP,
        given("buffer.useful_c: 300"),
        "parameters.buffer.useful_c is 300 °C; accepted: at most buffer_restart_c, 60 °C",
    ),
    "a buffer that gives nothing when full, beside a cooler": (
        CHP,
        given("buffer.useful_c: 85", f"{RATED}, dump_cooler: true"),
        "parameters.buffer.useful_c is 85 °C; accepted: at most buffer_full_c, 80 °C",
    ),
    "a buffer led by heat, beside a cooler": (
        CHP,
        given("buffer.useful_c: 75", f"{RATED}, dump_cooler: true, heat_led: true"),
        "parameters.buffer.useful_c is 75 °C; accepted: at most buffer_restart_c, 60 °C",
    ),
    "a restart below what a buffer gives": (
        CHP,
        given("buffer_restart_c: 45"),
        "parameters.buffer_restart_c is 45, with which buffer.useful_c is 50 °C",
    ),
    "a drum that gives nothing where it restarts": (
        BOILER,
        given("drum.useful_c: 183"),
        "parameters.drum.useful_c is 183 °C; accepted: at most restart_c, 179.886 °C",
    ),
    "an engine that loses the heat of its least load": (
        CHP,
        given("engine_heat_loss_w_per_k: 2000"),
        "parameters.engine_heat_loss_w_per_k is 2000 W/K; accepted: less than 386.499 W/K, which loses the heat at"
        " minimum_power_w at engine_operating_c in air of -60 °C",
    ),
    "an engine without heat": (
        CHP,
        given("thermal_efficiency: [0, 0]"),
        "parameters.thermal_efficiency at 48 % of load is 0; accepted: more than 0",
    ),
    "an engine without heat at its least load, by keys alone": (
        CHP,
        f"min_power: 5 kW, {sheet((25, 5, 91), (50, 82, 146))}",
        "thermal_efficiency at 10 % of load is 0; accepted: more than 0",
    ),
    "a drum that loses all heat": (
        BOILER,
        given("drum.heat_loss_w_per_k: 1000"),
        "parameters.drum.heat_loss_w_per_k is 1000 W/K; accepted: less than 218.946 W/K",
    ),
    "water colder than the room": (
        "hvac",
        "preset: house-heat-pump, supply_temperature: 20 °C, heating_temperature: 40 °C",
        "supply_temperature is 20 °C; accepted: above 40.5 °C, half the hysteresis above the heating temperature",
    ),
    "a room warmer than the water of the preset": (
        "hvac",
        "preset: house-heat-pump, heating_temperature: 40 °C",
        "heating_temperature is 40 °C; accepted: below 34.5 °C, half the hysteresis below supply_temperature, 35 °C",
    ),
    "a room warmer than the water, by parameters": (
        "hvac",
        given("heating_set_point_c: 40", "preset: house-heat-pump"),
        "parameters.heating_set_point_c is 40, with which supply_c is 35 °C; accepted: supply_c above 40.5 °C",
    ),
    "a heat pump that is worse than a resistance": (
        "hvac",
        given("cop_per_k: -0.9", "preset: house-heat-pump"),
        "parameters.cop_per_k is -0.9 1/K; accepted: at least -0.22514 1/K, with which the COP is 1 at a lift of 28 K",
    ),
    "a machine that neither heats nor cools": (
        "hvac",
        given("can_heat: false", "preset: house-heat-pump"),
        "parameters.can_heat is false; accepted: true, or can_cool true",
    ),
    "a room heated to where it is cooled": (
        "hvac",
        "preset: office-split, heating_temperature: 26 °C",
        "heating_temperature is 26 °C; accepted: at most 24 °C, the hysteresis below the cooling temperature",
    ),
    "a buffer that would start and stop its engine without end": (
        CHP,
        given(f"{HASTE}, buffer.heat_capacity_j_per_k: 1"),
        "parameters.buffer.heat_capacity_j_per_k is 1 J/K; accepted: at least",
    ),
    "a buffer that starts its engine where it stops it": (
        CHP,
        given(f"{HASTE}, buffer_restart_c: 80"),
        "parameters.buffer_restart_c is 80 °C; accepted: at most buffer_full_c - 0.1, 79.9 °C",
    ),
    "a miner that would switch without end": (
        "crypto_miner",
        given("board_start_s: 0, board_stop_s: 0, heat_capacity_j_per_k: 100", "machines: 1"),
        "parameters.heat_capacity_j_per_k is 100 J/K; accepted: at least 162.5 J/K, which all boards heat from"
        " resume_c to throttle_c in 1 s",
    ),
}


@pytest.mark.parametrize(("category", "keys", "message"), STANDS.values(), ids=STANDS)
def test_what_would_never_do_its_work_is_refused(category: str, keys: str, message: str) -> None:
    assert refusal(category, keys).startswith(message)


def with_useful_heat_from(useful_c: float, *, heat_led: bool, dump_cooler: bool) -> ChpParams:
    params = chp_preset("gas-50kw", 50e3, heat_led=heat_led, dump_cooler=dump_cooler)
    return params._replace(buffer=params.buffer._replace(useful_c=useful_c))


@pytest.mark.parametrize(("heat_led", "dump_cooler"), [(False, False), (True, False), (True, True)])
def test_a_buffer_that_stops_its_engine_gives_heat_where_it_starts_it_again(
    heat_led: bool, dump_cooler: bool
) -> None:
    with pytest.raises(ParameterError, match="buffer_restart_c"):
        check_chp(with_useful_heat_from(70.0, heat_led=heat_led, dump_cooler=dump_cooler))


def test_a_buffer_that_does_not_stop_its_engine_gives_heat_when_full_at_least() -> None:
    check_chp(with_useful_heat_from(80.0, heat_led=False, dump_cooler=True))
    with pytest.raises(ParameterError, match="buffer_full_c"):
        check_chp(with_useful_heat_from(80.1, heat_led=False, dump_cooler=True))


DRAWS = [
    *((CHP, name, RATED) for name in ("starting_power_w", "stopping_power_w", "standby_power_w")),
    *((ELECTROLYZER, name, RATED) for name in ("heater_power_w", "standby_power_w", "off_power_w")),
    (BOILER, "keep_warm_power_w", RATED),
    ("wind_turbine", "turbine.standby_power_w", RATED),
    ("wind_turbine", "standby_power_w", f"{RATED}, power: 5 kW"),
    ("hvac", "standby_power_w", "preset: office-split, rated_power: 50 kW"),
]


@pytest.mark.parametrize(("category", "name", "keys"), DRAWS)
def test_what_a_machine_draws_for_itself_is_at_most_its_rated_power(
    category: str, name: str, keys: str
) -> None:
    assert refusal(category, given(f"{name}: 51000", keys)) == (
        f"parameters.{name} is 51000 W; accepted: at most rated_power_w, 50000 W (physics)"
    )


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("standby_w", "rated_power: 1.4 kW, phases: [1]"),
        ("conversion_fixed_w", "rated_power: 1.4 kW, type: dc"),
    ],
)
def test_a_charger_draws_at_most_its_rated_power_for_itself(name: str, keys: str) -> None:
    assert refusal("ev_charger", given(f"charger.{name}: 1500", keys)).startswith(
        f"parameters.charger.{name} is 1500 W; accepted: at most rated_power_w, 1400 W"
    )


@pytest.mark.parametrize(
    ("category", "parameters", "message"),
    [
        (ELECTROLYZER, "heater_power_w: 49000", "heater_power_w is 49000 W; accepted: at most rated_power_w less aux"),
        (ELECTROLYZER, "standby_power_w: 49500", "standby_power_w is 49500, with which heater_power_w is 1000 W"),
        (BOILER, "keep_warm_power_w: 49900", "keep_warm_power_w is 49900 W; accepted: at most rated_power_w less aux"),
        (BOILER, "auxiliary_power_w: 6000", "auxiliary_power_w is 6000 W; accepted: at most minimum_power_w, 5000 W"),
    ],
)  # fmt: skip
def test_so_is_what_it_draws_at_once(category: str, parameters: str, message: str) -> None:
    assert refusal(category, given(parameters)).startswith(f"parameters.{message}")


@pytest.mark.parametrize("category", ["power_transformer", "uninterruptible_power_supply"])
@pytest.mark.parametrize("loss", ["no_load_loss", "load_loss"])
def test_what_power_passes_through_loses_at_most_its_rating(category: str, loss: str) -> None:
    said = refusal(category, f"rated_apparent_power: 200 kVA, {loss}: 201 kW")
    assert said == f"{loss} is 201 kW; accepted: at most the rated apparent power, 200 kVA"
    said = refusal(category, f"rated_apparent_power: 200 kVA, parameters: {{{loss}_w: 201000}}")
    assert said.startswith(
        f"parameters.{loss}_w is 201000 W; accepted: at most rated_apparent_power_va, 200000 W"
    )


@pytest.mark.parametrize(
    ("category", "parameters", "switch"),
    [
        (CHP, "start_wear_s: 3600", "fuel_growth_per_h is 0"),
        (ELECTROLYZER, "start_wear_s: 3600", "voltage_growth_per_h is 0"),
        (CHP, "recovery_s: 10", "load_step_w is inf"),
        (CHP, "retry_wait_s: 10, start_retries: 0", "start_retries is 0"),
        (ELECTROLYZER, "holding_c: 20, heater_power_w: 0", "heater_power_w is 0"),
    ],
)
def test_a_parameter_that_does_nothing_is_refused(category: str, parameters: str, switch: str) -> None:
    name = parameters.partition(":")[0]
    assert refusal(category, given(parameters)) == (
        f"parameters.{name} is given; accepted: nothing while {switch}, as it does nothing then"
    )


@pytest.mark.parametrize(
    ("keys", "more"), [(f"{RATED}, dump_cooler: true", ""), (RATED, ", dump_cooler: true")]
)
def test_so_is_the_restart_of_a_buffer_that_stops_nothing(keys: str, more: str) -> None:
    said = refusal(CHP, given(f"buffer_restart_c: 70{more}", keys))
    assert said.startswith("parameters.buffer_restart_c is given; accepted: nothing beside dump_cooler")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("preset: cold-store, supply_temperature: 50 °C", "supply_temperature is 50 °C; accepted: none: cold-store"),
        ("load: 1 kW, initial_temperature: 20 °C", "initial_temperature is 20 °C; accepted: either load or"),
    ],
)  # fmt: skip
def test_so_is_a_key(keys: str, message: str) -> None:
    assert refusal("hvac", keys).startswith(message)


@pytest.mark.parametrize(
    ("category", "keys", "message"),
    [
        (
            CHP,
            sheet((25, 74, 92), (50, 82, 146)),
            "data_sheet[0].fuel is 92 kW; accepted: at 25 kW at least 99 kW of fuel",
        ),
        (
            CHP,
            sheet((55, 74, 192), (50, 82, 246)),
            "data_sheet[1].power is 50 kW; accepted: points by rising power: more than 55 kW",
        ),
        (
            CHP,
            sheet((25, 54, 192), (50, 82, 146)),
            "data_sheet[1].fuel is 146 kW; accepted: more fuel with more power: more than 192 kW",
        ),
        (
            ELECTROLYZER,
            cells((3, 1.8), (1, 2)),
            "polarisation[1].current_density is 1 A/cm²; accepted: points by rising current: more than 3 A/cm²",
        ),
        (
            ELECTROLYZER,
            cells((1, 1.8), (3, 1.7)),
            "polarisation[1].voltage is 1.7 V; accepted: a voltage that does not fall with current: at least 1.8 V",
        ),
        (
            "ev_charger",
            "rated_power: 11 kW, car: {battery_temperature: -40 °C}",
            "car.battery_temperature is -40 °C; accepted: above 0 °C and below 45 °C",
        ),
        (
            "wind_turbine",
            f"{RATED}, power_curve: [{{wind_speed: 3 m/s, power: 0 kW}}, {{wind_speed: 2 m/s, power: 20 kW}}]",
            "power_curve[1].wind_speed is 2 m/s; accepted: points in ascending order of the wind",
        ),
    ],
)
def test_the_entry_that_is_wrong_is_named_with_its_value(category: str, keys: str, message: str) -> None:
    assert refusal(category, keys).startswith(message)


@pytest.mark.parametrize("mix", ["{z: 60 %, i: 20 %, p: 20 %}", "{z: 0.6, i: 20 %, p: 0.2}"])
def test_parts_of_a_load_are_numbers_or_in_per_cent(mix: str) -> None:
    found = section("meter", f"load: 1 kW, zip: {mix}").zip
    assert (found.impedance, found.current, found.power) == pytest.approx((0.6, 0.2, 0.2))


@pytest.mark.parametrize(
    ("mix", "message"),
    [
        ("{impedance: 100 %, p: 1}", "zip.impedance is unknown; accepted: z, i, p (did you mean 'z'?)"),
        ("{z: much, p: 1}", "zip.z is 'much'; accepted: a number, or one in %"),
        ("{z: 60 %, i: 20 %}", "zip is a mapping; accepted: z, i and p that add up to 1 (100 %); these add up to 0.8"),
    ],
)  # fmt: skip
def test_other_parts_are_refused_by_what_the_file_says(mix: str, message: str) -> None:
    assert refusal("meter", f"load: 1 kW, zip: {mix}") == message


ACCEPTED = [
    *((category, given(f"{name}: 50000", keys)) for category, name, keys in DRAWS if category in (CHP, "hvac")),
    (ELECTROLYZER, given("off_power_w: 50000")),
    (ELECTROLYZER, given("heater_power_w: 48500")),
    (BOILER, given("keep_warm_power_w: 49750")),
    (BOILER, given("auxiliary_power_w: 5000")),
    (BOILER, given("drum.useful_c: 179.8")),
    (CHP, given("buffer.useful_c: 60")),
    (CHP, given("buffer.useful_c: 75", f"{RATED}, dump_cooler: true")),
    (CHP, given("buffer_restart_c: 70", f"{RATED}, dump_cooler: true, heat_led: true")),
    (CHP, given("start_wear_s: 3600, fuel_growth_per_h: 1.0e-6")),
    (CHP, given("load_step_w: 20000, recovery_s: 10")),
    ("hvac", "preset: house-heat-pump, heating_temperature: 34.4 °C"),
    ("hvac", "preset: house-heat-pump, heating_temperature: 40 °C, supply_temperature: 40.6 °C"),
    ("hvac", "preset: house-heat-pump, heating_temperature: 40 °C, parameters: {supply_c: 50}"),
    ("hvac", given("cop_constant: 1, cop_per_k: 0, cop_per_k2: 0", "preset: house-heat-pump")),
    ("hvac", "preset: cold-store, source_temperature: 8 °C"),
    ("ev_charger", given("charger.standby_w: 1400", "rated_power: 1.4 kW, phases: [1]")),
]  # fmt: skip


@pytest.mark.parametrize(("category", "keys"), ACCEPTED)
def test_what_is_at_a_limit_is_accepted(category: str, keys: str) -> None:
    assert params(category, keys) is not None


def led_by_heat(made: ChpParams, state: ChpState, inp: ChpInput, days: float) -> list[int]:
    """Return the phases of a CHP at every minute of some days."""
    phases = []
    for _ in range(round(days * 1440)):
        state, _ = chp_step(made, state, inp, 60.0)
        phases.append(state.phase)
    return phases


def test_a_buffer_that_is_useful_down_to_its_restart_comes_to_it() -> None:
    made = chp_preset("gas-50kw", 50e3, heat_led=True)
    made = made._replace(buffer=made.buffer._replace(useful_c=made.buffer_restart_c))
    phases = led_by_heat(made, chp_initial_state(made, 60.0, 20.0), ChpInput(0.0, 30e3, 20.0, 0, 0), 1.0)
    assert RUNNING in phases[phases.index(STOPPED, phases.index(RUNNING)) :]


def test_an_engine_at_its_greatest_loss_gets_warm_in_the_coldest_air() -> None:
    made = chp_preset("gas-50kw", 50e3, heat_led=True)._replace(engine_heat_loss_w_per_k=386.0)
    phases = led_by_heat(made, chp_initial_state(made, 60.0, -60.0), ChpInput(0.0, 30e3, -60.0, 0, 0), 0.5)
    assert RUNNING in phases
