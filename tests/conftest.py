"""What all tests share: property tests never fail for a slow machine, and in CI try the same examples every time."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "doppelgrid", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("quick", settings.get_profile("doppelgrid"), max_examples=10)
settings.load_profile("doppelgrid")

# All that is imported and collected is otherwise looked through again and again.
gc.set_threshold(5_000, 20, 100)

TESTS = Path(__file__).parent
QUICK = {
    "control", "gateway", "inputs", "models", "plant", "recording", "security", "site", "telemetry", "wire",
}  # fmt: skip
"""Folders whose tests need no other process and no compiler, and show most mistakes."""
LEFT_OUT = ("slow", "measured", "lengthy")
"""Marks of tests in them that take long all the same. Of the others the first case and the last are tried."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true", help="only what shows most mistakes in less than a minute"
    )


def pytest_configure(config: pytest.Config) -> None:
    # Begun in the background of a shell or by `nohup`, as in some CI: what tests start from here is to hear both.
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)
    if config.getoption("--quick"):
        settings.load_profile("quick")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave alone what `--quick` does not run: some folders take long to import."""
    is_folder_of_tests = config.getoption("--quick") and collection_path.parent == TESTS
    return (
        True
        if is_folder_of_tests and collection_path.is_dir() and collection_path.name not in QUICK
        else None
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--quick"):
        kept = _first_and_last_cases(
            [item for item in items if not any(item.get_closest_marker(mark) for mark in LEFT_OUT)]
        )
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = [item for item in items if item in kept]


def _first_and_last_cases(items: list[pytest.Item]) -> set[pytest.Item]:
    """Return of each test that is tried with several parameters the first case and the last."""
    first: dict[str, pytest.Item] = {}
    last: dict[str, pytest.Item] = {}
    for item in items:
        test = item.nodeid.partition("[")[0]
        first.setdefault(test, item)
        last[test] = item
    return {*first.values(), *last.values()}


@pytest.fixture
def interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs compile nothing."""
    from support.interpreted import Interpreted

    from doppelgrid.sim.headless import run as runs

    monkeypatch.setattr(runs, "Program", Interpreted)
