"""How commands pass into a site: when they count, what comes before them, and who hears of them."""

from __future__ import annotations

from typing import Any

import pytest

from doppelgrid.sim.domain.commands import Acknowledge, Execution, Start, Stop
from doppelgrid.sim.engine.agenda import Engine
from doppelgrid.sim.engine.clock import SteppedClock
from doppelgrid.sim.engine.executor import Executor

COMMAND = Start(3)


class Standing:
    """In place of a plant: knows what time it is, and nothing else."""

    def __init__(self, log: list[tuple[int, str]]) -> None:
        self.time_us = 100
        self._log = log

    def advance(self, time_us: int) -> None:
        """Come to a time [µs]."""
        self.time_us = time_us
        self._log.append((time_us, "plant"))


class Passage:
    """An executor that carries out one kind of command, and all that happens around it."""

    def __init__(self) -> None:
        self.log: list[tuple[int, str]] = []
        self.engine = Engine(start_us=100)
        self.clock = SteppedClock(100)
        plant: Any = Standing(self.log)
        self.executor = Executor(self.engine, self.clock, plant)
        self.executor.handle(Start, lambda _command: self.note("command") or "given")
        self.executor.handle(Stop, self.refuse)
        self.told: list[Execution] = []
        self.executor.executions.subscribe(self.told.append)
        self.engine.handle("lapse", self.note, within_s=1.0, promised=True, ends=True)
        self.engine.handle("sample", self.note, within_s=1.0, promised=True)

    def note(self, word: str) -> None:
        self.log.append((self.engine.now_us, word))

    def refuse(self, _command: Stop) -> None:
        raise ValueError("not now")


def test_what_has_ended_for_clients_of_a_site_that_is_behind_ends_before_their_command() -> None:
    passage = Passage()
    passage.engine.schedule(151, "lapse", "later")
    passage.engine.schedule(150, "lapse", "ended")
    passage.executor.execute(COMMAND, late_us=50)
    assert passage.log == [(100, "plant"), (100, "ended"), (100, "command")]
    passage.engine.run_to(200)
    assert passage.log[3:] == [(151, "later")]


def test_nothing_else_that_is_promised_comes_sooner_for_a_command() -> None:
    passage = Passage()
    passage.engine.schedule(120, "sample", "sample")
    cancelled = passage.engine.schedule(120, "lapse", "cancelled")
    passage.engine.cancel(cancelled)
    passage.executor.execute(COMMAND, late_us=50)
    assert passage.log == [(100, "plant"), (100, "command")]


def test_promises_of_a_command_count_from_where_its_clients_are_and_those_after_it_do_not() -> None:
    passage, promised_us = Passage(), []
    passage.executor.handle(Acknowledge, lambda _command: promised_us.append(passage.engine.promised_us(7)))
    passage.executor.execute(Acknowledge(3), late_us=50)
    assert [*promised_us, passage.engine.promised_us(7)] == [157, 107]


def test_a_command_counts_at_the_present_after_all_that_was_due_until_then() -> None:
    passage = Passage()
    passage.engine.schedule(120, "sample", "sample")
    passage.clock.move_to(130)
    assert passage.executor.execute(COMMAND) == "given"
    assert passage.log == [(120, "sample"), (130, "plant"), (130, "command")]
    assert passage.told == [Execution(130, COMMAND)]


def test_a_refusal_is_told_as_well_with_its_words_and_how_far_behind_the_site_was() -> None:
    passage = Passage()
    with pytest.raises(ValueError, match="not now"):
        passage.executor.execute(Stop(3), late_us=50)
    assert passage.told == [Execution(100, Stop(3), "not now", None, 50)]


def test_what_nobody_carries_out_is_refused_with_what_would_be() -> None:
    with pytest.raises(TypeError, match="does not take Acknowledge; accepted: Start, Stop"):
        Passage().executor.execute(Acknowledge(3))


def test_a_plant_that_stands_at_the_present_is_not_brought_there_again() -> None:
    passage = Passage()
    passage.executor.catch_up()
    assert passage.told == passage.log == []
    passage.clock.move_to(101)
    passage.executor.catch_up()
    assert [execution.time_us for execution in passage.told] == [101]
    assert passage.log == [(101, "plant")]
