"""The reference that is made from the code leaves nothing out."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from website import code as source
from website.reference import generated_pages
from website.staging import stage, unlisted

import doppelgrid
import doppelgrid.hardware
import doppelgrid.testing
from doppelgrid.proto.prometheus.families import OF_COMPONENTS, OF_SITES
from doppelgrid.scenarios.suites.file.library import scenarios
from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.files.preset_comments import preset_file
from doppelgrid.sim.site.schema import site_schema

ROOT = Path(__file__).parents[2]
NOON_US = 1_781_517_600_000_000


@cache
def page(name: str) -> str:
    return generated_pages()[f"reference/{name}.md"]()


def rows(text: str) -> set[str]:
    """Return the first cells of the tables of a page."""
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


def test_every_key_of_a_site_file_is_listed() -> None:
    keys: set[str] = set()
    for section in (site_schema(), *site_schema()["$defs"].values()):
        keys |= section.get("properties", {}).keys()
    assert keys - rows(page("site-file")) == {"category"}


def test_every_category_has_a_section_of_the_site_file() -> None:
    headings = re.findall(r"^### (\S+)$", page("site-file"), re.MULTILINE)
    assert {category.value for category in Category} <= set(headings)


def test_keys_tell_units_ranges_defaults_and_meanings() -> None:
    text = page("site-file")
    assert (
        "| `initial_soc` | a number with a unit (%), 0 %..100 % | `50 %` | State of charge when a run starts. |"
        in text
    )
    assert (
        "| `rated_power` | a number with a unit (kW, W, MW), >= 0.001 kW | **required** | AC active power. |"
        in text
    )


def test_every_scenario_of_the_library_is_listed_with_its_reason() -> None:
    text = page("library")
    assert rows(text) == {f"library:{name}" for name in scenarios()}
    assert (
        "**the machines start at once.** A step of the load is what a controller's answer is timed by."
        in text
    )
    assert "[gesetze.legal](https://gesetze.legal/eu/vo_eu_2017_1485/anhang_v)" in text


def cells(text: str) -> list[list[str]]:
    """Return the rows of the tables of keys on a page: key, what is accepted, default, meaning."""
    lines = (line for line in text.splitlines() if line.startswith("| `"))
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_no_key_of_a_site_file_lacks_a_meaning() -> None:
    assert [row[0] for row in cells(page("site-file")) if not row[3]] == []


def test_defaults_that_a_preset_decides_are_told() -> None:
    found = {row[0] for row in cells(page("site-file")) if row[2] == "by preset"}
    assert found >= {
        "`standby_power`",
        "`resolution`",
        "`min_soc`",
        "`max_charge_power`",
        "`overvoltage_time`",
    }


def test_every_section_of_a_site_file_has_an_anchor_of_its_own() -> None:
    anchors = re.findall(r"\{#([^}]+)\}", page("site-file"))
    assert len(set(anchors)) == len(anchors) > 0


def test_no_inner_name_of_the_program_stands_in_the_keys() -> None:
    assert not re.search(r"doppelgrid__|Annotated|\$defs|sky\.", page("site-file"))


def test_every_category_tells_its_metrics() -> None:
    assert rows(page("metrics")) >= {category.value for category in Category}


def test_metrics_tell_unit_and_whether_they_are_recorded() -> None:
    text = page("metrics")
    told = {line.split(" | ")[0]: line.split(" | ") for line in text.splitlines() if line.startswith("| `")}
    for metric, unit, recorded, versions in (
        ("AC_POWER_ACTIVE", "W", "by default", "all"),
        ("AC_ENERGY_ACTIVE", "Wh", "with `--record-metrics all`", "all"),
        ("BATTERY_SOC_PCT", "%", "by default", "all"),
        ("PRESSURE_ABSOLUTE", "bar", "with `--record-metrics all`", "`v1alpha18`, `v1alpha19`"),
    ):
        _, unit_told, _, recorded_told, versions_told = told[f"| `{metric}`"]
        assert (unit_told, recorded_told, versions_told) == (unit, recorded, f"{versions} |")


def test_every_metric_of_the_api_is_sent_by_something_or_it_is_said_why_not() -> None:
    text, sent = page("metrics"), {str(metric) for metric in Metric}
    for metric in source.metrics_of_api():
        place = "NOT_SENT of sim/telemetry/definitions.py"
        if metric in sent:
            assert metric not in source.not_sent(), f"{metric} is sent; accepted: no line in {place}"
        else:
            assert metric in source.not_sent(), (
                f"{metric} is not sent; accepted: a line in {place} that says why"
            )
        assert f"`{metric}`" in text


def test_every_input_of_a_running_site_is_listed_with_its_category() -> None:
    site = doppelgrid.load_site("all-categories")
    for name in doppelgrid.Simulation.headless(site, start_us=NOON_US).plant.inputs.signals:
        key, _, quantity = name.partition(".")
        place = "site" if key == "site" else site.components[key].category
        assert f"| `{place}` | `{quantity}` |" in page("inputs")


def test_inputs_that_a_site_file_may_give_are_listed_with_their_ranges_and_units() -> None:
    text = page("inputs")
    assert "| `pv_inverter` | `irradiance` | 0 W/m² to 2 kW/m² | `irradiance_w_per_m2` |" in text
    assert "| `wind_turbine` | `wind_speed` | 0 m/s to 100 m/s | `number` |" in text
    assert "| `meter` | `load` | 0 W to 1000 MW (a load consumes) | `power_w` |" in text
    assert "`sessions`" not in text


def test_every_figure_for_prometheus_is_listed_with_its_labels() -> None:
    text = page("prometheus")
    assert rows(text) == {family.name for family in OF_SITES + OF_COMPONENTS}
    assert "| `doppelgrid_commands_total` | counter | `microgrid`, `service`, `method`, `status` | " in text


def test_the_guide_to_prometheus_asks_for_figures_that_there_are() -> None:
    guide = (ROOT / "docs" / "how-to" / "prometheus.md").read_text("utf-8")
    asked = {name.removesuffix("_bucket") for name in re.findall(r"doppelgrid_\w+", guide)}
    assert asked <= rows(page("prometheus"))
    assert len(asked) > 5


def test_every_command_is_listed_with_its_options() -> None:
    text = page("commands")
    for command in ("run", "simulate", "check", "clock", "replay", "conformance", "lockstep"):
        assert f"\n## `doppelgrid {command}`\n" in text
    assert (
        "* [`pause`](#doppelgrid-control-pause): Let time stand still; nothing is sent until it goes on.\n"
        in text
    )
    assert "\n### `doppelgrid control pause`\n" in text
    assert "* `--ephemeral-ports / --no-ephemeral-ports`: Take any free port." in text


@pytest.mark.parametrize(
    ("name", "package"),
    [("python", doppelgrid), ("testing", doppelgrid.testing), ("hardware", doppelgrid.hardware)],
)
def test_every_public_name_is_listed(name: str, package: object) -> None:
    listed = re.findall(r"^::: (\S+)$", page(name), re.MULTILINE)
    assert listed == [f"{package.__name__}.{public}" for public in package.__all__]


@pytest.mark.parametrize("stem", [path.stem for path in sorted((ROOT / "models" / "presets").glob("*.toml"))])
def test_every_value_of_a_preset_is_listed(stem: str) -> None:
    text = page(f"presets/{stem}")
    for value in preset_file(stem).values:
        assert f"| `{value.key}` |" in text.partition(f"\n## `{value.preset}`\n")[2]


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the site is built from, in a folder."""
    folder = tmp_path_factory.mktemp("staged")
    stage(ROOT, folder)
    return folder


@pytest.mark.slow
def test_every_page_has_a_place_in_the_nav(staged: Path) -> None:
    assert unlisted(staged / "docs", staged / "zensical.toml") == []


def test_a_page_without_a_place_in_the_nav_is_told(staged: Path, tmp_path: Path) -> None:
    (tmp_path / "forgotten.md").write_text("# Forgotten\n", "utf-8")
    (tmp_path / "index.md").write_text("# Start\n", "utf-8")
    assert unlisted(tmp_path, staged / "zensical.toml") == ["forgotten.md"]


def test_links_to_files_of_the_project_lead_to_pages_that_show_them(staged: Path) -> None:
    linking = (staged / "docs" / "models" / "bms.md").read_text("utf-8")
    assert "](../sources/examples/cold_pack.py.md)" in linking
    shown = (staged / "docs" / "sources" / "examples" / "cold_pack.py.md").read_text("utf-8")
    assert (ROOT / "examples" / "cold_pack.py").read_text("utf-8") in shown
