"""The JSON schema of site files, by which editors complete and check them."""

from __future__ import annotations

import re
from typing import Any

from .site import Site

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_INNER_UNIT = re.compile(r" \[[^\]\s]+\]")


def site_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of site files, generated from the models that read them."""
    schema = Site.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": DIALECT, **for_people(schema), "title": "Doppelgrid site"}


def for_people(schema: Any) -> Any:
    """Leave out what concerns the program alone: inner units, and defaults in them."""
    if isinstance(schema, list):
        return [for_people(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: for_people(value) for key, value in schema.items() if key != "default" or _is_written(schema)
    }
    if isinstance(kept.get("description"), str):
        kept["description"] = _INNER_UNIT.sub("", kept["description"])
    return kept


def _is_written(schema: dict[str, Any]) -> bool:
    default = schema["default"]
    if isinstance(default, int | float) and not isinstance(default, bool):
        return schema.get("type") in ("number", "integer")
    return not isinstance(default, dict) and default is not None
