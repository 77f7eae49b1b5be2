"""Names of modules and classes that stand for something else for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(places: Sequence[tuple[Any, str, Any]]) -> Iterator[None]:
    """Put something in the place of what modules and classes have themselves, and back at the end.

    Args:
        places: Of each the module or class, the name, and what is to be found by it.
    """
    originals = [vars(place)[name] for place, name, _ in places]
    for place, name, ours in places:
        setattr(place, name, ours)
    try:
        yield
    finally:
        for (place, name, _), original in zip(places, originals, strict=True):
            setattr(place, name, original)
