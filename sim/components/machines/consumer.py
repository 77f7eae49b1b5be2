"""What consumers with a model of their own can be told."""

from __future__ import annotations

import math

from ....models.parameter import ParameterError
from ...domain.ranges import Bounds
from ..captions import load_caption
from ..rating import Rating
from ..section import Consumer


def upper_limit_rating(least_w: float, most_w: float, response_delay_s: float) -> Rating:
    """Return the rating of a consumer that takes a set-point as the most that it may draw."""
    return Rating(
        active=Bounds(least_w, most_w),
        reactive=None,
        default_w=most_w,
        ramp_rate_w_per_s=math.inf,
        response_delay_s=response_delay_s,
        is_limit=True,
    )


def consumer_caption(consumer: Consumer) -> list[str]:
    """Say what a consumer draws, where an input says it."""
    return [] if consumer.load is None else [load_caption(consumer.load, consumer.power_factor)]


def refuse_parameters_beside_load(consumer: Consumer) -> None:
    """Refuse parameters of a model that a load takes the place of.

    Raises:
        ParameterError: If there are parameters beside a load.
    """
    if consumer.load is not None and consumer.parameters:
        name = next(iter(consumer.parameters))
        raise ParameterError(name, "unknown", "nothing, this component has no model of its own")
