"""The table of a running site, in terminals of any size."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

import doppelgrid
from doppelgrid.cli.live_table import draw_table
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.gateway.gateway import Gateway
from doppelgrid.sim.simulation.live import LiveSimulation

NOON_US = round(datetime(2026, 6, 15, 10, tzinfo=UTC).timestamp()) * 1_000_000


def drawn(site: str, width: int, height: int = 50) -> str:
    """Return the table of a bundled site at noon."""

    async def draw() -> str:
        simulation = LiveSimulation(
            doppelgrid.load_site(site), start_us=NOON_US, seed=1, timestamps="simulated"
        )
        console = Console(file=StringIO(), width=width, height=height)
        console.print(draw_table(simulation, "grpc://[::1]:8800", width=width, height=height))
        text: str = console.file.getvalue()  # type: ignore[attr-defined]
        return text

    return asyncio.run(draw())


@pytest.mark.parametrize("width", [80, 100, 140, 200])
@pytest.mark.parametrize("site", ["demo", "all-categories"])
def test_no_line_is_longer_than_the_terminal_and_each_component_has_one(site: str, width: int) -> None:
    lines = drawn(site, width).splitlines()
    assert max(map(len, lines)) <= width
    rows = [line for line in lines if line.startswith("│")]
    assert len(rows) == len(doppelgrid.load_site(site).components)


@pytest.mark.parametrize("site", ["demo", "all-categories"])
def test_names_power_state_of_charge_and_state_are_there_at_80_columns(site: str) -> None:
    text = drawn(site, 80)
    for key in doppelgrid.load_site(site).components:
        assert f" {key} " in text
    for heading in ("component", "power", "SoC", "state"):
        assert heading in text
    assert "energy in / out" not in text


def test_everything_is_there_where_there_is_room() -> None:
    text = drawn("demo", 200)
    for heading in ("category", "allowed", "energy in / out"):
        assert heading in text


def test_in_few_lines_it_shows_what_others_hang_on_and_how_many_are_left_out() -> None:
    site = doppelgrid.load_site("all-categories")
    text = drawn("all-categories", 120, 20)
    rows = [line for line in text.splitlines() if line.startswith("│")]
    assert len(rows) == 13
    assert " grid " in text
    assert f"and {len(site.components) - 13} more, for which there are no lines" in text


def test_photovoltaics_produce() -> None:
    line = next(line for line in drawn("demo", 200).splitlines() if " pv-inv " in line)
    assert "PRODUCING" in line
    assert "DISCHARGING" not in line


def test_what_is_not_known_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Gateway.frame

    def unknown(self: Gateway, component_id: int) -> Frame:
        frame = known(self, component_id)
        return frame._replace(values=dict.fromkeys(frame.values, math.nan))

    monkeypatch.setattr(Gateway, "frame", unknown)
    text = drawn("demo", 200)
    assert "nan" not in text
    assert text.count("–") >= 2 * len(doppelgrid.load_site("demo").components)


def test_the_state_of_charge_of_the_sdk_is_told() -> None:
    assert "battery pool counts between the bounds of the SoC:" in drawn("demo", 120)
