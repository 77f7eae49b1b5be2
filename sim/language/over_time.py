"""What checks make of a run, sampling by sampling.

A condition of which something is not known neither holds nor does not: whatever needs it fails, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from ..domain.timestamps import MICROSECONDS


class Look(NamedTuple):
    """How a condition stands at an instant."""

    time_us: int
    truth: bool | None
    """None if something in it is not known."""
    shown: Callable[[], str]
    """Tells the values that it is about."""


class Outcome(NamedTuple):
    """What came of a check."""

    has_passed: bool
    said: str
    time_us: int | None = None
    """When it was decided [µs since the Unix epoch]; None of what is about the whole run."""
    chain: tuple[str, ...] = ()
    """What led to it, back to a command, a fault or an input, oldest first."""


class Watch(Protocol):
    """A check during a run."""

    @property
    def outcome(self) -> Outcome | None:
        """What came of it, once that is decided."""
        ...

    def look(self, look: Look) -> None:
        """Take in how its condition stands at a sampling."""
        ...

    def hear(self, event: str, time_us: int) -> None:
        """Take in that a step begins or ends."""
        ...

    def end(self, time_us: int) -> Outcome:
        """Return what came of it, at the end of the run [µs]."""
        ...


class _Deaf:
    outcome: Outcome | None = None

    def hear(self, event: str, time_us: int) -> None:
        """Nothing that happens matters."""


class Always(_Deaf):
    """A condition holds at every sampling of a stretch of time."""

    def __init__(self, begin_us: int, end_us: int) -> None:
        """Watch from a time to another, both included [µs]."""
        self._begin_us, self._end_us = begin_us, end_us
        self._looks = 0

    def look(self, look: Look) -> None:
        """Fail at the first sampling at which it does not hold."""
        if self.outcome is not None or not self._begin_us <= look.time_us <= self._end_us:
            return
        self._looks += 1
        if look.truth is not True:
            self.outcome = Outcome(False, _at_fault(look, "is not true"), look.time_us)

    def end(self, time_us: int) -> Outcome:
        """Pass if it never failed."""
        del time_us
        return self.outcome or _if_any(self._looks, "held at every one of {} samplings")


class Never(_Deaf):
    """A condition at no time holds for as long as a limit."""

    def __init__(self, begin_us: int, end_us: int, for_us: int) -> None:
        """Watch from a time to another, both included [µs].

        Args:
            begin_us: When it begins.
            end_us: When it ends.
            for_us: How long it may not hold; 0 for not at a single sampling.
        """
        self._begin_us, self._end_us, self._for_us = begin_us, end_us, for_us
        self._in_row = 0
        """At how many samplings in a row it holds."""
        self._since_us, self._last_us, self._apart_us = 0, 0, 0
        """The first and the last of them, and how far two of them are apart at most [µs]."""
        self._looks = 0
        self._longest_us = 0

    def look(self, look: Look) -> None:
        """Fail as soon as it has held for too long."""
        if self.outcome is not None or not self._begin_us <= look.time_us <= self._end_us:
            return
        self._looks += 1
        if look.truth is False:
            self._in_row = 0
            return
        if self._in_row == 0:
            self._since_us, self._apart_us = look.time_us, 0
        else:
            self._apart_us = max(self._apart_us, look.time_us - self._last_us)
        self._in_row, self._last_us = self._in_row + 1, look.time_us
        lasted_us = look.time_us - self._since_us
        self._longest_us = max(self._longest_us, lasted_us)
        if lasted_us >= self._for_us:
            self.outcome = Outcome(False, _at_fault(look, f"is true{self._lasted(lasted_us)}"), look.time_us)

    def _lasted(self, lasted_us: int) -> str:
        """Say over which samplings it held; what was between them, nobody knows."""
        if not self._for_us:
            return ""
        apart, lasted = self._apart_us / MICROSECONDS, lasted_us / MICROSECONDS
        return f" at {self._in_row} samplings in a row, up to {apart:g} s apart, over {lasted:g} s"

    def end(self, time_us: int) -> Outcome:
        """Pass if it never failed."""
        del time_us
        words = "not true in {} samplings"
        if self._for_us:
            longest = f"{self._longest_us / MICROSECONDS:g} s"
            words = f"of {{}} samplings, those in a row at which it is true are over {longest} at most"
        return self.outcome or _if_any(self._looks, words)


class Settling(_Deaf):
    """A condition comes true within a time and then holds for another."""

    def __init__(self, begin_us: int, within_us: int, for_us: int) -> None:
        """Watch from a time on [µs].

        Args:
            begin_us: From when on.
            within_us: How long it may take until it is true.
            for_us: How long it has to stay so.
        """
        self._begin_us, self._limit_us, self._for_us = begin_us, begin_us + within_us, for_us
        self._first_us: int | None = None
        self._since_us: int | None = None
        self._last: Look | None = None

    @property
    def has_looked(self) -> bool:
        """Whether there was a sampling since it began."""
        return self._last is not None

    def look(self, look: Look) -> None:
        """Decide as soon as it has held for long enough, or can no longer come true in time."""
        if self.outcome is not None or look.time_us < self._begin_us:
            return
        self._last = look
        self._first_us = look.time_us if self._first_us is None else self._first_us
        if look.truth is not True:
            self._since_us = None
            if look.time_us >= self._limit_us:
                self.outcome = Outcome(False, _at_fault(look, "is not true"), look.time_us)
            return
        self._since_us = look.time_us if self._since_us is None else self._since_us
        # What begins between two samplings is looked at when the next one comes.
        if self._since_us > max(self._limit_us, self._first_us):
            self.outcome = Outcome(False, _at_fault(look, "is true too late"), look.time_us)
        elif look.time_us - self._since_us >= self._for_us:
            took_s = (self._since_us - self._begin_us) / MICROSECONDS
            self.outcome = Outcome(True, f"true after {took_s:g} s", look.time_us)

    def end(self, time_us: int) -> Outcome:
        """Fail if it is still open, for then the run was too short to tell."""
        if self.outcome is not None:
            return self.outcome
        if self._last is None:
            return Outcome(False, "there was no sampling to tell by")
        if self._since_us is None:
            return Outcome(False, _at_fault(self._last, "is not true"), self._last.time_us)
        held_s = (time_us - self._since_us) / MICROSECONDS
        return Outcome(False, f"the run ended when it had been true for {held_s:g} s", time_us)


class After:
    """Something settles after each time that something else happens."""

    outcome: Outcome | None = None

    def __init__(self, event: str, within_us: int, for_us: int) -> None:
        """Watch for an event, such as `bat-inv trip ends`; see `Settling` for the rest."""
        self._event, self._within_us, self._for_us = event, within_us, for_us
        self._open: list[Settling] = []
        self._settled: list[Outcome] = []

    def hear(self, event: str, time_us: int) -> None:
        """Begin to watch when it happens."""
        if event == self._event:
            self._open.append(Settling(time_us, self._within_us, self._for_us))

    def look(self, look: Look) -> None:
        """Look at all that has not settled yet."""
        if self.outcome is not None:
            return
        for settling in list(self._open):
            settling.look(look)
            if settling.outcome is not None:
                self._open.remove(settling)
                self._settled.append(settling.outcome)
                if not settling.outcome.has_passed:
                    self.outcome = settling.outcome

    def end(self, time_us: int) -> Outcome:
        """Fail if it never happened, or has not settled."""
        if self.outcome is not None:
            return self.outcome
        # What happens at the very end is looked at by nothing.
        begun = [each for each in self._open if each.has_looked]
        if begun or (self._open and not self._settled):
            return (begun or self._open)[0].end(time_us)
        if not self._settled:
            return Outcome(False, f"{self._event!r} never happened")
        return self._settled[-1]


def _at_fault(look: Look, words: str) -> str:
    return f"{'cannot be told' if look.truth is None else words}: {look.shown()}"


def _if_any(looks: int, words: str) -> Outcome:
    if not looks:
        return Outcome(False, "there was no sampling to tell by")
    return Outcome(True, words.format(looks))
