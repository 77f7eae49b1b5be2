"""What a key of a component accepts is within what the parameter that it sets can be."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from annotated_types import Ge, Gt, Le

from doppelgrid.sim.components.registry import component_types
from doppelgrid.sim.files.units import Unit
from doppelgrid.sim.site.schema import site_schema


def marks(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for inner in get_args(annotation):
        yield from marks(inner)


def edges(found: list[Any]) -> tuple[float, float] | None:
    """Return what a field with these marks accepts, least and most; None if it is no number."""
    for mark in found:
        if isinstance(mark, Unit):
            return max(mark.lower, mark.above), mark.upper
    limits: list[Any] = [mark for mark in found if isinstance(mark, Ge | Gt | Le)]
    if not limits:
        return None
    lower = [mark.ge if isinstance(mark, Ge) else mark.gt for mark in limits if not isinstance(mark, Le)]
    upper = [mark.le for mark in limits if isinstance(mark, Le)]
    return max(lower, default=-math.inf), min(upper, default=math.inf)


def cases() -> Iterator[Any]:
    schema = site_schema()["$defs"]
    for kind in component_types().values():
        section = kind.section
        described = schema.get(section.__name__, {}).get("properties", {}).get("parameters", {})
        by_own_name = {
            name.rpartition(".")[2]: each for name, each in described.get("properties", {}).items()
        }
        for field, info in section.model_fields.items():
            found = edges([*info.metadata, *marks(info.annotation)])
            if found is not None and by_own_name.get(field, {}).get("type") == "number":
                yield pytest.param(found, by_own_name[field], id=f"{section.__name__}-{info.alias or field}")


@pytest.mark.parametrize(("key", "parameter"), [*cases()])
def test_a_key_accepts_nothing_that_its_parameter_refuses(
    key: tuple[float, float], parameter: dict[str, Any]
) -> None:
    least, most = parameter.get("minimum", parameter.get("exclusiveMinimum")), parameter.get("maximum")
    assert least is None or key[0] >= least
    assert most is None or key[1] <= most
