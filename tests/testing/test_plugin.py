"""The plugin inside pytest: modes, failures, wrong use, repetition, and what stays behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

# Inner runs take their imports with them when they end; these stay.

pytest_plugins = ["pytester"]

SITE = '''
SITE = """
microgrid: {id: 7, name: small}
telemetry: {interval: 1 s}
components:
  grid:    {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}
  main:    {id: 2, category: meter, behind: grid}
  bat-inv: {id: 11, category: battery_inverter, behind: main, rated_power: 30 kW}
  battery: {id: 12, category: battery, behind: bat-inv}
  hall:    {id: 31, category: meter, behind: main, load: {profile: constant, value: 20 kW, noise: {amplitude: 10 %}}}
"""
'''
HEAD = f"""
import asyncio, time, warnings
import pytest
from frequenz.quantities import Power
{SITE}
pytestmark = pytest.mark.site(SITE, start="2026-06-15T12:00:00+02:00", seed=5)
"""
QUIET = ("-p", "no:cacheprovider", "-p", "no:benchmark", "-p", "no:hypothesispytest")


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder for a suite of its own, in strict mode."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return pytester


def run(suite: pytest.Pytester, text: str, *arguments: str) -> pytest.RunResult:
    suite.makepyfile(test_suite=HEAD + text)
    return suite.runpytest_inprocess(*QUIET, *arguments)


@pytest.mark.parametrize("mode", [("--asyncio-mode=strict",), ("--asyncio-mode=auto",), ("-p", "no:asyncio")])
def test_tests_with_a_site_run_in_every_mode_of_pytest_asyncio_and_without_it(
    suite: pytest.Pytester, mode: tuple[str, ...]
) -> None:
    text = """
@pytest.fixture
async def later(site):
    await site.run_for("1 min")
    yield site.now
    await site.run_for("1 min")

async def test_it(later, site):
    assert later == site.now
"""
    arguments = ("-o", "addopts=", *mode)
    if mode[0] == "-p":
        suite.makeini("[pytest]\n")
    run(suite, text, *arguments).assert_outcomes(passed=1)


def test_other_async_tests_stay_with_pytest_asyncio(suite: pytest.Pytester) -> None:
    text = """
loops = []

async def test_virtual(site):
    loops.append(type(asyncio.get_running_loop()).__name__)

@pytest.mark.asyncio
async def test_real():
    loops.append(type(asyncio.get_running_loop()).__name__)
    assert loops[0] == "VirtualTimeLoop" != loops[1]
    assert abs(time.time() - time.clock_gettime(time.CLOCK_REALTIME)) < 60
"""
    run(suite, text).assert_outcomes(passed=2)


def test_a_failure_comes_with_seed_digest_events_and_picture(suite: pytest.Pytester) -> None:
    text = """
async def test_limit(site):
    site["hall"].drive(load=Power.from_kilowatts(45))
    await site["main"].active_power.always(at_most=Power.from_kilowatts(30), for_="1 h")
"""
    result = run(suite, text)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*await site[[]*always(at_most*",
            "E*AssertionError: main.active_power: wanted at most 30 kW always; found 45.0* kW at *, as it began",
            "site small, seed 5, digest *",
            "started 2026-06-15T12:00:00+02:00, failed 2026-06-15T12:00:00+02:00, 0 s later",
            "*hall: driven (load 45000, over 0 s)*",
            "the last minutes: *test_suite.py_test_limit.png*",
        ]
    )
    assert "readings.py" not in result.stdout.str()
    picture = suite.path / ".doppelgrid" / "test_suite.py_test_limit.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_times_within_its_events_are_by_the_clock_of_the_site(suite: pytest.Pytester) -> None:
    text = """
async def test_limit(site):
    site.simulation.restart_server(60.0)
    assert False
"""
    run(suite, text).stdout.fnmatch_lines(["*server goes down (until 2026-06-15T12:01:00+02:00)"])


def test_the_folder_of_pictures_can_be_chosen(suite: pytest.Pytester) -> None:
    run(suite, "async def test_it(site): assert False", "--doppelgrid-output", "out/pictures")
    assert (suite.path / "out" / "pictures" / "test_suite.py_test_it.png").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "def test_it(site): pass",
            "*test_it is not a coroutine; the fixture site is accepted in `async def`*",
        ),
        (
            "async def test_it(site, live_site): pass",
            "*site and live_site are used together; accepted: one of*",
        ),
        (
            "@pytest.mark.site(sed=3)\nasync def test_it(site): pass",
            "*@pytest.mark.site has sed=; accepted: a site, and source=, start=, seed=*",
        ),
        (
            "@pytest.mark.site(speed=3)\nasync def test_it(site): pass",
            "*site(speed=...) means nothing to site; accepted: with live_site*",
        ),
        (
            "@pytest.mark.site(start='noon')\nasync def test_it(site): pass",
            "*start is 'noon'; accepted: a datetime, or ISO 8601 text*",
        ),
        (
            "@pytest.mark.site('dmo')\nasync def test_it(site): pass",
            "*dmo: the file is not there; accepted: the path of a site file, or the name*",
        ),
        ("@pytest.mark.site(5)\nasync def test_it(site): pass", "*the site is 5; accepted: a bundled name*"),
        (
            "@pytest.mark.site(SITE.replace('20 kW', '20'))\nasync def test_it(site): pass",
            "*site of the marker:9: hall.load.value is 20; accepted: a number with a unit*",
        ),
        (
            "async def test_it(site): site['main'].active_power.always(at_most=Power.from_kilowatts(1))",
            "*main.active_power: always at most 1 kW was never watched; await it with for_=*",
        ),
    ],
)
def test_wrong_use_says_what_is_accepted(suite: pytest.Pytester, text: str, message: str) -> None:
    result = run(suite, text)
    assert result.ret == 1
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*During handling of*")


def test_a_site_file_is_found_beside_the_test(suite: pytest.Pytester) -> None:
    (suite.mkdir("sites") / "small.yaml").write_text(SITE.split('"""')[1])
    text = """
@pytest.mark.site("sites/small.yaml")
async def test_it(site):
    assert (site.name, site["hall"].id) == ("sites/small.yaml", 31)
"""
    run(suite, text).assert_outcomes(passed=1)


def test_a_test_that_waits_for_ever_is_stopped_and_shown(suite: pytest.Pytester) -> None:
    text = """
@pytest.mark.site(longest="10 min")
async def test_it(site):
    await asyncio.Event().wait()

async def test_next(site):
    await site.run_for("1 min")
"""
    result = run(suite, text)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*the test has not ended after 10 min of virtual time*", "*in test_it*"])


def test_a_task_that_ignores_its_cancellation_is_named(suite: pytest.Pytester) -> None:
    text = """
async def stubborn():
    while True:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            pass

async def test_it(site):
    task = asyncio.create_task(stubborn(), name="mule")
    await site.run_for("1 min")

async def test_next(site):
    await site.run_for("1 min")
    assert len(asyncio.all_tasks()) == 1
"""
    result = run(suite, text)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        ["*these tasks still run 60 s after they were cancelled*", "*task 'mule' (stubborn)*"]
    )


def test_nothing_of_a_failed_test_stays_behind(suite: pytest.Pytester) -> None:
    text = """
import os, random, time
before = (os.urandom, time.monotonic, asyncio.Runner, asyncio.new_event_loop, random.getstate())

async def test_it(site):
    await site.run_for("1 min")
    random.random()
    raise ValueError("broken")

def test_after():
    assert (os.urandom, time.monotonic, asyncio.Runner, asyncio.new_event_loop, random.getstate()) == before
"""
    run(suite, text, "-p", "no:randomly").assert_outcomes(failed=1, passed=1)


def test_a_live_site_is_the_same_handle_over_a_socket(suite: pytest.Pytester) -> None:
    text = """
from frequenz.client.microgrid import MicrogridApiClient
from frequenz.client.microgrid.metrics import Metric
from frequenz.client.common.microgrid.components import ComponentId

@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.site(speed=60.0)
async def test_it(live_site):
    async with MicrogridApiClient(live_site.url) as client:
        receiver = client.receive_component_data_samples_stream(ComponentId(2), [Metric.AC_POWER_ACTIVE])
        await receiver.receive()
    live_site["hall"].drive(load=Power.from_kilowatts(45))
    await live_site["main"].active_power.eventually(at_least=Power.from_kilowatts(44), within="10 s")
    await live_site.run_for("30 s")
"""
    run(suite, text).assert_outcomes(passed=1)


APP = f"""
import asyncio, random
import pytest
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient
{SITE}
pytestmark = [
    pytest.mark.site(SITE, start="2026-06-15T12:00:00+02:00", seed=5),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

async def wander(url):
    async with MicrogridApiClient(url) as client:
        for _ in range(20):
            await client.set_component_power_active(ComponentId(11), random.uniform(-1e4, 1e4))
            await asyncio.wait({{asyncio.create_task(asyncio.sleep(n)) for n in range(1, 5)}})

@pytest.mark.parametrize("number", range(3))
async def test_wander(site, number):
    await site.run_app(wander(site.url))

@pytest.mark.parametrize("number", range(2))
async def test_rest(site, number):
    await site.run_for("5 min")
"""


def digests(suite: pytest.Pytester, *arguments: str, hash_seed: str) -> dict[str, set[str]]:
    """Run the suite in a process of its own, and return the digests of its tests by function."""
    report = suite.path / "report.xml"
    command = [sys.executable, "-m", "pytest", *QUIET, "-q", f"--junit-xml={report}", *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        command, env=environment, cwd=suite.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    found: dict[str, set[str]] = {}
    cases = re.findall(
        r'<testcase[^>]*name="(\w+)\[.*?doppelgrid-digest" value="(\w+)"', report.read_text(), re.S
    )
    for name, digest in cases:
        found.setdefault(name, set()).add(digest)
    return found


def test_the_junit_report_has_seed_and_digest_of_a_failed_test_too(suite: pytest.Pytester) -> None:
    report = suite.path / "report.xml"
    text = """
async def test_it(site):
    await site.run_for("1 min")
    assert False
"""
    run(suite, text, f"--junit-xml={report}").assert_outcomes(failed=1)
    found = dict(re.findall(r'<property name="([^"]+)" value="([^"]+)"', report.read_text("utf-8")))
    assert found["doppelgrid-seed"] == "5"
    assert re.fullmatch(r"[0-9a-f]{32}", found["doppelgrid-digest"])


@pytest.mark.slow
def test_digests_do_not_depend_on_order_hash_seed_or_process(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_suite=APP)
    first = digests(suite, hash_seed="1")
    nodes = [f"test_suite.py::test_rest[{number}]" for number in range(2)]
    nodes += [f"test_suite.py::test_wander[{number}]" for number in (2, 0, 1)]
    assert {name: len(each) for name, each in first.items()} == {"test_wander": 1, "test_rest": 1}
    assert digests(suite, *nodes, hash_seed="4242") == first


@pytest.mark.slow
def test_digests_are_the_same_under_xdist(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_suite=APP)
    assert digests(suite, "-n", "2", hash_seed="7") == digests(suite, hash_seed="8")


def test_the_plugin_imports_nothing_of_the_simulator_at_the_start() -> None:
    program = (
        "import sys, doppelgrid.scenarios.testing.plugin; "
        "print([name for name in sys.modules if name.split('.')[0] in {'grpc', 'numpy', 'pydantic', 'frequenz'}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path("/")
    )
    assert done.stdout.strip() == "[]"
