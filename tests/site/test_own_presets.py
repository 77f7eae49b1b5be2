"""Presets from a folder that a site file names."""

from __future__ import annotations

import pickle
import re
import shutil
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from support.own_presets import SHIPPED, SITE, put, said_of, written

import doppelgrid
from doppelgrid.sim.components.battery import battery_preset_names
from doppelgrid.sim.components.machines.chp import chp_preset
from doppelgrid.sim.ensemble.ensemble import jobs_of, site_of_job
from doppelgrid.sim.files.presets import PresetError, own_presets
from doppelgrid.sim.plant.plant import Plant

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_hardware"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE / "presets", tmp_path / "presets")
    (tmp_path / "site.yaml").write_text(SITE)
    return tmp_path


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / "presets" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def refusal(folder: Path) -> str:
    with pytest.raises(doppelgrid.SiteError) as refused:
        doppelgrid.load_site(folder / "site.yaml")
    return str(refused.value)


def test_a_battery_has_the_voltage_of_its_own_cells(folder: Path) -> None:
    plant = Plant(doppelgrid.load_site(folder / "site.yaml"), start_us=0, seed=0)
    params = plant.equipment.batteries["battery"]
    assert params.capacity_wh == 30_000.0
    assert params.ocv_v[0] == pytest.approx(80 * 3.0)
    assert len(set(params.r0_ohm)) > 1


def test_ours_stay_ours_outside_of_that_site(folder: Path) -> None:
    doppelgrid.load_site(folder / "site.yaml")
    assert "workshop-30kwh" not in battery_preset_names()
    assert "lfp-92kwh" in battery_preset_names()


def test_two_sites_may_mean_different_things_by_one_name(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder / "presets", other / "presets")
    shutil.copy(folder / "site.yaml", other)
    change(other, "batteries.toml", "capacity_wh = 30000.0", "capacity_wh = 20000.0")
    sites = [doppelgrid.load_site(place / "site.yaml") for place in (folder, other, folder)]
    capacities = [
        Plant(site, start_us=0, seed=0).equipment.batteries["battery"].capacity_wh for site in sites
    ]
    assert capacities == [30_000.0, 20_000.0, 30_000.0]


def test_a_file_that_was_changed_is_read_anew(folder: Path) -> None:
    doppelgrid.load_site(folder / "site.yaml")
    change(folder, "batteries.toml", "capacity_wh = 30000.0", "capacity_wh = 25000.0")
    plant = Plant(doppelgrid.load_site(folder / "site.yaml"), start_us=0, seed=0)
    assert plant.equipment.batteries["battery"].capacity_wh == 25_000.0


def test_they_go_with_the_site_to_other_processes(folder: Path) -> None:
    site = doppelgrid.load_site(folder / "site.yaml")
    (job,) = jobs_of(site, timedelta(minutes=1))
    shutil.rmtree(folder / "presets")
    again = site_of_job(pickle.loads(pickle.dumps(job)))
    assert Plant(again, start_us=0, seed=0).equipment.batteries["battery"].capacity_wh == 30_000.0


def test_a_site_of_its_content_reads_them_anew_where_they_do_not_come_along(folder: Path) -> None:
    site = doppelgrid.load_site(folder / "site.yaml")
    content = site.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    change(folder, "batteries.toml", "capacity_wh = 30000.0", "capacity_wh = 25000.0")
    for presets, capacity_wh in ((None, 25_000.0), (site.own_presets, 30_000.0)):
        again = doppelgrid.Site.from_content(content, folder, presets)
        assert again.directory == folder
        assert Plant(again, start_us=0, seed=0).equipment.batteries["battery"].capacity_wh == capacity_wh
    change(folder, "batteries.toml", "capacity_wh = 25000.0", "capacity_wh = -1.0")
    with pytest.raises(PresetError) as refused:
        doppelgrid.Site.from_content(content, folder)
    assert str(refused.value).startswith("batteries.toml")


def test_the_management_system_has_as_many_cells_as_the_pack(folder: Path) -> None:
    change(folder, "cells.toml", "voltage_max_v = 4.2", "voltage_max_v = 4.35")
    plant = Plant(doppelgrid.load_site(folder / "site.yaml"), start_us=0, seed=0)
    assert plant.equipment.managements["battery"].cells_in_series == 80.0


def test_a_folder_whose_name_no_system_takes_is_refused(folder: Path) -> None:
    (folder / "site.yaml").write_text(SITE.replace("presets: presets", f"presets: {'p' * 5000}"))
    said = refusal(folder)
    assert "is unreadable (File name too long); accepted: a folder" in said
    assert len(said) < 1000


def test_a_missing_folder_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "presets")
    text = refusal(folder)
    assert "site.yaml:2: presets is wrong" in text
    assert "not there; accepted: a folder" in text


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("cells.toml", "charge_capacity_ah =", "charge_capacty_ah =", "did you mean 'charge_capacity_ah'?"),
        ("cells.toml", "heat_loss_w_per_k = 0.8\n", "", "workshop.heat_loss_w_per_k is missing"),
        (
            "cells.toml",
            "ocv_v = [",
            "ocv = [",
            "ocv_v is missing; accepted: a value such as [2.1431, 2.802, 2.9244, …]",
        ),
        ("cells.toml", "charge_capacity_ah = 100.0", "charge_capacity_ah = -1.0", "charge_capacity_ah is -1"),
        ("cells.toml", "[workshop]", "[lfp]", "lfp is the name of a preset of ours"),
        ("cells.toml", 'managed_as = "nmc"', 'managed_as = "nmx"', "'nmx'; accepted: lfp, nmc"),
        ("cells.toml", "[workshop]", "[workshop", "is no TOML"),
        (
            "cells.toml",
            "voltage_max_v = 4.2",
            "voltage_max_v = 8.0",
            "workshop.voltage_max_v is 8 V; accepted: 4.2 V",
        ),
        ("cells.toml", "r1_ohm = 0.0005", "r1_ohm = inf", "workshop.r1_ohm is inf; accepted: a finite value"),
        (
            "cells.toml",
            "r1_ohm = 0.0005",
            "r1_ohm = true",
            "workshop.r1_ohm is true; accepted: a finite value",
        ),
        (
            "cells.toml",
            "r1_ohm = 0.0005",
            f"r1_ohm = {[0.1] * 501}",
            "is a list of 501; accepted: at most 500",
        ),
        (
            "cells.toml",
            "charge_temperatures_c = [0.0, 10.0, 40.0, 50.0]",
            "charge_temperatures_c = [0.0]",
            "cells.toml",
        ),
        (
            "batteries.toml",
            "series = 80",
            "series = 80.5",
            "workshop-30kwh.series is 80.5; accepted: a whole number",
        ),
        ("batteries.toml", "series = 80", 'series = "many"', "batteries.toml, workshop-30kwh"),
        ("batteries.toml", "[workshop-30kwh]", "soc = 1\n[workshop-30kwh]", "soc is no table"),
    ],
)
def test_what_is_wrong_with_a_preset_is_said_with_its_file_and_name(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    change(folder, file, old, new)
    text = refusal(folder)
    assert file in text
    assert said in text
    assert "; accepted: " in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"#" * 200_001, "cars.toml is of 200001 bytes; accepted: at most 200000 bytes"),
        (b"own = 1", "cars.toml: own is no table; accepted: a table: [own]"),
        (b'"a\\nb" = 1', "cars.toml: 'a\\nb' is no table; accepted: a table: ['a\\nb']"),
    ],
)  # fmt: skip
def test_a_file_of_no_form_is_refused_in_words(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "cars.toml").write_bytes(content)
    assert said_of(tmp_path) == [message]


@pytest.mark.parametrize(
    "content",
    [
        b"a" + b".a" * 40_000 + b" = 1",
        b"[a" + b' . "a\\"b"' * 10_000 + b"]",
        b"own = {" + b"'a'." * 20_000 + b"a = 1}",
    ],
)
def test_a_key_of_many_parts_is_refused_before_it_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cars.toml").write_bytes(content)
    assert said_of(tmp_path) == [
        "cars.toml is no TOML (a key of more than 16 dotted parts); accepted: TOML, a table for each preset"
    ]


def test_of_very_many_problems_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    (tmp_path / "cars.toml").write_text("".join(f"[c{number}]\n" for number in range(10_000)))
    said = said_of(tmp_path)
    assert len(said) == 51
    assert said[0].startswith("cars.toml: c0.")
    assert re.search(r" is wrong in \d+ more places; accepted: presets of the form of ours$", said[-1])


@pytest.mark.parametrize(
    "content", [b"own = " + b"1" * 5000, b"own", b"\xff", b"[own", b"own = {a = 1}\nown = {}"]
)
def test_what_is_no_toml_is_refused_with_the_reason(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cars.toml").write_bytes(content)
    (said,) = said_of(tmp_path)
    assert re.fullmatch(r"cars\.toml is no TOML \(.+\); accepted: TOML, a table for each preset", said)


def test_a_file_may_be_as_large_as_is_said(tmp_path: Path) -> None:
    (tmp_path / "cars.toml").write_bytes(b"#" * 200_000)
    assert said_of(tmp_path) == []


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "cars.toml").mkdir()
    assert said_of(tmp_path) == ["cars.toml is no file; accepted: a file of presets"]


def test_a_name_of_ours_is_refused(tmp_path: Path) -> None:
    ours = tomllib.loads((SHIPPED / "fuses.toml").read_text("utf-8"))["gg-16"]
    (tmp_path / "fuses.toml").write_text(f"gg-16 = {written(ours)}", encoding="utf-8")
    assert said_of(tmp_path) == [
        "fuses.toml: gg-16 is the name of a preset of ours; accepted: a name of its own"
    ]


def test_what_an_unknown_key_of_a_cell_could_be_includes_what_ours_do_not_need(tmp_path: Path) -> None:
    put(tmp_path, "cells", "lfp", {"managed": "lfp"})
    (said,) = said_of(tmp_path)
    assert said.startswith("cells.toml: own.managed is unknown; accepted: charge_capacity_ah, ")
    assert said.endswith(", managed_as (did you mean 'managed_as'?)")


def test_a_file_of_another_name_is_refused_with_those_that_there_are(folder: Path) -> None:
    (folder / "presets" / "batteris.toml").write_text("")
    assert "did you mean 'batteries.toml'?" in refusal(folder)


def test_a_link_to_elsewhere_that_is_no_file_is_refused(folder: Path) -> None:
    (folder / "presets" / "cars.toml").symlink_to("/dev/zero")
    assert "cars.toml is no file" in refusal(folder)


def test_a_folder_without_files_of_presets_is_refused(folder: Path) -> None:
    for path in (folder / "presets").iterdir():
        path.unlink()
    assert "without files of presets; accepted: ageing.toml, batteries.toml" in refusal(folder)


def test_everything_wrong_is_said_at_once(folder: Path) -> None:
    change(folder, "cells.toml", "r0_ohm", "r0_ohms")
    (folder / "presets" / "cars.toml").write_text("no toml")
    site = SITE.replace("15 kW", "15 kX").replace("63 A", "63 V")
    (folder / "site.yaml").write_text(site)
    lines = refusal(folder).splitlines()
    assert [line.split(" is ")[0] for line in lines if line.startswith(str(folder))] == [
        f"{folder / 'site.yaml'}:2: presets",
        f"{folder / 'site.yaml'}:2: presets",
        f"{folder / 'site.yaml'}:2: presets",
        f"{folder / 'site.yaml'}:5: grid.rated_fuse_current",
        f"{folder / 'site.yaml'}:6: bat-inv.rated_power",
    ]


def test_a_cogeneration_unit_may_leave_the_times_and_draws_of_a_start_to_the_model(folder: Path) -> None:
    left_out = dict.fromkeys(("start_s", "stop_s", "starting", "standby"))
    put(folder / "presets", "chps", "gas-turbine-5mw", left_out)
    assert said_of(folder / "presets") == []
    with own_presets(doppelgrid.load_site(folder / "site.yaml").own_presets):
        made, engine = chp_preset("own", 5e6), chp_preset("gas-250kw", 5e6)
    assert made.start_s == engine.start_s == 100.0
    assert (made.stop_s, made.starting_power_w, made.standby_power_w) == (
        engine.stop_s,
        engine.starting_power_w,
        engine.standby_power_w,
    )
