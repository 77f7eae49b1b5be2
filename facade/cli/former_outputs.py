"""What options write, and nobody else: a file that is that may be written anew, any other is somebody's work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..sim.domain.journal_lines import journal_lines
from ..sim.ensemble.result_columns import ALWAYS, FIRST
from ..sim.files.beginning import PAGE, PARQUET, beginning_of, schema_of
from ..sim.headless.outcome import Summary

_LONGEST_JSON = 1 << 28
_LONGEST_HEADER = 1 << 20
"""Bytes of what is looked at; what is longer is somebody's."""
_FORMER_PAGE = (
    r'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    r'(<meta name="viewport" content="width=device-width, initial-scale=1">)?<title>[^<]*</title>'
    r"<style>(\*\{box-sizing:border-box\})?body\{font:15px/1\.5 system-ui,sans-serif;max-width:(60|76)rem;margin:"
)
"""How pages began before they named what has made them."""
_JUNIT = r'<\?xml .+\?>\n<testsuites>\n  <testsuite name="doppelgrid" '
_SUMMARY = set(Summary._fields) - set(Summary._field_defaults)
_REPORT = {
    "name",
    "microgrid_id",
    "begin_us",
    "end_us",
    "figures",
    "flows",
    "batteries",
    "groups",
    "incidents",
}
_ENDPOINT = {"id", "name", "grpc", "url"}
_PLANT = {"time_us", "holds_until_us", "next_input_us", "counted_us", "inputs"}
"""What the JSON of each output has, in this version and the last."""


def is_former_output(option: str, path: Path) -> bool:
    """Say whether a file is empty, or what an option writes.

    Raises:
        OSError: If it cannot be read.
    """
    return path.stat().st_size == 0 or _WRITTEN[option](path)


def _begins(pattern: str) -> Callable[[Path], bool]:
    def is_it(path: Path) -> bool:
        return re.match(pattern, beginning_of(path).decode("utf-8", "replace")) is not None

    return is_it


def _says(is_known: Callable[[Any], bool]) -> Callable[[Path], bool]:
    def is_it(path: Path) -> bool:
        if path.stat().st_size > _LONGEST_JSON:
            return False
        try:
            return is_known(json.loads(path.read_bytes()))
        except (ValueError, RecursionError):
            return False

    return is_it


def _is_summary(content: Any) -> bool:
    return isinstance(content, Mapping) and content.keys() >= _SUMMARY


def _is_report(content: Any) -> bool:
    return isinstance(content, Mapping) and content.keys() >= _REPORT


def _is_endpoints(content: Any) -> bool:
    if not isinstance(content, Mapping) or content.keys() != {"microgrids"}:
        return False
    found = content["microgrids"]
    return isinstance(found, list) and all(
        isinstance(each, Mapping) and each.keys() == _ENDPOINT for each in found
    )


def _is_snapshot(content: Any) -> bool:
    try:
        return bool(content[3][1].keys() >= _PLANT)
    except (LookupError, TypeError, AttributeError):
        return False


def _is_journal(path: Path) -> bool:
    try:
        next(journal_lines(path), None)
    except ValueError:
        return False
    return True


def _is_results(path: Path) -> bool:
    start = beginning_of(path, _LONGEST_HEADER)
    if start.startswith(PARQUET):
        schema = schema_of(path)
        return schema is not None and _has_results(schema.names)
    return _has_results(start.partition(b"\n")[0].decode("utf-8", "replace").split(","))


def _has_results(columns: Sequence[str]) -> bool:
    return tuple(columns[: len(FIRST)]) == FIRST and set(ALWAYS) <= set(columns)


_WRITTEN = {
    "--emit-endpoints": _says(_is_endpoints),
    "--file": _says(_is_snapshot),
    "--html": _begins(f"{re.escape(PAGE)}|{_FORMER_PAGE}"),
    "--journal": _is_journal,
    "--json": _says(_is_report),
    "--junit": _begins(_JUNIT),
    "--results": _is_results,
    "--summary": _says(_is_summary),
}
