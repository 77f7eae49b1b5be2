"""Everything that a simulation remembers, as plain data: in memory, or as a JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from .engine import EngineState
from .faults import FaultsState
from .gateway import GatewayState
from .plant import PlantState


class Snapshot(NamedTuple):
    """A simulation at one instant."""

    seed: int
    start_us: int
    engine: EngineState
    plant: PlantState
    gateway: GatewayState
    faults: FaultsState

    def write(self, path: Path) -> None:
        """Write the snapshot to a file; floats keep every bit."""
        path.write_bytes(_ADAPTER.dump_json(self))

    @staticmethod
    def read(path: Path) -> Snapshot:
        """Read a snapshot from a file.

        Raises:
            ValueError: If the file is no snapshot; says where.
        """
        try:
            return _ADAPTER.validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            raise ValueError(
                f"{path}: {place}: {first['msg']}; accepted: a snapshot of this version"
            ) from None


_ADAPTER = TypeAdapter(Snapshot, config={"ser_json_inf_nan": "constants"})
