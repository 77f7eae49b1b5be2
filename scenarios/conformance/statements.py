"""Checks: what one is, how it finds its statement, and what comes of it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import grpc

from .access import Access
from .api import Api
from .lapse import Lapse
from .observations import settle
from .site import Candidates, Leases, Site
from .values import NotApplicable, Refusal, Violation

LIMIT_S = 40.0
"""Time for a check that does not name another; waiting for a component does not count [s]."""


@dataclass(frozen=True)
class Stage:
    """Actions of a check behind the scenes of a server that lets it; None where it cannot."""

    disconnect: Callable[[int], None] | None = None
    """Drop the telemetry streams of a component."""
    break_down: Callable[[int], None] | None = None
    """Give a component an error that can be acknowledged."""


@dataclass(frozen=True)
class Subject:
    """A server under test, reached in one way."""

    api: Api
    access: Access
    site: Site
    leases: Leases
    stage: Stage = Stage()
    on_lapse: Sequence[Lapse] = (0.0,)
    """What may take the place of a set-point of active power that lapses."""


Check = Callable[[Subject, int], Awaitable[None]]
"""Raises `Violation` or `NotApplicable`; the number is the component it may command, 0 if it needs none."""


@dataclass(frozen=True)
class Statement:
    """One of the statements, with its check."""

    number: int
    title: str
    check: Check
    candidates: Candidates | None
    limit_s: float
    slow: bool
    """Whether it needs more than about ten seconds of real time."""
    alone: bool
    """Whether it disturbs all others, so that nothing else may go on meanwhile."""


class Verdict(StrEnum):
    """Verdict of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Outcome:
    """Outcome of one check in one way."""

    statement: Statement
    way: str
    verdict: Verdict
    reason: str = ""


STATEMENTS: dict[int, Statement] = {}
"""All statements by number; filled by the modules that hold the checks."""


def statement(
    number: int,
    *,
    on: Candidates | None = None,
    limit_s: float = LIMIT_S,
    slow: bool = False,
    alone: bool = False,
) -> Callable[[Check], Check]:
    """Make a function the check of a statement; the first line of its docstring is the statement.

    Args:
        number: Of the statement.
        on: Picks the components that it can be made on, one of which it may command.
        limit_s: Real time after which it has failed [s].
        slow: Whether it needs more than about ten seconds of real time.
        alone: Whether it disturbs all others.
    """

    def register(check: Check) -> Check:
        title = (inspect.getdoc(check) or "").partition("\n")[0].rstrip(".")
        STATEMENTS[number] = Statement(number, title, check, on, limit_s, slow, alone)
        return check

    return register


async def judge(subject: Subject, tried: Statement) -> Outcome:
    """Check a statement on a server; whatever goes wrong becomes a verdict."""
    try:
        await _try(subject, tried)
    except NotApplicable as reason:
        verdict, text = Verdict.NOT_APPLICABLE, str(reason)
    except Violation as violation:
        verdict, text = Verdict.FAILED, str(violation)
    except Refusal as refusal:
        missing = refusal.code is grpc.StatusCode.UNIMPLEMENTED
        verdict, text = (Verdict.NOT_APPLICABLE if missing else Verdict.FAILED), str(refusal)
    except TimeoutError:
        verdict, text = Verdict.FAILED, f"not done within {tried.limit_s:g} s"
    except Exception as error:  # A strange answer costs one check, not the table.
        verdict, text = Verdict.FAILED, f"the answer could not be read: {error!r}"
    else:
        verdict, text = Verdict.PASSED, ""
    return Outcome(tried, subject.api.name, verdict, text)


async def _try(subject: Subject, tried: Statement) -> None:
    if tried.candidates is None:
        async with asyncio.timeout(tried.limit_s):
            await tried.check(subject, 0)
        return
    candidates: Sequence[int] = tried.candidates(subject.site)
    if not candidates:
        raise NotApplicable("the site lists no component to try it on")
    async with subject.leases.lease(subject.site, candidates) as component_id:
        try:
            async with asyncio.timeout(tried.limit_s):
                await tried.check(subject, component_id)
        finally:
            await settle(subject.api, subject.site.components[component_id])
