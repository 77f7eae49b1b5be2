"""Many sites in one process: their ids and their ports."""

from __future__ import annotations

import pytest

from doppelgrid.cli.fleet import fleet, ports
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


def test_free_ports_are_free_for_all() -> None:
    assert ports(0, 3) == [0, 0, 0]


def test_sites_beyond_the_last_port_are_refused() -> None:
    with pytest.raises(ValueError, match="need ports up to 65540"):
        ports(65530, 2)
