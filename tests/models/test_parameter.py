"""Parameters are held to what is said of them, and an error says enough to mend it."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import pytest

from doppelgrid.models.parameter import (
    Parameter,
    ParameterError,
    Watched,
    check_parameters,
    described_parameters,
)


class BodyParams(NamedTuple):
    mass_kg: Annotated[float, Parameter("kg", lower=0.0, above=True)]


class AlarmParams(NamedTuple):
    threshold: Annotated[float, Parameter("", lower=0.0)]


class HeaterParams(NamedTuple):
    efficiency: Annotated[float, Parameter("1", 0.0, 1.0, "first law")]
    curve_w: Annotated[tuple[float, ...], Parameter("W", lower=0.0, source="data sheet")]
    body: BodyParams
    alarm: Annotated[AlarmParams, Watched("K")] = AlarmParams(50.0)
    is_wet: bool = False


GOOD = HeaterParams(0.9, (0.0, 5.0), BodyParams(1.0))


def test_a_set_within_its_ranges_is_accepted() -> None:
    check_parameters(GOOD)


def test_no_value_is_beyond_what_numbers_of_the_machine_hold_with_room() -> None:
    check_parameters(GOOD._replace(curve_w=(0.0, 1e15)))
    with pytest.raises(ParameterError) as caught:
        check_parameters(GOOD._replace(curve_w=(0.0, 1.1e15)))
    assert str(caught.value) == "curve_w[1] is 1.1e+15 W; accepted: >= 0 W, a magnitude of at most 1e+15"


def test_what_must_be_above_zero_is_so_by_more_than_rounding() -> None:
    check_parameters(GOOD._replace(body=BodyParams(1e-30)))
    with pytest.raises(ParameterError) as caught:
        check_parameters(GOOD._replace(body=BodyParams(1e-300)))
    assert str(caught.value) == "body.mass_kg is 1e-300 kg; accepted: > 0 kg, at least 1e-30"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (GOOD._replace(efficiency=1.2), r"efficiency is 1\.2; accepted: 0\.\.1 \(first law\)"),
        (GOOD._replace(efficiency=math.nan), r"efficiency is nan; accepted: 0\.\.1"),
        (GOOD._replace(curve_w=(0.0, -5.0)), r"curve_w\[1\] is -5 W; accepted: >= 0 W \(data sheet\)"),
        (GOOD._replace(body=BodyParams(0.0)), r"body\.mass_kg is 0 kg; accepted: > 0 kg \(physics\)"),
        (GOOD._replace(alarm=AlarmParams(-1.0)), r"alarm\.threshold is -1 K; accepted: >= 0 K \(physics\)"),
    ],
)
def test_a_value_out_of_range_is_refused_with_name_range_and_source(
    params: HeaterParams, message: str
) -> None:
    with pytest.raises(ParameterError, match=f"^{message}"):
        check_parameters(params)


def test_ranges_read_as_one_would_write_them() -> None:
    assert Parameter("W").range == "any"
    assert Parameter("W", lower=0.0).range == ">= 0"
    assert Parameter("W", lower=0.0, above=True).range == "> 0"
    assert Parameter("W", upper=5.0).range == "<= 5"
    assert Parameter("1", 0.0, 1.0).range == "0..1"
    assert Parameter("1", 0.0, 1.0, above=True).range == "above 0..1"


def test_what_is_said_of_parameters_is_found_in_their_order() -> None:
    assert list(described_parameters(HeaterParams)) == ["efficiency", "curve_w"]
