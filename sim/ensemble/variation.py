"""What is different from run to run of an ensemble: lists of values, and values drawn for each run.

```yaml
vary:
  battery.capacity: [46 kWh, 92 kWh]
  pv-inv.tilt: {from: 10 °, to: 40 °}
  office.load.annual_energy: {mean: 40 MWh, deviation: 10 %}
```

Each value of a list goes with each of the other lists: a combination. What is drawn depends on the seed of its run
and its own name alone, so that combinations are compared under the same draws, and a run is the same wherever, in
whatever order and among however many others it is carried out.

VariationError: the file is wrong, or does not go with the site; whoever wrote it must act.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..files.explain import keys_of
from ..files.problems import FileError, Finding, Place, Problem, one_of, shown, written_path
from ..files.yaml_text import YamlText, read_yaml
from ..site.reader import SiteError, parse_site
from ..site.site import Site

MOST_RUNS = 100_000
_MOST_PROBLEMS = 20
_GREATEST = 1e100
_DIGITS = 6
"""Significant ones of what is drawn: what is reported of a run can be typed into a site file."""
_NAME = re.compile(r"[^.\[\]\s]+(\[\d{1,6}\])*(\.[^.\[\]\s]+(\[\d{1,6}\])*)*")
_PART = re.compile(r"[^.\[\]]+")
_QUANTITY = re.compile(r"\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*((?:[^\W\d_]|[%°])\S*)?\s*")
_TOP = "a mapping with vary: names of a site file, each with its values"
_VALUES = "a list of values, {from, to}, or {mean, deviation}"
_NUMBER = "a number, with the unit that the site file wants"

SiteData = Mapping[str, Any]
"""A site as its file says it, without lines."""


class VariationError(FileError):
    """A file of variations is wrong, or does not go with the site: says everything that is."""


class Quantity(NamedTuple):
    """A number with the unit that stands behind it; empty if none does."""

    number: float
    unit: str


class Choice(NamedTuple):
    """Values of which each makes combinations of its own."""

    name: str
    values: tuple[object, ...]
    lines: tuple[int, ...]
    """Line of each value in the file."""


class Draw(NamedTuple):
    """A value drawn for each run: evenly between two bounds, or normally, within bounds if there are any."""

    name: str
    line: int
    unit: str
    mean: float
    deviation: float
    """Zero for values drawn evenly."""
    lower: float
    upper: float

    def value(self, seed: int) -> float | str:
        """Return what is drawn for the run with this seed, as a site file writes it."""
        part = Random(f"{seed}/vary/{self.name}").random()
        if self.deviation:
            normal = NormalDist(self.mean, self.deviation)
            first, last = normal.cdf(self.lower), normal.cdf(self.upper)
            number = normal.inv_cdf(min(max(first + part * (last - first), 1e-300), 1.0 - 2.0**-53))
        else:
            number = self.lower + part * (self.upper - self.lower)
        number = min(max(float(f"{number:.{_DIGITS}g}"), self.lower), self.upper)
        return f"{number:.15g} {self.unit}" if self.unit else number


class Variation(NamedTuple):
    """What is different from run to run."""

    file: str
    """Name of the file it is from, for messages."""
    choices: tuple[Choice, ...]
    draws: tuple[Draw, ...]


NOTHING_VARIES = Variation("", (), ())


class Case(NamedTuple):
    """One run of an ensemble: what is particular to it."""

    run: int
    """Number among the runs, from 0; combinations change first, then the seed."""
    seed: int
    values: Mapping[str, object]
    """What was varied, by name, as a site file writes it."""
    site: SiteData


def load_variation(path: str | Path) -> Variation:
    """Read a file of variations.

    Raises:
        VariationError: If it cannot be read, or anything is wrong with it.
    """
    try:
        text = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        found = "not there" if isinstance(error, FileNotFoundError) else f"unreadable ({error})"
        raise VariationError((Problem(str(path), None, None, "", found, "the path of a file"),)) from None
    return parse_variation(text, str(path))


def parse_variation(text: str | bytes, name: str) -> Variation:
    """Read variations from the text of a file.

    Args:
        text: YAML.
        name: Of the file, for messages.

    Raises:
        VariationError: If anything is wrong with it.
    """
    yaml = read_yaml(text)
    located = [(fault.line, fault.finding) for fault in yaml.faults]
    choices: list[Choice] = []
    draws: list[Draw] = []
    if yaml.is_readable:
        faulty = {fault.finding.path for fault in yaml.faults}
        found = [finding for finding in _read(yaml, choices, draws) if finding.path not in faulty]
        located += [(yaml.line(finding.path), finding) for finding in found]
    if located:
        located.sort(key=lambda item: item[0])
        raise VariationError(tuple(dict.fromkeys(_problem(name, line, finding) for line, finding in located)))
    return Variation(name, tuple(choices), tuple(draws))


def cases(site: Site, variation: Variation, *, runs: int, seed: int) -> tuple[Case, ...]:
    """Return every run of an ensemble, each a valid site.

    Args:
        site: What is varied.
        variation: How.
        runs: How many there are of each combination, with a seed each.
        seed: Of the first ones; the next ones have the next seeds.

    Raises:
        VariationError: If a name is none of the site, or a run would not be a valid site.
        ValueError: If there are too many runs, or none.
    """
    combined = math.prod(len(choice.values) for choice in variation.choices)
    if not 1 <= runs * combined <= MOST_RUNS:
        raise ValueError(
            f"the ensemble has {runs} runs of {combined} combinations; accepted: 1 to {MOST_RUNS} runs together"
        )
    data: dict[str, Any] = site.model_dump(mode="json", exclude_unset=True)
    places = _places(data, variation)
    found: list[Case] = []
    problems: dict[Problem, None] = {}
    for number in range(runs):
        drawn = {draw.name: draw.value(seed + number) for draw in variation.draws}
        for chosen in product(*(choice.values for choice in variation.choices)):
            values = dict(zip((choice.name for choice in variation.choices), chosen, strict=True)) | drawn
            varied = data
            for name, value in values.items():
                varied = _changed(varied, places[name], value)
            case = Case(len(found), seed + number, values, varied)
            problems |= dict.fromkeys(_problems(case, variation, site.directory, is_first=number == 0))
            if len(problems) >= _MOST_PROBLEMS:
                raise VariationError(_in_order(problems))
            found.append(case)
    if problems:
        raise VariationError(_in_order(problems))
    return tuple(found)


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.line or 0))


def quantity(value: object) -> Quantity | None:
    """Read a number with or without a unit; None for everything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Quantity(float(value), "") if abs(value) <= _GREATEST else None
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    try:
        number = float(match[1]) if match else math.nan
    except ValueError:
        return None
    return Quantity(number, match[2] or "") if match and abs(number) <= _GREATEST else None


def in_words(value: object) -> str:
    """Return a value of a variation on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _read(yaml: YamlText, choices: list[Choice], draws: list[Draw]) -> Iterator[Finding]:
    """Fill in what is varied; yield what is wrong."""
    data = yaml.data
    if not isinstance(data, dict) or "vary" not in data:
        yield Finding((), shown(data), _TOP)
        return
    for key in data:
        if key != "vary":
            yield Finding((key,), "unknown", one_of(["vary"], key))
    varied = data["vary"]
    if not isinstance(varied, dict) or not varied:
        yield Finding(("vary",), shown(varied), "names of the site file, each with its values")
        return
    for name, value in varied.items():
        path: Place = ("vary", name)
        if not _NAME.fullmatch(name):
            yield Finding(path, "no name", "names such as battery.capacity or machines.load.points[0].value")
        match value:
            case [_, *_]:
                yield from _repeated(path, value)
                lines = tuple(yaml.line((*path, place)) for place in range(len(value)))
                choices.append(Choice(name, tuple(value), lines))
            case {}:
                read = _draw(path, value)
                if isinstance(read, Draw):
                    draws.append(read._replace(line=yaml.line(path)))
                else:
                    yield from read
            case _:
                yield Finding(path, shown(value), _VALUES)
    yield from _overlaps(tuple(varied))


def _repeated(path: Place, values: list[object]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for place, value in enumerate(values):
        if seen.setdefault(in_words(value), place) != place:
            yield Finding((*path, place), f"{shown(value)} once more", "each value once")


def _draw(path: Place, given: dict[str, object]) -> Draw | list[Finding]:
    """Return what is drawn, or all that is wrong with its description."""
    keys = ("mean", "deviation", "from", "to") if {"mean", "deviation"} & given.keys() else ("from", "to")
    found = [Finding((*path, key), "unknown", one_of(keys, key)) for key in given if key not in keys]
    found += [Finding((*path, key), "missing", _NUMBER) for key in keys[:2] if key not in given]
    read = {key: quantity(given[key]) for key in keys if key in given}
    found += [
        Finding((*path, key), shown(given[key]), _NUMBER) for key, value in read.items() if value is None
    ]
    if found:
        return found
    known = {key: value for key, value in read.items() if value is not None}
    unit = known[keys[0]].unit
    if "deviation" in known and known["deviation"].unit == "%" != unit:
        part = known["deviation"].number / 100.0
        known["deviation"] = Quantity(part * abs(known["mean"].number), unit)
    found = [
        Finding((*path, key), shown(given[key]), f"{_in(unit)}, like {keys[0]}")
        for key, value in known.items()
        if value.unit != unit
    ]
    numbers = {key: value.number for key, value in known.items()}
    lower, upper = numbers.get("from", -math.inf), numbers.get("to", math.inf)
    mean, deviation = numbers.get("mean", lower), numbers.get("deviation", 0.0)
    if not found and lower >= upper:
        found.append(Finding((*path, "to"), shown(given["to"]), f"more than from, {shown(given['from'])}"))
    elif not found and not lower <= mean <= upper:
        found.append(Finding((*path, "mean"), shown(given["mean"]), "a mean between from and to"))
    if not found and "mean" in known and deviation <= 0.0:
        found.append(
            Finding((*path, "deviation"), shown(given["deviation"]), "a deviation greater than zero")
        )
    return found or Draw(str(path[-1]), 1, unit, mean, deviation, lower, upper)


def _in(unit: str) -> str:
    return f"a number in {unit}" if unit else "a number without a unit"


def _overlaps(names: tuple[str, ...]) -> Iterator[Finding]:
    for one, other in combinations(names, 2):
        outer, inner = sorted((one, other), key=len)
        if _is_within(inner, outer):
            yield Finding(("vary", inner), f"a part of {outer}, which varies, too", "one of them")


def _is_within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def _problem(file: str, line: int, finding: Finding) -> Problem:
    path = finding.path[1:] if finding.path[:1] == ("vary",) and len(finding.path) > 1 else finding.path
    return Problem(file, line, None, _printable(written_path(path)), finding.found, finding.accepted)


class _MisplacedError(Exception):
    """A name leads nowhere: says how far it leads, what is there, and what would have to be."""


def _places(data: dict[str, Any], variation: Variation) -> dict[str, Place]:
    """Return where in a site file each name leads."""
    keys = [*data["components"], *(key for key in keys_of(Site) if key != "components")]
    lines = {choice.name: min(choice.lines) for choice in variation.choices}
    lines |= {draw.name: draw.line for draw in variation.draws}
    places, problems = {}, []
    for name, line in sorted(lines.items(), key=lambda item: item[1]):
        place = _place(name)
        if place[0] not in keys:
            accepted = (
                f"a name that begins with the key of a component or of the site: {one_of(keys, place[0])}"
            )
            problems.append(Problem(variation.file, line, None, name, "unknown", accepted))
            continue
        places[name] = ("components", *place) if place[0] in data["components"] else place
        try:
            _changed(data, places[name], None)
        except _MisplacedError as error:
            problems.append(Problem(variation.file, line, None, name, *error.args))
    if problems:
        raise VariationError(tuple(problems))
    return places


def _place(name: str) -> Place:
    return tuple(
        int(part) if name[match.start() - 1 : match.start()] == "[" else part
        for match in _PART.finditer(name)
        for part in match.group().split(".")
    )


def _changed(whole: Any, place: Place, value: object) -> Any:
    """Return the content of a file with another value at a place; what is not on the way there is shared."""
    if not place:
        return value
    key, rest = place[0], place[1:]
    if isinstance(key, int):
        if not isinstance(whole, list) or key >= len(whole):
            size = f"a list of {len(whole)}" if isinstance(whole, list) else shown(whole)
            raise _MisplacedError(f"in {size} in the site file", "a place within a list")
        return [*whole[:key], _changed(whole[key], rest, value), *whole[key + 1 :]]
    if not isinstance(whole, dict | None):
        raise _MisplacedError(f"in {shown(whole)} in the site file", "a place within a mapping")
    inner = whole or {}
    return {**inner, key: _changed(inner.get(key), rest, value)}


def _problems(case: Case, variation: Variation, directory: Path, *, is_first: bool) -> Iterator[Problem]:
    """Yield why a run is no valid site.

    The first run of each combination is checked like a site file, with all that its words and keys refer to; what
    differs in the others are numbers, for which its fields are enough.
    """
    if not is_first:
        try:
            Site.from_content(case.site, directory)
        except ValidationError:
            pass
        else:
            return
    try:
        parse_site(_as_text(case.site), variation.file, directory=directory)
    except SiteError as error:
        for problem in error.problems:
            yield _told(problem, case, variation)


def _as_text(data: SiteData) -> str:
    """Return the content of a site file as YAML that says the same: JSON, with YAML's escapes."""
    plain = json.dumps(data, ensure_ascii=False)
    return re.sub(r"[^\x20-\x7e]", lambda match: f"\\U{ord(match.group()):08x}", plain)


def _told(problem: Problem, case: Case, variation: Variation) -> Problem:
    """Return a problem of a run's site in the lines of the file of variations."""
    subject = ".".join(filter(None, (problem.component, problem.field)))
    lines = {
        choice.name: choice.lines[choice.values.index(case.values[choice.name])]
        for choice in variation.choices
    }
    lines |= {draw.name: draw.line for draw in variation.draws}
    own = [name for name in lines if _is_within(subject, name) or _is_within(name, subject)]
    near = own or [name for name in lines if _is_within(name, problem.component or "")] or list(lines)
    found = problem.found
    if not own:
        found += f" with {', '.join(f'{name} = {in_words(case.values[name])}' for name in near)}"
    if any(draw.name in near for draw in variation.draws):
        found += f" in run {case.run} (seed {case.seed})"
    return problem._replace(line=lines[near[0]], field=_printable(problem.field), found=found)


def _printable(text: str) -> str:
    return "".join(part if part.isprintable() else repr(part)[1:-1] for part in text)
