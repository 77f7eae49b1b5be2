"""What energy costs and which emissions come with it: tariff files, prices over time, and what a run comes to."""

from .bill import Bill, Costs
from .prices import Prices, PriceSteps
from .reader import Tariff, TariffError, load_tariff

__all__ = ["Bill", "Costs", "PriceSteps", "Prices", "Tariff", "TariffError", "load_tariff"]
