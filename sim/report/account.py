"""What was seen of a running site up to an instant, for its report."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace

from ..components.usage import Usage
from ..tariff.bill import Bill
from ..tariff.prices import Prices
from .gatherer import Gatherer
from .shortfalls import ShortfallWatch
from .site_report import Incident


@dataclass(slots=True)
class Seen:
    """What was seen of a battery."""

    first: float = math.nan
    last: float = math.nan
    least: float = math.inf
    greatest: float = -math.inf
    coldest_c: float = math.inf
    warmest_c: float = -math.inf
    through_ah: float = 0.0
    charged_wh: float = 0.0
    discharged_wh: float = 0.0
    capacity_greatest: float = -math.inf
    capacity_last: float = math.nan

    def carry(self, power_w: float, hours: float) -> None:
        """Take in a power at its terminals, which holds for a while."""
        self.charged_wh += max(power_w, 0.0) * hours
        self.discharged_wh += max(-power_w, 0.0) * hours

    def hold(self, capacity: float) -> None:
        """Take in its capacity, in any unit that stays the same."""
        if not math.isnan(capacity):
            self.capacity_greatest = max(self.capacity_greatest, capacity)
            self.capacity_last = capacity

    def look(self, soc: float, temperature_c: float) -> None:
        """Take in its state of charge [1] and its temperature [°C]."""
        if math.isnan(soc):
            return
        self.first = soc if math.isnan(self.first) else self.first
        self.last = soc
        self.least, self.greatest = min(self.least, soc), max(self.greatest, soc)
        self.coldest_c, self.warmest_c = (
            min(self.coldest_c, temperature_c),
            max(self.warmest_c, temperature_c),
        )


@dataclass
class Account:
    """Sums, counts and what they are counted from."""

    begin_us: int
    """Since when [µs since the Unix epoch]."""
    end_us: int
    """Up to when it is known what flows [µs]."""
    gatherer: Gatherer
    shortfalls: ShortfallWatch
    usages: Mapping[str, Usage]
    """Of machines, when it began."""
    batteries: dict[str, Seen]
    line_losses_wh: Mapping[str, float]
    """In lines of a network, when it began [Wh]."""
    lines: list[list[float]]
    """What was seen of the nodes of that network; see `kernel.network.gather_lines`."""
    prices: Prices | None
    bill: Bill | None
    """By these prices, if it is billed."""
    times_us: list[int] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)
    """What flows from each of these times on [W], as long as the gatherer has not added it up; none of them changes."""
    lost_rows: list[list[float]] = field(default_factory=list)
    """What lines lose then, likewise [W]."""
    given: Counter[bool] = field(default_factory=Counter)
    """Commands, by whether they were refused."""
    refused: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    failed: dict[str, Incident] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)

    def copy(self) -> Account:
        """Return another one, which does not change along with this one."""
        gatherer, bill = self.gatherer.copy(), copy(self.bill)
        if bill is not None:
            gatherer.bill(bill)
        return replace(
            self,
            gatherer=gatherer,
            bill=bill,
            shortfalls=self.shortfalls.copy(),
            batteries={key: copy(seen) for key, seen in self.batteries.items()},
            lines=[seen.copy() for seen in self.lines],
            times_us=self.times_us.copy(),
            rows=self.rows.copy(),
            lost_rows=self.lost_rows.copy(),
            given=self.given.copy(),
            refused=self.refused.copy(),
            failed=self.failed.copy(),
            incidents=self.incidents.copy(),
        )
