"""How much machines were used that wear by starting and running, and lines that have to carry what flows."""

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


class LineUse(NamedTuple):
    """What the line or the transformer did that leads to a component of a network, and the voltages there."""

    key: str
    loss_wh: float
    nominal_v: float
    """To neutral [V]."""
    lowest_v: float | None
    highest_v: float | None
    """Of any phase to neutral, in every step in which the grid reached it [V]; None if it never did."""
    most_loading: float | None
    """Greatest current of a phase over the rated one [1]; None if that is not known."""
    most_loaded_us: int | None
    """When that began [µs since the Unix epoch]; None if nothing flowed, or it is not known."""
    overloaded_s: float
    """For how long it carried more than its rated current [s]."""


def usage_of(key: str, state: Any) -> Usage | None:
    """Return the usage that a machine's state has counted, None if it counts none.

    Args:
        key: Of the machine.
        state: Whose `starts` and `run_s` they are.
    """
    if not (hasattr(state, "starts") and hasattr(state, "run_s")):
        return None
    return Usage(key, int(state.starts), float(state.run_s))
