"""The event kernel."""

from __future__ import annotations

import gc

import pytest

from doppelgrid.sim.engine.agenda import Engine


@pytest.fixture
def log() -> list[tuple[int, str]]:
    return []


@pytest.fixture
def engine(log: list[tuple[int, str]]) -> Engine:
    engine = Engine(start_us=100)
    engine.handle("note", lambda word: log.append((engine.now_us, word)), within_s=1.0)
    return engine


def test_time_starts_where_it_is_told(engine: Engine) -> None:
    assert engine.now_us == 100


def test_entries_happen_in_the_order_of_their_times(engine: Engine, log: list[tuple[int, str]]) -> None:
    engine.schedule(300, "note", "late")
    engine.schedule(200, "note", "early")
    engine.run_to(400)
    assert log == [(200, "early"), (300, "late")]


def test_entries_due_together_happen_in_the_order_of_scheduling(
    engine: Engine, log: list[tuple[int, str]]
) -> None:
    for word in ("first", "second", "third"):
        engine.schedule(200, "note", word)
    engine.run_to(200)
    assert [word for _, word in log] == ["first", "second", "third"]


def test_running_includes_what_is_due_at_the_end(engine: Engine, log: list[tuple[int, str]]) -> None:
    engine.schedule(200, "note", "at the end")
    engine.run_to(200)
    assert log == [(200, "at the end")]
    assert engine.now_us == 200


def test_a_cancelled_entry_does_not_happen(engine: Engine, log: list[tuple[int, str]]) -> None:
    engine.cancel(engine.schedule(200, "note", "never"))
    engine.run_to(300)
    assert log == []


def test_an_error_in_a_handler_reaches_the_caller(engine: Engine) -> None:
    def fail() -> None:
        raise LookupError("broken device")

    engine.handle("fail", fail, within_s=1.0)
    engine.schedule(200, "fail")
    with pytest.raises(LookupError, match="broken device"):
        engine.run_to(300)


def test_a_new_entry_wakes_the_driver(engine: Engine) -> None:
    woken: list[int] = []
    engine.new_entries.subscribe(woken.append)
    engine.schedule(250, "note", "soon")
    assert woken == [250]


def test_a_microsecond_after_years_is_still_a_microsecond(log: list[tuple[int, str]]) -> None:
    start = 4_000_000_000 * 1_000_000
    engine = Engine(start_us=start)
    engine.handle("note", lambda word: log.append((engine.now_us - start, word)), within_s=1.0)
    engine.schedule(start + 1, "note", "tick")
    engine.run_to(start + 1)
    assert log == [(1, "tick")]


def test_nothing_is_due_after_running_but_what_lies_ahead(engine: Engine) -> None:
    engine.schedule(1_000, "note", "ahead")
    engine.run_to(500)
    assert engine.next_us() == 1_000
    engine.run_to(2_000)
    assert engine.next_us() is None


def waiting() -> int:
    """Return how many events wait to be due, on whatever agenda."""
    gc.collect()
    return sum(type(each).__name__ == "_Due" for each in gc.get_objects())


@pytest.mark.lengthy
def test_cancelled_entries_leave_nothing_behind(engine: Engine) -> None:
    before = waiting()
    for _ in range(5000):
        engine.cancel(engine.schedule(1_000_000, "note", "never"))
    assert waiting() - before < 200


@pytest.mark.lengthy
def test_promises_that_are_cancelled_leave_nothing_behind(engine: Engine) -> None:
    engine.handle("lapse", lambda: None, within_s=1.0, promised=True, ends=True)
    before = waiting()
    for _ in range(5000):
        engine.cancel(engine.schedule(1_000_000, "lapse"))
    assert waiting() - before < 200


def test_what_is_due_together_keeps_its_order_when_many_are_cancelled_at_that_instant(
    engine: Engine, log: list[tuple[int, str]]
) -> None:
    def cancel_many() -> None:
        for _ in range(1000):
            engine.cancel(engine.schedule(500, "note", "never"))

    engine.handle("cancel", cancel_many, within_s=1.0)
    engine.handle("end", lambda: log.append((engine.now_us, "end")), within_s=1.0, ends=True)
    engine.schedule(200, "end")
    engine.schedule(200, "note", "before")
    engine.schedule(200, "cancel")
    engine.schedule(200, "note", "after")
    engine.schedule(300, "note", "later")
    engine.run_to(400)
    assert log == [(200, "before"), (200, "after"), (200, "end"), (300, "later")]
    assert engine.now_us == 400
