"""The rules of the graph node by node, what clients are shown of it, and who is wired to whom."""

from __future__ import annotations

from typing import Any

import pytest

from doppelgrid.sim.components.registry import component_types
from doppelgrid.sim.domain.categories import OperationalMode
from doppelgrid.sim.network.wiring import DcGroup, sum_towards_inverters, wire
from doppelgrid.sim.site.graph import (
    Node,
    connections,
    findings,
    formulas,
    listed_keys,
    nodes_of,
    sdk_graph,
    topological_order,
)
from doppelgrid.sim.site.site import Site

KINDS = component_types()


def node(key: str, number: int | None, kind: str | None, *parents: str) -> Node:
    return Node(key, number, None if kind is None else KINDS[kind], parents)


GRID, MAIN = node("grid", 1, "grid_connection_point"), node("main", 2, "meter", "grid")
INV, BAT = node("inv", 3, "battery_inverter", "main"), node("bat", 4, "battery", "inv")


def said(*nodes: Node) -> list[str]:
    return [f"{'.'.join(map(str, each.path))} {each.found}; {each.accepted}" for each in findings(nodes)]


class TestFindings:
    @pytest.mark.parametrize(
        "nodes",
        [
            (GRID, MAIN),
            (GRID, MAIN, INV, BAT),
            (GRID, INV._replace(parents=("grid",)), BAT),
            (GRID, MAIN, INV, node("pre", 5, "precharger", "inv"), BAT._replace(parents=("pre",))),
            (GRID, MAIN, INV, INV._replace(key="two", id=5), BAT._replace(parents=("inv", "two"))),
            (GRID, MAIN, node("cut", 5, "breaker", "main"), INV._replace(parents=("cut",)), BAT),
            # Of what cannot be read nothing is said here.
            (GRID, node("what", None, None, "grid"), MAIN._replace(parents=("what",))),
        ],
    )
    def test_a_site_that_hangs_together_has_none(self, nodes: tuple[Node, ...]) -> None:
        assert said(*nodes) == []

    @pytest.mark.parametrize(
        ("nodes", "expected"),
        [
            (
                (GRID, MAIN, node("spare", 9, "grid_connection_point")),
                ["components.spare.category grid_connection_point, like that of grid;"
                 " one grid_connection_point per site",
                 "components.spare without anything behind it; at least one meter or inverter"],
            ),
            (
                (GRID._replace(parents=("main", "inv")), MAIN),
                ["components.grid.behind 'main', 'inv'; nothing, since all else is behind the grid"],
            ),
            ((GRID, MAIN._replace(parents=())), ["components.main.behind missing; grid",
             "components.grid without anything behind it; at least one meter or inverter"]),
            (
                (GRID, MAIN, INV._replace(parents=("main", "main")), BAT),
                ["components.inv.behind 'main' more than once; each component once"],
            ),
            ((GRID, MAIN, INV._replace(parents=("inv", "main")), BAT),
             ["components.inv.behind 'inv', the component itself; grid, main"]),
            ((GRID, MAIN, INV._replace(parents=("mane",)), BAT),
             ["components.inv.behind 'mane'; grid, main (did you mean 'main'?)"]),
            ((GRID, MAIN, BAT._replace(parents=("main",))),
             ["components.bat.behind 'main', a meter; a battery_inverter or a hybrid_inverter"]),
            ((node("what", 7, None), MAIN._replace(parents=("what",))), ["components.what.behind missing; main"]),
            ((GRID, MAIN, INV), ["components.inv without a battery behind it; at least one battery"]),
            ((GRID, MAIN, INV, node("pre", 5, "precharger", "inv"), BAT),
             ["components.pre without anything behind it; at least one battery"]),
            (
                (GRID, MAIN, INV, BAT, node("cut", 5, "breaker", "inv"), node("hall", 6, "meter", "cut")),
                ["components.hall.behind 'cut', a breaker behind a battery_inverter; a grid_connection_point or a meter"
                 " (grid, main)"],
            ),
        ],
    )  # fmt: skip
    def test_what_does_not_is_said_with_what_would_fit(
        self, nodes: tuple[Node, ...], expected: list[str]
    ) -> None:
        assert said(*nodes) == expected

    @pytest.mark.parametrize(
        ("parents", "expected"),
        [
            ({"a": "b", "b": "a"}, ["a behind b behind a"]),
            ({"z": "a", "a": "b", "b": "c", "c": "a"}, ["a behind b behind c behind a"]),
            ({"c": "a", "b": "c", "a": "b", "tail": "c"}, ["c behind a behind b behind c"]),
            ({"a": "b", "b": "a", "c": "d", "d": "c"}, ["a behind b behind a", "c behind d behind c"]),
        ],
    )
    def test_each_circle_is_told_once_from_its_first_component_on(
        self, parents: dict[str, str], expected: list[str]
    ) -> None:
        meters = [
            node(key, number, "meter", parent) for number, (key, parent) in enumerate(parents.items(), 10)
        ]
        found = findings([GRID, MAIN, *meters])
        assert [each.found.partition("circle (")[2].rstrip(")") for each in found] == expected
        for each, way in zip(found, expected, strict=True):
            first, _, second, *_ = way.split()
            assert each.path == ("components", first, "behind")
            assert each.found.startswith(f"'{second}', which closes a circle")
            assert each.accepted == "a way to the grid"

    def test_a_passage_in_a_circle_is_looked_through_once(self) -> None:
        cuts = [node("one", 5, "breaker", "two", "main"), node("two", 6, "breaker", "one")]
        hall = node("hall", 7, "meter", "two")
        assert [each.path[1] for each in findings([GRID, MAIN, *cuts, hall])] == ["one"]


def site(**components: dict[str, Any]) -> Site:
    microgrid: dict[str, Any] = {"id": 7, **components.pop("microgrid", {})}
    named = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        **components,
    }
    return Site.model_validate({"microgrid": microgrid, "components": named})


def inverter(number: int, *behind: str) -> dict[str, Any]:
    return {"id": number, "category": "battery_inverter", "behind": list(behind), "rated_power": "30 kW"}


def battery(number: int, *behind: str) -> dict[str, Any]:
    return {"id": number, "category": "battery", "behind": list(behind)}


def other(number: int, category: str, *behind: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "category": category, "behind": list(behind), **more}


UPS = {"rated_apparent_power": "20 kVA"}


HIDDEN = {
    "switch": other(3, "static_transfer_switch", "main"),
    "ups": other(4, "uninterruptible_power_supply", "switch", **UPS),
    "servers": other(5, "meter", "ups", load="1 kW"),
    "desk": other(6, "meter", "ups", "main", load="1 kW"),
}


class TestWhatClientsAreShown:
    def test_what_their_library_does_not_know_is_left_out_and_bridged(self) -> None:
        shown = site(**HIDDEN)
        assert listed_keys(shown) == ("grid", "main", "servers", "desk")
        assert connections(shown) == ((1, 2), (2, 5), (2, 6))

    def test_all_is_listed_where_the_site_wants_that(self) -> None:
        shown = site(microgrid={"list_unsupported": True}, **HIDDEN)
        assert listed_keys(shown) == ("grid", "main", "switch", "ups", "servers", "desk")
        assert connections(shown) == ((1, 2), (2, 3), (2, 6), (3, 4), (4, 5), (4, 6))

    @pytest.mark.parametrize(
        ("mode", "telemetry", "control"),
        [
            (OperationalMode.INACTIVE, False, False),
            (OperationalMode.TELEMETRY_ONLY, True, False),
            (OperationalMode.CONTROL_ONLY, False, True),
            (OperationalMode.CONTROL_AND_TELEMETRY, True, True),
        ],
    )
    def test_their_graph_knows_what_a_component_takes_and_gives(
        self, mode: OperationalMode, telemetry: bool, control: bool
    ) -> None:
        shown = site(inv={**inverter(3, "main"), "operational_mode": mode.value}, bat=battery(4, "inv"))
        (found,) = [each for each in sdk_graph(shown).components() if int(each.id) == 3]
        assert (found.provides_telemetry(), found.accepts_control()) == (telemetry, control)
        assert {int(each.microgrid_id) for each in sdk_graph(shown).components()} == {7}

    def test_formulas_are_there_for_the_categories_of_the_site(self) -> None:
        usual = {"grid", "consumer", "producer", "battery", "pv"}
        assert formulas(site()).keys() == usual
        for name, category, more in (
            ("ev", "ev_charger", {"rated_power": "11 kW"}),
            ("chp", "chp", {"rated_power": "20 kW"}),
            ("wind", "wind_turbine", {"rated_power": "20 kW"}),
            ("boiler", "steam_boiler", {"rated_power": "20 kW"}),
        ):
            found = formulas(site(it=other(3, category, "main", **more)))
            assert found.keys() == {*usual, name}
            assert "#3" in found[name]


class TestWiring:
    def test_batteries_and_inverters_that_share_current_are_a_group(self) -> None:
        found = wire(
            site(
                a=inverter(11, "main"), b=inverter(12, "main"), c=inverter(13, "main"), d=inverter(14, "main"),
                x=battery(21, "a"), y=battery(22, "a", "b"), z=battery(23, "c"), w=battery(24, "d", "b"),
            )
        )  # fmt: skip
        assert found.batteries_of == {"a": ("x", "y"), "b": ("y", "w"), "c": ("z",), "d": ("w",)}
        assert found.groups == (
            DcGroup(("c",), ("z",)),
            DcGroup(("a", "b", "d"), ("x", "y", "w")),
        )

    def test_a_late_inverter_joins_groups_that_were_apart(self) -> None:
        found = wire(
            site(
                a=inverter(11, "main"), b=inverter(12, "main"), c=inverter(13, "main"),
                x=battery(21, "a", "c"), y=battery(22, "b", "c"),
            )
        )  # fmt: skip
        assert found.groups == (DcGroup(("a", "b", "c"), ("x", "y")),)

    def test_what_stands_between_is_a_passage_of_direct_current(self) -> None:
        found = wire(
            site(
                cut=other(3, "breaker", "main"),
                inv=inverter(11, "cut"),
                dc_cut=other(12, "breaker", "inv"),
                pre=other(13, "precharger", "dc_cut"),
                x=battery(21, "pre"),
                y=battery(22, "dc_cut"),
                z=battery(23, "inv"),
            )
        )
        assert found.ac_order == ("grid", "main", "cut", "inv")
        assert found.dc_passages == ("dc_cut", "pre")
        assert found.batteries_of == {"inv": ("x", "y", "z")}
        assert found.batteries_behind("pre") == ("x",)
        assert found.batteries_behind("dc_cut") == ("x", "y")
        assert found.batteries_behind("inv") == ("x", "y", "z")
        assert found.batteries_behind("x") == ("x",)

    def test_current_through_passages_adds_up_and_parts_where_there_are_several(self) -> None:
        wiring = wire(
            site(
                inv=inverter(11, "main"),
                one=other(12, "breaker", "inv"),
                two=other(13, "breaker", "inv"),
                pre=other(14, "precharger", "one", "two"),
                x=battery(21, "pre"),
                y=battery(22, "two"),
            )
        )
        parents = {key: wiring.parents[key] for key in wiring.order}
        flows = sum_towards_inverters({"x": 8.0, "y": -1.0}, wiring, parents)
        assert flows == {"one": 4.0, "two": 3.0, "pre": 8.0}
        flows = sum_towards_inverters({"x": 8.0, "y": -1.0}, wiring, {**parents, "pre": ("one",)})
        assert flows == {"one": 8.0, "two": -1.0, "pre": 8.0}


def test_parents_come_first_wherever_they_stand_and_else_the_file_decides() -> None:
    built = site(
        last=other(9, "meter", "early", "late"),
        late=other(8, "meter", "main"),
        early=other(7, "meter", "main"),
    )
    assert topological_order(built) == ("grid", "main", "late", "early", "last")
    assert [each.key for each in nodes_of(built)] == ["grid", "main", "last", "late", "early"]
