"""What `frequenz-sdk` keeps for the whole process, put aside for the time of a test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_GLOBALS = (
    ("frequenz.sdk.microgrid.connection_manager", "_CONNECTION_MANAGER"),
    ("frequenz.sdk.microgrid._data_pipeline", "_DATA_PIPELINE"),
    ("frequenz.sdk.timeseries.grid", "_GRID"),
)
_SINGLETONS = ("frequenz.sdk._internal._singleton_meta", "SingletonMeta", "_instances")


@contextmanager
def fresh_sdk() -> Iterator[None]:
    """Let the SDK find itself as in a new process, and put back afterwards what was there before.

    The SDK is not imported for it. Modules that are imported meanwhile are reset as well.
    """
    before = _take()
    _put({})
    singletons = _singletons()
    instances = dict(singletons)
    singletons.clear()
    try:
        yield
    finally:
        _put(before)
        singletons = _singletons()
        singletons.clear()
        singletons.update(instances)


def _take() -> dict[str, Any]:
    return {
        module: getattr(sys.modules[module], name, None) for module, name in _GLOBALS if module in sys.modules
    }


def _put(values: dict[str, Any]) -> None:
    for module, name in _GLOBALS:
        if hasattr(sys.modules.get(module), name):
            setattr(sys.modules[module], name, values.get(module))


def _singletons() -> dict[Any, Any]:
    module, holder, name = _SINGLETONS
    found: dict[Any, Any] = getattr(getattr(sys.modules.get(module), holder, None), name, {})
    return found
