"""The models that the shared suite tries out, one module for each family of them."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from .case import ModelCase


def every_case() -> tuple[ModelCase, ...]:
    """Return the `CASES` of all modules beside this one, in the order of their names."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name != "case")
    return tuple(case for name in names for case in import_module(f"{__name__}.{name}").CASES)
