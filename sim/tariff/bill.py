"""What the energy of a run comes to."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .prices import Floats, Instants, Prices


class Costs(NamedTuple):
    """What a run cost, and which emissions came with it; None of what the tariff does not speak of."""

    currency: str | None
    """Code of the currency."""
    import_cost: float | None
    export_revenue: float | None
    """What was paid to the site; negative where it had to pay."""
    peak_cost: float | None
    cost: float | None
    """All of it together: the first and the third less the second."""
    co2_kg: float | None


class Bill:
    """Adds up what energy costs as it flows, by the prices that hold meanwhile."""

    def __init__(self, prices: Prices, former: Bill | None = None) -> None:
        """Begin with nothing, or with what energy came to by former prices.

        Raises:
            ValueError: If that is in another currency.
        """
        self._prices = prices
        self._imported = self._exported = self._co2_g = 0.0
        if former is not None:
            currencies = {former._prices.currency, prices.currency} - {None}
            if len(currencies) > 1:
                raise ValueError(
                    f"the tariff is in {prices.currency}, what has been billed is in {former._prices.currency}; "
                    "accepted: one currency for all of a run"
                )
            self._imported, self._exported = former._imported, former._exported
            self._co2_g = former._co2_g

    def charge_import(self, times_us: Instants, powers_w: Floats) -> None:
        """Take in power from the grid; see `PriceSteps.total`."""
        if self._prices.imported is not None:
            self._imported += self._prices.imported.total(times_us, powers_w)
        if self._prices.co2_g is not None:
            self._co2_g += self._prices.co2_g.total(times_us, powers_w)

    def credit_export(self, times_us: Instants, powers_w: Floats) -> None:
        """Take in power into the grid; see `PriceSteps.total`."""
        if self._prices.exported is not None:
            self._exported += self._prices.exported.total(times_us, powers_w)

    def charge(self, times_us: Instants, powers_w: Floats) -> None:
        """Take in power at the connection point [W], by the passive sign convention."""
        self.charge_import(times_us, np.maximum(powers_w, 0.0))
        self.credit_export(times_us, np.maximum(0.0 - powers_w, 0.0))

    def costs(self, begins_us: Instants, means_w: Floats) -> Costs:
        """Return what it comes to.

        Args:
            begins_us: When each whole quarter of an hour begins [µs since the Unix epoch].
            means_w: Mean power at the connection point in each [W].
        """
        prices = self._prices
        imported = None if prices.imported is None else self._imported
        exported = None if prices.exported is None else self._exported
        peak = None if prices.peak is None else prices.peak.total(begins_us, means_w)
        co2_kg = None if prices.co2_g is None else self._co2_g / 1e3
        parts = [
            part
            for part in (imported, peak, None if exported is None else 0.0 - exported)
            if part is not None
        ]
        is_known = prices.currency is not None and (prices.peak is None or peak is not None)
        return Costs(
            prices.currency, imported, exported, peak, math.fsum(parts) if is_known else None, co2_kg
        )
