"""Where sites come from and what a site file may say."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from doppelgrid.sim.components.battery import Battery
from doppelgrid.sim.components.battery_inverter import BatteryInverter
from doppelgrid.sim.components.meter import Meter
from doppelgrid.sim.site.graph import formulas, sdk_graph
from doppelgrid.sim.site.reader import SiteError, bundled_sites, load_site, parse_site
from doppelgrid.sim.site.schema import site_schema
from doppelgrid.sim.site.site import Site

DESIGN = """\
microgrid: {id: 22, name: Berlin demo, location: {latitude: 52.52, longitude: 13.40, timezone: Europe/Berlin}}
components:
  grid:     {id: 1,  category: grid_connection_point, rated_fuse_current: 200 A}
  main:     {id: 2,  category: meter, behind: grid}
  bat-inv:  {id: 11, category: battery_inverter, behind: main, rated_power: 30 kW}
  battery:  {id: 12, category: battery, behind: bat-inv, preset: lfp-92kwh, initial_soc: 50 %}
  pv-inv:   {id: 21, category: pv_inverter, behind: main, rated_power: 12 kW}
  house:    {id: 31, category: meter, behind: main, load: {profile: bdew-g0, annual_energy: 40 MWh}}
"""


def test_a_site_file_reads_as_it_is_written() -> None:
    site = parse_site(DESIGN, "berlin.yaml")
    assert list(site.components) == ["grid", "main", "bat-inv", "battery", "pv-inv", "house"]
    battery, inverter = site.components["battery"], site.components["bat-inv"]
    assert isinstance(battery, Battery)
    assert isinstance(inverter, BatteryInverter)
    assert (battery.initial_soc, battery.behind, inverter.rated_power_w) == (0.5, ("bat-inv",), 30e3)


def test_defaults_are_read_like_what_stands_in_the_file() -> None:
    spelled = DESIGN.replace("200 A", "200 A, voltage: 400 V, frequency: 50 Hz").replace(
        "rated_power: 12 kW", "rated_power: 12 kW, tilt: 30 °, azimuth: 180 °, phases: [1, 2, 3]"
    )
    assert (
        parse_site(spelled + "telemetry: {interval: 200 ms}\n", "a").components
        == parse_site(DESIGN, "b").components
    )


def test_a_site_is_loaded_from_a_path_and_finds_its_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "load.csv").touch()
    (tmp_path / "berlin.yaml").write_text(
        DESIGN.replace(
            "{profile: bdew-g0, annual_energy: 40 MWh}", "{file: load.csv, unit: W, positive: consumption}"
        )
    )
    site = load_site(tmp_path / "berlin.yaml")
    assert site.directory == tmp_path
    assert load_site(str(tmp_path / "berlin.yaml")) == site


def test_a_byte_order_mark_and_crlf_are_no_problem() -> None:
    text = b"\xef\xbb\xbf" + DESIGN.replace("\n", "\r\n").encode()
    assert parse_site(text, "berlin.yaml") == parse_site(DESIGN, "berlin.yaml")


def test_aliases_and_merge_keys_share_what_components_have_in_common() -> None:
    text = DESIGN + (
        "  shed: &shed {id: 41, category: meter, behind: main, power_factor: 0.9}\n"
        "  barn: {<<: *shed, id: 42}\n"
    )
    barn = parse_site(text, "berlin.yaml").components["barn"]
    assert isinstance(barn, Meter)
    assert (barn.id, barn.power_factor) == (42, 0.9)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="is unreadable"):
        load_site(tmp_path)


def test_the_bundled_sites() -> None:
    assert bundled_sites() == ("all-categories", "commercial", "demo", "village")


@pytest.fixture(params=bundled_sites())
def bundled(request: pytest.FixtureRequest) -> Site:
    return load_site(request.param)


def test_an_sdk_app_sees_power_of_each_kind_in_a_bundled_site(bundled: Site) -> None:
    computed = formulas(bundled)
    assert computed["grid"] in ("#2", "COALESCE(#2, #10)")
    for kind in ("consumer", "battery", "pv"):
        assert computed[kind] != "0.0"


def test_no_meter_of_a_bundled_site_is_taken_for_that_of_a_single_kind(bundled: Site) -> None:
    graph = sdk_graph(bundled)
    assert not graph.is_battery_meter(2)
    assert not graph.is_pv_meter(2)


def test_commercial_has_sixteen_components_with_shared_batteries_and_inverters() -> None:
    site = load_site("commercial")
    behind = {key: part.behind for key, part in site.components.items() if isinstance(part, Battery)}
    assert len(site.components) == 16
    assert behind["battery-1a"] == behind["battery-1b"]
    assert len(behind["battery-2"]) == 2


def _plain(name: str) -> object:
    return YAML(typ="safe").load(Path(load_site(name).directory / f"{name}.yaml").read_text("utf-8"))


@pytest.mark.lengthy
@pytest.mark.parametrize("name", bundled_sites())
def test_the_schema_accepts_a_bundled_site(name: str) -> None:
    jsonschema.validate(_plain(name), site_schema(), jsonschema.Draft202012Validator)


@pytest.mark.lengthy
def test_the_schema_is_valid_and_accepts_the_design_example() -> None:
    jsonschema.Draft202012Validator.check_schema(site_schema())
    jsonschema.validate(YAML(typ="safe").load(DESIGN), site_schema(), jsonschema.Draft202012Validator)


@pytest.mark.lengthy
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("30 kW", "30"),
        ("50 %", "50"),
        ("battery_inverter", "inverter"),
        ("initial_soc", "soc"),
        ("id: 31,", ""),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(right: str, wrong: str) -> None:
    text = DESIGN.replace(right, wrong)
    with pytest.raises(SiteError):
        parse_site(text, "berlin.yaml")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(YAML(typ="safe").load(text), site_schema(), jsonschema.Draft202012Validator)


def test_every_default_in_the_schema_is_valid_by_the_schema() -> None:
    schema = site_schema()
    fields = [field for part in schema["$defs"].values() for field in part.get("properties", {}).values()]
    with_default = [field for field in fields if "default" in field]
    assert len(with_default) > 20
    for field in with_default:
        jsonschema.Draft202012Validator({**field, "$defs": schema["$defs"]}).validate(field["default"])
