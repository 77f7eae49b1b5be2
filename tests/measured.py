"""Where tests find measured data, which is not part of this repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_FOLDER = Path(os.environ.get("DOPPELGRID_DATA", Path(__file__).parents[2] / "shared" / "data"))


def data_file(*parts: str) -> Path:
    """Return the path of a measured file, or skip the calling test where it is absent."""
    path = _FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"measured data not found: {path.name} (set DOPPELGRID_DATA to the folder that holds it)")
    return path
