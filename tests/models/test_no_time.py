"""Time that does not pass moves nothing, and neither does less than none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_cases import every_case
from model_cases.case import ModelCase

CASES = {
    f"{case.name}-{name}": (case, params) for case in every_case() for name, params in case.params.items()
}


@pytest.mark.parametrize(("case", "params"), CASES.values(), ids=CASES)
def test_a_step_of_negative_length_changes_nothing(case: ModelCase, params: Any) -> None:
    @settings(max_examples=3, deadline=None)
    @given(case.states(params), case.inputs(params), st.sampled_from([-1e-3, -1.0, -3600.0]))
    def check(state: Any, inp: Any, dt_s: float) -> None:
        assert repr(case.step(params, state, inp, dt_s)[0]) == repr(state)

    check()
