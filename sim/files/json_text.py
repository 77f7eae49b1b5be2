"""JSON that every reader takes: what is no number is null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def json_text(content: object, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """Return plain content as JSON; NaN and infinities, which JSON has no words for, become null."""
    return json.dumps(
        _finite(content), indent=indent, sort_keys=sort_keys, ensure_ascii=False, allow_nan=False
    )


def _finite(content: object) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {name: _finite(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content
