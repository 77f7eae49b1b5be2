"""Applications in scenarios: those that end, crash, hang or leave something behind, and what is counted of them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from suites.benches import scenario
from suites.case_bench import CHECKS, IDLE_APP, run

from doppelgrid.scenarios.suites.running.case import Case, run_case
from doppelgrid.scenarios.suites.running.runner import run_cases


class TestApplications:
    def test_one_that_runs_to_the_end_passes(self, tmp_path: Path) -> None:
        verdict = run(tmp_path, CHECKS, IDLE_APP)
        assert verdict.has_passed, verdict.failures

    def test_one_that_crashes_fails_with_its_traceback(self, tmp_path: Path) -> None:
        verdict = run(tmp_path, CHECKS, "raise LookupError('lost')\n")
        assert not verdict.has_passed
        assert "LookupError: lost" in str(verdict.error)

    def test_one_that_exits_fails_with_its_last_words(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        error = str(run(tmp_path, CHECKS, "import sys\nsys.exit('no battery')\n").error)
        assert error.startswith("no battery\nthe application exited with code 1 at ")
        assert capsys.readouterr().err == "no battery\n"

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
