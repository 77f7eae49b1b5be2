"""Tables of devices of one model, brought to as many entries each.

Compiled runs keep them in one array, so they need them alike; those that are not compiled have the same, as another
number of entries would round otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ...models.tables import MOST_STEPS, common_steps, finer_table

_Params = TypeVar("_Params")
_END_TO_END = frozenset({"dc_curves_w"})
"""Tables that are several curves of one length: others follow at the end, which no car has."""


def with_like_tables(params: Sequence[_Params]) -> list[_Params]:
    """Return parameters of one model, tables of one name with as many entries.

    Args:
        params: Named tuples of numbers, tables and further ones; of one type.

    Raises:
        ValueError: If no table of a bearable size has all entries of those of one name.
    """
    if not params or not hasattr(params[0], "_fields"):
        return list(params)
    lengths: dict[str, int] = {}
    for each in params:
        _measure(each, "", lengths)
    return [_sized(each, "", lengths) for each in params]


def _measure(params: Any, within: str, lengths: dict[str, int]) -> None:
    for name, value in zip(params._fields, params, strict=True):
        place = f"{within}{name}"
        if hasattr(value, "_fields"):
            _measure(value, f"{place}.", lengths)
        elif name in _END_TO_END:
            lengths[place] = max(len(value), lengths.get(place, 0))
        elif isinstance(value, tuple):
            others = lengths.get(place, 2)
            steps = common_steps(len(value) - 1, others - 1)
            if steps is None:
                raise ValueError(
                    f"{place} has {len(value)} entries beside tables of {others} or fewer; accepted: as many entries "
                    f"as others have, or numbers of steps with a common multiple up to {MOST_STEPS}"
                )
            lengths[place] = steps + 1


def _sized(params: Any, within: str, lengths: Mapping[str, int]) -> Any:
    changed: dict[str, Any] = {}
    for name, value in zip(params._fields, params, strict=True):
        place = f"{within}{name}"
        if hasattr(value, "_fields"):
            made = _sized(value, f"{place}.", lengths)
        elif name in _END_TO_END:
            made = (*value, *[0.0] * (lengths[place] - len(value)))
        elif isinstance(value, tuple):
            made = finer_table(value, lengths[place])
        else:
            continue
        if made is not value:
            changed[name] = made
    return params._replace(**changed) if changed else params
