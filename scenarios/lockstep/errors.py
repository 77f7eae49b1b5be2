"""What can go wrong in lockstep.

LockstepError           the application does something that cannot happen in virtual time
├── RealIoError         it waits for something outside: a socket, a thread, a subprocess, or nothing at all
├── SiteFailedError      nothing can, as the site itself failed
├── NeverSleepsError    it keeps the loop busy without letting time pass
├── BlockedLoopError    one call keeps the loop from running, or it computes for long while none runs
├── SecondLoopError     it begins an event loop in another thread, or while one runs
└── NotStoppedError     it went on after it was interrupted at the end of the run
"""

from __future__ import annotations


class LockstepError(RuntimeError):
    """The application does something that cannot happen in virtual time."""


class RealIoError(LockstepError):
    """The application waits for something outside of virtual time."""


class SiteFailedError(LockstepError):
    """The site itself failed, such as a model of another package."""

    def __init__(self, error: Exception) -> None:
        """Tell what the site failed by."""
        said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        super().__init__(f"the site failed: {said}")
        self.__cause__ = error


class NeverSleepsError(LockstepError):
    """The application keeps the loop busy without letting virtual time pass."""


class BlockedLoopError(LockstepError):
    """One call of the application keeps the event loop from running, or it computes for long while none runs."""


class SecondLoopError(LockstepError):
    """The application begins an event loop beside the one that lives in virtual time."""


class NotStoppedError(LockstepError):
    """The application went on after it was interrupted at the end of the run."""
