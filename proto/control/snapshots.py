"""Snapshots of a running site that are kept by name; they outlive a server that goes down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from ...sim.domain.messages import CommandError, InvalidArgumentError, RefusalStatus, UnknownComponentError
from ...sim.files.problems import one_of
from ...sim.simulation.simulation import Simulation
from ...sim.simulation.snapshot import Snapshot
from ..transport.service import LARGEST_MESSAGE_BYTES, TooLargeError

MOST_SNAPSHOTS = 100
"""Snapshots that are kept at once: each is a copy of all that the site remembers."""


LONGEST_NAME = 100
"""Characters of a snapshot's name: everyone who lists snapshots is told them all."""
LARGEST_CONTENT_BYTES = LARGEST_MESSAGE_BYTES - 1024
"""Longest snapshot that goes out as bytes, so that it can come back in."""


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
        # One at a time: each builds a whole site, beside the one that goes on meanwhile.
        self._checking = ThreadPoolExecutor(1, "snapshots")

    def __iter__(self) -> Iterator[tuple[str, Snapshot]]:
        return iter(self._kept.items())

    def check_room(self, name: str) -> None:
        """See that there is room for a snapshot.

        Raises:
            InvalidArgumentError: If the name is too long.
            TooManySnapshotsError: If as many are kept as can be, and none of this name is.
        """
        if len(name) > LONGEST_NAME:
            raise InvalidArgumentError(
                f"name has {len(name)} characters; accepted: up to {LONGEST_NAME}, or none for its bytes"
            )
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

    @staticmethod
    def written(snapshot: Snapshot) -> bytes:
        """Return a snapshot as bytes, which `read` takes again.

        Raises:
            TooLargeError: If there are more than one message holds.
        """
        content = snapshot.to_bytes()
        if len(content) > LARGEST_CONTENT_BYTES:
            raise TooLargeError(
                f"the snapshot has {len(content)} bytes; accepted: up to {LARGEST_CONTENT_BYTES}, or a name under "
                "which the server keeps it"
            )
        return content

    async def read(self, content: bytes, simulation: Simulation) -> Snapshot:
        """Return a snapshot from bytes, once a double of the site has gone on from it, while the site goes on itself.

        Raises:
            ValueError: If no site can go on from it; says why.
        """

        def read() -> Snapshot:
            snapshot = Snapshot.from_bytes(content, name="content")
            simulation.rehearse(snapshot)
            return snapshot

        return await asyncio.get_running_loop().run_in_executor(self._checking, read)
