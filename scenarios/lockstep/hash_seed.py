"""The seed by which strings hash, and so the order in which an application walks a set of them: the same in every run.

Python draws it anew for each process unless the environment says it, and only a process that starts can take it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "PYTHONHASHSEED"
_USUAL = "0"


def hash_seed() -> str:
    """Return what the environment says, or else the usual one."""
    return os.environ.get(VARIABLE) or _USUAL


@contextmanager
def processes_hash_alike() -> Iterator[None]:
    """Let processes that start meanwhile hash by `hash_seed`; leave the environment as it was."""
    former = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = hash_seed()
    try:
        yield
    finally:
        if former is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = former
