"""Tables of the pages on models are made from the code."""

from __future__ import annotations

from pathlib import Path

import pytest
from accuracy.pages import PageError, filled, write_pages
from typer.testing import CliRunner

from doppelgrid.sim.files.preset_comments import preset_file

PAGE = Path("docs") / "models" / "page.md"


def test_a_table_of_parameters_has_a_row_for_each_field() -> None:
    page = filled("<!-- parameters: ThermalBody -->\nold\n<!-- end -->\n", PAGE)
    assert "| name | unit | range | source of the range | meaning |" in page
    assert "| `heat_loss_w_per_k` |" in page
    assert "old" not in page


def test_a_named_preset_adds_its_values() -> None:
    page = filled("<!-- parameters: BatteryParams preset: lfp-92kwh -->\n<!-- end -->\n", PAGE)
    assert "default (`lfp-92kwh`)" in page
    assert "| 92000 |" in page


def test_text_around_tables_stays_and_filling_again_changes_nothing() -> None:
    page = "# Title\n\n<!-- presets: batteries keys: capacity_wh -->\n<!-- end -->\n\nAfter.\n"
    once = filled(page, PAGE)
    assert once.startswith("# Title\n\n<!-- presets: batteries keys: capacity_wh -->\n")
    assert once.endswith("<!-- end -->\n\nAfter.\n")
    assert "`lfp-92kwh`" in once
    assert filled(once, PAGE) == once


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- parameters: NoParams -->\n<!-- end -->\n", "no model has parameters named NoParams"),
        (
            "<!-- parameters: BatteryParams preset: xyz -->\n<!-- end -->\n",
            "battery preset is 'xyz'; accepted: ",
        ),
        ("<!-- presets: nothing -->\n<!-- end -->\n", "nothing.toml"),
        ("<!-- parameters: BatteryParams -->\n", "no <!-- end --> below it"),
        ("<!-- parametres: BatteryParams -->\n<!-- end -->\n", "not one of those"),
    ],
)
def test_a_marker_that_leads_nowhere_is_refused_with_its_page(text: str, message: str) -> None:
    with pytest.raises(PageError, match=r"page\.md: ") as refused:
        filled(text, PAGE)
    assert message in str(refused.value)


def test_the_list_of_pages_tells_their_titles_and_first_sentences(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "README.md").write_text("# Models\n\n<!-- pages -->\n<!-- end -->\n", "utf-8")
    (folder / "pump.md").write_text("# Pump\n\nIt lifts\nwater. And more.\n", "utf-8")
    assert write_pages(tmp_path) == [folder / "README.md"]
    assert "| [Pump](pump.md) | It lifts water |" in (folder / "README.md").read_text("utf-8")
    assert write_pages(tmp_path) == []


def test_the_command_says_what_it_wrote_and_refuses_a_wrong_marker(tmp_path: Path) -> None:
    import typer
    from accuracy.pages import main

    app = typer.Typer()
    app.command()(main)
    (tmp_path / "models").mkdir()
    page = tmp_path / "models" / "a.md"
    page.write_text("# A\n\n<!-- parameters: ThermalBody -->\n<!-- end -->\n", "utf-8")
    assert "wrote " in CliRunner().invoke(app, [str(tmp_path)]).output
    page.write_text("# A\n\n<!-- parameters: Nothing -->\n<!-- end -->\n", "utf-8")
    refused = CliRunner().invoke(app, [str(tmp_path)])
    assert refused.exit_code == 2
    assert "no model has parameters named Nothing" in refused.output


def test_all_paragraphs_at_the_head_of_a_preset_file_are_its_introduction() -> None:
    paragraphs = preset_file("inverters").introduction.split("\n\n")
    assert paragraphs[0] == "Inverters, per rated watt, so that a preset fits any rating of its class."
    assert paragraphs[-1] == '"chosen" marks values without a published source for the device.'


def test_comments_of_preset_files_belong_to_the_values_that_they_stand_beside_or_above() -> None:
    file = preset_file("cells")
    told = {(value.preset, value.key): value.comment for value in file.values}
    assert file.introduction.startswith("Cells that batteries are made of.")
    assert told["lfp", "charge_capacity_ah"].startswith("Data sheet Lishen")
    assert told["lfp", "voltage_max_v"] == told["lfp", "charge_capacity_ah"]
    assert told["lfp", "ocv_v"].startswith("Open-circuit voltage, its hysteresis")
