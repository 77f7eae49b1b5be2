"""How what options write begins: a file that begins so may be written anew, any other is somebody's work."""

from __future__ import annotations

import re
from pathlib import Path

from ..sim.domain.events import EVENT_KINDS
from ..sim.domain.journal_lines import TELEMETRY
from ..sim.files.beginning import PARQUET, beginning_of, schema_of

_STARTS = {
    "--emit-endpoints": r'\{"microgrids": \[',
    "--file": r"\[-?\d+,\d+,\[\d+,\d+,\{",
    "--html": r'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><(title|meta name="viewport")',
    "--journal": rf"-?\d{{1,16}} ({'|'.join(map(re.escape, (TELEMETRY, *EVENT_KINDS)))})\s",
    "--json": r'\{\n  "name": .+,\n  "microgrid_id": ',
    "--junit": r'<\?xml .+\?>\n<testsuites>\n  <testsuite name="doppelgrid" ',
    "--results": r"run,seed[,\n]",
    "--summary": r'\{\n  "grid": ',
}
_RESULTS_START = ["run", "seed"]
"""Columns with which results in Parquet begin."""


def is_former_output(option: str, path: Path) -> bool:
    """Say whether a file is empty, or begins as what an option writes.

    Raises:
        OSError: If it cannot be read.
    """
    start = beginning_of(path)
    if start.startswith(PARQUET):
        schema = schema_of(path) if option == "--results" else None
        return schema is not None and schema.names[:2] == _RESULTS_START
    return not start or re.match(_STARTS[option], start.decode("utf-8", "replace")) is not None
