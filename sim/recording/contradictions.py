"""What a recording says of one time cannot all be so: a value beside another mean, a least value above the greatest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..domain.timestamps import to_datetime
from .errors import RecordingError
from .names import parse_name

if TYPE_CHECKING:
    from .content import Floats, Track


def refuse_contradictions(file: str, component: int | str, track: Track) -> None:
    """Look at what the parts of resampled values say of the same times.

    A mean stands for the value where there is none as such, so it has to be the same where there is one.

    Args:
        file: Name of the file, for messages.
        component: That was recorded.
        track: Under the names of today.

    Raises:
        RecordingError: If they contradict each other.
    """
    places = {name: place for place, name in enumerate(track.names)}
    for name, place in places.items():
        parsed = parse_name(name)
        if parsed.bound is not None or parsed.part not in ("avg", "min"):
            continue
        other = parsed._replace(part=None if parsed.part == "avg" else "max")
        if str(other) not in places:
            continue
        one, against = _told(track, place), _told(track, places[str(other)])
        is_mean = parsed.part == "avg"
        contradict = (one < against) | (one > against) if is_mean else one > against
        if not contradict.any():
            continue
        row = int(np.argmax(contradict))
        when = to_datetime(int(track.times_us[row])).isoformat(" ")
        said = f"{one[row]:g} under {name}, {against[row]:g} under {other}"
        if is_mean:
            found, accepted = f"told twice at {when}: {said}", "one of the two, or the same value"
        else:
            found, accepted = f"told at {when}: {said}", "a least value that is not above the greatest"
        raise RecordingError(file, None, f"component {component}", found, accepted)


def _told(track: Track, place: int) -> Floats:
    """Return what a column says, NaN where it says nothing."""
    return np.where(track.present[:, place], track.values[:, place], np.nan)
