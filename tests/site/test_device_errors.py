"""What people are told about a sensor or a device that is wrong in their file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.small_site import BASE, BATTERY, INVERTER, messages

from doppelgrid.sim.site.input_files import read_checked
from doppelgrid.sim.site.reader import parse_site

SENSORS = "sensors:\n  roof: {id: 5, metrics: [temperature]}\n"
WRONG_SENSORS = {
    "  mast: {id: 5, metrics: [wind_speed]}\n": "mast.id is 5, like roof.id on line 6; accepted: a number of its own",
    "  main: {id: 6, metrics: [wind_speed]}\n": (
        "main is the key of a component, too (line 4); accepted: a key of its own"
    ),
    "  mast: {id: 6, metrics: []}\n": "mast.metrics is empty; accepted: at least 1",
    "  mast: {id: 6, metrics: [wind_speed, wind_speed]}\n": (
        "mast.metrics is a list; accepted: each metric once"
    ),
    "  mast: {id: 6, metrics: [wind]}\n": (
        "mast.metrics[0] is 'wind'; accepted: temperature, irradiance, wind_speed, wind_direction, "
        "relative_humidity, dew_point, air_pressure"
    ),
    "  mast: {id: 6, metrics: [wind_speed], parameters: {temperature: {gain: 1.1}}}\n": (
        "mast.parameters is a mapping; accepted: parameters of what it measures: wind_speed"
    ),
    "  mast: {id: 6, metrics: [wind_speed], parameters: {wind_speed: {gain: 9}}}\n": (
        "mast.parameters.wind_speed.gain is 9; accepted: 0.5..1.5 (physics)"
    ),
    "  mast: {id: 6, metrics: [wind_speed], parameters: {wind_speed: {lower: 9, upper: 3}}}\n": (
        "mast.parameters.wind_speed.lower is 9; accepted: at most upper, 3 (physics)"
    ),
    "  mast: {id: 6, metrics: [wind_speed], parameters: {wind_speed: {lag: 9}}}\n": (
        "mast.parameters.wind_speed.lag is unknown; accepted: time_constant_s, gain, offset, noise, resolution, "
        "lower, upper"
    ),
    "  mast: {id: 6, metrics: [wind_speed], reporting: {changes: {temperature: 1}}}\n": (
        "mast.reporting is a mapping; accepted: changes of what it measures: wind_speed"
    ),
    "  mast: {id: 6, metrics: [wind_speed], reporting: {changes: {wind_speed: 0}}}\n": (
        "mast.reporting.changes.wind_speed is 0; accepted: a number > 0"
    ),
    "  mast: {id: 6, metrics: [wind_speed], reporting: {delay: 2 min}}\n": (
        "mast.reporting.delay is 2 min; accepted: 0 s..60 s"
    ),
    "weather: {wind_speed: 3 km}\n": (
        "weather.wind_speed is 3 km; accepted: a number with a unit (m/s, km/h), 0 m/s..100 m/s, or a mapping "
        "with `profile` or `file`"
    ),
    "weather: {irradiance: {file: sun.csv}}\n": (
        "weather.irradiance.file is 'sun.csv'; accepted: a file, its path relative to the folder of the site file"
    ),
}


@pytest.mark.parametrize(("lines", "expected"), WRONG_SENSORS.items())
def test_a_wrong_sensor_is_explained(lines: str, expected: str) -> None:
    assert (
        messages(BASE + SENSORS + lines)[0].removeprefix("berlin.yaml:7: ").removeprefix("sensors.")
        == expected
    )


WRONG_DEVICES = {
    "  unit: {id: 20, category: chp, behind: main, rated_power: 20 kW, load_acceptance: {step: 1 %}}\n": (
        "berlin.yaml:7: unit.load_acceptance.step is 1 %; accepted: 5 %..100 %"
    ),
    "  unit: {id: 20, category: chp, behind: main, rated_power: 20 kW, load_acceptance: {recovery: 2 min}}\n": (
        "berlin.yaml:7: unit.load_acceptance.recovery is 2 min; accepted: 0.1 s..60 s"
    ),
    "  unit: {id: 20, category: chp, behind: main, rated_power: 20 kW, parameters: {load_step_w: 0}}\n": (
        "berlin.yaml:7: unit.parameters.load_step_w is 0 W; accepted: > 0 W (physics)"
    ),
    "  roof: {id: 20, category: pv_inverter, behind: main, rated_power: 9 kW, "
    "grid_code: {volt_var: {response_time: 1 h}}}\n": (
        "berlin.yaml:7: roof.grid_code.volt_var.response_time is 1 h; accepted: 0 s..180 s"
    ),
    "  house: {id: 21, category: meter, behind: main, reporting: {changes: {power: 0 W}}}\n": (
        "berlin.yaml:7: house.reporting.changes.power is 0 W; accepted: > 0 kW"
    ),
    "  house: {id: 21, category: meter, behind: main, reporting: {interval: 2 d}}\n": (
        "berlin.yaml:7: house.reporting.interval is 2 d; accepted: > 0 s and <= 86400 s"
    ),
    "  brk: {id: 20, category: breaker, behind: bat-inv}\n  house: {id: 21, category: meter, behind: brk}\n": (
        "berlin.yaml:8: house.behind is 'brk', a breaker behind a battery_inverter; "
        "accepted: a grid_connection_point or a meter (grid, main)"
    ),
    "  brk: {id: 20, category: breaker, behind: main, closing_time: 80}\n": (
        "berlin.yaml:7: brk.closing_time is 80; accepted: a number with a unit (s, ms, min, h, d), >= 0 s"
    ),
    "  pre: {id: 20, category: precharger, behind: bat-inv, resistance: 90 Ω}\n": (
        "berlin.yaml:7: pre is a mapping; accepted: link_capacitance and resistance, or neither"
    ),
    "  ups: {id: 20, category: uninterruptible_power_supply, behind: main, rated_apparent_power: 9 kVA, preset: x}\n": (
        "berlin.yaml:7: ups.preset is 'x'; accepted: online-3kva, online-20kva, online-200kva"
    ),
    "  tra: {id: 20, category: power_transformer, behind: main, rated_apparent_power: 9 kVA, preset: oil-10kva}\n": (
        "berlin.yaml:7: tra.preset is 'oil-10kva'; accepted: oil-100kva, oil-250kva, oil-400kva, oil-630kva, "
        "oil-1000kva (did you mean 'oil-100kva'?)"
    ),
    "  conv: {id: 20, category: converter, behind: bat-inv}\n": (
        "berlin.yaml:7: conv is without anything behind it; accepted: at least one battery"
    ),
    "  chp: {id: 20, category: chp, behind: main, rated_power: 5 kW, min_power: 6 kW}\n": (
        "berlin.yaml:7: chp.min_power is 6 kW; accepted: at most the rated power, 5 kW"
    ),
    "  chp: {id: 20, category: chp, behind: main, rated_power: 50 kW, min_power: 2 kW}\n": (
        "berlin.yaml:7: chp.min_power is 2 kW; accepted: at least 5% of the rated power, 2.5 kW"
    ),
    "  chp: {id: 20, category: chp, behind: main, rated_power: 50 kW, preset: gas-60kw}\n": (
        "berlin.yaml:7: chp.preset is 'gas-60kw'; accepted: ecopower-5kw, gas-20kw, gas-50kw, gas-140kw, "
        "gas-250kw, gas-turbine-5mw, gas-turbine-130mw (did you mean 'gas-50kw'?)"
    ),
    "  chp: {id: 20, category: chp, behind: main, rated_power: 50 kW, heat_demand: {file: heat.csv, unit: kW, "
    "positive: consumption}}\n": (
        "berlin.yaml:7: chp.heat_demand.file is 'heat.csv'; accepted: a file, its path relative to the folder of "
        "the site file"
    ),
    "  wind: {id: 20, category: wind_turbine, behind: main, rated_power: 50 kW, power: 9 kW, wind_speed: 8 m/s}\n": (
        "berlin.yaml:7: wind.wind_speed is 8 m/s; accepted: either power or what the model needs, not both"
    ),
    "  wind: {id: 20, category: wind_turbine, behind: main, rated_power: 50 MW}\n": (
        "berlin.yaml:7: wind.rated_power is 50 MW; accepted: > 0 kW and <= 20000 kW"
    ),
    "  hvac: {id: 20, category: hvac, behind: main, load: 9 kW, gains: 1 kW}\n": (
        "berlin.yaml:7: hvac.gains is 1 kW; accepted: either load or what the model needs, not both"
    ),
    "  hvac: {id: 20, category: hvac, behind: main, preset: office-split, cooling_temperature: 20 °C}\n": (
        "berlin.yaml:7: hvac.cooling_temperature is 20 °C; accepted: at least 21 °C, the hysteresis above "
        "the heating temperature"
    ),
    "  hvac: {id: 20, category: hvac, behind: main, preset: cold-store, heating_temperature: 20 °C}\n": (
        "berlin.yaml:7: hvac.heating_temperature is 20 °C; accepted: none: cold-store does not heat"
    ),
    "  miner: {id: 20, category: crypto_miner, behind: main, machines: 0}\n": (
        "berlin.yaml:7: miner.machines is 0; accepted: a number >= 1"
    ),
}


@pytest.mark.parametrize(("lines", "expected"), WRONG_DEVICES.items())
def test_a_wrong_device_is_explained(lines: str, expected: str) -> None:
    assert messages(BASE + INVERTER + BATTERY + lines) == [expected]


def test_a_battery_may_be_behind_a_precharger_and_a_breaker() -> None:
    site = parse_site(
        BASE
        + INVERTER
        + "  brk: {id: 20, category: breaker, behind: bat-inv}\n"
        + "  pre: {id: 21, category: precharger, behind: brk}\n"
        + "  battery: {id: 12, category: battery, behind: pre}\n",
        "berlin.yaml",
    )
    assert site.components["battery"].behind == ("pre",)


CONSUMED = {
    "plc": ("category: plc", "load"),
    "hvac": ("category: hvac", "load"),
    "gains": ("category: hvac", "gains"),
    "crypto_miner": ("category: crypto_miner", "load"),
    "steam_boiler": ("category: steam_boiler, rated_power: 10 kW", "steam_demand"),
    "chp": ("category: chp, rated_power: 10 kW", "heat_demand"),
}


@pytest.mark.parametrize(
    ("stated", "place", "found"),
    [
        ("-5 kW", "", "-5 kW"),
        ("{profile: constant, value: -5 kW}", ".value", "-5 kW"),
        (
            '{profile: inline, points: [{at: "00:00", value: 1 kW}, {at: "01:00", value: -2 kW}]}',
            ".points[1].value",
            "-2 kW",
        ),
    ],
)
@pytest.mark.parametrize("device", CONSUMED)
def test_what_is_only_consumed_is_not_below_zero(device: str, stated: str, place: str, found: str) -> None:
    section, key = CONSUMED[device]
    lines = f"  dev: {{id: 6, {section}, behind: main, {key}: {stated}}}\n"
    line = BASE.count("\n") + 1
    (message,) = messages(BASE + lines)
    assert message.startswith(f"berlin.yaml:{line}: dev.{key}{place} is {found}; accepted: ")
    assert ">= 0 kW" in message


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("column: p, positive: consumption", "0 to 1e+06 kW (are `unit`, `positive` and `factor` right?)"),
        (
            "column: p, positive: production, factor: -1",
            "0 to 1e+06 kW (are `unit`, `positive` and `factor` right?)",
        ),
    ],
)
@pytest.mark.parametrize("device", CONSUMED)
def test_what_is_only_consumed_is_not_recorded_below_zero(
    tmp_path: Path, device: str, wrong: str, said: str
) -> None:
    (tmp_path / "day.csv").write_text(
        "time,p\n2026-06-15T00:00:00Z,1\n2026-06-15T01:00:00Z,0\n2026-06-15T02:00:00Z,-3\n", encoding="utf-8"
    )
    section, key = CONSUMED[device]
    recorded = f"{{file: day.csv, unit: kW, {wrong}}}"
    site = tmp_path / "berlin.yaml"
    site.write_text(f"{BASE}  dev: {{id: 6, {section}, behind: main, {key}: {recorded}}}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(f"dev.{key}: day.csv:4: p is -3; accepted: {said}")):
        read_checked(str(site))


@pytest.mark.parametrize("device", CONSUMED)
def test_what_is_consumed_may_be_zero(device: str) -> None:
    section, key = CONSUMED[device]
    parse_site(f"{BASE}  dev: {{id: 6, {section}, behind: main, {key}: 0 W}}\n", "berlin.yaml")


PRODUCERS = {
    "photovoltaics": "category: pv_inverter",
    "wind": "category: wind_turbine",
}


def producer(folder: Path, device: str, powers_w: tuple[float, ...], positive: str) -> str:
    """Write a site with a plant of 20 kW whose power is recorded, and return its path."""
    rows = [f"2026-06-15T{hour:02d}:00:00Z,{power_w}" for hour, power_w in enumerate(powers_w)]
    (folder / "day.csv").write_text("\n".join(["time,p", *rows]), encoding="utf-8")
    recorded = f"{{file: day.csv, column: p, unit: W, positive: {positive}}}"
    path = folder / "berlin.yaml"
    path.write_text(
        f"{BASE}  plant: {{id: 6, {PRODUCERS[device]}, behind: main, rated_power: 20 kW, power: {recorded}}}\n",
        encoding="utf-8",
    )
    return str(path)


@pytest.mark.parametrize("device", PRODUCERS)
def test_a_producer_that_is_recorded_as_a_consumer_is_refused(device: str, tmp_path: Path) -> None:
    path = producer(tmp_path, device, (0.0, 5e3, 7e3), "consumption")
    said = (
        "plant.power: day.csv: p is consumption alone, of up to 7 kW; accepted: production, or no more than"
        " 400 W (are `positive` and `factor` right?)"
    )
    with pytest.raises(ValueError, match=re.escape(said)):
        read_checked(path)


@pytest.mark.parametrize(
    "powers_w",
    [(4.0, 17.0), (0.0, 0.0), (17.0, -5e3), (900.0, -5e3)],
    ids=["night", "nothing", "day", "start"],
)
@pytest.mark.parametrize("device", PRODUCERS)
def test_what_a_producer_draws_at_night_may_be_recorded(
    device: str, powers_w: tuple[float, ...], tmp_path: Path
) -> None:
    read_checked(producer(tmp_path, device, powers_w, "consumption"))
