"""How long what clients ask for lasts, as the API text names it."""

from __future__ import annotations

from typing import NamedTuple

from ..domain.messages import InvalidArgumentError


class Lifetimes(NamedTuple):
    """Lifetimes that requests of one kind may have [s]."""

    default_s: int
    """Of requests that name none."""
    shortest_s: int
    longest_s: int

    def check(self, lifetime_s: int | None) -> None:
        """Refuse a lifetime that makes no sense.

        Raises:
            InvalidArgumentError: If it is too short or too long.
        """
        if lifetime_s is not None and not self.shortest_s <= lifetime_s <= self.longest_s:
            raise InvalidArgumentError(
                f"request_lifetime is {lifetime_s} s; "
                f"accepted: {self.shortest_s} s to {self.longest_s} s, or none for {self.default_s} s"
            )

    def or_default_s(self, lifetime_s: int | None) -> int:
        """Return how long a request lasts [s]."""
        return self.default_s if lifetime_s is None else lifetime_s


OF_SET_POINTS = Lifetimes(default_s=60, shortest_s=10, longest_s=900)
OF_BOUNDS = Lifetimes(default_s=5, shortest_s=5, longest_s=900)
"""Lifetimes of contributions to the bounds of a power."""
