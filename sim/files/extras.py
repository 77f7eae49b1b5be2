"""Packages that only some commands need: which extra brings them, and what to say where they are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

EXTRAS = {
    "distributed": "dask",
    "llvmlite": "simulate",
    "matplotlib": "plots",
    "numba": "simulate",
    "plotille": "plots",
    "prometheus_client": "prometheus",
    "pyarrow": "recordings",
}
"""By package, the extra of this one that brings it."""


class MissingPackageError(ImportError):
    """A package is not installed that only some commands need; says what brings it."""


@contextmanager
def extra_for(what: str, extra: str | None = None) -> Iterator[None]:
    """Say what is missing when something is imported that not every installation has.

    Args:
        what: It is needed for, in the plural: `pictures`.
        extra: That brings everything for it; the one that brings the missing package if not given.

    Raises:
        MissingPackageError: If it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise MissingPackageError(
            f"{what} need the package {package}, which is not installed;"
            f" accepted: pip install 'doppelgrid[{extra or EXTRAS[package]}]'",
            name=error.name,
        ) from None
