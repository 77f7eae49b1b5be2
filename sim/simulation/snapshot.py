"""Everything that a simulation remembers, as plain data: in memory, or as a JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import PlainValidator, TypeAdapter, ValidationError

from ..domain.onlookers import Memories
from ..engine.agenda import EngineState
from ..faults.active import FaultsState
from ..gateway.state import GatewayState
from ..plant.state import PlantState


class Snapshot(NamedTuple):
    """A simulation at one instant."""

    seed: int
    start_us: int
    engine: EngineState
    plant: PlantState
    gateway: GatewayState
    faults: FaultsState
    pace: float = 1.0
    """Simulated seconds per second of the clients' time."""
    memories: Annotated[Memories, PlainValidator(lambda _: Memories())] = Memories()
    """What those had seen who looked on; no part of its file."""

    def write(self, path: Path) -> None:
        """Write the snapshot to a file; floats keep every bit."""
        path.write_bytes(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the content of the snapshot's file."""
        return _ADAPTER.dump_json(self, fallback=_written)

    @staticmethod
    def read(path: Path) -> Snapshot:
        """Read a snapshot from a file.

        Raises:
            ValueError: If the file is no snapshot; says where.
        """
        return Snapshot.from_bytes(path.read_bytes(), name=str(path))

    @staticmethod
    def from_bytes(content: bytes, *, name: str) -> Snapshot:
        """Read a snapshot from the content of its file.

        Args:
            content: As `to_bytes` gives it.
            name: Of the content, for messages.

        Raises:
            ValueError: If the content is no snapshot; says where.
        """
        try:
            return _ADAPTER.validate_json(content)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            raise ValueError(
                f"{name}: {place}: {first['msg']}; accepted: a snapshot of this version"
            ) from None


def _written(value: object) -> None:
    """Return what stands in a file for what is no plain data: nothing, for memories alone."""
    if not isinstance(value, Memories):
        raise TypeError(f"{type(value).__name__} is no plain data")


_ADAPTER = TypeAdapter(Snapshot, config={"ser_json_inf_nan": "constants"})
