"""Money, prices and emissions as users write them: `12.50 €`, `32 ct/kWh`, `85 €/MWh`, `120 €/kW`, `380 g/kWh`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, WithJsonSchema

from .sections import refuse
from .units import Unit

_SIGNS: Mapping[str, Mapping[str, float]] = {
    "EUR": {"€": 1.0, "EUR": 1.0, "ct": 0.01},
    "USD": {"$": 1.0, "USD": 1.0, "¢": 0.01},
    "GBP": {"£": 1.0, "GBP": 1.0, "p": 0.01},
    **{code: {code: 1.0} for code in ("CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "AUD", "CAD")},
}
"""How each currency is written, and what one of that is."""
CURRENCIES: Mapping[str, Unit] = {
    code: Unit(next(iter(signs)), dict(signs)) for code, signs in _SIGNS.items()
}
"""Amounts of money, by the code of their currency."""
MOST = 1e6
"""Greatest price that is taken for one, either way, per kWh or kW, in one of its currency; chosen."""
KILOGRAM = Unit("kg", {"kg": 1.0, "g": 1e-3, "t": 1e3})
GRAM_PER_KWH = Unit("g/kWh", {"g/kWh": 1.0, "kg/kWh": 1e3, "kg/MWh": 1.0, "t/MWh": 1e3})


def _per(amounts: Mapping[str, float]) -> dict[str, Unit]:
    """Return prices of so much of something, by currency."""
    return {
        code: Unit(
            f"{next(iter(signs))}/{next(iter(amounts))}",
            {
                f"{sign}/{what}": size / amount
                for what, amount in amounts.items()
                for sign, size in signs.items()
            },
            lower=-MOST,
            upper=MOST,
        )
        for code, signs in _SIGNS.items()
    }


PRICES_PER_KWH = _per({"kWh": 1.0, "MWh": 1e3})
PRICES_PER_KW = _per({"kW": 1.0, "MW": 1e3})


class Price(NamedTuple):
    """What one of something costs."""

    amount: float
    """In one of the currency."""
    currency: str
    """Its code, such as `EUR`."""


def read_price(text: object, units: Mapping[str, Unit]) -> Price:
    """Read a written price.

    Args:
        text: What the file says, for example `"32 ct/kWh"`.
        units: Prices of what, by currency.

    Raises:
        ValueError: If it is none; says what is accepted.
    """
    written = text.rstrip() if isinstance(text, str) else ""
    for code, unit in units.items():
        if written.endswith(tuple(unit.factors)):
            return Price(unit.parse(text), code)
    spellings = [next(iter(unit.factors)) for unit in units.values()]
    raise ValueError(f"a number with a unit ({_listed(units)}; also {', '.join(spellings[3:])})")


def price_unit(spelling: str) -> tuple[float, str]:
    """Return what one of a unit of energy prices is in one of its currency per kWh, and the code of the currency.

    Raises:
        ValueError: If there is none of that name; says which there are.
    """
    for code, unit in PRICES_PER_KWH.items():
        if spelling in unit.factors:
            return unit.factors[spelling], code
    raise ValueError(_listed(PRICES_PER_KWH))


def _listed(units: Mapping[str, Unit]) -> str:
    return ", ".join(spelling for code in ("EUR", "USD", "GBP") for spelling in units[code].factors)


def _reader(units: Mapping[str, Unit]) -> BeforeValidator:
    def read(value: object) -> Price:
        if isinstance(value, Price):
            return value
        try:
            return read_price(value, units)
        except ValueError as error:
            raise refuse(str(error)) from None

    return BeforeValidator(read)


PricePerKwh = Annotated[Price, _reader(PRICES_PER_KWH), WithJsonSchema({"type": "string"}, mode="validation")]
PricePerKw = Annotated[Price, _reader(PRICES_PER_KW), WithJsonSchema({"type": "string"}, mode="validation")]
