"""What a site file says of a charger and its cars has to fit together, and keys that would do nothing are refused."""

from __future__ import annotations

import pytest

from doppelgrid.sim.site.reader import SiteError, parse_site

SITE = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 4 kA}
  ev: {id: 2, category: ev_charger, behind: grid, %s}
"""
AC, DC = "rated_power: 11 kW", "type: dc, rated_power: 50 kW"
STAY = "arrive: '08:00', stay: 2 h"
ON_DC = "nothing on direct current, which does not pass the car's onboard charger"
UNWARMED = "battery_temperature beside it, without which it does nothing"


def refused(keys: str) -> str:
    with pytest.raises(SiteError) as error:
        parse_site(SITE % keys, "site.yaml")
    (message,) = str(error.value).splitlines()
    return message.removeprefix("site.yaml:4: ")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("efficiency", "85 %"),
        ("phases", "1"),
        ("reaction", "60 s"),
        ("offer_share", "50 %"),
        ("min_current", "10 A"),
    ],
)
def test_direct_current_does_not_pass_the_onboard_charger_of_a_car(key: str, value: str) -> None:
    assert refused(f"{DC}, car: {{{key}: {value}}}") == f"ev.car.{key} is given; accepted: {ON_DC}"


@pytest.mark.parametrize(
    ("sessions", "key"),
    [
        (f"[{{{STAY}}}, {{arrive: '12:00', stay: 1 h, phases: 1}}]", "sessions[1].phases"),
        ("{profile: home, reaction: 5 s}", "sessions.reaction"),
        ("{profile: home, min_current: 8 A}", "sessions.min_current"),
    ],
)
def test_nor_that_of_a_car_that_comes(sessions: str, key: str) -> None:
    assert refused(f"{DC}, sessions: {sessions}") == f"ev.{key} is given; accepted: {ON_DC}"


@pytest.mark.parametrize("charger", [AC, DC])
@pytest.mark.parametrize("key", ["chemistry: lfp", "chemistry: nmc", "preconditioned: true"])
@pytest.mark.parametrize(
    ("cars", "place"),
    [
        ("car: {KEY}", "car"),
        ("sessions: {profile: home, KEY}", "sessions"),
        (f"sessions: [{{{STAY}, KEY}}]", "sessions[0]"),
    ],
)
def test_chemistry_and_warmth_count_only_beside_a_temperature(
    charger: str, key: str, cars: str, place: str
) -> None:
    name = key.partition(":")[0]
    told = refused(f"{charger}, {cars.replace('KEY', key)}")
    assert told == f"ev.{place}.{name} is given; accepted: {UNWARMED}"


@pytest.mark.parametrize(
    ("charger", "current", "offered"),
    [
        (AC, "20 A", "16 A"),
        (AC, "16.5 A", "16 A"),
        ("rated_power: 3758.2 W, phases: [1]", "16.2 A", "16 A"),
        (f"{AC}, parameters: {{charger.current_max_a: 12}}", "13 A", "12 A"),
    ],
)
@pytest.mark.parametrize(
    ("cars", "place"), [("car: {KEY}", "car"), (f"sessions: [{{{STAY}, KEY}}]", "sessions[0]")]
)
def test_a_car_that_no_offer_of_its_charger_suffices_is_refused(
    charger: str, current: str, offered: str, cars: str, place: str
) -> None:
    told = refused(f"{charger}, {cars.replace('KEY', f'min_current: {current}')}")
    accepted = f"at most {offered}, the most that this charger offers on a phase"
    assert told == f"ev.{place}.min_current is {current}; accepted: {accepted}"


def test_a_command_to_switch_phases_knows_no_delay() -> None:
    told = refused(f"{AC}, phase_switching: {{mode: by-command, delay: 1 min}}")
    accepted = "nothing beside the mode by-command, as a command need not wait"
    assert told == f"ev.phase_switching.delay is given; accepted: {accepted}"


@pytest.mark.parametrize(
    "parameter", ["conversion_loss: 0.3", "conversion_fixed_w: 100", "dc_power_max_w: 1000"]
)
@pytest.mark.parametrize("kind", ["ac", "hybrid"])
def test_a_charger_of_alternating_current_converts_nothing(kind: str, parameter: str) -> None:
    told = refused(f"type: {kind}, {AC}, parameters: {{charger.{parameter}}}")
    name = parameter.partition(":")[0]
    accepted = "nothing on alternating current, which this charger does not convert"
    assert told == f"ev.parameters.charger.{name} is given; accepted: {accepted}"


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            f"{AC}, car: {{capacity: 300 kWh, taper_soc: 80 %}}",
            "80 %; accepted: nothing beside a greatest power of 11 kW, as a battery of 300 kWh takes that until it is"
            " full",
        ),
        (
            f"{DC}, car: {{capacity: 1 kWh, max_power: 50 kW, taper_soc: 99 %}}",
            "99 %; accepted: 0 %..98.61 %, from which a time constant can let its power fall",
        ),
        (
            f"{DC}, car: {{capacity: 219.9 kWh, max_power: 11 kW, taper_soc: 0 %}}",
            "0 %; accepted: 99.37 %..100 %, from which a time constant can let its power fall",
        ),
    ],
)
def test_a_taper_that_a_car_cannot_have_is_refused(keys: str, told: str) -> None:
    assert refused(keys) == f"ev.car.taper_soc is {told}"


@pytest.mark.parametrize(
    "keys",
    [
        f"{DC}, car: {{}}",
        f"{DC}, car: {{max_power: 40 kW, taper_soc: 70 %}}",
        f"{DC}, sessions: [{{{STAY}, battery_temperature: 5 °C, chemistry: lfp}}]",
        f"{AC}, car: {{battery_temperature: -5 °C, preconditioned: true}}",
        f"{AC}, car: {{min_current: 16 A}}",
        "rated_power: 22 kW, car: {min_current: 20 A}",
        f"{AC}, car: {{capacity: 300 kWh}}",
        f"{AC}, phase_switching: by-command",
        f"{AC}, phase_switching: {{mode: by-command, pause: 1 min, dwell: 1 min}}",
        f"{AC}, phase_switching: {{delay: 1 min}}",
        f"{DC}, parameters: {{charger.conversion_loss: 0.05}}",
        f"{DC}, parameters: {{charger.current_step_a: 1}}",
    ],
)
def test_what_counts_is_accepted(keys: str) -> None:
    parse_site(SITE % keys, "site.yaml")
