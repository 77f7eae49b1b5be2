"""Quantities as users write them (`30 kW`), read once into one unit each.

Inside the program every quantity is a float in W, var, VA, Wh, V, A, Hz, s, °C, °, m/s, hPa or a fraction of 1.
Annotate a field with one of the types at the end of this module, and pydantic accepts the written form only.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_PART = re.compile(r"\s*(\d+(?:\.\d*)?)\s*([^\s\d.]+)")
_WRITTEN = re.compile(r"\s*([+-]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*")
_ROUNDS_UP = 1.0 - 1e-9


class Unit:
    """A kind of quantity: the units it may be written in, and what one of each is in the inner unit."""

    def __init__(
        self,
        inner: str,
        factors: dict[str, float],
        *,
        lower: float = -math.inf,
        upper: float = math.inf,
        above: float = -math.inf,
        most: float = math.inf,
        in_parts: bool = False,
    ) -> None:
        """Describe a kind of quantity.

        Args:
            inner: Name of the unit that the program uses, for messages.
            factors: Accepted spellings, each with its size in the inner unit; the first is suggested.
            lower: Least value accepted, in the inner unit.
            upper: Greatest value accepted, in the inner unit.
            above: The value must be greater than this, in the inner unit.
            most: Magnitude beyond which a quantity of this kind is a mistake on any site, in the inner unit.
            in_parts: Whether it may be written as several, each in a smaller unit than the one before: `4 min 30 s`.
        """
        self._in_parts = in_parts
        self.inner = inner
        self.factors = factors
        self.lower = lower
        self.upper = upper
        self.above = above
        self.most = most

    @property
    def accepted(self) -> str:
        """What a file may say, in words."""
        spellings = ", ".join(unit for unit in self.factors if unit)
        number = f"a number with a unit ({spellings})" if spellings else "a number"
        return ", ".join(filter(None, (number, self._range())))

    def parse(self, text: object) -> float:
        """Read a written quantity.

        Args:
            text: What the file says, for example `"30 kW"`.

        Returns:
            The value in the inner unit.

        Raises:
            ValueError: If it is no number, its unit is missing or not accepted, or it is out of range.
        """
        match = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
        if match is not None and match[2] in self.factors:
            value = float(match[1].replace("_", "")) * self.factors[match[2]]
        else:
            value = self._sum_of_parts(text)
        if not (self.lower <= value <= self.upper and value > self.above and math.isfinite(value)):
            raise ValueError(self._range() or self.accepted)
        if abs(value) > self.most:
            raise ValueError(f"at most {self.in_words(self.most)}, as on any site")
        return value

    def _sum_of_parts(self, text: object) -> float:
        if not self._in_parts or not isinstance(text, str):
            raise ValueError(self.accepted)
        parts = list(_PART.finditer(text))
        sizes = [self.factors.get(part[2], math.nan) for part in parts]
        is_whole = "".join(part[0] for part in parts) == text.rstrip()
        if not is_whole or len(parts) < 2 or not all(one > next_ for one, next_ in pairwise(sizes)):
            raise ValueError(self.accepted)
        return math.fsum(float(part[1]) * size for part, size in zip(parts, sizes, strict=True))

    def write(self, value: float) -> str:
        """Return a value of the inner unit as files write it, so that reading gives it back."""
        for spelling, factor in self.factors.items():
            number = value / factor
            for near in (number, math.nextafter(number, math.inf), math.nextafter(number, -math.inf)):
                if near * factor == value:
                    return f"{near!r} {spelling}"
        spelling, factor = next(iter(self.factors.items()))
        return f"{value / factor!r} {spelling}"

    def in_words(self, value: float, *, digits: int = 10) -> str:
        """Return a value of the inner unit for people, with the prefix that suits its size.

        Args:
            value: In the inner unit.
            digits: How many are significant.
        """
        if not math.isfinite(value):
            return f"{value} {self.inner}".removesuffix(" 1")
        prefixes = {
            factor: spelling for spelling, factor in reversed(self.factors.items()) if _is_prefix(factor)
        }
        if not prefixes:
            spelling, factor = next(iter(self.factors.items()))
            prefixes = {factor: spelling}
        fitting = [factor for factor in prefixes if abs(value) >= factor * _ROUNDS_UP]
        factor = (
            max(fitting, default=min(prefixes)) if value else min(prefixes, key=lambda each: abs(each - 1.0))
        )
        return f"{value / factor + 0.0:.{digits}g} {prefixes[factor]}".rstrip()

    def within(
        self, *, lower: float | None = None, upper: float | None = None, above: float | None = None
    ) -> Unit:
        """Return the same kind of quantity, accepted in a narrower range (inner unit)."""
        return Unit(
            self.inner,
            self.factors,
            lower=self.lower if lower is None else lower,
            upper=self.upper if upper is None else upper,
            above=self.above if above is None else above,
            most=self.most,
            in_parts=self._in_parts,
        )

    def _range(self) -> str:
        if math.isfinite(self.lower) and math.isfinite(self.upper):
            return f"{self._limit(self.lower)}..{self._limit(self.upper)}"
        words = [
            f"{sign} {self._limit(limit)}"
            for sign, limit in ((">", self.above), (">=", self.lower), ("<=", self.upper))
            if math.isfinite(limit)
        ]
        return " and ".join(words)

    def _limit(self, value: float) -> str:
        """Return a limit in the suggested spelling, or in the shortest where that would take an exponent."""
        texts = [f"{value / factor:g} {spelling}" for spelling, factor in self.factors.items()]
        return texts[0] if "e" not in texts[0].partition(" ")[0] else min(texts, key=len)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: object) -> float:
            try:
                return self.parse(value)
            except ValueError as error:
                raise PydanticCustomError("quantity", "{accepted}", {"accepted": str(error)}) from None

        write = core_schema.plain_serializer_function_ser_schema(
            lambda value: self.write(value) if isinstance(value, float) else value, when_used="json"
        )
        return core_schema.no_info_plain_validator_function(read, serialization=write)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        units = "|".join(re.escape(unit) for unit in self.factors)
        further = rf"([0-9.]+\s*({units})\s*)*" if self._in_parts else ""
        return {
            "type": "string",
            "pattern": rf"^\s*[+-]?[0-9._]+([eE][+-]?[0-9]+)?\s*({units})\s*{further}$",
            "description": self.accepted,
            # Stays where a field has words of its own in place of the description.
            "$comment": self.accepted,
        }


def _is_prefix(factor: float) -> bool:
    """Say whether a unit is the inner one with a prefix such as kilo, rather than another, as hours are."""
    power = math.log10(factor)
    return abs(power - 3.0 * round(power / 3.0)) < 1e-9


WATT = Unit("W", {"kW": 1e3, "W": 1.0, "MW": 1e6}, most=1e9)
VAR = Unit("var", {"kvar": 1e3, "var": 1.0, "Mvar": 1e6}, most=1e9)
VOLT_AMPERE = Unit("VA", {"kVA": 1e3, "VA": 1.0, "MVA": 1e6}, most=1e9)
WATT_HOUR = Unit("Wh", {"kWh": 1e3, "Wh": 1.0, "MWh": 1e6, "GWh": 1e9}, most=1e13)
VAR_HOUR = Unit("varh", {"kvarh": 1e3, "varh": 1.0, "Mvarh": 1e6}, most=1e13)
VOLT_AMPERE_HOUR = Unit("VAh", {"kVAh": 1e3, "VAh": 1.0, "MVAh": 1e6}, most=1e13)
VOLT = Unit("V", {"V": 1.0, "kV": 1e3, "mV": 1e-3}, most=1e6)
AMPERE = Unit("A", {"A": 1.0, "kA": 1e3, "mA": 1e-3}, most=1e6)
HERTZ = Unit("Hz", {"Hz": 1.0, "mHz": 1e-3}, most=1e3)
SECOND = Unit("s", {"s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86400.0}, in_parts=True)
FRACTION = Unit("1", {"%": 0.01})
CELSIUS = Unit("°C", {"°C": 1.0, "degC": 1.0}, most=1e4)
DEGREE = Unit("°", {"°": 1.0, "deg": 1.0})
IRRADIANCE = Unit("W/m²", {"W/m²": 1.0, "W/m2": 1.0, "kW/m²": 1e3, "kW/m2": 1e3})
METRE = Unit("m", {"m": 1.0, "km": 1e3})
METRE_PER_SECOND = Unit("m/s", {"m/s": 1.0, "km/h": 1.0 / 3.6})
HECTOPASCAL = Unit("hPa", {"hPa": 1.0, "mbar": 1.0, "kPa": 10.0})
BAR = Unit("bar", {"bar": 1.0, "mbar": 1e-3})
OHM = Unit("Ω", {"Ω": 1.0, "mΩ": 1e-3, "ohm": 1.0, "mohm": 1e-3})
FARAD = Unit("F", {"mF": 1e-3, "F": 1.0, "µF": 1e-6, "uF": 1e-6})
WATT_PER_SECOND = Unit("W/s", {"kW/s": 1e3, "W/s": 1.0, "MW/s": 1e6}, most=1e12)

_ANYTHING = Unit("1", {"": 1.0}, most=WATT_HOUR.most)
_OF_ENDINGS = {
    "w": WATT, "var": VAR, "va": VOLT_AMPERE, "wh": WATT_HOUR, "varh": VAR_HOUR, "vah": VOLT_AMPERE_HOUR, "v": VOLT,
    "a": AMPERE, "hz": HERTZ, "c": CELSIUS, "power": WATT,
}  # fmt: skip
"""Units by which names of numbers inside the program end."""


def unit_of_name(name: str) -> Unit:
    """Return the unit of a number whose name ends in it, such as `dc_w`; one of anything for all other numbers.

    Beyond the `most` of either, the number is a mistake on any site.
    """
    return _OF_ENDINGS.get(name.rpartition("_")[2], _ANYTHING)


def unit_of_metric(inner: str) -> Unit:
    """Return the unit of a metric by its name, as `unit_of_name` does."""
    return next((unit for unit in _OF_ENDINGS.values() if unit.inner == inner), _ANYTHING)


Power = Annotated[float, WATT]
PositivePower = Annotated[float, WATT.within(above=0.0)]
NonNegativePower = Annotated[float, WATT.within(lower=0.0)]
PositiveReactivePower = Annotated[float, VAR.within(above=0.0)]
PositiveApparentPower = Annotated[float, VOLT_AMPERE.within(above=0.0)]
PositiveEnergy = Annotated[float, WATT_HOUR.within(above=0.0)]
PositiveVoltage = Annotated[float, VOLT.within(above=0.0)]
PositiveFrequency = Annotated[float, HERTZ.within(above=0.0)]
Duration = Annotated[float, SECOND.within(lower=0.0)]
ResponseDelay = Annotated[float, SECOND.within(lower=0.0, upper=600.0)]
"""From a command to the first movement of a device [s]; chosen: ten minutes at most."""
PositiveDuration = Annotated[float, SECOND.within(above=0.0)]
Fraction = Annotated[float, FRACTION.within(lower=0.0, upper=1.0)]
COLDEST_C, HOTTEST_C = -60.0, 100.0
"""Of the air at any site, and in any room of one [°C]; chosen."""
Temperature = Annotated[float, CELSIUS.within(lower=COLDEST_C, upper=HOTTEST_C)]
PositiveRampRate = Annotated[float, WATT_PER_SECOND.within(above=0.0)]
