"""What a gateway remembers."""

from __future__ import annotations

from typing import NamedTuple

from ..telemetry.sensors import SensorsState
from .augmented_bounds import AugmentedBoundsState
from .conditions import ConditionsState
from .line import LineState
from .reporting import ReportsState
from .sequences import SequencesState
from .set_points import SetPointsState


class GatewayState(NamedTuple):
    """What the parts of a gateway remember."""

    set_points: SetPointsState
    conditions: ConditionsState = ConditionsState()
    bounds: AugmentedBoundsState = AugmentedBoundsState()
    sequences: SequencesState = SequencesState()
    sensors: SensorsState = ()
    line: LineState = LineState()
    reports: ReportsState = {}  # noqa: RUF012 - never changed in place
