"""Lifetimes are counted from when a server got the request, which only the server knows."""

from __future__ import annotations

import time

import pytest

from doppelgrid.scenarios.conformance.observations import require_lifetime
from doppelgrid.scenarios.conformance.values import Violation


@pytest.mark.parametrize("ends_after_s", [58.0, 60.0, 65.0, 70.0, 72.0])
def test_it_may_begin_at_any_time_until_the_answer(ends_after_s: float) -> None:
    sent_s = time.time() - 10.0
    require_lifetime(sent_s + ends_after_s, 60.0, sent_s=sent_s)


@pytest.mark.parametrize("ends_after_s", [56.0, 74.0])
def test_another_one_is_told(ends_after_s: float) -> None:
    sent_s = time.time() - 10.0
    with pytest.raises(Violation, match=f"a lifetime of 60 s ends {ends_after_s:.1f} s after the request"):
        require_lifetime(sent_s + ends_after_s, 60.0, sent_s=sent_s)
