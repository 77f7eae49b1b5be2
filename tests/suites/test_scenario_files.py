"""Scenario files: what they can say, and that whatever is wrong with one is told at once, before anything runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from suites.benches import HEAD, SITE, scenario, told

from doppelgrid.scenarios.suites.file.scenario_file import ScenarioError, ScenarioFile
from doppelgrid.scenarios.suites.running.collection import Shard, chosen, collect
from doppelgrid.sim.domain.commands import StrikeFault
from doppelgrid.sim.domain.timestamps import to_datetime

CHECKS = "checks: [{always: grid.power < 99 kW}]\n"


@pytest.mark.parametrize(
    ("step", "found", "accepted"),
    [
        ("{at: 1 min, set: {main.lod: 3 kW}}", "set.main.lod is 'main.lod', which is no input",
         "(did you mean 'main.load'?)"),
        ("{at: 1 min, set: {main.load: 3 V}}", "set.main.load is 3 V", "a number with a unit (kW, W, MW)"),
        ("{at: 1 min, set: {main.load: -3 kW}}", "set.main.load is refused: main.load is -3 kW",
         "0 W to 1000 MW (a load consumes)"),
        ("{at: 1 min, release: main.wind}", "release is 'main.wind', which is no input", "main.load"),
        ("{at: 1 min, fault: {iv: trip}}", "fault.iv is of 'iv', which is no component", "(did you mean 'inv'?)"),
        ("{at: 1 min, fault: {main: trip}}", "fault.main.kind is trip, which a meter cannot be",
         "accepted: inverters and batteries, and other devices that take set-points (inv, battery)"),
        ("{at: 1 min, fault: {main: {kind: late, by: 5 kW}}}", "fault.main.by is 5 kW", "from 0.001 ms to 600 s"),
        ("{at: 1 min, fault: {main: hanging}}", "fault.main.kind is hanging, which a meter cannot be",
         "or has fuses to be replaced (grid, inv, battery)"),
        ("{at: 1 min, fault: {inv: {kind: latency, by: 0 s}}}", "fault.inv.by is 0 s", "from 0.001 ms to 600 s"),
        ("{at: 1 min, fault: {main: {kind: late, to: 5 s}}}", "fault.main.to is with late", "by or amount"),
        ("{at: 1 min, fault: {main: {kind: late}}}", "fault.main.amount is missing", "from 0.001 ms to 600 s"),
        ("{at: 1 min, fault: {main: {kind: nan, by: 3}}}", "fault.main.by is with nan, which has none", "nothing"),
        ("{at: 1 min, fault: {battery: {kind: capacity_faded, to: 100 %}}}", "fault.battery.to is 1", "other than 1"),
        ("{at: 1 min, fault: {battery: swapped_phases}}", "swapped_phases, which changes nothing", "(grid, main, inv)"),
        ("{at: 1 min, fault: {battery: {kind: missing, metrics: [AC_POWER_ACTIVE]}}}",
         "AC_POWER_ACTIVE, which battery does not report", "DC_VOLTAGE"),
        ("{at: 1 min, fault: {main: {kind: bias, by: 3 V}}}", "fault.main.by is 3 V", "kW, W, MW"),
        ("{at: 1 min, fault: {main: {kind: nan, every: 1 s, for: 2 s}}}", "fault.main.every is 1 s",
         "more than the 2 s that it is there"),
        ("{at: 1 min, command: {inv: 3 apples}}", "command.inv is 3 apples",
         "a power (10 kW, -3 kvar), start, stop, standby, acknowledge"),
        ("{at: 1 min, command: {main: 3 kW}}", "command.main is refused: main is a meter and takes no set-points",
         "accepted: inv"),
        ("{at: 1 min, command: {inv: 3 kW}, for: 5 s}", "for is 5 s", "10 s to 900 s"),
        ("{at: 1 min, restart: 3 d}", "restart is 3 d", "> 0 s and <= 86400 s"),
        ("{at: 1 min, restart: 0 s}", "restart is 0 s", "> 0 s and <= 86400 s"),
        ("{at: 1 min, command: {inv: {bounds: {lower: -3}}}}", "command.inv.bounds.lower is -3", "text"),
        ("{at: 1 min, command: {inv: {bounds: {lower: soon}}}}", "command.inv.bounds.lower is 'soon'",
         "a power (10 kW, -3 kvar)"),
        ("{at: 1 min, command: {inv: {bounds: {lower: -3 kW, upper: 3 kvar}}}}",
         "command.inv.bounds is from -3 kW to 3 kvar", "two powers of one kind"),
        ("{at: 1 min, command: {inv: {bounds: {lower: 3 kW, upper: -3 kW}}}}", "inv is refused: bounds contains",
         "the lower one first"),
        ("{at: 1 min, command: {inv: {bounds: {}}}}", "command.inv.bounds is", "lower, upper, or both"),
        ("{at: 1 min, command: {inv: {bounds: {upper: 3 kW}}}, for: 2 s}", "for is 2 s", "5 s to 900 s, as long as"),
        ("{at: 1 min, unplug: inv}", "unplug is refused", "accepted"),
        ("{at: 3 min, say: late}", "at is 3 min, after which the run has ended", "less than 2 min"),
        ('{at: "00:03", say: late}', "at is at 2026-06-15T00:03:00+02:00, outside the run",
         "2026-06-15T00:00:00+02:00 or later, and before 2026-06-15T00:02:00+02:00"),
        ("{when: battery.soc < 3 kW, say: x}", "when is 3 kW", "a number with a unit (%)"),
        ("{when: battery.power_factor < 3, say: x}", "when is 'battery.power_factor', which is no value of it",
         "power"),
        ("{when: 3 kW < 4 kW, say: x}", "when is 3 kW < 4 kW, which never changes", "a value of a component"),
        ("{when: inv.power < battery.soc, say: x}", "when is inv.power in W, battery.soc in 1",
         "two values in the same unit"),
        ("{when: inv is ILL, say: x}", "when is 'ILL', which is no state", "ERROR"),
        ("{when: site.consumption < 3 kW, say: x}", "when is 'site.consumption', which is no value of it",
         "consumer_power"),
        ("{at: 1 min, say: x, for: 5 s}", "steps[0] is", "for beside set, fault, command or unplug"),
        ("{at: 1 min, fault: {inv: trip}, over: 5 s}", "steps[0] is", "over beside set"),
        ("{at: 1 min, set: {main.load: 3 kW}, over: 9 s, for: 5 s}", "steps[0] is", "over no longer than for"),
        ("{every: 1 ms, say: x}", "every is 1 ms", "0.1 s"),
        ("{at: 9 s, mend: invs}", "mend.invs is of 'invs', which is no component", "(did you mean 'inv'?)"),
        ("{at: 9 s, mend: {inv: tripp}}", "mend.inv is 'tripp'", "trip, frozen"),
        ("{at: 9 s, fault: {inv: {kind: silent, each: 5 s}}}", "each is with silent, which has none",
         "each beside every"),
        ("{at: 9 s, fault: {inv: {kind: silent, every: 9 s, for: 2 s, each: 5 s}}}", "each is beside for",
         "one of them"),
        ("{at: 9 s, fault: {inv: {kind: silent, every: 9 s, each: 10 s}}}", "every is 9 s", "more than the 10 s"),
        ("{at: 9 s, fault: {inv: {kind: silent, every: 9 s, each: 5 V}}}", "each is 5 V", "a number with a unit"),
        ("{when: inv reports HEAT, say: x}", "when is 'HEAT', which is no diagnostic", "OVERTEMPERATURE"),
        ("{at: 1 min}", "steps[0] is", "at with something to do: set, release"),
        ("{say: x}", "steps[0] is", "one of at, every, when"),
        ("{at: 1 min, every: 1 min, say: x}", "steps[0] is", "one of at, every, when"),
        ("{at: 1 min, once: true, say: x}", "steps[0] is", "once beside when"),
        ("{at: soon, say: x}", "at is 'soon'", "a duration (90 s)"),
        ("{at: 1 min, sy: x}", "sy is unknown", "(did you mean 'say'?)"),
    ],
)  # fmt: skip
def test_a_slip_in_a_step_is_told_with_its_line(tmp_path: Path, step: str, found: str, accepted: str) -> None:
    line, *others = told(scenario(tmp_path, f"steps:\n  - {step}\n{CHECKS}"))
    assert not others
    assert line.startswith("try.yaml:5: steps[0]")
    assert found in line
    assert accepted in line


@pytest.mark.parametrize(
    ("check", "found", "accepted"),
    [
        ("{never: gird.power > 3 kW}", "never is 'gird', which is no component", "(did you mean 'grid'?)"),
        (
            "{never: grid.power >> 3 kW}",
            "never is 'grid.power >> 3 kW', in which '> 3 kW' is unexpected",
            "a name",
        ),
        (
            "{kpi: peak_imprt < 3 kW}",
            "kpi is 'peak_imprt', which is no figure",
            "(did you mean 'peak_import'?)",
        ),
        ("{kpi: peak_import < 3 kWh}", "kpi is 3 kWh", "a number with a unit (kW, W, MW)"),
        ("{kpi: inv is ERROR}", "kpi is a state", "comparisons of figures"),
        (
            "{after: trip, expect: grid.power < 3 kW}",
            "after is 'trip'",
            "the name of a step, of which there is none",
        ),
        ("{always: grid.power < 3 kW, from: 9 s, until: 5 s}", "checks[0] is", "from before until"),
        ("{at: 2 min, expect: grid.power < 3 kW}", "at is 2 min, after which", "less than 2 min"),
        ("{expect: grid.power < 3 kW}", "checks[0] is", "expect beside at, or beside after"),
        ("{always: grid.power < 3 kW, for: 3 s}", "checks[0] is", "always with from, until, without for"),
        ("{always: grid.power < 3 kW, never: grid.power > 3 kW}", "checks[0] is", "one of always, never"),
        ("{always: true}", "always is true", "a condition, such as grid.power > 33 kW"),
        ("{kpi: meter.consumption < 1 kWh}", "meter.consumption", "load.consumption"),
        (
            "{kpi: grid_connection_point.production == 0 kWh}",
            "grid_connection_point.production",
            "load.production",
        ),
    ],
)
def test_a_slip_in_a_check_is_told_with_its_line(
    tmp_path: Path, check: str, found: str, accepted: str
) -> None:
    line, *others = told(scenario(tmp_path, f"checks:\n  - {check}\n"))
    assert not others
    assert line.startswith("try.yaml:5: checks[0]")
    assert found in line
    assert accepted in line


@pytest.mark.parametrize(
    ("check", "found", "accepted"),
    [
        ("{always: battery.soc >= 0 %}", "always is 'battery.soc >= 0 %', which is always true, so the check says",
         "a condition that can hold and can fail"),
        ("{always: battery.soc > 100 %}", "which is never true, so the check never holds", "can hold and can fail"),
        ("{never: battery.soc > 101 %}", "which is never true, so the check says nothing", "can hold and can fail"),
        ("{never: main.power > main.power}", "which is never true, so the check says nothing", "can hold"),
        ("{always: main.power < 5 kW or main.power >= 5 kW}", "which is always true", "can hold and can fail"),
        ("{always: main.power < 5 kW and main.power > 6 kW}", "which is never true", "can hold and can fail"),
        ("{never: main is CHARGING}", "never is 'CHARGING', which main never is", "accepted: OFF, READY"),
        ("{never: inv is UNAVAILABLE}", "never is 'UNAVAILABLE', which inv never is", "STANDBY"),
        ("{eventually: main is not EV_CHARGING_CABLE_UNPLUGGED}", "which main never is", "READY"),
        ("{never: grid reports BATTERY_IMBALANCE}", "never is 'BATTERY_IMBALANCE', which grid never reports",
         "accepted: FUSE_ERROR, GRID_DISCONNECTED, or a fault that says it"),
        ("{always: inv is ERROR or inv is not ERROR}", "which is always true", "can hold and can fail"),
        ("{eventually: main.frequency < -1 Hz}", "which is never true", "can hold and can fail"),
        ("{always: app.commands >= 0}", "which is always true", "can hold and can fail"),
        ("{kpi: self_sufficiency <= 100 %}", "which is always true", "can hold and can fail"),
        ("{always: grid.power < 3 kW, from: 2 min}", "from is 2 min, after which the run has ended", "less than 2 min"),
        ("{always: grid.power < 3 kW, from: 5.2 s, until: 5.7 s}", "is looked at by no sampling", "at least 1 s long"),
        ("{never: grid.power > 3 kW, for: 3 min}", "for is 3 min, so the check always holds", "1 min 59 s at most"),
        ("{never: grid.power > 3 kW, for: 2 min}", "for is 2 min, so the check always holds", "1 min 59 s at most"),
        ("{never: grid.power > 3 kW, for: 15 s, from: 5.5 s, until: 20.5 s}", "for is 15 s, so the", "14 s at most"),
        ("{never: grid.power > 3 kW, for: 40 s, from: 1 min, until: 90 s}", "for is 40 s, so the", "30 s at most"),
        ("{never: grid.power > 3 kW, until: 20 min}", "until is 20 min, beyond the end", "at most 2 min"),
        ("{always: grid.power < 3 kW, from: 1 min, until: 3 min}", "until is 3 min, beyond the end", "at most 2 min"),
        ("{eventually: grid.power > 3 kW, within: 3 min}", "within is 3 min, beyond the end", "at most 2 min"),
        ("{eventually: grid.power > 3 kW, for: 2 min}", "for is 2 min, so the check never holds", "1 min 59 s at most"),
        ("{eventually: grid.power > 3 kW, for: 119.5 s}", "for is 1 min 59.5 s, so the", "1 min 59 s at most"),
        ("{eventually: grid.power > 3 kW, within: 0.5 s}", "within is 0.5 s, looked at by no sampling",
         "at least 1 s, from one sampling to the next"),
        ("{after: blow, within: 0.5 s, expect: inv is ERROR}", "within is 0.5 s, looked at by no sampling",
         "at least 1 s, from one sampling to the next"),
        ("{after: blow, expect: inv is ERROR, for: 29.5 s}", "for is 29.5 s, so the check never holds", "29 s at most"),
        ("{after: blow ends, expect: inv is ERROR}", "after is 'blow ends', 2 min 30 s after the start",
         "what happens before 2 min"),
        ("{after: blow, expect: inv is ERROR, for: 40 s}", "for is 40 s, so the check never holds",
         "29 s at most, from the first sampling that looks to the last"),
        ("{after: blow, expect: app commands invs}", "is 'invs', which is no component", "(did you mean 'inv'?)"),
        ("{after: blow, expect: grid commands inv}", "expect is 'grid', which commands nobody", "accepted: app"),
        ("{never: app.comands > 3}", "never is 'app.comands', which is no value of it", "(did you mean 'commands'?)"),
    ],
)  # fmt: skip
def test_a_check_that_can_never_be_told_or_says_nothing_is_refused(
    tmp_path: Path, check: str, found: str, accepted: str
) -> None:
    step = "steps:\n  - {at: 90 s, name: blow, fault: {inv: trip}, for: 1 min}\n"
    (line,) = told(scenario(tmp_path, f"{step}checks:\n  - {check}\n"))
    assert line.startswith("try.yaml:7: checks[0]")
    assert found in line
    assert accepted in line


@pytest.mark.parametrize(
    ("check", "found"),
    [
        ("{never: grid.power > 3 kW, for: 15 s, from: 5 s, until: 25 s}", "for is 15 s, so the check always holds"),
        ("{eventually: grid.power > 3 kW, within: 9 s}", "within is 9 s, looked at by no sampling"),
        ("{at: 51 s, expect: grid.power > 3 kW}", "looked at by no sampling; accepted: before the last one, 50 s"),
        ("{after: late, expect: grid.power > 3 kW}", "after is looked at by no sampling"),
        ("{after: blow, within: 10 s, expect: inv is ERROR, for: 21 s}", "for is 21 s, so the check never holds"),
        ("{after: heat, within: 10 s, expect: inv is ERROR, for: 31 s}", "for is 31 s, so the check never holds"),
    ],
)  # fmt: skip
def test_a_check_is_held_to_the_samplings_that_there_are(tmp_path: Path, check: str, found: str) -> None:
    steps = (
        "steps:\n  - {at: 20 s, name: blow, fault: {inv: trip}}\n  - {at: 50 s, name: late, say: x}\n"
        "  - {when: grid.power > 3 kW, name: heat, say: x}\n"
    )
    head = HEAD.replace("2 min", "59 s") + "interval: 10 s\n"
    (line,) = told(scenario(tmp_path, f"{steps}checks:\n  - {check}\n", head=head))
    assert found in line


@pytest.mark.parametrize(
    "check",
    [
        "{never: grid.power > 3 kW, for: 119 s}", "{eventually: grid.power > 3 kW, for: 119 s, within: 1 s}",
        "{after: blow, within: 1 s, expect: inv is ERROR, for: 59 s}", "{after: blow, expect: inv is ERROR}",
        "{at: 119.5 s, expect: grid.power > 3 kW}", "{never: grid.power > 3 kW, for: 30 s, from: 1 min, until: 90 s}",
    ],
)  # fmt: skip
def test_a_check_that_samplings_can_just_decide_is_taken(tmp_path: Path, check: str) -> None:
    step = "steps: [{at: 1 min, name: blow, fault: {inv: trip}}]\n"
    assert ScenarioFile(scenario(tmp_path, f"{step}checks: [{check}]\n")).scenario()


def test_a_check_in_a_run_without_samplings_is_refused(tmp_path: Path) -> None:
    head = HEAD + "interval: 3 min\n"
    checks = "checks:\n  - {eventually: grid.power > 3 kW}\n  - {always: grid.power > 3 kW}\n"
    for line in told(scenario(tmp_path, checks, head=head)):
        assert "looked at by no sampling; accepted: a run of at least 3 min" in line


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("steps: [{at: 1e12 s, say: x}]", "steps[0].at is 1e+12 s, after which the run has ended"),
        ("steps: [{at: 1e300 s, say: x}]", "steps[0].at is 1e+300 s, after which the run has ended"),
        ("steps: [{at: 1e304 d, say: x}]", "at is 1e304 d; accepted: a time of day"),
        ("steps: [{at: '0001-01-01T00:00:00+14:00', say: x}]", "at is at 0001-01-01T00:00:00+14:00, outside the run"),
        ("steps: [{at: '9999-12-31T23:59:59-14:00', say: x}]", "outside the run"),
        ("steps: [{at: '9999-12-31T23:59:59', say: x}]", "outside the run"),
        ("checks: [{at: 1e12 s, expect: grid.power < 9 kW}]", "checks[0].at is 1e+12 s, after which the run has ended"),
        ("checks: [{at: 1e300 s, expect: grid.power < 9 kW}]", "checks[0].at is 1e+300 s, after which the run"),
        ("checks: [{never: grid.power > 9 kW, for: 1e300 s}]", "for is 1e300 s; accepted: > 0 s and <= 366 d"),
        ("checks: [{never: grid.power > 9 kW, from: 1e300 s}]", "from is 1e300 s; accepted: 0 s..366 d"),
        ("checks: [{never: grid.power > 9 kW, until: 1e300 s}]", "until is 1e300 s; accepted: > 0 s and <= 366 d"),
        ("checks: [{eventually: grid.power > 9 kW, within: 1e300 s}]", "within is 1e300 s; accepted: > 0 s and"),
        ("steps: [{at: 1 s, set: {main.load: 1 kW}, for: 1e300 s}]", "for is 1e300 s; accepted: > 0 s and <= 366 d"),
        ("steps: [{at: 1 s, set: {main.load: 1 kW}, over: 1e300 s}]", "366 d"),
        ("steps: [{at: 1 s, fault: {inv: trip}, for: 1e300 s}]", "for is 1e300 s; accepted: > 0 s and <= 366 d"),
        ("steps: [{at: 1 s, fault: {inv: {kind: silent, every: 1e300 s, for: 1 s}}}]", "every is"),
        ("steps: [{at: 1 s, fault: {inv: {kind: late, by: 1e300 s}}}]", "by is"),
        ("steps: [{at: 1 s, outage: 1e300 s}]", "outage is 1e300 s; accepted: > 0 s and <= 366 d"),
        ("steps: [{at: 1 s, restart: 1e300 s}]", "restart is 1e300 s; accepted: > 0 s and <= 86400 s"),
        ("steps: [{every: 1e300 s, say: x}]", "every is 1e300 s"),
    ],
)  # fmt: skip
def test_a_time_beyond_all_runs_is_told_in_short(tmp_path: Path, text: str, found: str) -> None:
    rest = text if text.startswith("checks") else f"{text}\n{CHECKS}"
    (line,) = told(scenario(tmp_path, f"{rest}\n"))
    assert found in line
    assert len(line) < 250


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (
            "{every: 2 min, say: x}",
            "every is 2 min, after which the run has ended; accepted: less than 2 min",
        ),
        ("{when: battery.soc > 100 %, say: x}", "when is 'battery.soc > 100 %', which can never come true"),
    ],
)
def test_a_step_that_can_never_happen_is_refused(tmp_path: Path, step: str, found: str) -> None:
    (line,) = told(scenario(tmp_path, f"steps:\n  - {step}\n{CHECKS}"))
    assert found in line


@pytest.mark.parametrize(
    ("words", "amount", "each_s"),
    [
        ("kind: silent, every: 9 s, for: 5 s", None, 5.0),
        ("kind: silent, every: 9 s, each: 5 s", None, 5.0),
        ("kind: flapping_states, each: 5 s", 5.0, None),
        ("kind: flapping_states, every: 9 s, each: 5 s", None, 5.0),
        ("kind: flapping_states, every: 9 s, for: 5 s, each: 1 s", 1.0, 5.0),
    ],
)
def test_each_is_a_time_beside_every_and_else_an_amount(
    tmp_path: Path, words: str, amount: float | None, each_s: float | None
) -> None:
    text = f"steps: [{{at: 9 s, fault: {{inv: {{{words}}}}}}}]\n{CHECKS}"
    (action,) = ScenarioFile(scenario(tmp_path, text)).scenario().steps[0].actions
    assert isinstance(action.command, StrikeFault)
    assert (action.command.fault.amount, action.command.fault.each_s) == (amount, each_s)


def test_all_that_is_wrong_with_one_step_is_told(tmp_path: Path) -> None:
    step = """steps:
  - at: 1 min
    set: {main.lod: 3 kW, main.load: 3 V}
    fault: {iv: trip}
    command: {inv: 3 apples}
    release: [main.wind, main.sun]
"""
    lines = told(scenario(tmp_path, step + CHECKS))
    assert [line.split(":")[1] for line in lines] == ["6", "6", "7", "8", "9", "9"]


def test_a_slip_in_one_place_hides_none_in_another(tmp_path: Path) -> None:
    head = HEAD.replace("small", "smal") + "app: nope.py\n"
    text = "steps:\n  - {at: soon, say: x}\nchecks:\n  - {always: grid.power << 3}\n"
    assert [line.split(":")[1] for line in told(scenario(tmp_path, text, head=head))] == ["2", "4", "6", "8"]
    text = "steps:\n  - {at: soon, say: x}\n  - {at: 1 min, fault: {iv: trip}}\nchecks:\n  - {kpi: peak < 3 kW}\n"
    assert [line.split(":")[1] for line in told(scenario(tmp_path, text))] == ["5", "6", "8"]


def test_a_diagnostic_that_a_fault_of_the_file_names_can_be_reported(tmp_path: Path) -> None:
    check = "checks: [{eventually: inv reports BATTERY_IMBALANCE}]\n"
    (line,) = told(scenario(tmp_path, check))
    assert "which inv never reports" in line
    step = "steps: [{at: 9 s, fault: {inv: {kind: trip, diagnostic: BATTERY_IMBALANCE}}}]\n"
    assert ScenarioFile(scenario(tmp_path, step + check)).scenario()


@pytest.mark.parametrize(
    ("step", "after"),
    [
        ("{at: 9 s, fault: {inv: {kind: trip, by: 3}}, for: 5 s}", "inv trip"),
        ("{at: 9 s, fault: {inv: {kind: trip, by: 3}}, for: 5 s}", "inv trip ends"),
        ("{at: 9 s, fault: {inv: tripp}}", "inv trip"),
        ("{at: 9 s, set: {main.load: 3 V}}", "main.load set"),
        ("{at: 9 s, name: push, command: {inv: 3 V}}", "inv commanded"),
        ("{at: 9 s, name: push, comand: {inv: 3 kW}}", "push"),
    ],
)
def test_a_step_that_is_refused_is_not_missed_by_checks_as_well(
    tmp_path: Path, step: str, after: str
) -> None:
    check = f"{{after: {after}, expect: grid.power < 9 kW}}"
    (line,) = told(scenario(tmp_path, f"steps:\n  - {step}\nchecks:\n  - {check}\n"))
    assert line.startswith("try.yaml:5: steps[0]")


def test_a_name_that_a_refused_step_would_not_have_is_missed(tmp_path: Path) -> None:
    step, check = "{at: 9 s, set: {main.load: 3 V}}", "{after: main.lod set, expect: grid.power < 9 kW}"
    _, line = told(scenario(tmp_path, f"steps:\n  - {step}\nchecks:\n  - {check}\n"))
    assert "after is 'main.lod set'" in line


def test_all_that_is_wrong_with_site_and_steps_is_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    steps = "steps:\n  - {at: 1 min, fault: {iv: trip}}\n  - {at: 9 min, command: {main: 1 kW}}\n"
    lines = told(scenario(tmp_path, steps + "checks:\n  - {never: gird.power > 3 kW}\n"))
    assert [line.split(":")[1] for line in lines] == ["5", "6", "6", "8"]


def test_a_file_without_a_check_is_a_mistake(tmp_path: Path) -> None:
    assert any("checks is" in line for line in told(scenario(tmp_path, "checks: []\n")))


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (HEAD.replace("small", "smal"), "try.yaml:2: site is"),
        (HEAD.replace("2 min", "2"), "try.yaml:3: duration is 2"),
        (HEAD + "start: tomorrow\n", "try.yaml:4: start is 'tomorrow'"),
        (HEAD + "start: 9999-12-31 23:00\n", "try.yaml:4: start is 9999-12-31 23:00"),
        (HEAD + "app: nope.py\n", "try.yaml:4: app is 'nope.py', which is not there"),
        (HEAD + "app: -m\n", "try.yaml:4: app is '-m'"),
        (HEAD + 'app: "a \'b"\n', 'try.yaml:4: app is "a \'b" (No closing quotation)'),
        (HEAD + "interval: 1 ns\n", "try.yaml:4: interval is 1 ns"),
        (HEAD.replace("2 min", "999999 d"), "try.yaml:3: duration is 999999 d"),
        (HEAD + "seed: 1.5\n", "try.yaml:4: seed is 1.5"),
        (HEAD + "for: FCR units\n", "try.yaml:4: for is 'FCR units'"),
    ],
)
def test_a_slip_in_the_head_is_told_with_its_line(tmp_path: Path, head: str, found: str) -> None:
    assert told(scenario(tmp_path, CHECKS, head=head))[0].startswith(found)


def test_a_wrong_site_is_told_with_all_its_problems(tmp_path: Path) -> None:
    path = scenario(tmp_path, CHECKS)
    (tmp_path / "small.yaml").write_text(SITE.replace("10 kW", "10 V").replace("60 %", "600 %"))
    wrong = "try.yaml:2: site is wrong: small.yaml"
    assert [line.partition("; ")[0] for line in told(path)] == [
        f"{wrong}:7: inv.rated_power is 10 V",
        f"{wrong}:8: battery.initial_soc is 600 %",
    ]


@pytest.mark.parametrize("text", ["", "a: b: c\n", "- 1\n", "\t\n", "checks: &a [*a]\nscenario: x\n"])
def test_what_is_no_scenario_is_refused(tmp_path: Path, text: str) -> None:
    assert told(scenario(tmp_path, text, head=""))


def test_times_are_since_the_start_by_the_clock_or_instants(tmp_path: Path) -> None:
    head = HEAD.replace("2 min", "2 h") + "start: 2026-01-20 17:00\n"
    steps = "".join(
        f"  - {{at: {at}, say: x}}\n" for at in ("20 min", '"17:20"', "2026-01-20T16:20:00+00:00")
    )
    found = ScenarioFile(scenario(tmp_path, f"steps:\n{steps}{CHECKS}", head=head)).scenario()
    begin = to_datetime(found.start_us)
    zone = found.site.microgrid.location.zone
    assert begin.astimezone(zone).replace(tzinfo=None).isoformat() == "2026-01-20T17:00:00"
    by_clock = [to_datetime(step.at_us or 0) - begin for step in found.steps[:2]]
    assert by_clock == [timedelta(minutes=20)] * 2


def test_a_folder_gives_its_scenarios_and_leaves_its_sites(tmp_path: Path) -> None:
    scenario(tmp_path, CHECKS, name="b.yaml")
    scenario(tmp_path, CHECKS, name="a.yaml")
    (tmp_path / "more").mkdir()
    scenario(tmp_path / "more", CHECKS, name="c.yml")
    assert [case.name for case in collect([tmp_path])] == ["a", "b", "more.c"]


@pytest.mark.parametrize("text", ["scenario: [\n", "checks: []\n"])
def test_what_may_be_meant_as_a_scenario_in_a_folder_is_not_left_out(tmp_path: Path, text: str) -> None:
    scenario(tmp_path, CHECKS)
    (tmp_path / "wrong.yaml").write_text(text)
    with pytest.raises(ScenarioError, match=r"wrong\.yaml"):
        collect([tmp_path])


def test_the_end_of_a_step_that_has_none_is_refused(tmp_path: Path) -> None:
    text = "steps: [{at: 9 s, fault: {inv: trip}}]\nchecks: [{after: inv trip ends, expect: inv is ERROR}]\n"
    (line,) = told(scenario(tmp_path, text))
    assert (
        "after is 'inv trip ends'; accepted: the name of a step that ends, by `for`, of which there is none"
        in line
    )


def test_a_file_that_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    bomb = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(9))
    assert "of more than 100000 parts" in told(scenario(tmp_path, bomb + CHECKS))[0]


def test_two_cases_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        scenario(tmp_path / name, CHECKS)
    with pytest.raises(ScenarioError, match="one of several cases 'try'"):
        collect([tmp_path / "one" / "try.yaml", tmp_path / "two" / "try.yaml"])


def test_a_file_that_is_named_twice_is_one_case(tmp_path: Path) -> None:
    path = scenario(tmp_path, CHECKS)
    assert len(collect([path, path, tmp_path])) == 1


def test_shards_share_out_all_cases_that_fit(tmp_path: Path) -> None:
    for number in range(5):
        scenario(tmp_path, CHECKS, name=f"case{number}.yaml")
    cases = collect([tmp_path])
    parts = [[case.name for case in chosen(cases, ["case?"], Shard(number, 2))] for number in (1, 2)]
    assert parts == [["case0", "case2", "case4"], ["case1", "case3"]]
    assert [case.name for case in chosen(cases, ["3", "*4"], None)] == ["case3", "case4"]


class TestParameters:
    def test_each_combination_is_a_case(self, tmp_path: Path) -> None:
        text = (
            "parameters: {limit: [9 kW, 8 kW], seed: [1, 2]}\nseed: $seed\n"
            "checks: [{always: grid.power < $limit}]\n"
        )
        cases = collect([scenario(tmp_path, text)])
        assert [case.name for case in cases] == [
            f"try[limit={limit} kW, seed={seed}]" for limit in (9, 8) for seed in (1, 2)
        ]
        found = ScenarioFile(cases[3].path).scenario(cases[3].values)
        assert (str(found.section.checks[0]), found.section.seed) == ("always grid.power < 8 kW", 2)

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("parameters: {limit: [9 kW]}\n", "try.yaml:4: parameters.limit is used nowhere"),
            ("parameters: {limit: 9 kW}\nseed: $limit\n", "try.yaml:4: parameters.limit is 9 kW"),
            ("parameters: []\n", "try.yaml:4: parameters is empty"),
            (
                "parameters:\n  limit:\n    - 9 kW\n    - {a: 3}\nseed: $limit\n",
                "try.yaml:7: parameters.limit[1] is a mapping; accepted: a number, a text or a quantity",
            ),
            ("parameters: {limit: [9, true]}\nseed: $limit\n", "try.yaml:4: parameters.limit[1] is true"),
            (
                "parameters: {limit: [2, 3, 2]}\nseed: $limit\n",
                "try.yaml:4: parameters.limit[2] is 2, which is given twice; accepted: each value once",
            ),
            (
                "parameters: {limit: [9]}\nseed: $limt\n",
                "try.yaml:5: seed is with $limt, which is no parameter",
            ),
            ("seed: $limit\n", "try.yaml:4: seed is with $limit, which is no parameter"),
        ],
    )
    def test_a_slip_in_them_is_told_with_its_line(self, tmp_path: Path, text: str, found: str) -> None:
        with pytest.raises(ScenarioError) as refused:
            collect([scenario(tmp_path, text + CHECKS)])
        assert any(found in line for line in str(refused.value).splitlines())

    def test_a_number_that_stands_for_text_is_its_text(self, tmp_path: Path) -> None:
        steps = "steps: [{at: 9 s, name: $n, say: $n}]\n"
        text = f"parameters: {{n: [7, 1.5]}}\n{steps}checks: [{{after: $n, expect: grid.power < 9 kW}}]\n"
        first, second = collect([scenario(tmp_path, text)])
        said = [
            ScenarioFile(case.path).scenario(case.values).section.steps[0].say for case in (first, second)
        ]
        assert said == ["7", "1.5"]

    def test_too_many_are_refused_before_they_are_made(self, tmp_path: Path) -> None:
        names = "abcdefghij"
        given = ", ".join(f"{name}: [{', '.join(map(str, range(10)))}]" for name in names)
        used = " ".join(f"${name}" for name in names)
        with pytest.raises(ScenarioError, match="10000000000 cases"):
            collect([scenario(tmp_path, f"parameters: {{{given}}}\nwithout: ['{used}']\n{CHECKS}")])

    def test_a_slip_with_one_value_is_told_once(self, tmp_path: Path) -> None:
        text = "parameters: {limit: [9 kW, 8 V]}\nchecks: [{always: grid.power < $limit}]\n"
        with pytest.raises(ScenarioError) as refused:
            collect([scenario(tmp_path, text)])
        assert len(refused.value.problems) == 1
