"""What lines and transformers of a network carried and lost, and the voltages that this left."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..components.usage import LineUse
from ..kernel.network import HIGHEST_V, LOWEST_V, MOST_LOADED_US, MOST_LOADING, OVERLOADED_S
from .energies import line_losses_wh
from .plant import Plant


def line_uses(
    plant: Plant, seen: Sequence[Sequence[float]], earlier_wh: Mapping[str, float]
) -> tuple[LineUse, ...]:
    """Return what lines did, from the grid outwards.

    Args:
        plant: Of the site.
        seen: By `kernel.network.gather_lines`, of each node.
        earlier_wh: What they had lost before, which does not count, as by `line_losses_wh` [Wh].
    """
    places = plant.places.components
    layout = plant.operating_point.layout
    rows = {layout.nodes[place].component: place for place in range(len(layout.nodes))}
    uses = []
    for key, lost_wh in line_losses_wh(plant).items():
        place = rows[places[key]]
        own, row = layout.nodes[place], seen[place]
        is_known, was_loaded = math.isfinite(own.rated_current), row[MOST_LOADING] > 0.0
        was_there = math.isfinite(row[LOWEST_V])
        uses.append(
            LineUse(
                key=key,
                loss_wh=lost_wh - earlier_wh[key],
                nominal_v=own.nominal_v,
                lowest_v=float(row[LOWEST_V]) if was_there else None,
                highest_v=float(row[HIGHEST_V]) if was_there else None,
                most_loading=float(row[MOST_LOADING]) if is_known else None,
                most_loaded_us=int(row[MOST_LOADED_US]) if is_known and was_loaded else None,
                overloaded_s=float(row[OVERLOADED_S]),
            )
        )
    return tuple(uses)
