"""States and diagnostics in the words and numbers of the API."""

from __future__ import annotations

import pytest
from frequenz.api.common.v1alpha8.microgrid.electrical_components import electrical_components_pb2 as api
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.sim.domain.diagnostics import DIAGNOSTIC_NUMBERS
from doppelgrid.sim.domain.states import Diagnostic, StateCode
from doppelgrid.sim.recording.assemble import without_repetitions
from doppelgrid.sim.recording.codes import (
    STATE_NUMBERS,
    parse_diagnostic,
    parse_state,
    write_diagnostic,
)
from doppelgrid.sim.recording.content import Condition


def without_prefix(enum: object) -> dict[str, int]:
    names = dict(enum.items())  # type: ignore[attr-defined]
    prefix = next(iter(names)).removesuffix("UNSPECIFIED")
    return {name.removeprefix(prefix): number for name, number in names.items()}


def test_numbers_are_those_of_the_api() -> None:
    assert without_prefix(api.ElectricalComponentStateCode) == STATE_NUMBERS
    assert without_prefix(api.ElectricalComponentDiagnosticCode) == DIAGNOSTIC_NUMBERS


def test_every_state_of_the_simulator_has_a_number() -> None:
    assert {state.value for state in StateCode} <= STATE_NUMBERS.keys()


@given(code=st.sampled_from(sorted(DIAGNOSTIC_NUMBERS)), message=st.text(), vendor_code=st.none() | st.text())
def test_protobuf_text_is_understood_on_both_sides(code: str, message: str, vendor_code: str | None) -> None:
    theirs = api.ElectricalComponentDiagnostic(
        diagnostic_code=DIAGNOSTIC_NUMBERS[code], message=message, vendor_diagnostic_code=vendor_code
    )
    ours = Diagnostic(code, message, vendor_code)
    assert parse_diagnostic(str(theirs) or "0") == ours
    assert parse_diagnostic(text_format.MessageToString(theirs, as_utf8=False) or "0") == ours
    assert text_format.Parse(write_diagnostic(ours), api.ElectricalComponentDiagnostic()) == theirs


@pytest.mark.parametrize(
    ("text", "diagnostic"),
    [
        ("8", Diagnostic("OVERTEMPERATURE", "")),
        ("ELECTRICAL_COMPONENT_DIAGNOSTIC_CODE_OVERTEMPERATURE", Diagnostic("OVERTEMPERATURE", "")),
        ("diagnostic_code: 999", Diagnostic("999", "")),
        ("message: 'two' \" parts\"\ndiagnostic_code: 1", Diagnostic("UNKNOWN", "two parts")),
        (r'diagnostic_code: 1 message: "hei\303\237 \x41 \u00e4"', Diagnostic("UNKNOWN", "heiß A ä")),
    ],
)
def test_other_spellings_of_a_diagnostic(text: str, diagnostic: Diagnostic) -> None:
    assert parse_diagnostic(text) == diagnostic


@pytest.mark.parametrize(
    "text", ["", "diagnostic_code 8", "diagnostic_code: 8 }", 'message: "open', "message: word", "a b"]
)
def test_what_is_no_diagnostic_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a diagnostic as protobuf text"):
        parse_diagnostic(text)


@pytest.mark.parametrize("text", ["7", "READY", "ELECTRICAL_COMPONENT_STATE_CODE_READY"])
def test_states_by_number_and_by_name(text: str) -> None:
    assert parse_state(text) == "READY"


def test_a_condition_is_kept_where_it_differs_from_the_one_before() -> None:
    on, off = Condition(("ON",)), Condition(("OFF",))
    changes = [(1, on), (2, on), (3, off), (4, off), (5, on)]
    assert without_repetitions(changes) == ((1, on), (3, off), (5, on))


def test_an_unknown_state_stays_a_number() -> None:
    assert parse_state("77") == "77"
