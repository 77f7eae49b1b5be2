"""Scenarios as they run: steps act on the site, and verdicts say what came of the checks."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import textwrap
import threading
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from suites.benches import HEAD, SITE, scenario

from doppelgrid.scenarios.suites.report.junit import write_junit
from doppelgrid.scenarios.suites.running import case as case_module
from doppelgrid.scenarios.suites.running import kept_output
from doppelgrid.scenarios.suites.running.case import Case, Verdict, run_case
from doppelgrid.scenarios.suites.running.collection import collect
from doppelgrid.scenarios.suites.running.runner import run_cases
from doppelgrid.sim.recording import read_recording

CHECKS = "checks: [{always: grid.power < 99 kW}]\n"
IDLE_APP = """
    import asyncio
    from frequenz.client.common.microgrid.components import ComponentId
    from frequenz.client.microgrid import MicrogridApiClient

    async def main():
        client = MicrogridApiClient("grpc://[::1]:8800")
        await client.get_microgrid_info()
        await asyncio.sleep(1e6)
    asyncio.run(main())
"""


def run(folder: Path, rest: str, app: str | None = None, *, head: str = HEAD) -> Verdict:
    """Run a scenario about the small site, with an application if its text is given."""
    words = None
    if app is not None:
        (folder / "app.py").write_text(textwrap.dedent(app))
        words = str(folder / "app.py")
    return run_case(Case("try", scenario(folder, rest, head=head), app=words))


@pytest.mark.parametrize(
    ("step", "check"),
    [
        ("{at: 30 s, set: {main.load: 9 kW}}", "{at: 40 s, expect: grid.power > 8.9 kW}"),
        ("{at: 30 s, set: {main.load: 9 kW}, over: 20 s}", "{at: 40 s, expect: main.power > 6.4 kW}"),
        ("{at: 30 s, set: {main.load: 9 kW}, for: 20 s}", "{at: 55 s, expect: grid.power < 4.1 kW}"),
        ("{at: 30 s, command: {inv: -3 kW}}", "{at: 50 s, expect: inv.power < -2.9 kW}"),
        ("{at: 30 s, command: {inv: -3 kW}, for: 20 s}", "{at: 70 s, expect: inv.power > -0.1 kW}"),
        ("{at: 30 s, command: {inv: -3 kvar}}", "{at: 50 s, expect: inv.reactive_power < -2.9 kvar}"),
        ("{every: 25 s, command: {inv: {bounds: {lower: -1 kW}}}, for: 60 s}, {at: 30 s, command: {inv: -900 W}}",
         "{always: inv.power > -1.01 kW}"),
        ("{at: 30 s, command: {battery: {bounds: {upper: 1 kW}}}, for: 60 s}, {at: 32 s, command: {inv: 900 W}}",
         "{eventually: battery.power > 500 W}"),
        ("{at: 30 s, restart: 20 s}", "{at: 40 s, expect: grid.power > 3 kW}"),
        ("{at: 30 s, command: {inv: standby}}", "{at: 50 s, expect: inv is STANDBY}"),
        ("{at: 30 s, fault: {inv: trip}}", "{at: 40 s, expect: inv is ERROR and inv reports HARDWARE_FAULT}"),
        ("{at: 30 s, fault: {inv: {kind: trip, diagnostic: OVERTEMPERATURE}}}",
         "{at: 40 s, expect: inv reports OVERTEMPERATURE}"),
        ("{at: 30 s, fault: {inv: trip}, for: 20 s}", "{at: 60 s, expect: inv is not ERROR}"),
        ("{at: 30 s, outage: 20 s}", "{at: 40 s, expect: main.voltage < 1 V}"),
        ("{at: 30 s, outage: 20 s}", "{at: 60 s, expect: main.voltage > 220 V}"),
        ("{every: 50 s, command: {inv: -3 kW}, for: 10 s}", "{at: 108 s, expect: inv.power < -2.9 kW}"),
        ("{when: grid.power > 3 kW, command: {inv: -3 kW}}", "{at: 10 s, expect: site.battery_power < -2.9 kW}"),
    ],
)  # fmt: skip
def test_a_step_shows_in_what_the_site_does(tmp_path: Path, step: str, check: str) -> None:
    verdict = run(tmp_path, f"steps: [{step}]\nchecks: [{check}]\n")
    assert verdict.has_passed, verdict.failures


def test_when_happens_once_or_each_time_that_it_comes_true(tmp_path: Path) -> None:
    pulses = "".join(f"  - {{at: {at} s, set: {{main.load: 9 kW}}, for: 5 s}}\n" for at in (20, 40, 60))
    texts = [
        line.text
        for once in ("true", "false")
        for line in run(
            tmp_path,
            f"steps:\n{pulses}  - {{when: grid.power > 8 kW, once: {once}, say: once {once}}}\n{CHECKS}",
        ).lines
    ]
    assert texts.count("once true") == 1
    assert texts.count("once false") == 3


def test_a_step_whose_time_never_came_is_told(tmp_path: Path) -> None:
    verdict = run(tmp_path, f"steps: [{{when: grid.power > 8 kW, say: high}}]\n{CHECKS}")
    assert [line.text for line in verdict.lines] == ["when grid.power > 8 kW: never came true"]


def test_checks_after_a_step_count_from_when_it_begins_or_ends(tmp_path: Path) -> None:
    verdict = run(
        tmp_path,
        "steps:\n"
        "  - {at: 20 s, fault: {inv: trip}, for: 30 s}\n"
        "  - {at: 70 s, name: push, command: {inv: -3 kW}, for: 20 s}\n"
        "checks:\n"
        "  - {after: inv trip, within: 2 s, expect: inv is ERROR, for: 20 s}\n"
        "  - {after: inv trip ends, within: 2 s, expect: inv is not ERROR, for: 20 s}\n"
        "  - {after: push, within: 5 s, expect: inv.power < -2.9 kW, for: 10 s}\n"
        "  - {after: push ends, within: 5 s, expect: inv.power > -0.1 kW, for: 10 s}\n",
    )
    assert verdict.has_passed, verdict.failures


@pytest.mark.parametrize("mend", ["inv", "[inv, main]", "{inv: trip}"])
def test_a_step_mends_what_others_have_broken(tmp_path: Path, mend: str) -> None:
    verdict = run(
        tmp_path,
        "steps:\n"
        "  - {at: 20 s, fault: {inv: trip}, for: 70 s}\n"
        f"  - {{at: 40 s, mend: {mend}}}\n"
        "checks:\n"
        "  - {at: 39 s, expect: inv is ERROR}\n"
        "  - {after: inv mended, within: 2 s, expect: inv is not ERROR, for: 20 s}\n"
        "  - {after: inv trip ends, within: 2 s, expect: inv is not ERROR, for: 20 s}\n",
    )
    assert verdict.has_passed, verdict.failures
    ends = [line.time_us for line in verdict.lines if line.text == "inv trip ends"]
    mended = [line.time_us for line in verdict.lines if line.text == "inv mended begins"]
    assert ends == mended


def test_a_step_mends_one_kind_and_leaves_others(tmp_path: Path) -> None:
    verdict = run(
        tmp_path,
        "steps:\n"
        "  - {at: 20 s, fault: {inv: trip}}\n"
        "  - {at: 40 s, mend: {inv: frozen}}\n"
        "checks: [{at: 50 s, expect: inv is ERROR}]\n",
    )
    assert verdict.has_passed, verdict.failures


def test_conditions_speak_of_sensors(tmp_path: Path) -> None:
    checks = "checks: [{at: 30 s, expect: mast.temperature > 8 °C and mast.wind_speed < 20 m/s}]\n"
    path = scenario(tmp_path, checks)
    sensors = "sensors: {mast: {id: 9, metrics: [temperature, wind_speed]}}\n"
    (tmp_path / "small.yaml").write_text(f"{SITE}{sensors}ambient_temperature: 9 °C\n")
    verdict = run_case(Case("try", path))
    assert verdict.has_passed, verdict.failures
    assert verdict.checks[0].outcome.said.startswith("true after 0 s")


def test_steps_that_overlap_end_for_themselves_alone(tmp_path: Path) -> None:
    steps = (
        "  - {at: 10 s, set: {main.load: 9 kW}}\n"
        "  - {at: 20 s, set: {main.load: 8 kW}, for: 40 s}\n"
        "  - {at: 30 s, set: {main.load: 7 kW}, for: 60 s}\n"
    )
    checks = "".join(
        f"  - {{at: {at} s, expect: main.power > {kw}.9 kW and main.power < {kw + 1}.1 kW}}\n"
        for at, kw in ((15, 8), (25, 7), (35, 6), (65, 6), (95, 8))
    )
    verdict = run(tmp_path, f"steps:\n{steps}checks:\n{checks}")
    assert verdict.has_passed, verdict.failures


def test_an_outage_within_another_ends_none_but_itself(tmp_path: Path) -> None:
    steps = "steps: [{at: 10 s, outage: 60 s}, {at: 20 s, outage: 20 s}]\n"
    checks = "checks: [{at: 50 s, expect: main.voltage < 1 V}, {at: 75 s, expect: main.voltage > 220 V}]\n"
    verdict = run(tmp_path, steps + checks)
    assert verdict.has_passed, verdict.failures


@pytest.mark.parametrize("others", ["", "{at: 10 s, say: x}, ", "{at: 7 s, say: x}, {at: 50 s, say: x}, "])
@pytest.mark.parametrize(
    ("steps", "check"),
    [
        ("{at: 10 s, set: {main.load: 1 kW}}, {at: 10 s, set: {main.load: 2 kW}}", "main.power > 1.9 kW"),
        ("{at: 10 s, set: {main.load: 2 kW}}, {at: 10 s, set: {main.load: 1 kW}}", "main.power < 1.2 kW"),
        ("{at: 10 s, set: {main.load: 1 kW}}, {at: 10 s, set: {main.load: 2 kW}}, {at: 10 s, release: main.load}",
         "main.power > 3.9 kW"),
        ("{at: 5 s, fault: {inv: trip}, for: 2 s}, {at: 10 s, command: {inv: acknowledge}}, "
         "{at: 10 s, command: {inv: start}}", "inv is not ERROR"),
        ("{at: 5 s, set: {main.load: 1 kW}, for: 5 s}, {at: 10 s, set: {main.load: 2 kW}}", "main.power > 1.9 kW"),
        ("{at: 10 s, set: {main.load: 2 kW}}, {at: 5 s, set: {main.load: 1 kW}, for: 5 s}", "main.power > 1.9 kW"),
        ("{every: 10 s, set: {main.load: 1 kW}}, {at: 20 s, set: {main.load: 2 kW}}, "
         "{at: 20 s, set: {main.load: 3 kW}}", "main.power > 2.9 kW"),
    ],
)  # fmt: skip
def test_steps_at_one_instant_come_in_the_order_of_the_file(
    tmp_path: Path, steps: str, check: str, others: str
) -> None:
    verdict = run(tmp_path, f"steps: [{others}{steps}]\nchecks: [{{at: 25 s, expect: {check}}}]\n")
    assert verdict.has_passed, verdict.failures


def test_what_is_told_of_one_instant_has_ends_before_beginnings_and_these_in_the_order_of_the_file(
    tmp_path: Path,
) -> None:
    says = "".join(f"  - {{at: 30 s, say: '{number}'}}\n" for number in range(4, 12))
    verdict = run(
        tmp_path,
        "steps:\n"
        "  - {when: main.power > 8.9 kW, say: '1'}\n"
        "  - {every: 10 s, say: '2'}\n"
        "  - {at: 30 s, name: push, fault: {inv: trip}, for: 10 s}\n"
        f"{says}"
        "  - {at: 20 s, name: pull, set: {main.load: 9 kW}, over: 10 s, for: 10 s}\n" + CHECKS,
    )
    texts = [line.text for line in verdict.lines if line.time_us == verdict.start_us + 30_000_000]
    numbers = [text for text in texts if text.isdigit()]
    assert numbers == [str(number) for number in (1, 2, *range(4, 12))]
    assert texts[:2] == ["main.load set ends", "pull ends"]


@pytest.mark.parametrize(
    ("step", "check"),
    [
        ("fault: {inv: trip}", "inv is ERROR"),
        ("set: {main.load: 9 kW}", "main.power > 8.9 kW"),
        ("outage: 10 s", "main.voltage < 1 V"),
        ("command: {inv: {bounds: {upper: 1 kW}}}", "inv.power < 1.01 kW"),
        ("command: {inv: -3 kW}", "inv.power < -2.9 kW"),
    ],
)
def test_the_sampling_of_the_instant_at_which_something_ends_sees_it_as_it_was_until_then(
    tmp_path: Path, step: str, check: str
) -> None:
    lasts = "" if "outage" in step else ", for: 10 s"
    before = "" if "-3" in step else "{at: 5 s, command: {inv: 5 kW}}, "
    verdict = run(
        tmp_path, f"steps: [{before}{{at: 20 s, {step}{lasts}}}]\nchecks: [{{at: 30 s, expect: {check}}}]\n"
    )
    assert verdict.has_passed, verdict.failures


def test_what_ends_as_a_sampling_comes_ends_after_it(tmp_path: Path) -> None:
    for others in ("", "{at: 10 s, say: x}, ", "{at: 7 s, say: x}, {at: 50 s, say: x}, "):
        verdict = run(
            tmp_path,
            f"steps: [{others}{{at: 20 s, fault: {{inv: trip}}, for: 10 s}}]\n"
            "checks: [{after: inv trip ends, within: 9 s, expect: inv is not ERROR}]\n",
        )
        assert verdict.checks[0].outcome.said == "true after 1 s"


@pytest.mark.parametrize(
    ("check", "has_passed"),
    [
        ("{always: grid.power < 5 kW, until: 50 s}", True),
        ("{always: grid.power < 5 kW, from: 50 s}", False),
        ("{always: grid.power > 5 kW, from: 70 s}", True),
        ("{never: grid.power > 5 kW, until: 50 s}", True),
        ("{never: grid.power > 5 kW}", False),
        ("{never: grid.power < 5 kW, from: 70 s}", True),
        ("{eventually: grid.power > 5 kW, within: 50 s}", False),
        ("{eventually: grid.power > 5 kW, within: 70 s}", True),
        ("{eventually: grid.power > 5 kW, for: 40 s}", True),
        ("{eventually: grid.power > 5 kW, for: 80 s}", False),
    ],
)
def test_a_check_looks_at_the_time_that_it_names(tmp_path: Path, check: str, has_passed: bool) -> None:
    verdict = run(tmp_path, f"steps: [{{at: 60 s, set: {{main.load: 9 kW}}}}]\nchecks: [{check}]\n")
    assert verdict.checks[0].outcome.has_passed is has_passed, verdict.checks[0]


def test_a_check_after_a_step_sees_what_the_step_has_done(tmp_path: Path) -> None:
    step = "{at: 20 s, name: blow, fault: {inv: trip}}"
    verdict = run(tmp_path, f"steps: [{step}]\nchecks: [{{after: blow, expect: inv is ERROR}}]\n")
    assert verdict.has_passed, verdict.failures


def test_a_step_that_is_refused_has_not_happened(tmp_path: Path) -> None:
    step = "{at: 20 s, name: push, command: {inv: 30 kW}}"
    verdict = run(tmp_path, f"steps: [{step}]\nchecks: [{{after: push, expect: inv is not ERROR}}]\n")
    assert verdict.checks[0].outcome.said == "'push begins' never happened"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("{at: 5 s, expect: main.power == 4 kW}", "is not true: main.power = 4.0000001 kW"),
        ("{never: main.power > 4 kW}", "is true: main.power = 4.0000001 kW"),
        ("{never: main.power > 3.9 kW}", "is true: main.power = 4 kW"),
        ("{kpi: peak_import < 4 kW}", "peak_import = 4.0000001 kW"),
    ],
)
def test_a_check_that_fails_is_told_with_the_digits_by_which_it_does(
    tmp_path: Path, check: str, said: str
) -> None:
    verdict = run(
        tmp_path,
        f"site: {{microgrid: {{id: 7}}, telemetry: {{interval: 1 s}}, components: {{"
        "grid: {id: 1, category: grid_connection_point}, "
        "main: {id: 2, category: meter, behind: grid, load: 4.0000001 kW}}}\n"
        f"checks: [{check}]\n",
        head="scenario: a try\nduration: 16 min\n",
    )
    assert verdict.checks[0].outcome.said == said


def test_commands_of_steps_are_none_of_the_application(tmp_path: Path) -> None:
    step = "{at: 20 s, command: {inv: -3 kW}}"
    verdict = run(tmp_path, f"steps: [{step}]\nchecks: [{{kpi: commands == 0 and refusals == 0}}]\n")
    assert verdict.has_passed, verdict.failures


def test_kinds_that_did_nothing_and_batteries_have_figures(tmp_path: Path) -> None:
    verdict = run(tmp_path, "checks: [{kpi: battery_inverter.production == 0 Wh and battery.cycles < 0.5}]\n")
    assert verdict.has_passed, verdict.failures


def test_figures_of_the_whole_run_are_held_to_theirs(tmp_path: Path) -> None:
    checks = "checks: [{kpi: import > 0.13 kWh and import < 0.14 kWh}, {kpi: commands > 3}]\n"
    verdict = run(tmp_path, checks)
    assert [check.outcome.has_passed for check in verdict.checks[:2]] == [True, False]
    assert verdict.failures == ["kpi commands > 3: commands = 0"]


def test_a_command_that_is_refused_as_the_site_stands_is_in_the_log(tmp_path: Path) -> None:
    verdict = run(tmp_path, f"steps: [{{at: 20 s, command: {{inv: 30 kW}}}}]\n{CHECKS}")
    assert any(line.text.startswith("inv commanded: refused, ") for line in verdict.lines)


def test_mending_what_is_not_broken_is_in_the_log(tmp_path: Path) -> None:
    steps = (
        "[{at: 10 s, fault: {inv: trip}}, {at: 20 s, mend: {inv: frozen}}, {at: 30 s, mend: [inv, battery]}]"
    )
    verdict = run(tmp_path, f"steps: {steps}\n{CHECKS}")
    assert [line.text for line in verdict.lines if "refused" in line.text] == [
        "inv mended: refused, inv has no fault of kind frozen now; accepted: after one was struck",
        "battery mended: refused, battery has no fault now; accepted: after one was struck",
    ]


def test_the_same_case_gives_the_same_digest(tmp_path: Path) -> None:
    first, second = (run(tmp_path, CHECKS) for _ in range(2))
    assert first.digest == second.digest


class TestApplications:
    def test_one_that_runs_to_the_end_passes(self, tmp_path: Path) -> None:
        verdict = run(tmp_path, CHECKS, IDLE_APP)
        assert verdict.has_passed, verdict.failures

    def test_one_that_crashes_fails_with_its_traceback(self, tmp_path: Path) -> None:
        verdict = run(tmp_path, CHECKS, "raise LookupError('lost')\n")
        assert not verdict.has_passed
        assert "LookupError: lost" in str(verdict.error)

    def test_of_one_that_crashes_before_the_first_sampling_no_invariant_can_be_told(
        self, tmp_path: Path
    ) -> None:
        _, (what, outcome) = run(tmp_path, CHECKS, "raise LookupError('lost')\n").checks
        assert (what, outcome.has_passed) == ("what every case is held to", False)
        assert outcome.said == "cannot be told: there was no sampling"

    def test_one_that_returns_early_fails(self, tmp_path: Path) -> None:
        verdict = run(tmp_path, CHECKS, IDLE_APP.replace("1e6", "30"))
        assert any("the application runs until the end" in failure for failure in verdict.failures)

    def test_one_that_never_connects_fails(self, tmp_path: Path) -> None:
        verdict = run(tmp_path, CHECKS, "import asyncio\nasyncio.run(asyncio.sleep(1e6))\n")
        assert verdict.error == "the application never connected to the site"

    def test_one_with_a_second_event_loop_fails(self, tmp_path: Path) -> None:
        app = IDLE_APP.replace(
            "asyncio.run(main())",
            "asyncio.run(asyncio.wait_for(asyncio.sleep(5), 9))\n    asyncio.run(main())",
        )
        assert "several event loops" in str(run(tmp_path, CHECKS, app).error)

    def test_one_that_holds_up_time_is_told_beside_the_steps_that_come_late(self, tmp_path: Path) -> None:
        app = IDLE_APP.replace("import asyncio\n", "import asyncio, time\n", 1).replace(
            "asyncio.run(main())", "time.sleep(25)\n    asyncio.run(main())"
        )
        verdict = run(tmp_path, f"steps: [{{at: 10 s, say: now}}]\n{CHECKS}", app)
        assert verdict.has_passed, verdict.failures
        assert [line.text for line in verdict.lines] == [
            "15 s late, as the application kept time from being looked at",
            "now",
            "application: it slept for up to 25 s while its event loop stood still: what was due meanwhile came late",
        ]

    @pytest.mark.parametrize("sleep", ["time.sleep(1e9)", "while True: time.sleep(1)"])
    def test_one_that_sleeps_while_its_loop_stands_still_fails_with_the_stack_where_it_sleeps(
        self, tmp_path: Path, sleep: str
    ) -> None:
        app = f"import time\n{textwrap.dedent(IDLE_APP)}".replace("await asyncio.sleep(1e6)", sleep)
        words = str(run(tmp_path, f"steps: [{{at: 10 s, say: now}}]\n{CHECKS}", app).error)
        assert "has slept for 30 s while its event loop, and with it the site, stood still" in words
        assert words.splitlines()[-1].strip() == sleep

    def test_steps_are_late_by_no_more_than_what_an_application_may_sleep(self, tmp_path: Path) -> None:
        circle = "\n    while True:\n        {}\n        await asyncio.sleep(0)"
        text = f"import time\n{textwrap.dedent(IDLE_APP)}"
        steps = "steps: [{at: 21 s, say: now}, {at: 50 s, say: and now}]\n"
        slow = text.replace("\n    await asyncio.sleep(1e6)", circle.format("time.sleep(14)"))
        late = [line.text for line in run(tmp_path, steps + CHECKS, slow).lines if " s late" in line.text]
        assert [float(words.partition(" s late")[0]) for words in late] == [21.0, 20.0]
        slower = text.replace("\n    await asyncio.sleep(1e6)", circle.format("time.sleep(20)"))
        assert "has slept for 30 s while its event loop" in str(run(tmp_path, steps + CHECKS, slower).error)

    def test_one_that_sleeps_before_its_loop_runs_fails_with_the_stack_where_it_sleeps(
        self, tmp_path: Path
    ) -> None:
        verdict = run(tmp_path, CHECKS, f"import time\ntime.sleep(90)\n{textwrap.dedent(IDLE_APP)}")
        assert str(verdict.error).splitlines()[-1].strip() == "time.sleep(90)"

    @pytest.mark.parametrize(
        ("step", "said"),
        [
            ("{at: 110 s, fault: {inv: trip}}", "after the last sampling: inv trip"),
            ("{at: 10 s, fault: {inv: trip}, for: 100 s}", "after the last sampling: inv trip ends"),
            ("{at: 110 s, say: now}", "after the last sampling: now"),
        ],
    )
    def test_a_step_that_it_keeps_from_coming_before_the_last_sampling_fails_the_case(
        self, tmp_path: Path, step: str, said: str
    ) -> None:
        app = f"import time\n{textwrap.dedent(IDLE_APP)}".replace(
            "asyncio.sleep(1e6)", "asyncio.sleep(100)\n    time.sleep(25)"
        )
        verdict = run(tmp_path, f"steps: [{step}]\n{CHECKS}", app)
        assert verdict.failures == [f"the steps come while the site is looked at: {said}"]

    def test_a_step_that_it_keeps_from_coming_at_all_fails_the_case(self, tmp_path: Path) -> None:
        app = f"import time\n{textwrap.dedent(IDLE_APP)}time.sleep(25)\n".replace("1e6", "100")
        verdict = run(tmp_path, f"steps: [{{at: 110 s, fault: {{inv: trip}}}}]\n{CHECKS}", app)
        assert verdict.failures == ["the steps come while the site is looked at: never: inv trip"]

    def test_one_that_changes_its_folder_leaves_what_others_leave(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "app.py").write_text(
            textwrap.dedent(IDLE_APP).replace(
                "await client.get", "import os; os.chdir('/')\n    await client.get"
            )
        )
        case = Case("try", scenario(tmp_path, CHECKS), app="app.py", output=Path("out"))
        (verdict,) = run_cases([case], 1)
        assert verdict.has_passed, verdict.failures
        assert {path.name for path in (tmp_path / "out" / "try").iterdir()} >= {
            "recording.parquet", "events.log", "app.log", "verdict.json", "again.txt"
        }  # fmt: skip

    def test_one_that_takes_the_folder_away_loses_its_recording_and_none_of_its_checks(
        self, tmp_path: Path
    ) -> None:
        folder = tmp_path / "out" / "try"
        (tmp_path / "app.py").write_text(
            textwrap.dedent(IDLE_APP).replace(
                "await client.get", f"import shutil; shutil.rmtree({str(folder)!r})\n    await client.get"
            )
        )
        case = Case("try", scenario(tmp_path, CHECKS), app=str(tmp_path / "app.py"), output=tmp_path / "out")
        verdict = run_case(case)
        assert "recording.parquet" in str(verdict.error)
        assert verdict.checks[0].outcome.has_passed

    def test_a_log_of_events_on_a_full_disk_is_told_beside_the_checks(self, tmp_path: Path) -> None:
        folder = tmp_path / "out" / "try"
        folder.mkdir(parents=True)
        (folder / "events.log").symlink_to("/dev/full")
        verdict = run_case(Case("try", scenario(tmp_path, CHECKS), output=tmp_path / "out"))
        assert verdict.error == f"{folder / 'events.log'}: No space left on device"
        assert verdict.checks[0].outcome.has_passed

    def test_one_that_is_not_there_fails(self, tmp_path: Path) -> None:
        verdict = run_case(Case("try", scenario(tmp_path, CHECKS), app="nix.py"))
        assert "nix.py" in str(verdict.error)

    def test_one_that_the_file_names_is_found_beside_it(self, tmp_path: Path) -> None:
        (tmp_path / "idle.py").write_text(textwrap.dedent(IDLE_APP) + "\n")
        verdict = run(tmp_path, f"app: idle.py --limit 30\n{CHECKS}")
        assert verdict.has_passed, verdict.failures


class TestDeeds:
    """What an application commands, as conditions see it: at 30 s, 32 s and 34 s, and once what is refused."""

    COMMANDING = IDLE_APP.replace(
        "await asyncio.sleep(1e6)",
        """await asyncio.sleep(30)
        for power_w in (1e3, 2e3, 3e4):
            try:
                await client.set_component_power_active(ComponentId(3), power_w)
            except Exception as error:
                print(error)
            await asyncio.sleep(2)
        await asyncio.sleep(1e6)""",
    )

    @pytest.mark.parametrize(
        ("check", "has_passed"),
        [
            ("{at: 60 s, expect: app.commands == 3 and app.refused == 1}", True),
            ("{never: app.refused > 0}", False),
            ("{never: app.commands_per_minute > 2}", False),
            ("{at: 110 s, expect: app.commands_per_minute == 0}", True),
            ("{at: 54 s, expect: app.silence > 19 s and app.silence < 21 s}", True),
            ("{after: push, within: 10 s, expect: app commands inv}", True),
            ("{after: push, within: 4 s, expect: app commands inv}", False),
            ("{after: late, within: 5 s, expect: app commands}", False),
            ("{never: app commands battery}", True),
        ],
    )
    def test_they_are_counted_and_timed(self, tmp_path: Path, check: str, has_passed: bool) -> None:
        steps = "{at: 25 s, name: push, set: {main.load: 5 kW}}, {at: 34500 ms, name: late, say: x}"
        verdict = run(
            tmp_path, f"without: [commands]\nsteps: [{steps}]\nchecks: [{check}]\n", self.COMMANDING
        )
        assert verdict.error is None
        assert verdict.checks[0].outcome.has_passed is has_passed, verdict.checks[0]


class TestInvariants:
    """What every case is held to, unless its file says otherwise."""

    COMMANDING = IDLE_APP.replace(
        "await asyncio.sleep(1e6)",
        "await asyncio.sleep(30)\n        try:\n            "
        "await client.set_component_power_active(ComponentId(3), 3e4)\n"
        "        except Exception as error:\n            print(error)\n        await asyncio.sleep(1e6)",
    )

    def test_a_set_point_of_the_application_that_is_refused_fails_the_case(self, tmp_path: Path) -> None:
        (failure,) = run(tmp_path, CHECKS, self.COMMANDING).failures
        assert failure.startswith("no set-point of the application is refused: inv, 30000: ")
        assert failure.endswith("at 2026-06-15T00:00:30+02:00")

    def test_a_file_can_do_without(self, tmp_path: Path) -> None:
        verdict = run(tmp_path, f"without: [commands]\n{CHECKS}", self.COMMANDING)
        assert verdict.has_passed, verdict.failures

    def test_set_points_of_steps_do_not_count(self, tmp_path: Path) -> None:
        verdict = run(tmp_path, f"steps: [{{at: 20 s, command: {{inv: 30 kW}}}}]\n{CHECKS}")
        assert verdict.has_passed, verdict.failures

    def test_an_exception_that_is_logged_fails_the_case(self, tmp_path: Path) -> None:
        app = IDLE_APP.replace(
            "await asyncio.sleep(1e6)",
            """
        import logging
        logging.basicConfig(force=True)
        try:
            raise LookupError("lost")
        except LookupError:
            logging.getLogger("mine").exception("it went wrong")
        await asyncio.sleep(1e6)""",
        )
        (failure,) = run(tmp_path, CHECKS, app).failures
        assert failure.startswith(
            "no exception is logged: mine: it went wrong: LookupError: lost, at 2026-06-15T00:00:00"
        )

    @pytest.mark.parametrize(
        ("switch", "words"),
        [
            ("logging.disable(logging.CRITICAL)", "exception('it went %s', 'wrong')"),
            ("logging.getLogger('mine').setLevel(99)", "critical('it went wrong', exc_info=True)"),
            ("logging.disable(logging.CRITICAL)", "error('it went wrong', exc_info=LookupError('lost'))"),
        ],
    )
    def test_an_exception_in_a_log_that_is_switched_off_fails_the_case(
        self, tmp_path: Path, switch: str, words: str
    ) -> None:
        app = IDLE_APP.replace(
            "await asyncio.sleep(1e6)",
            f"""
        import logging
        {switch}
        try:
            raise LookupError("lost")
        except LookupError:
            logging.getLogger("mine").{words}
        logging.disable(logging.NOTSET)
        logging.getLogger("mine").setLevel(logging.NOTSET)
        await asyncio.sleep(1e6)""",
        )
        (failure,) = run(tmp_path, CHECKS, app).failures
        assert failure.startswith("no exception is logged: mine: it went wrong: LookupError: lost")

    def test_a_log_tells_where_it_was_written_and_goes_on_where_its_words_do_not_fit(
        self, tmp_path: Path
    ) -> None:
        app = IDLE_APP.replace(
            "await asyncio.sleep(1e6)",
            """
        import io, logging
        stream = io.StringIO()
        mine = logging.getLogger("mine")
        mine.propagate = False
        mine.addHandler(logging.StreamHandler(stream))
        mine.handlers[0].setFormatter(logging.Formatter("%(funcName)s %(message)s"))
        mine.error("no power")
        assert stream.getvalue() == "main no power\\n", stream.getvalue()
        mine.removeHandler(mine.handlers[0])
        mine.error("%d", "no number", exc_info=LookupError("lost"))
        await asyncio.sleep(1e6)""",
        )
        (failure,) = run(tmp_path, CHECKS, app).failures
        assert failure.startswith("no exception is logged: mine: %d: LookupError: lost")

    @pytest.mark.parametrize("ends_early", [False, True])
    def test_a_cancellation_that_is_logged_counts_unless_the_end_of_the_run_cancels(
        self, tmp_path: Path, ends_early: bool
    ) -> None:
        app = IDLE_APP.replace(
            "await asyncio.sleep(1e6)",
            f"""
        task = asyncio.create_task(asyncio.sleep(1e6))
        task.add_done_callback(lambda ended: ended.result())
        await asyncio.sleep(9.0)
        {"task.cancel()" if ends_early else ""}
        await asyncio.sleep(1e6)""",
        )
        failures = run(tmp_path, CHECKS, app).failures
        assert [failure.partition(": ")[0] for failure in failures] == ["no exception is logged"] * ends_early

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_an_exception_that_ends_a_thread_fails_the_case(self, tmp_path: Path) -> None:
        app = IDLE_APP.replace(
            "await asyncio.sleep(1e6)",
            """
        import threading
        thread = threading.Thread(target=[].pop, name="mine")
        thread.start()
        await asyncio.sleep(1e6)""",
        )
        hook = threading.excepthook
        (failure,) = run(tmp_path, CHECKS, app).failures
        assert threading.excepthook is hook
        assert failure.startswith(
            "no exception is logged: uncaught in mine: IndexError: pop from empty list, at 2026-06-15T00:00:00"
        )


class TestRunner:
    def test_cases_leave_recording_events_and_verdict_in_folders_of_their_own(self, tmp_path: Path) -> None:
        cases = [
            Case(name, scenario(tmp_path, CHECKS, name=f"{name}.yaml"), output=tmp_path / "out")
            for name in ("one", "two")
        ]
        verdicts = {verdict.name: verdict for verdict in run_cases(cases, 2)}
        assert set(verdicts) == {"one", "two"}
        for name, verdict in verdicts.items():
            folder = tmp_path / "out" / name
            assert verdict.has_passed
            assert json.loads((folder / "verdict.json").read_text())["digest"] == verdict.digest
            assert (folder / "events.log").stat().st_size > 0
            assert len(read_recording(folder / "recording.parquet").wide()) > 100

    def test_a_process_that_dies_fails_its_case_and_no_other(self, tmp_path: Path) -> None:
        (tmp_path / "dies.py").write_text(f"import os\nos.kill(os.getpid(), {signal.SIGKILL:d})\n")
        scenario(tmp_path, f"app: dies.py\n{CHECKS}", name="dies.yaml")
        scenario(tmp_path, CHECKS, name="lives.yaml")
        verdicts = {verdict.name: verdict for verdict in run_cases(collect([tmp_path]), 1)}
        assert verdicts["dies"].error == "its process ended without a word: SIGKILL"
        assert verdicts["lives"].has_passed

    def test_threads_that_an_application_leaves_behind_keep_no_case(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_text(
            "import threading, time\n"
            "threading.Thread(target=threading.Event().wait).start()\n" + textwrap.dedent(IDLE_APP)
        )
        (verdict,) = run_cases(collect([scenario(tmp_path, f"app: app.py\n{CHECKS}")]), 1)
        assert verdict.digest

    def test_repeated_cases_and_such_as_were_killed_before_have_their_folders(self, tmp_path: Path) -> None:
        path = scenario(tmp_path, CHECKS)
        cases = [Case("try", path, output=tmp_path / "out", turn=turn) for turn in range(2)]
        cases[0].folder.mkdir(parents=True)
        (cases[0].folder / "recording.parquet.part").write_text("left behind")
        assert all(verdict.has_passed for verdict in run_cases(cases, 2))
        assert {folder.name for folder in (tmp_path / "out").iterdir()} == {"try", "try~1"}

    @pytest.mark.parametrize("name", ["..", ".", "a/b", "try[x=kW/m²]", "nul\0"])
    def test_no_name_leads_out_of_the_folder(self, tmp_path: Path, name: str) -> None:
        folder = Case(name, tmp_path, output=tmp_path / "out").folder
        assert folder is not None
        assert folder.resolve().parent == (tmp_path / "out").resolve()

    def test_no_two_cases_share_a_folder(self, tmp_path: Path) -> None:
        names = ["a/b", "a%2Fb", "a", "a~1", "a.b", "last_run.json", "x" * 300, "x" * 299 + "y", "ä" * 300]
        cases = [Case(name, tmp_path, output=tmp_path, turn=turn) for name in names for turn in (0, 1)]
        folders = {case.folder.name for case in cases if case.folder is not None}
        assert len(folders) == len(cases)
        assert max(map(len, folders)) < 255
        assert "last_run.json" not in folders

    def test_a_case_that_cannot_begin_fails_alone_and_keeps_nobody_waiting(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "try").touch()
        case = Case("try", scenario(tmp_path, CHECKS), output=tmp_path / "out")
        (verdict,) = run_cases([case], 1)
        assert verdict.error == f"{tmp_path / 'out' / 'try'}: File exists"

    def test_whoever_stops_asking_ends_what_still_runs(self, tmp_path: Path) -> None:
        pid = tmp_path / "pid"
        (tmp_path / "slow.py").write_text(
            f"import os, time\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\nwhile True: pass\n"
        )
        scenario(tmp_path, f"app: slow.py\n{CHECKS}", name="z.yaml")
        scenario(tmp_path, f"app: dies.py\n{CHECKS}", name="a.yaml")
        (tmp_path / "dies.py").write_text(
            f"import os\nwhile not os.path.exists({str(pid)!r}): pass\nos._exit(3)\n"
        )
        running = run_cases(collect([tmp_path]), 2)
        assert next(running).name == "a"
        running.close()
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)

    def test_a_crash_is_told_in_the_log_too(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_text("print('hello', flush=True)\n1 / 0\n")
        path = scenario(tmp_path, f"app: app.py\n{CHECKS}")
        list(run_cases([Case("try", path, output=tmp_path / "out")]))
        lines = (tmp_path / "out" / "try" / "app.log").read_text().splitlines()
        assert lines[0] == "hello"
        assert lines[-2:] == [
            "ZeroDivisionError: division by zero",
            "the application crashed at 2026-06-15T00:00:00+02:00",
        ]

    def test_what_a_case_says_is_kept_with_its_beginning_and_its_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kept_output, "HEAD_BYTES", 10)
        monkeypatch.setattr(kept_output, "TAIL_BYTES", 20)
        (tmp_path / "app.py").write_text(
            "print('beginning', *range(5000), 'end', flush=True)\nraise SystemExit(3)\n"
        )
        path = scenario(tmp_path, f"app: app.py\n{CHECKS}")
        (verdict,) = run_cases([Case("try", path, output=tmp_path / "out")])
        log = (tmp_path / "out" / "try" / "app.log").read_text()
        assert log.startswith("beginning ")
        assert re.search(r"\n… [\d,]+ bytes are left out here …\n.*4999 end\n$", log)
        assert verdict.log.endswith("4999 end\n")

    def test_one_that_dies_is_told_with_the_end_of_what_it_said(self, tmp_path: Path) -> None:
        (tmp_path / "dies.py").write_text(
            "import os\nprint('about to go', flush=True)\nos.kill(os.getpid(), 9)\n"
        )
        (verdict,) = run_cases(
            [Case("try", scenario(tmp_path, f"app: dies.py\n{CHECKS}"), output=tmp_path / "out")]
        )
        assert verdict.error == "about to go\nits process ended without a word: SIGKILL"
        assert json.loads((tmp_path / "out" / "try" / "verdict.json").read_text())["error"] == verdict.error

    def test_one_that_dies_or_never_runs_keeps_its_seed_for_the_line_that_repeats_it(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "dies.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
        dies = scenario(tmp_path, f"app: dies.py\n{CHECKS}")
        gone = Case("gone", tmp_path / "gone.yaml", seed=7)
        verdicts = {
            each.name: each for each in run_cases([Case("try", dies, seed=7), gone, Case("try2", dies)], 2)
        }
        assert verdicts["try"].again == f"doppelgrid test {dies} --seed 7"
        assert verdicts["gone"].again == f"doppelgrid test {gone.path} --seed 7"
        assert "--seed" not in verdicts["try2"].again

    def test_processes_that_an_application_leaves_behind_end_with_its_case(self, tmp_path: Path) -> None:
        pid = tmp_path / "pid"
        (tmp_path / "app.py").write_text(
            "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\n"
            f"open({str(pid)!r}, 'w').write(str(child.pid))\n"
        )
        next(run_cases([Case("try", scenario(tmp_path, f"app: app.py\n{CHECKS}"))]))
        with contextlib.suppress(ProcessLookupError):
            child = os.pidfd_open(int(pid.read_text()))
            assert select.select([child], [], [], 30.0)[0]
            os.close(child)

    def test_progress_is_told_in_simulated_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[int] = []
        monkeypatch.setattr(case_module, "_TELLS_EVERY_S", 0.0)
        run_case(Case("try", scenario(tmp_path, CHECKS)), on_progress=told.append)
        assert told[:2] == [1_000_000, 2_000_000]


def test_what_ends_again_and_again_need_not_be_told_at_the_very_end(tmp_path: Path) -> None:
    verdict = run(
        tmp_path,
        "steps: [{every: 20 s, set: {main.load: 9 kW}, for: 20 s}]\n"
        "checks: [{after: main.load set ends, within: 2 s, expect: main.power > 1 kW}]\n",
    )
    assert verdict.has_passed, verdict.failures


def test_junit_tells_the_runs_of_one_case_apart(tmp_path: Path) -> None:
    first = run(tmp_path, CHECKS)
    write_junit(tmp_path / "out.xml", [first, replace(first, turn=1)])
    cases = ElementTree.parse(tmp_path / "out.xml").getroot()[0]
    assert [case.get("name") for case in cases] == ["try", "try~1"]


@pytest.mark.parametrize(
    "value", ["a b", "a\nb", "a\tb\x07", "it's \\n", "\x1b[31mred'\x7f", "$HOME `x`", "ä\u200bé", "\udcff"]
)
def test_the_line_that_repeats_a_case_is_one_line_of_shell_whatever_stands_in_its_words(value: str) -> None:
    verdict = Verdict(f"try[x={value}]", f"{value}.yaml", "", (), options=("--app", f"{value}.py"))
    assert verdict.again.isprintable()
    script = f"doppelgrid() {{ printf '%s\\0' \"$@\"; }}; {verdict.again}"
    said = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout
    words = [os.fsdecode(word) for word in said.split(b"\0")[:-1]]
    assert words == ["test", f"{value}.yaml", "--filter", f"[x={value}]", "--app", f"{value}.py"]


def test_junit_has_failures_errors_and_the_facts_of_each_case(tmp_path: Path) -> None:
    good = run(tmp_path, CHECKS)
    bad = run(tmp_path, "checks: [{never: grid.power > 1 kW}]\n")
    crashed = run(tmp_path, CHECKS, "raise LookupError('lost \\x00')\n")
    path = tmp_path / "junit.xml"
    silent = Verdict("try", "try.yaml", "", (), "  ")
    write_junit(path, [good, bad, crashed, silent])
    (suite,) = ElementTree.parse(path).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "2")
    properties = {each.get("name"): each.get("value") for each in suite[0].iter("property")}
    assert properties["digest"] == good.digest
    assert suite[0].get("name") == "try"
    assert float(properties["import_wh"] or 0) > 100.0
    (failure,) = suite[1].findall("failure")
    assert failure.get("message") == "never grid.power > 1 kW"
    assert "LookupError" in (suite[2].findtext("error") or "")
    assert [each.get("message") for each in suite[3].findall("error")] == ["without a word"]
