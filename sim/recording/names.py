"""What a value of a recording is called: a metric, one of its bounds, or a part of its resampling.

`BATTERY_SOC_PCT`, `BATTERY_SOC_PCT_bound_0_lower`, `AC_POWER_ACTIVE_avg`, `AC_POWER_ACTIVE_raw_3`; and beside
them the rows `state`, `warning` and `error`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

HEADER = ("timestamp", "microgrid_id", "component_id", "metric", "value")
"""Columns of a recording in CSV."""
MARKED_HEADER = ",".join((*HEADER[:-1], f'"{HEADER[-1]}"'))
"""The first line of what is recorded here: its last name alone is quoted. Readers of CSV see no difference; it tells
a recording from an export of the reporting service."""
STATE, WARNING, ERROR = "state", "warning", "error"
CONDITION_NAMES = (STATE, WARNING, ERROR)

_NAME = re.compile(
    r"(?:METRIC_)?(?P<metric>[A-Z][A-Z0-9_]*|\d{1,9})"
    r"(?:_bound_(?P<bound>\d{1,4})_(?P<side>lower|upper)|_(?P<part>avg|min|max|raw_\d{1,9}))?",
    re.ASCII,
)
_FORMER = re.compile("AC_(APPARENT|ACTIVE|REACTIVE)_(POWER|ENERGY)")
"""Metrics as `frequenz.client.common.metric` names them, before the API had them the other way round."""
ACCEPTED = (
    "a metric such as AC_POWER_ACTIVE, with _avg, _min, _max, _raw_<i>, _bound_<i>_lower or _bound_<i>_upper "
    "behind it where it applies; or state, warning or error"
)


class Name(NamedTuple):
    """The name of a number in a recording, taken apart."""

    metric: str
    bound: int | None = None
    """Number of the range that this is an end of."""
    is_upper: bool = False
    part: str | None = None
    """`avg`, `min`, `max` or `raw_<i>` of a resampled value."""

    def __str__(self) -> str:
        if self.bound is not None:
            return f"{self.metric}_bound_{self.bound}_{'upper' if self.is_upper else 'lower'}"
        return self.metric if self.part is None else f"{self.metric}_{self.part}"


def parse_name(text: str) -> Name:
    """Take the name of a number apart; a former name of a metric stands for today's.

    Raises:
        ValueError: If it is none; says what is accepted.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        raise ValueError(ACCEPTED)
    bound = None if match["bound"] is None else int(match["bound"])
    metric = _FORMER.sub(r"AC_\2_\1", match["metric"])
    return Name(metric, bound, match["side"] == "upper", match["part"])
