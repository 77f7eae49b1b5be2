"""What a recorded site lost in what power passes through."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set

import numpy as np

from ..components.component_type import DC_PARENTS
from ..components.registry import type_of
from ..components.throughput import Throughput
from ..network.wiring import wire
from ..site.lines import lines_begin_at
from ..site.site import Site
from .gatherer import Instants
from .held import Held
from .site_report import Flow


def passing_losses_wh(
    site: Site,
    flows: Mapping[str, Flow],
    powers: Mapping[str, Held],
    times_us: Instants,
    shown: Set[str] = frozenset(),
) -> float | None:
    """Return what a site without batteries lost [Wh]: what went into transformers, lines and such, less what came out.

    None where it is not known: beside batteries, as no metric tells what they hold, into which more flows than is lost,
    where not all of it was recorded, and where a load draws at the near end of a line; or where the site has nothing
    that power passes through at a loss.

    Args:
        site: That was recorded.
        flows: What flowed through its components, by their keys, as far as that is known.
        powers: Of its components, as far as they are recorded.
        times_us: From when to when it has to be known what flowed, and all times between at which that changes [µs].
        shown: Components whose powers are means over other times than those of the rest.
    """
    kinds = {key: type_of(component) for key, component in site.components.items()}
    if any(kind.category in DC_PARENTS or kind.package is not None for kind in kinds.values()):
        return None
    parents = wire(site).parents
    lost_wh = None
    before_lines = set(lines_begin_at(site))
    if any(getattr(site.components[key], "load", None) is not None for key in before_lines):
        return None
    losing = {key for key, component in site.components.items() if isinstance(component, Throughput)}
    for passed in (key for key in parents if key in losing | before_lines):
        behind = [key for key in parents if passed in parents[key]]
        for key in (passed, *behind):
            if key not in flows or key in shown or np.isnan(powers[key].at(times_us[:-1])).any():
                return None
        passed_wh = _net_wh(flows[passed])
        passed_wh -= math.fsum(_net_wh(flows[key]) / len(parents[key]) for key in behind)
        lost_wh = passed_wh if lost_wh is None else lost_wh + passed_wh
    return lost_wh


def _net_wh(flow: Flow) -> float:
    return flow.consumed_wh - flow.delivered_wh
