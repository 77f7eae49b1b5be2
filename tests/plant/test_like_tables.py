"""Tables of devices of one model have one size in every run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from doppelgrid.models.electric_car import CURVE_LENGTH, curve_w
from doppelgrid.sim.plant.like_tables import with_like_tables
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.reader import SiteError, parse_site
from doppelgrid.sim.site.site import Site


class Cell(NamedTuple):
    size: float
    curve: tuple[float, ...]


class Pack(NamedTuple):
    cell: Cell
    pair: tuple[float, float]
    dc_curves_w: tuple[float, ...] = ()


def pack(*curve: float) -> Pack:
    return Pack(Cell(2.0, curve), (1.0, 2.0))


@pytest.mark.parametrize(
    ("curves", "length"),
    [
        ([(0.0, 10.0), (4.0, 5.0, 9.0)], 3),
        ([(0.0, 3.0, 6.0), (0.0, 1.0, 2.0, 9.0)], 7),
        ([(1.0, 2.0)], 2),
        ([(1.0, 2.0, 5.0, 9.0), (3.0, 4.0)], 4),
    ],
)
def test_they_get_a_size_that_keeps_the_entries_of_each(curves: list[tuple[float, ...]], length: int) -> None:
    for made, curve in zip(with_like_tables([pack(*curve) for curve in curves]), curves, strict=True):
        finer = made.cell.curve
        assert len(finer) == length
        assert finer[:: (length - 1) // (len(curve) - 1)] == curve
        assert finer == pytest.approx(
            np.interp(np.linspace(0.0, 1.0, length), np.linspace(0.0, 1.0, len(curve)), curve)
        )
        assert (made.cell.size, made.pair) == (2.0, (1.0, 2.0))


def test_what_is_alike_stays_as_it_is() -> None:
    packs = [pack(0.0, 1.0), pack(2.0, 3.0)]
    assert all(made is given for made, given in zip(with_like_tables(packs), packs, strict=True))


def test_sizes_that_only_a_huge_table_has_in_common_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"cell.curve has 992 entries beside tables of 998 or fewer; accepted: "
    ):
        with_like_tables([pack(*[1.0] * 998), pack(*[1.0] * 992)])


def test_curves_end_to_end_are_followed_by_others_and_not_drawn_out() -> None:
    short, long = ((float(number),) * CURVE_LENGTH * number for number in (1, 3))
    few, many = with_like_tables([pack(0.0, 1.0)._replace(dc_curves_w=each) for each in (short, long)])
    assert len(few.dc_curves_w) == len(many.dc_curves_w)
    assert [curve_w(few.dc_curves_w, 0, soc) for soc in (0.0, 0.37, 1.0)] == [1.0, 1.0, 1.0]
    assert many.dc_curves_w == long


def test_tables_of_a_site_that_cannot_be_brought_together_are_refused_by_line() -> None:
    lines = ["microgrid: {id: 1}", "components:", "  grid: {id: 1, category: grid_connection_point}"]
    for number, entries in enumerate((998, 992)):
        lines += [
            f"  inv{number}: {{id: 1{number}, category: battery_inverter, behind: grid, rated_power: 5 kW}}",
            f"  bat{number}: {{id: 2{number}, category: battery, behind: inv{number}, preset: lfp-10kwh, "
            f"parameters: {{r0_ohm: {[0.01] * entries}}}}}",
        ]
    with pytest.raises(SiteError) as refused:
        parse_site("\n".join(lines), "site.yaml")
    assert str(refused.value) == (
        "site.yaml:7: bat1.parameters.r0_ohm is 992 entries beside tables of 998 or fewer; accepted: as many entries, "
        "or numbers of steps with a common multiple up to 10000"
    )


def test_batteries_of_several_chemistries_have_tables_of_one_size() -> None:
    components: dict[str, dict[str, object]] = {"grid": {"id": 1, "category": "grid_connection_point"}}
    for number, preset in enumerate(("lfp-10kwh", "nmc-10kwh", "lead-acid-10kwh")):
        components[f"inv{number}"] = {
            "id": 10 + number, "category": "battery_inverter", "behind": "grid", "rated_power": "5 kW",
        }  # fmt: skip
        components[f"bat{number}"] = {
            "id": 20 + number, "category": "battery", "behind": f"inv{number}", "preset": preset,
        }  # fmt: skip
    plant = Plant(Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=0, seed=0)
    tables = {(len(each.params.ocv_v), len(each.params.r0_ohm)) for each in plant.numbers[0].batteries}
    assert tables == {(81, 41)}
