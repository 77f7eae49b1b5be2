"""The JSON schema of scenario files, by which editors complete and check them."""

from __future__ import annotations

from typing import Any

from ....sim.site.schema import DIALECT, for_people
from .keys import ScenarioSection

_PARAMETER = {"type": "string", "pattern": r"\$[A-Za-z_]", "description": "with a parameter"}
_NARROW = ("pattern", "enum", "const")
_ANNOTATIONS = ("description", "title", "default", "$comment")


def scenario_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of scenario files, generated from the models that read them."""
    schema = ScenarioSection.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": DIALECT, **_with_parameters(for_people(schema)), "title": "Doppelgrid scenario"}


def _with_parameters(schema: Any) -> Any:
    """Let a parameter stand wherever a text of a certain form, a number or a truth does."""
    if isinstance(schema, list):
        return [_with_parameters(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if not (schema.get("type") in ("number", "integer", "boolean") or any(key in schema for key in _NARROW)):
        return {key: _with_parameters(value) for key, value in schema.items()}
    said = {key: value for key, value in schema.items() if key in _ANNOTATIONS}
    kept = {key: value for key, value in schema.items() if key not in said}
    return {"anyOf": [kept, _PARAMETER], **said}
