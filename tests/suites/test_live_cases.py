"""Applications that are not Python run beside a served site, each in a process of its own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from suites.benches import scenario

from doppelgrid.scenarios.suites.file.application import ApplicationError, read_application
from doppelgrid.scenarios.suites.running import live
from doppelgrid.scenarios.suites.running.case import Case, Verdict, run_case

EXAMPLE = Path(__file__).parents[2] / "examples" / "peak_shaving.py"
HEAD = "scenario: a try\nsite: small.yaml\nduration: 1 s\ninterval: 0.2 s\n"
LONGER = HEAD.replace("1 s", "3 s", 1)
CHECKS = "checks: [{always: grid.power < 99 kW}]\n"
DISCHARGE = "checks: [{eventually: inv.power < -2.9 kW}, {kpi: commands == 1}]\n"
NODE = """
// gRPC by hand, as Node.js brings it: waits for telemetry of the meter, then discharges the battery.
const http2 = require('http2');
const client = http2.connect(process.env.MICROGRID_API_URL.replace('grpc:', 'http:'));
const call = (name, hex, onData) => {
  const body = Buffer.from(hex, 'hex');
  const frame = Buffer.alloc(5 + body.length);
  frame.writeUInt32BE(body.length, 1);
  body.copy(frame, 5);
  const stream = client.request({
    ':method': 'POST', ':path': `/frequenz.api.microgrid.v1alpha18.Microgrid/${name}`,
    'content-type': 'application/grpc', te: 'trailers',
  });
  stream.on('data', onData);
  stream.end(frame);
};
let told = false;
call('ReceiveElectricalComponentTelemetryStream', '0802', () => {
  if (!told) call('SetElectricalComponentPower', '080310011d00803bc5', () => console.log('answered'));
  told = true;
});
"""
PYTHON = """
import asyncio, os, warnings
warnings.simplefilter("ignore")
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient

async def main():
    client = MicrogridApiClient(os.environ["MICROGRID_API_URL"])
    await client.set_component_power_active(ComponentId(3), -3000.0)
    await asyncio.sleep(1e6)
asyncio.run(main())
"""
RETURNS = PYTHON.replace("await asyncio.sleep(1e6)", "")
STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("here", file=sys.stderr)
subprocess.Popen(["sleep", "5"])
"""
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


def run(folder: Path, app: str, checks: str = CHECKS, head: str = HEAD) -> Verdict:
    """Run a case with an application as a file names it."""
    return run_case(Case("try", scenario(folder, f"app: {app}\n{checks}", head=head)))


def shell(folder: Path, *lines: str) -> str:
    """Write a program of the shell, and return what names it."""
    program = folder / "app.sh"
    program.write_text("\n".join(("#!/bin/bash", *lines)) + "\n")
    program.chmod(0o755)
    return "./app.sh"


@needs_node
def test_an_application_in_another_language_finds_the_site_and_commands_it(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text(NODE)
    verdict = run(tmp_path, "node app.js\nspeed: 2", DISCHARGE, LONGER)
    assert verdict.has_passed, verdict.failures
    assert verdict.notes == ("it ran live at 2 × real time, so no other run is the same to the last bit",)


def test_time_passes_as_fast_as_the_command_says(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(PYTHON)
    path = scenario(tmp_path, f"app: app.py\n{CHECKS}", head=HEAD.replace("1 s", "100 s", 1))
    verdict = run_case(Case("try", path, live=True, speed=100.0))
    assert verdict.end_us - verdict.start_us == 100_000_000
    assert verdict.real_s < 50.0
    assert verdict.again.endswith(" --speed 100 --seed 0")


def test_the_same_script_runs_live_and_in_lockstep(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(PYTHON)
    path = scenario(tmp_path, f"app: app.py\n{DISCHARGE}", head=LONGER)
    in_lockstep, beside = run_case(Case("try", path)), run_case(Case("try", path, live=True))
    assert in_lockstep.has_passed, in_lockstep.failures
    assert beside.has_passed, beside.failures
    assert " --live " in beside.again
    assert not in_lockstep.notes


def test_the_example_commands_the_site_live_and_in_lockstep_though_nobody_tells_it_the_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROGRID_API_URL", "grpc://[::1]:1")
    path = scenario(
        tmp_path, f"app: {EXAMPLE}\nchecks: [{{eventually: app commands inv}}]\n", head=HEAD.replace("1 s", "8 s", 1)
    )  # fmt: skip
    for is_live in (True, False):
        verdict = run_case(Case("try", path, live=is_live))
        assert verdict.has_passed, verdict.failures


def test_one_that_crashes_fails_with_the_end_of_what_it_complained_of(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(f"{RETURNS}\nraise SystemExit('lost the battery')\n")
    verdict = run(tmp_path, "app.py\nlive: true", head=HEAD.replace("1 s", "60 s", 1))
    first, last = str(verdict.error).splitlines()
    assert first == "lost the battery"
    assert last.endswith("exit code 1")


def test_one_that_returns_early_fails(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(RETURNS)
    verdict = run(tmp_path, "app.py\nlive: true", head=HEAD.replace("1 s", "60 s", 1))
    assert any("the application runs until the end: it returned" in failure for failure in verdict.failures)


def test_one_that_hangs_at_the_end_is_ended_and_told_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_PATIENCE_S", 0.2)
    (tmp_path / "app.py").write_text(f"import signal, subprocess, sys\n{STUBBORN}\n{PYTHON}")
    verdict = run(tmp_path, "app.py\nlive: true")
    assert verdict.error == "here\nthe application still runs 0.2 s after SIGTERM, and was killed"


@pytest.mark.parametrize("in_file", [True, False])
def test_one_that_never_connects_fails_when_it_should_have(tmp_path: Path, in_file: bool) -> None:
    within = "connect_within: 0.3 s\n" if in_file else ""
    path = scenario(tmp_path, f"app: sleep 60\n{within}{CHECKS}", head=HEAD.replace("1 s", "1 h", 1))
    verdict = run_case(Case("try", path, connect_within_s=None if in_file else 0.3))
    (failure,) = verdict.failures
    assert failure.startswith(
        "the application has not connected to the site within 0.3 s: it neither listens"
    )
    assert "--connect-within" in failure
    assert ("--connect-within '0.3 s'" in verdict.again) is not in_file


@pytest.mark.parametrize(("code", "how"), [(0, "exit code 0"), (3, "exit code 3")])
def test_one_that_ends_before_it_connects_fails_at_once(tmp_path: Path, code: int, how: str) -> None:
    app = shell(tmp_path, "echo no site >&2", f"exit {code}")
    (failure,) = run(tmp_path, app, head=HEAD.replace("1 s", "1 h", 1)).failures
    assert failure == f"no site\nthe application ended before it connected to the site: {how}"


@pytest.mark.parametrize(
    ("name", "text", "mode", "is_program"),
    [
        ("app.py", "pass\n", 0o644, False),
        ("app", "#!/usr/bin/env python3\n", 0o755, False),
        ("app.sh", "#!/bin/sh\n", 0o755, True),
    ],
)
def test_what_is_python_is_told_by_its_name_and_first_line(
    tmp_path: Path, name: str, text: str, mode: int, is_program: bool
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / name).chmod(mode)
    assert (read_application(f"{name} --limit 3", tmp_path).program is not None) is is_program


def test_an_installed_command_that_is_no_python_is_a_program() -> None:
    assert read_application("bash -c true").command[1:] == ["-c", "true"]
    assert read_application(f"{sys.executable} app.py").program is not None


def test_what_cannot_be_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("")
    with pytest.raises(
        ApplicationError, match="which is no Python script and cannot be executed; accepted: "
    ):
        read_application("app.js", tmp_path)
