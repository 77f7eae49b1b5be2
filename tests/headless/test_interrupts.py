"""Ctrl-C while compiled code runs: it is told, and a second one does not wait."""

from __future__ import annotations

import signal
import threading

import pytest

from doppelgrid.sim.headless.interrupts import interrupts_wait


@pytest.fixture(autouse=True)
def default_handler() -> object:
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_ctrl_c_is_told_and_the_second_does_not_wait() -> None:
    with interrupts_wait() as told:
        assert not told.is_set()
        signal.raise_signal(signal.SIGINT)
        assert told.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_afterwards_ctrl_c_is_what_it_was() -> None:
    with interrupts_wait():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_meaning_of_ctrl_c_stays() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts_wait() as told:
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        signal.raise_signal(signal.SIGINT)
    assert not told.is_set()


def test_other_threads_leave_it_alone() -> None:
    seen: list[object] = []

    def look() -> None:
        with interrupts_wait() as told:
            seen.extend([signal.getsignal(signal.SIGINT), told.is_set()])

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler, False]
