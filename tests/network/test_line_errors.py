"""What people are told of lines and networks that cannot be."""

from __future__ import annotations

import pytest
from support.small_site import messages

HEAD = "microgrid: {id: 1}\ncomponents:\n"
GRID = "  grid: {id: 1, category: grid_connection_point}\n"
WAYS = "type and length, or resistance and reactance"
MAIN = "  main: {id: 2, category: meter, behind: grid}\n"


def said(*lines: str, grid: str = GRID, main: str = MAIN) -> list[str]:
    """Return what is told of a site whose own components are on line 5 and below."""
    return [
        message.removeprefix("berlin.yaml:")
        for message in messages(HEAD + grid + main + "".join(f"  {line}\n" for line in lines))
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{type: nayy-4x150}", f"5: far.line.length is missing; accepted: {WAYS}"),
        ("{length: 5 m}", f"5: far.line.type is missing; accepted: {WAYS}"),
        ("{resistance: 0.1 Ω}", f"5: far.line.reactance is missing; accepted: {WAYS}"),
        ("{reactance: 0.1 Ω}", f"5: far.line.resistance is missing; accepted: {WAYS}"),
        ("{}", f"5: far.line.type is missing; accepted: {WAYS}"),
        (
            "{type: nayy-4x150, length: 5 m, resistance: 2 Ω}",
            f"5: far.line.resistance is 2 Ω; accepted: either {WAYS}",
        ),
        (
            "{type: nayy-4x150, length: 5 m, zero_sequence_reactance: 2 Ω}",
            f"5: far.line.zero_sequence_reactance is 2 Ω; accepted: either {WAYS}",
        ),
        (
            "{resistance: 0.1 Ω, reactance: 0.1 Ω, length: 5 m}",
            f"5: far.line.length is 5 m; accepted: either {WAYS}",
        ),
        (
            "{resistance: 0.1 Ω, reactance: 0.1 Ω, temperature: 20 °C}",
            f"5: far.line.temperature is 20 °C; accepted: either {WAYS}",
        ),
        (
            "{resistance: 0.1 Ω, reactance: 0.1 Ω, zero_sequence_resistance: 0.09 Ω}",
            "5: far.line.zero_sequence_resistance is 0.09 Ω; accepted: at least the resistance, 0.1 Ω",
        ),
        (
            "{resistance: 0.1 Ω, reactance: 0.1 Ω, zero_sequence_reactance: 0 Ω}",
            "5: far.line.zero_sequence_reactance is 0 Ω; accepted: at least the reactance, 0.1 Ω",
        ),
        ("{resistance: 0 Ω, reactance: 0 Ω}", "5: far.line.resistance is 0 Ω; accepted: more than 0 Ω"),
        ("{resistance: -1 Ω, reactance: 0 Ω}", "5: far.line.resistance is -1 Ω; accepted: 0 Ω..100 Ω"),
        ("{resistance: 1 Ω, reactance: -1 mΩ}", "5: far.line.reactance is -1 mΩ; accepted: 0 Ω..100 Ω"),
        ("{type: nayy-4x150, length: -5 m}", "5: far.line.length is -5 m; accepted: > 0 m and <= 100000 m"),
        ("{type: nayy-4x150, length: 0 m}", "5: far.line.length is 0 m; accepted: > 0 m and <= 100000 m"),
        ("{type: nayy-4x150, length: 5}", "5: far.line.length is 5; accepted: a number with a unit (m"),
        ("{type: nayy-4x15, length: 5 m}", "5: far.line.type is 'nayy-4x15'; accepted: nayy-4x50, nayy-4x120, nayy"),
        ("{type: copper, length: 5 m}", "5: far.line.type is 'copper'; accepted: nayy-4x50, nayy-4x120, nayy-4x150"),
        ("5 m", "5: far.line is 5 m; accepted: a mapping"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_explained(line: str, expected: str) -> None:
    (message,) = said(f"far: {{id: 5, category: meter, behind: main, line: {line}}}")
    assert message.startswith(expected)


LINE = "line: {type: nayy-4x50, length: 20 m}"
FAR = f"far: {{id: 5, category: meter, behind: main, {LINE}}}"
OTHER = f"other: {{id: 6, category: meter, behind: main, {LINE}}}"


def test_a_line_to_a_battery_is_refused_as_it_has_direct_current() -> None:
    assert said(
        "inv: {id: 5, category: battery_inverter, behind: main, rated_power: 10 kW}",
        f"bat: {{id: 6, category: battery, behind: inv, {LINE}}}",
    ) == [
        "6: bat.line is given; accepted: nothing, as it has direct current: lines join what is on the AC side"
    ]


def test_one_to_the_grid_is_refused_as_nothing_is_before_it() -> None:
    grid = GRID.replace("}", f", {LINE}}}")
    assert said(FAR, grid=grid) == [
        "3: grid.line is given; accepted: short_circuit_power, or voltages with an impedance"
    ]


def test_one_to_what_is_behind_two_is_refused() -> None:
    assert said(
        FAR, OTHER, f"both: {{id: 7, category: meter, behind: [far, other], {LINE}}}"
    ) == [
        "7: both.behind is far, other; accepted: one component, from which its line leads: no meshes yet"
    ]  # fmt: skip


def test_what_is_behind_the_ends_of_two_lines_is_a_mesh_and_refused() -> None:
    assert said(FAR, OTHER, "both: {id: 7, category: meter, behind: [far, other]}") == [
        "7: both.behind is far, other; accepted: components that no line lies between: no meshes yet"
    ]


def test_a_line_behind_such_a_mesh_of_switches_is_refused() -> None:
    (message,) = said(
        "one: {id: 5, category: breaker, behind: main}",
        "two: {id: 6, category: breaker, behind: main}",
        "both: {id: 7, category: meter, behind: [one, two]}",
        f"far: {{id: 8, category: meter, behind: both, {LINE}}}",
    )
    assert message == "8: far.behind is both; accepted: nothing that is behind one and two: no meshes yet"


TRAFO = "trafo: {id: 5, category: power_transformer, behind: main, rated_apparent_power: 100 kVA"
HIGH = GRID.replace("}", ", voltage: 20 kV}")


def test_a_transformer_between_other_voltages_is_refused() -> None:
    assert said(f"{TRAFO}, preset: oil-100kva, {LINE}}}") == [
        "5: trafo.primary_voltage is 20000 V; accepted: 400 V, the nominal voltage of what it is behind"
    ]
    assert said(
        f"{TRAFO}, preset: oil-100kva}}",
        "next: {id: 6, category: power_transformer, behind: trafo, preset: oil-100kva, rated_apparent_power: 50 kVA}",
        f"far: {{id: 7, category: meter, behind: next, {LINE}}}",
        grid=HIGH,
    ) == ["6: next.primary_voltage is 20000 V; accepted: 400 V, the nominal voltage of what it is behind"]


def test_a_transformer_of_no_impedance_is_refused_where_there_are_lines() -> None:
    (message,) = said(f"{TRAFO}}}", f"far: {{id: 6, category: meter, behind: trafo, {LINE}}}", grid=HIGH)
    assert message.startswith(
        "5: trafo.short_circuit_voltage is nothing; accepted: a part of the nominal voltage, or a preset"
    )


def test_a_transformer_behind_two_is_refused_at_the_key_that_says_so() -> None:
    (message,) = said(
        "one: {id: 5, category: breaker, behind: main}",
        "two: {id: 6, category: breaker, behind: main}",
        "trafo: {id: 7, category: power_transformer, behind: [one, two], preset: oil-100kva, "
        "rated_apparent_power: 50 kVA}",
        f"far: {{id: 8, category: meter, behind: trafo, {LINE}}}",
        grid=HIGH,
    )
    assert message.startswith(
        "7: trafo.behind is one, two; accepted: one component, from which its line leads"
    )


@pytest.mark.parametrize("own", ["", f", {LINE}"])
def test_lines_behind_what_converts_are_refused_be_they_next_to_it_or_farther(own: str) -> None:
    supply = f"ups: {{id: 5, category: uninterruptible_power_supply, behind: main, rated_apparent_power: 9 kVA{own}}}"
    refused = "accepted: nothing that ups supplies: no lines behind converters yet"
    assert said(supply, f"far: {{id: 6, category: meter, behind: ups, {LINE}}}") == [
        f"6: far.behind is ups; {refused}"
    ]
    assert said(
        supply,
        "hall: {id: 6, category: meter, behind: ups}",
        f"far: {{id: 7, category: meter, behind: hall, {LINE}}}",
    ) == [f"7: far.behind is hall; {refused}"]


@pytest.mark.parametrize("impedance", ["resistance: 0.1 Ω", "reactance: 0.1 Ω"])
def test_the_grid_has_its_impedance_from_one_place(impedance: str) -> None:
    grid = GRID.replace("}", f", short_circuit_power: 9 MVA, voltages: {{{impedance}}}}}")
    (message,) = said(grid=grid)
    assert message.startswith("3: grid.voltages")
    assert message.endswith(
        "accepted: either short_circuit_power or the resistance and reactance of voltages, not both"
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("short_circuit_power: 0 VA", "3: grid.short_circuit_power is 0 VA; accepted: > 0 kVA"),
        ("short_circuit_power: 9", "3: grid.short_circuit_power is 9; accepted: a number with a unit"),
        ("short_circuit_power: 9 MVA, short_circuit_r_x: -1", "3: grid.short_circuit_r_x is -1; accepted: "),
    ],
)
def test_an_impedance_of_the_grid_that_cannot_be_is_refused(more: str, expected: str) -> None:
    (message,) = said(grid=GRID.replace("}", f", {more}}}"))
    assert message.startswith(expected)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("vector_group: Dyn6", "5: trafo.vector_group is 'Dyn6'; accepted: "),
        ("short_circuit_voltage: 0 %", "5: trafo.short_circuit_voltage is 0 %; accepted: "),
        ("short_circuit_voltage: 31 %", "5: trafo.short_circuit_voltage is 31 %; accepted: "),
        (
            "preset: oil-100kva, short_circuit_voltage: 1 %",
            "5: trafo.load_loss_w / rated_apparent_power_va is 0.0125; accepted: at most short_circuit_voltage, 0.01",
        ),
    ],
)
def test_a_transformer_that_cannot_be_is_refused(more: str, expected: str) -> None:
    (message,) = said(f"{TRAFO}, {more}}}", grid=HIGH)
    assert message.startswith(expected)
