"""How much machines were used that wear by starting and running."""

from __future__ import annotations

from typing import Any, NamedTuple


class Usage(NamedTuple):
    """Starts and time in operation of a machine."""

    key: str
    starts: int
    running_s: float
    """Time in operation [s]."""

    def since(self, earlier: Usage) -> Usage:
        """Return what came on top of an earlier usage; nothing where the machine has gone back in time."""
        return Usage(
            self.key,
            max(self.starts - earlier.starts, 0),
            max(self.running_s - earlier.running_s, 0.0),
        )


def usage_of(key: str, state: Any) -> Usage | None:
    """Return the usage that a machine's state has counted, None if it counts none.

    Args:
        key: Of the machine.
        state: Whose `starts` and `run_s` they are.
    """
    if not (hasattr(state, "starts") and hasattr(state, "run_s")):
        return None
    return Usage(key, int(state.starts), float(state.run_s))
