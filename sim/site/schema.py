"""The JSON schema of site files, by which editors complete and check them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..components.battery import Battery
from ..components.grid_connection_point import GridConnectionPoint
from ..components.hybrid_inverter import HybridInverter
from ..components.inverter import InverterSection
from ..components.meter import Meter
from ..components.own_keys import goes_by_key
from ..components.pv_inverter import PvInverter
from ..components.section import ComponentSection
from ..files.parameters import SWITCH
from ..files.presets import VECTOR
from .explanation import Explained, explained
from .reader import load_site
from .site import FROM_A_FILE, Site

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_INNER_UNIT = re.compile(r" \[[^\]\s]+\]")


def site_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of site files, generated from the models that read them."""
    schema = Site.model_json_schema(by_alias=True, mode="validation")
    for section, parameters in _parameters():
        described = schema["$defs"][section.__name__]["properties"]["parameters"]
        described["properties"] = {
            each.name: _described(each) for each in parameters if not goes_by_key(each.name)
        }
    return {"$schema": DIALECT, **for_people(schema), "title": "Doppelgrid site"}


_EVERYTHING, _START_US = "all-categories", 1_781_475_000_000_000
_ALL_PARTS: dict[type[ComponentSection], dict[str, Any]] = {
    GridConnectionPoint: {"fuse": {}, "voltages": {"resistance": "1 mΩ"}},
    Meter: {"measurement": {}},
    InverterSection: {"grid_code": "vde-ar-n-4105"},
    PvInverter: {"power": None, "spectrum": "monosi"},
    HybridInverter: {"spectrum": "monosi"},
    Battery: {"ageing": 1},
}
"""What gives components the parts with parameters that they may have."""


def _parameters() -> Iterator[tuple[type[ComponentSection], tuple[Explained, ...]]]:
    """Yield the parameters that each category may be given, as a site with one of everything has them."""
    site = load_site(_EVERYTHING)
    known = set[type[ComponentSection]]()
    for key, component in site.components.items():
        section = type(component)
        if section not in known:
            known.add(section)
            content = component.model_dump(mode="json", by_alias=True, exclude_unset=True)
            for kind, keys in _ALL_PARTS.items():
                content |= keys if isinstance(component, kind) else {}
            whole = section.model_validate(content, context=FROM_A_FILE)
            of_site = site.model_copy(update={"components": {**site.components, key: whole}})
            yield section, explained(of_site, key, start_us=_START_US).parameters


def _described(parameter: Explained) -> dict[str, Any]:
    """Return what a parameter may be, for editors."""
    unit = "" if parameter.unit in ("", "1") else f" {parameter.unit}"
    value: dict[str, Any] = {"type": "number", **_edges(parameter.accepted)}
    if parameter.accepted == SWITCH:
        value = {"type": "boolean"}
    elif isinstance(parameter.value, tuple):
        value = {"type": "array", "items": value, **_lengths(len(parameter.value))}
    return {**value, "description": f"{parameter.accepted}{unit}"}


def _lengths(present: int) -> dict[str, int]:
    """Return how many entries a list may have that has so many at present: those, or any number of them in a table."""
    return {"minItems": present, "maxItems": present} if 2 < present <= VECTOR else {"minItems": 2}


def _edges(accepted: str) -> dict[str, Any]:
    """Return a range of `Parameter.range` as a schema says it."""
    if accepted in ("any", SWITCH):
        return {}
    if " or " in accepted:
        return {"enum": [float(choice) for choice in accepted.replace(" or ", ", ").split(", ")]}
    if accepted.startswith("<= "):
        return {"maximum": float(accepted[3:])}
    lower, _, upper = accepted.removeprefix("above ").lstrip(">= ").partition("..")
    is_above = accepted.startswith(("above ", "> "))
    return {"exclusiveMinimum" if is_above else "minimum": float(lower)} | (
        {"maximum": float(upper)} if upper else {}
    )


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
