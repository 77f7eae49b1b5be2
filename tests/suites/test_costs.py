"""Checks on what a run costs, misses and loses, in scenario files."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites.benches import SITE, scenario

from doppelgrid.scenarios.suites.file.scenario_file import ScenarioError, ScenarioFile
from doppelgrid.scenarios.suites.running.case import Case, Verdict, run_case
from doppelgrid.sim.report.figure_words import with_unit

HOUR = "scenario: a try\nsite: small.yaml\nstart: 2026-06-15 12:00\nduration: 30 min\ninterval: 1 min\n"
TARIFF = f"{HOUR}tariff: prices/tariff.yaml\n"
PRICES = "tariff: one\nimport: 25 ct/kWh\npeak: {price: 2 €/kW}\nco2: 400 g/kWh\n"


def billed(folder: Path, checks: str, *, prices: str = PRICES, head: str = TARIFF) -> Path:
    (folder / "prices").mkdir(exist_ok=True)
    (folder / "prices" / "tariff.yaml").write_text(prices, encoding="utf-8")
    return scenario(folder, f"checks:\n{checks}", head=head)


def problems(path: Path) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        ScenarioFile(path).scenario()
    said = str(caught.value).replace(f"{path.parent}/", "").splitlines()
    return [line.removeprefix(f"{path.name}:") for line in said]


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """Half an hour of 4 kW and 44.8 W at rest: 2.0224 kWh for 50.56 ct, a peak for 8.0896 €, and 809 g."""
    folder = tmp_path_factory.mktemp("billed")
    checks = """
  - {kpi: cost <= 8.60 €}
  - {kpi: cost >= 859 ct and peak_cost < 8.09 EUR}
  - {kpi: cost < 8.40 €}
  - {kpi: co2 < 0.9 kg and co2 > 790 g}
  - {kpi: greatest_import <= 4.1 kW}
  - {kpi: outside_limits == 0 s}
  - {kpi: lost < 100 Wh}
"""
    return run_case(Case("try", billed(folder, checks)))


def test_checks_compare_costs_and_emissions_in_their_units(verdict: Verdict) -> None:
    passed = [outcome.has_passed for check, outcome in verdict.checks if check.startswith("kpi ")]
    assert passed == [True, True, False, True, True, True, True]
    (said,) = (outcome.said for check, outcome in verdict.checks if check == "kpi cost < 8.40 €")
    assert said == "cost = 8.5952 €"
    assert verdict.currency == verdict.plain()["currency"] == "EUR"


def test_figures_are_shown_with_their_units(verdict: Verdict) -> None:
    assert with_unit("cost", 8.5, verdict.currency) == ("cost", "8.5 €")
    assert with_unit("co2_kg", 0.8) == ("co2", "0.8 kg")
    assert with_unit("import_wh", 2000.0) == ("import", "2 kWh")
    assert with_unit("self_consumption", 0.25) == ("self_consumption", "25 %")
    assert with_unit("commands", None) == ("commands", "–")


def test_a_check_on_cost_without_a_tariff_says_what_to_do(tmp_path: Path) -> None:
    assert problems(billed(tmp_path, "  - {kpi: cost <= 12 €}\n", head=HOUR)) == [
        "7: checks[0].kpi is 'cost', of which nothing can be known here; accepted: "
        "`tariff:` in the head of this file, with the path of a tariff file"
    ]


@pytest.mark.parametrize(
    ("figure", "needs"),
    [
        ("export_revenue <= 1 €", "a tariff with export"),
        ("curtailed < 1 kWh", "a site with photovoltaics"),
        ("undelivered < 1 kWh", "a site with chargers for cars"),
        ("unmet_heat < 1 kWh", "a site with `heat_demand` or `steam_demand`"),
        ("self_consumption > 3 %", "a site with something that produces"),
        ("capacity_loss < 1 %", "a battery with `ageing`"),
        ("battery.capacity_loss < 1 %", "a battery with `ageing`"),
    ],
)
def test_a_check_on_what_can_never_be_known_is_refused(tmp_path: Path, figure: str, needs: str) -> None:
    (line,) = problems(billed(tmp_path, f"  - {{kpi: {figure}}}\n"))
    assert line.endswith(f"of which nothing can be known here; accepted: {needs}")


@pytest.mark.parametrize("figure", ["soc_min", "soc_max", "throughput", "cycles", "capacity_loss"])
def test_a_check_on_a_battery_that_is_not_there_is_refused(tmp_path: Path, figure: str) -> None:
    value = "3" if figure == "cycles" else "3 kWh" if figure == "throughput" else "3 %"
    path = billed(tmp_path, f"  - {{kpi: {figure} > {value}}}\n")
    (tmp_path / "small.yaml").write_text("\n".join(SITE.splitlines()[:-2]))
    (line,) = problems(path)
    assert f"kpi is '{figure}', of which nothing can be known here; accepted: " in line


def test_a_check_on_what_a_fault_takes_or_a_load_below_0_gives_is_taken(tmp_path: Path) -> None:
    faded = "steps: [{at: 5 s, fault: {battery: {kind: capacity_faded, to: 80 %}}}]\n"
    text = "checks:\n  - {kpi: capacity_loss < 30 %}\n  - {kpi: self_consumption > 3 %}\n"
    path = scenario(tmp_path, faded + text)
    (tmp_path / "small.yaml").write_text(SITE.replace("load: 4 kW", "load: -4 kW"))
    assert ScenarioFile(path).scenario()


def test_a_peak_of_a_run_that_has_no_whole_quarter_of_an_hour_is_refused(tmp_path: Path) -> None:
    late = TARIFF.replace("12:00", "12:01").replace("30 min", "28 min")
    for check in ("peak_import < 9 kW", "cost < 9 €"):
        (line,) = problems(billed(tmp_path, f"  - {{kpi: {check}}}\n", head=late))
        assert line.endswith("accepted: a run with a whole quarter of an hour in it")


@pytest.mark.parametrize("quantity", ["12 CHF", "12", "12 kWh"])
def test_money_of_another_kind_is_refused(tmp_path: Path, quantity: str) -> None:
    (line,) = problems(billed(tmp_path, f"  - {{kpi: cost <= {quantity}}}\n"))
    assert line.endswith(f"is {quantity}; accepted: a number with a unit (€, EUR, ct)")


def test_what_is_wrong_with_the_tariff_is_wrong_with_the_scenario(tmp_path: Path) -> None:
    slips = billed(tmp_path, "  - {kpi: cost <= 1 €}\n", prices="tariff: one\nimport: 25 ct\nexport: 3\n")
    assert [line.partition("; ")[0] for line in problems(slips)] == [
        "6: tariff is wrong: prices/tariff.yaml:2: import is 25 ct",
        "6: tariff is wrong: prices/tariff.yaml:3: export is 3",
    ]
    missing = billed(tmp_path, "  - {kpi: cost <= 1 €}\n", head=f"{HOUR}tariff: none.yaml\n")
    assert problems(missing) == [
        "6: tariff is 'none.yaml', which is not there; accepted: the path of a tariff file"
    ]


def test_a_table_that_does_not_cover_the_run_is_told_before_it_runs(tmp_path: Path) -> None:
    (tmp_path / "prices").mkdir()
    rows = "".join(f"2026-06-15T{hour}:00,80\n" for hour in (10, 11))
    (tmp_path / "prices" / "prices.csv").write_text(f"time,price\n{rows}", encoding="utf-8")
    prices = "tariff: one\nimport: {file: prices.csv, unit: €/MWh}\n"
    (line,) = problems(billed(tmp_path, "  - {kpi: cost <= 1 €}\n", prices=prices))
    assert (
        "tariff is wrong: prices/tariff.yaml:2: import.file is 'prices.csv', whose start of the run is"
        in line
    )
    assert "accepted: a time from 2026-06-15T10:00:00+02:00 to 2026-06-15T12:00:00+02:00" in line
