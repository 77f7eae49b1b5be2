"""What lines and transformers lose, and what is said of it: against closed forms, and balances that stay closed."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import doppelgrid
from doppelgrid import Simulation
from doppelgrid.cli.report_lines import lines as report_lines
from doppelgrid.cli.report_lines import print_report
from doppelgrid.cli.summary_table import plain
from doppelgrid.scenarios.suites.checks.node_balance import NodeBalance
from doppelgrid.sim.domain.switching import Position
from doppelgrid.sim.headless.outcome import Summary
from doppelgrid.sim.plant.energies import own_energies_wh
from doppelgrid.sim.recording import read_recording
from doppelgrid.sim.report.figure_conditions import figures_of
from doppelgrid.sim.report.figures import unit_of
from doppelgrid.sim.report.of_recording import report_of_recording
from doppelgrid.sim.report.of_simulation import SiteWatch
from doppelgrid.sim.report.of_summary import report_of_summary
from doppelgrid.sim.report.site_report import SiteReport
from doppelgrid.sim.site.site import Site

NOON = datetime(2026, 6, 15, 12)
HOUR = timedelta(hours=1)
GRID = {"id": 1, "category": "grid_connection_point"}
LINE = {"resistance": "0.1 Ω", "reactance": "0 Ω", "rated_current": "16 A"}
CABLE = {"type": "nayy-4x50", "length": "200 m"}
E_V = 400.0 / math.sqrt(3.0)


def site(**components: dict[str, Any]) -> Site:
    every = {"grid": GRID, **components}
    return Site.model_validate({"microgrid": {"id": 7}, "components": every}).with_telemetry_interval(60.0)


def meter(number: int, behind: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "category": "meter", "behind": behind, **more}


def far_v(power_w: float) -> float:
    """Return the voltage behind 0.1 Ω of a phase that draws a power."""
    return 0.5 * (E_V + math.sqrt(E_V * E_V - 4.0 * 0.1 * power_w))


ALONE = site(main=meter(2, "grid"), house=meter(3, "main", load="12 kW", line=LINE))
AMPERES = 4000.0 / far_v(4000.0)
LOST_W = 3.0 * 0.1 * AMPERES**2
LOADED = AMPERES / 16.0

BEHIND_LOADS = site(
    main=meter(2, "grid", load="3 kW"),
    house=meter(3, "main", load="2 kW", line=LINE),
    yard=meter(4, "house", load="4 kW", line=CABLE),
    roof={
        "id": 5, "category": "pv_inverter", "behind": "yard", "rated_power": "9 kW", "power": "9 kW", "phases": [2],
        "line": {"type": "nayy-4x50", "length": "40 m"},
    },
)  # fmt: skip
SUPPLIED = {
    "grid": {**GRID, "voltage": "20 kV", "short_circuit_power": "60 MVA"},
    "trafo": {
        "id": 2, "category": "power_transformer", "behind": "grid", "preset": "oil-250kva",
        "rated_apparent_power": "250 kVA",
    },
}  # fmt: skip
TRANSFORMED = site(**SUPPLIED, main=meter(3, "trafo"), house=meter(4, "main", load="90 kW", line=CABLE))


def simulated(where: Site, **options: Any) -> Summary:
    return doppelgrid.simulate(where, HOUR, start=NOON, resolution=timedelta(minutes=1), **options)


class Watched:
    """A site that runs interpreted, and somebody who looks."""

    def __init__(self, where: Site, start: datetime = NOON) -> None:
        self.simulation = Simulation.headless(where, start_us=where.moment_us(start))
        self.watch = SiteWatch(self.simulation)

    def report(self, span: timedelta = HOUR) -> SiteReport:
        self.simulation.run_for(span)
        return self.watch.report()


def group_wh(report: SiteReport, kind: str) -> float:
    return math.fsum(group.consumed_wh for group in report.groups if group.kind == kind)


def test_a_run_says_what_a_line_lost_and_what_it_did_to_voltages() -> None:
    for (line,) in (simulated(ALONE).lines, Watched(ALONE).report().lines):
        assert line.key == "house"
        assert line.loss_wh == pytest.approx(LOST_W, rel=1e-9)
        assert line.lowest_v == pytest.approx(far_v(4000.0), rel=1e-9)
        assert line.highest_v == pytest.approx(far_v(4000.0), rel=1e-9)
        assert line.nominal_v == pytest.approx(E_V)


def test_a_line_above_its_rated_current_is_told_with_how_much_when_and_for_how_long() -> None:
    peak = [
        {"at": "00:00", "value": "3 kW"},
        {"at": "12:20", "value": "12 kW"},
        {"at": "12:35", "value": "9 kW"},
    ]
    where = site(
        main=meter(2, "grid"),
        house=meter(3, "main", line=LINE, load={"profile": "inline", "points": peak}),
    )
    summary = simulated(where)
    for report in (report_of_summary(summary, where, where.moment_us(NOON)), Watched(where).report()):
        (line,) = report.lines
        assert line.most_loading == pytest.approx(LOADED, rel=1e-9)
        assert line.most_loaded_us == where.moment_us(NOON) + 20 * 60_000_000
        # 9 kW draw 13.1 A.
        assert line.overloaded_s == pytest.approx(15 * 60.0)
        (said,) = [each for each in report_lines(report) if "rated current" in each]
        assert said == (
            "warning: what leads to house was loaded above its rated current for 15 min 0 s, "
            f"at most {100.0 * LOADED:.0f} %, at 2026-06-15 12:20:00"
        )


def test_a_report_has_a_row_for_each_line_within_80_columns() -> None:
    console = Console(record=True, width=80, file=StringIO())
    print_report(Watched(ALONE).report(), console)
    printed = console.export_text()
    title, rest = "lines and transformers, and voltages where they lead to", printed.split("lines and tr")[1]
    assert title in printed
    (row,) = [line for line in rest.splitlines() if line.startswith(" house")]
    volts = f"{far_v(4000.0):.1f}"
    assert row.split() == ["house", "0.09", volts, volts, "99", "…", "99", "%", "109", "%", "12:00:00"]


def test_nobody_is_warned_of_a_line_within_its_rated_current_or_without_one() -> None:
    for more in ({"rated_current": "25 A"}, {}):
        line = {"resistance": "0.1 Ω", "reactance": "0 Ω", **more}
        where = site(house=meter(3, "grid", load="12 kW", line=line))
        report = Watched(where).report()
        assert not any("warning" in said for said in report_lines(report))
        assert (report.lines[0].most_loading is None) == (not more)


@pytest.mark.parametrize("where", [ALONE, BEHIND_LOADS, TRANSFORMED], ids=["alone", "loads", "transformer"])
def test_what_lines_lose_is_lost_and_not_consumed(where: Site) -> None:
    drawn_wh = {"alone": 12e3, "loads": 9e3, "transformer": 90e3}
    consumed_wh = drawn_wh["alone" if where is ALONE else "loads" if where is BEHIND_LOADS else "transformer"]
    summary, report = simulated(where), Watched(where).report()
    assert summary.consumed_wh == pytest.approx(consumed_wh, rel=1e-9)
    assert report.consumed_wh == pytest.approx(consumed_wh, rel=1e-9)
    lost_wh = math.fsum(line.loss_wh for line in summary.lines)
    assert lost_wh > 0.001 * consumed_wh
    assert summary.lost_wh == pytest.approx(lost_wh, rel=1e-9)
    assert report.kpis.lost_wh == pytest.approx(lost_wh, rel=1e-9)
    assert group_wh(report, "losses") == pytest.approx(lost_wh, rel=1e-9)
    assert abs(summary.imbalance_wh) < 1e-12 * summary.throughput_wh
    net_wh = summary.grid.consumed_wh - summary.grid.delivered_wh
    assert net_wh + summary.produced_wh == pytest.approx(consumed_wh + lost_wh, rel=1e-12)


def test_a_transformer_of_a_network_loses_iron_and_copper() -> None:
    params = Watched(TRANSFORMED).simulation.plant.equipment.throughput["trafo"]
    trafo, cable = simulated(TRANSFORMED).lines
    loaded = (90e3 + cable.loss_wh) / params.rated_apparent_power_va
    # By squares of a current a little greater, and of a voltage a little less, than at the nominal voltage.
    expected_w = params.no_load_loss_w + params.load_loss_w * loaded**2
    assert trafo.loss_wh == pytest.approx(expected_w, rel=0.02)
    assert trafo.most_loading == pytest.approx(loaded, rel=0.02)


def test_components_draw_by_themselves_what_they_drew_without_lines() -> None:
    watched = Watched(BEHIND_LOADS)
    watched.simulation.run_for(HOUR)
    own_wh = own_energies_wh(watched.simulation.plant)
    assert own_wh == pytest.approx(
        {"grid": 0.0, "main": 3e3, "house": 2e3, "yard": 4e3, "roof": -9e3}, abs=1e-6
    )


def test_a_line_that_is_switched_off_loses_nothing_and_has_no_voltage() -> None:
    watched = Watched(ALONE)
    watched.simulation.run_for(HOUR)
    watched.simulation.plant.switching.switch("main", Position.OFF)
    report = watched.report()
    assert report.kpis.lost_wh == pytest.approx(LOST_W, rel=1e-9)
    (line,) = report.lines
    assert line.lowest_v == pytest.approx(far_v(4000.0), rel=1e-9)
    assert line.overloaded_s == pytest.approx(3600.0)


@pytest.mark.parametrize("where", [ALONE, TRANSFORMED], ids=["line", "transformer"])
def test_a_recording_without_loads_before_lines_tells_what_they_lost(where: Site, tmp_path: Path) -> None:
    summary = simulated(where, record=tmp_path / "hour.parquet")
    report = report_of_recording(read_recording(tmp_path / "hour.parquet"), site=where)
    assert report.kpis.lost_wh == pytest.approx(summary.lost_wh, rel=1e-6)
    assert report.consumed_wh == pytest.approx(summary.consumed_wh, rel=1e-6)


def test_a_recording_does_not_tell_losses_from_loads_that_draw_where_a_line_begins(tmp_path: Path) -> None:
    simulated(BEHIND_LOADS, record=tmp_path / "hour.parquet")
    report = report_of_recording(read_recording(tmp_path / "hour.parquet"), site=BEHIND_LOADS)
    assert report.kpis.lost_wh is None


def test_conditions_can_speak_of_losses_voltages_and_loading_of_lines() -> None:
    report = Watched(ALONE).report()
    figures = figures_of(report, ALONE)
    assert figures["house.line_loss_wh"] == pytest.approx(LOST_W, rel=1e-9)
    assert figures["house.voltage_min_v"] == pytest.approx(far_v(4000.0), rel=1e-9)
    assert figures["house.voltage_max_v"] == pytest.approx(far_v(4000.0), rel=1e-9)
    assert figures["house.loading_max"] == pytest.approx(LOADED)
    assert figures["house.overloaded_s"] == pytest.approx(3600.0)
    assert "V" in unit_of("house.voltage_min_v").factors
    assert "losses.production_wh" in figures


def test_without_lines_reports_and_summaries_are_silent_about_them() -> None:
    where = site(main=meter(2, "grid", load="3 kW"))
    summary, report = simulated(where), Watched(where).report()
    assert "lines" not in plain(summary)
    assert "lines" not in report.plain()
    assert not any("line" in name for name in report.figures())
    assert report.kpis.lost_wh == summary.lost_wh == 0.0


@pytest.mark.parametrize("where", [ALONE, BEHIND_LOADS, TRANSFORMED], ids=["alone", "loads", "transformer"])
def test_the_balance_of_nodes_counts_what_lines_lose(where: Site) -> None:
    watched = Watched(where)
    watched.simulation.run_for(timedelta(minutes=5))
    plant = watched.simulation.plant
    plant.operating_point.solve()
    assert list(NodeBalance(plant).look()) == []
    layout, memory, _ = plant.numbers
    behind = memory.components[layout.ways[layout.nodes[-1].first_way]]
    behind.active_1 += 1.0
    assert [breach for breach in NodeBalance(plant).look() if "flow in" in str(breach)]


def test_compiled_and_interpreted_runs_count_the_same_losses() -> None:
    summary, report = simulated(BEHIND_LOADS), Watched(BEHIND_LOADS).report()
    for compiled, interpreted in zip(summary.lines, report.lines, strict=True):
        assert compiled.loss_wh == pytest.approx(interpreted.loss_wh, rel=1e-12)
        assert compiled[2:] == interpreted[2:]


def test_a_watch_that_begins_later_counts_losses_from_then_on() -> None:
    simulation = Simulation.headless(ALONE, start_us=ALONE.moment_us(NOON))
    simulation.run_for(HOUR)
    watch = SiteWatch(simulation)
    simulation.run_for(HOUR / 2)
    (line,) = watch.report().lines
    assert line.loss_wh == pytest.approx(LOST_W / 2.0, rel=1e-9)
    assert watch.report().kpis.lost_wh == pytest.approx(LOST_W / 2.0, rel=1e-9)
    assert line.overloaded_s == pytest.approx(1800.0)
