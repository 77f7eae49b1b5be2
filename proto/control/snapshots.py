"""Snapshots of a running site that are kept by name; they outlive a server that goes down."""

from __future__ import annotations

from collections.abc import Iterator

from ...sim.domain.messages import CommandError, RefusalStatus, UnknownComponentError
from ...sim.files.problems import one_of
from ...sim.simulation.snapshot import Snapshot

MOST_SNAPSHOTS = 100
"""Snapshots that are kept at once: each is a copy of all that the site remembers."""


class UnknownSnapshotError(UnknownComponentError):
    """No snapshot of this name is kept."""


class TooManySnapshotsError(CommandError):
    """A snapshot beyond as many as can be kept."""

    status = RefusalStatus.RESOURCE_EXHAUSTED


class Snapshots:
    """Snapshots of a site, by name."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: dict[str, Snapshot] = {}

    def __iter__(self) -> Iterator[tuple[str, Snapshot]]:
        return iter(self._kept.items())

    def check_room(self, name: str) -> None:
        """See that there is room for a snapshot.

        Raises:
            TooManySnapshotsError: If as many are kept as can be, and none of this name is.
        """
        if name not in self._kept and len(self._kept) >= MOST_SNAPSHOTS:
            raise TooManySnapshotsError(
                f"{MOST_SNAPSHOTS} snapshots are kept already; accepted: the name of one of them, which is "
                "replaced, another name once one of them is forgotten, or a request without a name, for its bytes "
                "(`export_snapshot`, `doppelgrid control snapshot --file`)"
            )

    def keep(self, name: str, snapshot: Snapshot) -> None:
        """Keep a snapshot, in place of one of the same name."""
        self._kept[name] = snapshot

    def find(self, name: str) -> Snapshot:
        """Return a snapshot.

        Raises:
            UnknownSnapshotError: If none of this name is kept; says which are.
        """
        if name not in self._kept:
            kept = one_of(self._kept, name) or "none, as no snapshot is kept"
            raise UnknownSnapshotError(f"no snapshot {name!r}; accepted: {kept}")
        return self._kept[name]

    def forget(self, name: str) -> None:
        """Forget a snapshot.

        Raises:
            UnknownSnapshotError: If none of this name is kept; says which are.
        """
        self.find(name)
        del self._kept[name]
