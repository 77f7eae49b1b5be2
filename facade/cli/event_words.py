"""What happened to a site, in the words of the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo


def event_line(kind: str, subject: str, details: Mapping[str, object], zone: tzinfo) -> str:
    """Return what happened in one line, values that were driven with their units, times by the clock of a zone."""
    from ..sim.domain.events import event_in_words  # noqa: PLC0415
    from ..sim.inputs.driven import DRIVEN_INPUTS  # noqa: PLC0415

    driven, value = DRIVEN_INPUTS.get(str(details.get("quantity"))), details.get("value")
    if driven is not None and isinstance(value, float):
        details = {**details, "value": driven.unit.in_words(value)}
    return event_in_words(kind, subject, details, zone)
