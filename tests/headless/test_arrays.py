"""Numbers of the kernel as arrays and records, and back: nothing is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from doppelgrid.sim.headless.arrays import nothing, packed, put_back, records, state_rows, states_of


class Cell(NamedTuple):
    curve: tuple[float, ...]
    size: float
    kind: int


class Pack(NamedTuple):
    cell: Cell
    share: float
    pair: tuple[float, float, float]


@dataclass(slots=True)
class Stand:
    level: float
    count: int


@dataclass(slots=True)
class Whole:
    time_us: int
    scale: float
    inputs: list[float]
    places: list[int]
    stands: list[Stand]
    packs: list[Pack]
    table: np.ndarray


def cell(*curve: float, size: float = 2.0, kind: int = 7) -> Cell:
    return Cell(curve, size, kind)


def pack(*curve: float, share: float = 0.5) -> Pack:
    return Pack(cell(*curve), share, (1.0, 2.0, 3.0))


WHOLE = Whole(
    5,
    2.5,
    [1.0, 2.0],
    [3, 4],
    [Stand(0.5, 2**60 + 1)],
    [pack(0.0, 5.0, 10.0), pack(4.0, 5.0, 9.0)],
    np.arange(3.0),
)


def test_numbers_stay_and_sequences_become_arrays_of_their_kind() -> None:
    made = packed(WHOLE).fields
    assert list(made) == ["time_us", "scale", "inputs", "places", "stands", "packs", "table"]
    assert (made["time_us"], made["scale"]) == (5, 2.5)
    assert (made["inputs"].dtype, made["inputs"].tolist()) == (np.float64, [1.0, 2.0])
    assert (made["places"].dtype, made["places"].tolist()) == (np.int64, [3, 4])
    assert made["stands"].tolist() == [(0.5, 2**60 + 1)]
    assert made["table"] is WHOLE.table
    assert packed(WHOLE).values[:2] == (5, 2.5)


def test_empty_sequences_have_the_type_of_what_they_would_hold() -> None:
    made = packed(Whole(0, 0.0, [], [], [], [], np.zeros(0))).fields
    assert {name: (len(made[name]), made[name].dtype) for name in ("inputs", "places")} == {
        "inputs": (0, np.dtype(np.float64)), "places": (0, np.dtype(np.int64)),
    }  # fmt: skip
    assert (len(made["stands"]), made["stands"].dtype.names) == (0, ("level", "count"))
    assert made["stands"].dtype["count"] == np.int64
    assert made["packs"].dtype["cell"].names == ("curve", "size", "kind")


def test_what_is_ready_is_taken_as_it_is() -> None:
    ready = [object()]
    assert packed(WHOLE, stands=ready).fields["stands"] is ready
    assert packed(WHOLE, stands=None).fields["stands"] is None


def test_rows_are_records_with_their_tables_and_further_rows() -> None:
    curves = [(0.0, 5.0, 10.0), (4.0, 5.0, 9.0)]
    for row, curve in zip(records([pack(*curve) for curve in curves]), curves, strict=True):
        assert row["cell"]["curve"].tolist() == list(curve)
        assert row["pair"].tolist() == [1.0, 2.0, 3.0]
        assert (row["cell"]["size"], row["cell"]["kind"], row["share"]) == (2.0, 7, 0.5)


def test_tables_of_one_name_and_several_sizes_are_no_records() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        records([pack(0.0, 10.0), pack(4.0, 5.0, 9.0)])


def test_rows_take_back_what_their_records_have_become() -> None:
    stands = [Stand(1.0, 2), Stand(3.0, 4)]
    made = records(stands)
    made["level"] += 0.25
    made["count"][1] = 2**60 + 1
    put_back(made, stands)
    assert stands == [Stand(1.25, 2), Stand(3.25, 2**60 + 1)]
    assert isinstance(stands[0].count, int)


def test_states_are_rows_of_floats_that_give_whole_numbers_back() -> None:
    states = [cell_state(1.5, 3), cell_state(-2.0, 0)]
    rows = state_rows(states, CellState)
    assert rows.tolist() == [[1.5, 3.0], [-2.0, 0.0]]
    back = states_of(rows, 2, CellState)
    assert back == states
    assert [type(state.relays) for state in back] == [int, int]
    assert states_of(rows, 1, CellState) == states[:1]


def test_there_is_a_row_where_there_is_no_state() -> None:
    rows = state_rows([], CellState)
    assert rows.tolist() == [[0.0, 0.0]]
    assert states_of(rows, 0, CellState) == []


class CellState(NamedTuple):
    soc: float
    relays: int


def cell_state(soc: float, relays: int) -> CellState:
    return CellState(soc, relays)


def test_a_row_of_nothing_is_all_zeros_and_its_tables_have_two_knots_or_as_many_as_are_fixed() -> None:
    assert nothing(Pack) == Pack(Cell((0.0, 0.0), 0.0, 0), 0.0, (0.0, 0.0, 0.0))
    assert nothing(Stand) == Stand(0.0, 0)
