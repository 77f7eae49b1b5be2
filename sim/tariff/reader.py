"""Reads tariff files. Whatever is wrong with one is told at once, by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..files.explain import explain
from ..files.moments import parse_zone
from ..files.money import Price, price_unit
from ..files.problems import FileError, Finding, Place, Problem, kind_of, shown, written_path
from ..files.regular import read_regular, why_unreadable
from ..files.yaml_text import YamlText, read_yaml
from ..inputs.daily import local_datetime
from ..inputs.errors import InputError
from ..inputs.files.recording import recorded_signal
from ..inputs.signal import NEVER, Constant
from ..inputs.specs import FileColumn
from .keys import PeakPrice, PriceFile, TariffSection, TimeOfUse
from .prices import PeakPrices, Prices, PriceSteps
from .week import week_faults, week_signal

_PRICED = ("import", "export", "peak", "co2")


class TariffError(FileError):
    """A tariff file is wrong, or does not cover a run: says everything that is, in the order of the file."""


@dataclass(frozen=True)
class Tariff:
    """What energy costs and which emissions come with it, at any time that the tables of its file cover."""

    name: str
    file: str
    currency: str | None
    """Code of the currency of all its prices, such as `EUR`; None if it has none."""
    section: TariffSection
    """What the file says."""
    directory: Path
    """Where paths of tables start."""
    _yaml: YamlText = field(repr=False, compare=False)

    def over(self, begin_us: int, end_us: int | None, zone: tzinfo) -> Prices:
        """Return the prices over a stretch of time.

        Args:
            begin_us: When it begins [µs since the Unix epoch].
            end_us: When it ends, later [µs]; None if nobody knows: no table may end then.
            zone: Of the site, by whose clock prices go if the file names none.

        Raises:
            TariffError: If a table does not cover all of it, or is wrong.
        """
        section = self.section
        zone = zone if section.timezone is None else parse_zone(section.timezone)
        problems: list[Problem] = []
        found: dict[str, PriceSteps | None] = {}
        for key, priced in (
            ("import", section.import_price),
            ("export", section.export_price),
            ("co2", section.co2),
        ):
            try:
                found[key] = None if priced is None else self._steps(key, priced, begin_us, end_us, zone)
            except InputError as error:
                problems.append(self._table_problem(key, error))
        if problems:
            raise TariffError(tuple(problems))
        peak = None if section.peak is None else _peaks(section.peak, begin_us, zone)
        return Prices(self.currency, found["import"], found["export"], peak, found["co2"])

    def _steps(self, key: str, priced: Any, begin_us: int, end_us: int | None, zone: tzinfo) -> PriceSteps:
        match priced:
            case FileColumn():
                return self._table(priced, begin_us, end_us, zone)
            case TimeOfUse():
                return PriceSteps(week_signal(priced, zone))
            case Price(amount=amount) | (float() as amount):
                return PriceSteps(Constant(amount))
        raise AssertionError(key)

    def _table(self, priced: FileColumn, begin_us: int, end_us: int | None, zone: tzinfo) -> PriceSteps:
        signal = recorded_signal(priced, self.directory, zone, begin_us)
        if end_us is None and signal.ends_us < NEVER:
            ends = local_datetime(signal.ends_us, zone).isoformat()
            raise InputError(
                priced.file, None, "content", f"without a value from {ends} on, and it is not said when the run ends",
                "a run with a duration that ends by then; or `repeat: true`",
            )  # fmt: skip
        if end_us is not None and signal.ends_us < end_us:
            ends, end = (local_datetime(time_us, zone).isoformat() for time_us in (signal.ends_us, end_us))
            raise InputError(
                priced.file, None, "content", f"without a value from {ends} to {end}, the end of the run",
                "values for all of the run; or `repeat: true`",
            )  # fmt: skip
        plus = priced.plus.amount if isinstance(priced, PriceFile) and priced.plus is not None else 0.0
        return PriceSteps(signal, plus)

    def _table_problem(self, key: str, error: InputError) -> Problem:
        if error.line is not None:
            return Problem(error.file, error.line, None, error.field, error.found, error.accepted)
        line = self._yaml.line((key, "file"))
        found = f"{shown(error.file)}, whose {error.field} is {error.found}"
        return Problem(self.file, line, None, f"{key}.file", found, error.accepted)


def load_tariff(path: str | Path) -> Tariff:
    """Read a tariff file.

    Args:
        path: Of the file; tables that it names are read when prices are asked for (`Tariff.over`).

    Raises:
        TariffError: If it cannot be read, or anything is wrong with it.
    """
    path = Path(path)
    try:
        text = read_regular(path)
    except (OSError, ValueError) as error:
        words = why_unreadable(error) if isinstance(error, OSError) else str(error)
        problem = Problem(str(path), None, None, "", words, "the path of a tariff file")
        raise TariffError((problem,)) from None
    yaml = read_yaml(text)
    section, found = _read(yaml.data) if yaml.is_readable else (None, [])
    faulty = {fault.finding.path for fault in yaml.faults}
    problems = [(fault.line, fault.finding) for fault in yaml.faults]
    problems += [(yaml.line(finding.path), finding) for finding in found if finding.path not in faulty]
    if problems or section is None:
        problems.sort(key=lambda each: each[0])
        raise TariffError(
            tuple(
                Problem(str(path), line, None, written_path(finding.path), finding.found, finding.accepted)
                for line, finding in problems
            )
        )
    currency = next((price.currency for _, price in _prices(section)), None)
    return Tariff(section.tariff, str(path), currency, section, path.parent, yaml)


def _read(data: object) -> tuple[TariffSection | None, list[Finding]]:
    if not isinstance(data, dict):
        return None, [Finding((), kind_of(data), f"a mapping with tariff and some of {', '.join(_PRICED)}")]
    try:
        section = TariffSection.model_validate(data)
    except ValidationError as error:
        return None, explain(error, TariffSection, data)
    found: list[Finding] = []
    for key, priced in (("import", section.import_price), ("export", section.export_price)):
        if isinstance(priced, TimeOfUse):
            found += week_faults(priced, (key,))
    priced_in = list(_prices(section))
    for place, price in priced_in:
        first_place, first = priced_in[0]
        if price.currency != first.currency:
            accepted = f"one currency for all prices, as the {first.currency} of {written_path(first_place)}"
            found.append(Finding(place, f"in {price.currency}", accepted))
    return section, found


def _prices(section: TariffSection) -> Iterator[tuple[Place, Price]]:
    """Yield all prices of a tariff, and where they stand."""
    for key, priced in (("import", section.import_price), ("export", section.export_price)):
        match priced:
            case Price():
                yield (key,), priced
            case TimeOfUse():
                for number, window in enumerate(priced.windows):
                    yield (key, "windows", number, "price"), window.price
                if priced.otherwise is not None:
                    yield (key, "otherwise"), priced.otherwise
            case PriceFile():
                yield (key, "unit"), Price(1.0, price_unit(priced.unit)[1])
                if priced.plus is not None:
                    yield (key, "plus"), priced.plus
    if section.peak is not None:
        yield ("peak", "price"), section.peak.price


def _peaks(peak: PeakPrice, begin_us: int, zone: tzinfo) -> PeakPrices:
    return PeakPrices(peak.price.amount, peak.per, begin_us, zone, peak.already_w)
