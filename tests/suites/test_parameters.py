"""Parameters as ranges, and few cases that have each pair of values."""

from __future__ import annotations

from itertools import combinations, pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doppelgrid.scenarios.suites.file.pairwise import pairwise_cases
from doppelgrid.scenarios.suites.file.parameters import combinations as cases_of
from doppelgrid.scenarios.suites.file.value_ranges import RangeError, values_of


@pytest.mark.parametrize(
    ("given_range", "expected"),
    [
        ({"from": 1, "to": 5, "step": 2}, [1, 3, 5]),
        ({"from": 0.1, "to": 0.35, "step": 0.1}, [0.1, 0.2, 0.3]),
        ({"from": "10 kW", "to": "30 kW", "step": "10 kW"}, ["10 kW", "20 kW", "30 kW"]),
        ({"from": "5 %", "to": "-5 %", "step": "-2.5 %"}, ["5 %", "2.5 %", "0 %", "-2.5 %", "-5 %"]),
        ({"from": 3, "to": 3, "step": 1}, [3]),
    ],
)
def test_a_range_gives_its_values_as_they_would_be_written(
    given_range: dict[str, object], expected: object
) -> None:
    assert values_of(given_range) == expected


@pytest.mark.parametrize(
    "given_range",
    [
        {"from": 1, "to": 5},
        {"from": 1, "to": 5, "step": 0},
        {"from": 1, "to": 5, "step": -1},
        {"from": "1 kW", "to": "5 kW", "step": "500 W"},
        {"from": 1, "to": 10**9, "step": 1},
        {"from": 1, "to": 10**9999, "step": 1},
        {"from": True, "to": 5, "step": 1},
        {"from": [1], "to": 5, "step": 1},
    ],
)
def test_a_range_without_values_is_refused(given_range: dict[str, object]) -> None:
    with pytest.raises(RangeError):
        values_of(given_range)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=6))
@settings(max_examples=50)
def test_each_pair_of_values_is_in_a_case(sizes: list[int]) -> None:
    cases = pairwise_cases(sizes)
    for one, other in combinations(range(len(sizes)), 2):
        found = {(case[one], case[other]) for case in cases}
        assert found == set(product(range(sizes[one]), range(sizes[other])))
    assert len(cases) <= len(list(product(*map(range, sizes))))
    assert all(one < other for one, other in pairwise(cases))


def test_pairs_take_far_fewer_cases_than_all() -> None:
    assert len(pairwise_cases([3] * 6)) <= 20


def test_a_file_asks_for_pairs() -> None:
    values = {name: {"from": 1, "to": 3, "step": 1} for name in "abcd"}
    cases, found = cases_of({"parameters": values, "pairwise": True, "seed": "$a$b$c$d"})
    assert not found
    assert 9 <= len(cases) <= 15
    assert dict(cases[0]).keys() == set("abcd")


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"pairwise": True}, ("pairwise",)),
        ({"pairwise": 3}, ("pairwise",)),
        ({"pairwise": True, "parameters": {"a": [1]}, "seed": "$a"}, ("pairwise",)),
        ({"parameters": {"a": {"from": 1, "to": 3}}, "seed": "$a"}, ("parameters", "a")),
        ({"pairwise": True, "parameters": {"a": [*range(99)], "b": [*range(99)]}, "seed": "$a$b"}, ("parameters",)),
    ],
)  # fmt: skip
def test_a_slip_in_them_is_told(data: object, path: tuple[str, ...]) -> None:
    _, (finding, *others) = cases_of(data)
    assert not others
    assert finding.path == path
