"""Many sites in one process: their ids and their ports."""

from __future__ import annotations

from pathlib import Path

import pytest

from doppelgrid.cli.fleet import fleet, ports, read_fleet
from doppelgrid.sim.site.reader import load_site


def test_copies_have_ids_and_names_of_their_own() -> None:
    sites = fleet([load_site("demo")], 3)

    assert [site.microgrid.id for site in sites] == [2200, 2201, 2202]
    assert len({site.microgrid.name for site in sites}) == 3
    assert all(site.components == sites[0].components for site in sites)


def test_two_sites_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match=r"both have the microgrid id 2200.*--copies"):
        fleet([load_site("demo"), load_site("demo")], 1)


def test_ports_follow_in_steps_of_ten() -> None:
    assert ports(8800, 3) == [8800, 8810, 8820]


def test_all_that_is_wrong_with_several_sites_is_said_at_once(tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text("microgrid: {id: 0}\ncomponents: {}\n")
    with pytest.raises(ValueError, match=r"(?s)one\.yaml:1: microgrid\.id .*two\.yaml:1: microgrid\.id "):
        read_fleet([str(tmp_path / "one.yaml"), "demo", str(tmp_path / "two.yaml")], 1)


def test_free_ports_are_free_for_all() -> None:
    assert ports(0, 3) == [0, 0, 0]


def test_sites_beyond_the_last_port_are_refused() -> None:
    with pytest.raises(ValueError, match="need ports up to 65540"):
        ports(65530, 2)
