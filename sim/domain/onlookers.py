"""Who looks on while a site lives: what they remember of it goes back in time along with the site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol


class Onlooker(Protocol):
    """Someone whose counts, sums and times are of a site's past."""

    def remember(self) -> Any:
        """Return what it has seen so far; what it sees later does not change that."""
        ...

    def recall(self, memory: Any, time_us: int) -> None:
        """Go on from what it had seen when a site was as it is now, and do not change that.

        Args:
            memory: As `remember` gave it; None if it did not look on then.
            time_us: Where the site stands [µs since the Unix epoch].
        """
        ...


class Memories:
    """What onlookers had seen at one instant, each its own; it stays in the program, and tells no snapshots apart."""

    def __init__(self, found: Mapping[Onlooker, Any] = MappingProxyType({})) -> None:
        """Keep what was found, by whose it is."""
        self._found = found

    def of(self, onlooker: Onlooker) -> Any:
        """Return what somebody had seen; None if he did not look on."""
        return self._found.get(onlooker)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Memories)

    def __hash__(self) -> int:
        return hash(Memories)

    def __reduce__(self) -> tuple[type[Memories], tuple[()]]:
        return Memories, ()


class Onlookers:
    """All who look on at a site."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._all: list[Onlooker] = []

    def add(self, onlooker: Onlooker) -> Callable[[], None]:
        """Let somebody remember along with a site from now on; returns how to stop it."""
        self._all.append(onlooker)
        return lambda: self._all.remove(onlooker)

    def remember(self) -> Memories:
        """Return what all of them have seen so far."""
        return Memories({onlooker: onlooker.remember() for onlooker in self._all})

    def recall(self, memories: Memories, time_us: int) -> None:
        """Let all of them go on from what they had seen at a time [µs] to which the site has gone."""
        for onlooker in tuple(self._all):
            onlooker.recall(memories.of(onlooker), time_us)
