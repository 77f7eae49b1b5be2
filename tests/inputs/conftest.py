"""Inputs built from what a site file would say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from doppelgrid.sim.inputs.build import InputSetting, build_signal
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.signal import Signal

Build = Callable[..., Signal]


@pytest.fixture(scope="session")
def us() -> Callable[[str], int]:
    def read(text: str) -> int:
        return round(datetime.fromisoformat(text).timestamp() * 1_000_000)

    return read


@pytest.fixture(scope="session")
def build(us: Callable[[str], int]) -> Build:
    def make(
        kind: Any,
        written: object,
        *,
        start: str = "2026-06-15T00:00:00+02:00",
        zone: str = "Europe/Berlin",
        directory: Path = Path(),
        seed: int = 1,
        owner: str = "house",
    ) -> Signal:
        surroundings = InputSetting(
            location=Location(latitude=52.52, longitude=13.4, timezone=zone),
            directory=directory,
            start_us=us(start),
            seed=seed,
            owner=owner,
            purpose="test",
            plane=(30.0, 180.0),
        )
        return build_signal(TypeAdapter(kind).validate_python(written), surroundings)

    return make
