"""What there is no verdict on, though somebody may look for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..running.case import Case


class Missing(NamedTuple):
    """Cases that were not run, and those of the baseline that are not among the cases."""

    not_run: Sequence[Case] = ()
    why: str = ""
    """Why they were not run."""
    gone: Sequence[str] = ()
    """Names of cases."""

    @property
    def gone_in_words(self) -> str:
        """Those of the baseline; empty if there are none."""
        return f"of the baseline, but not among these cases: {', '.join(self.gone)}" if self.gone else ""
