"""Scenarios as they run: steps act on the site, and verdicts say what came of the checks."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from suites.benches import SITE, scenario
from suites.case_bench import CHECKS, IDLE_APP, run

from doppelgrid.scenarios.suites.running.case import Case, run_case


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


def test_what_ends_again_and_again_need_not_be_told_at_the_very_end(tmp_path: Path) -> None:
    verdict = run(
        tmp_path,
        "steps: [{every: 20 s, set: {main.load: 9 kW}, for: 20 s}]\n"
        "checks: [{after: main.load set ends, within: 2 s, expect: main.power > 1 kW}]\n",
    )
    assert verdict.has_passed, verdict.failures
