"""Prints, below the table of times, what else the benchmarks found: ratios, rates and sizes."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    session = getattr(config, "_benchmarksession", None)
    found = [] if session is None else [each for each in session.benchmarks if each.extra_info]
    if found:
        terminalreporter.section("what else was found")
    for each in found:
        terminalreporter.write_line(each.name)
        for name, value in each.extra_info.items():
            shown = f"{value:,.4g}" if isinstance(value, float) else value
            terminalreporter.write_line(f"    {name}: {shown}")
