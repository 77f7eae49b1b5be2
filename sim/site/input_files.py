"""What is wrong with the files and with the load profiles of packages that drive a site, seen before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError

from ..components.grid_outages import OutageFile, recorded_outages
from ..components.machines.wind_power_curve import CurveFile, read_curve
from ..components.registry import component_types, type_of
from ..domain.timestamps import to_us
from ..files.explain import annotation_of, fields_of
from ..files.moments import parse_zone
from ..files.presets import own_presets
from ..files.problems import Place, Problem, in_lines, written_path
from ..files.yaml_text import read_yaml
from ..inputs.daily import DAY_US, day_at
from ..inputs.errors import InputError
from ..inputs.files.recording import read_recording
from ..inputs.packaged import packaged_days
from ..inputs.sessions.acn import at_station, read_acn_sessions
from ..inputs.sessions.sections import RecordedSessions
from ..inputs.specs import FileColumn, Packaged
from .reader import located_problems, read_content, site_text
from .site import Microgrid, Site
from .weather import Weather

Named = FileColumn | RecordedSessions | OutageFile | CurveFile | Packaged
"""What names a file, or a load profile of a package, that drives a site."""
_WEEK_FROM_US = to_us(datetime(2026, 1, 5, 12, tzinfo=UTC))
"""In a week of which the days of load profiles are looked at; any would do [µs]."""


class FileProblem(NamedTuple):
    """Something wrong inside of a file, or with a load profile, that drives a site."""

    file: str
    """That of the site."""
    line: int
    """Where it names the other."""
    place: str
    """Keys that lead there."""
    error: InputError

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.place}: {self.error}"


def read_checked(source: str) -> Site:
    """Read a site and see that the files that drive it can be read.

    Whether they cover a run is known only when it begins.

    Args:
        source: Path of a site file, or the name of a bundled site.

    Raises:
        ValueError: If anything is wrong with them; says everything that is, in the order of the site file. Of what
            drives the site, it says what is wrong wherever it is clear which files are meant.
    """
    name, text, directory = site_text(source)
    yaml = read_yaml(text)
    site, found = read_content(yaml, directory)
    problems: list[Problem | FileProblem] = [*located_problems(name, yaml, found)]
    refused = [fault.finding.path for fault in yaml.faults] + [finding.path for finding in found]
    for place, error in _file_errors(site, yaml.data, directory):
        if not any(path[: len(place)] == place for path in refused):
            line = max(yaml.line((*place, named)) for named in ("file", "profile"))
            problems.append(FileProblem(name, line, written_path(_within_component(place)), error))
    if problems or site is None:
        problems.sort(key=lambda problem: problem.line or 0)
        raise ValueError(in_lines(problems))
    return site


def in_site_files(error: InputError, sources: Sequence[str]) -> str:
    """Return what is wrong with an input by its place in the site file, as `read_checked` tells it, if that is known.

    Args:
        error: Of building sites that could be read.
        sources: Paths of their files, or names of bundled sites.
    """
    for source in sources:
        try:
            read_checked(source)
        except ValueError as problems:
            return str(problems)
    if error.place is None or len(sources) != 1:
        return str(error)
    name, text, _ = site_text(sources[0])
    line = read_yaml(text).line(("components", *error.place))
    return str(FileProblem(name, line, written_path(error.place), error))


def input_files(site: Site) -> list[Path]:
    """Return the files that drive a site, each once; they need not be there."""
    return named_files(site, site.directory)


def named_files(content: BaseModel, directory: Path) -> list[Path]:
    """Return the files that the content of a file names, each once; they need not be there.

    Args:
        content: In which each `file` names one.
        directory: Where relative paths start.
    """
    named = (getattr(section, "file", None) for section in _sections(content))
    return list(dict.fromkeys(directory / name for name in named if isinstance(name, str)))


def _sections(value: object) -> Iterator[BaseModel]:
    match value:
        case BaseModel():
            yield value
            for name in type(value).model_fields:
                yield from _sections(getattr(value, name))
        case Mapping():
            for inner in value.values():
                yield from _sections(inner)
        case tuple() | list():
            for inner in value:
                yield from _sections(inner)


def _within_component(place: Place) -> Place:
    return place[1:] if place[0] == "components" else place


def _file_errors(site: Site | None, data: object, directory: Path) -> Iterator[tuple[Place, InputError]]:
    """Read every file that a site names; yield what is wrong, by the place that names it.

    Args:
        site: The site; None if its file is wrong somewhere.
        data: What that says.
        directory: Where relative paths start.
    """
    zone = _zone(data) if site is None else site.microgrid.location.zone
    if zone is None:
        return
    wrong = set[Place]()
    for place, part in _sound_parts(data) if site is None else [((), site)]:
        for inner, spec in _specs(place, part):
            try:
                _read(spec, directory, zone)
            except InputError as error:
                wrong.add(inner)
                yield inner, error
    unsuitable = () if site is None else _unsuitable_files(site)
    yield from ((place, found) for place, found in unsuitable if place not in wrong)


def _unsuitable_files(site: Site) -> Iterator[tuple[Place, InputError]]:
    """Read the files of what components are made of; yield what is wrong beside the rest of a component's section."""
    with own_presets(site.own_presets):
        for key, component in site.components.items():
            for name, read in type_of(component).files.items():
                try:
                    read(component, site.directory)
                except InputError as error:
                    yield ("components", key, name), error


def _zone(data: object) -> tzinfo | None:
    """Return the time zone of a site; None if that is what is wrong with it."""
    microgrid = data.get("microgrid") if isinstance(data, dict) else None
    if not isinstance(microgrid, dict):
        return None
    try:
        return Microgrid.model_validate({"id": 1, **_only(microgrid, "location")}).location.zone
    except ValidationError:
        return None


def _only(mapping: Mapping[str, object], key: str) -> dict[str, object]:
    return {key: mapping[key]} if key in mapping else {}


def _sound_parts(data: object) -> Iterator[tuple[Place, object]]:
    """Yield what names files and is right by itself in the content of a site file that is wrong."""
    if not isinstance(data, dict):
        return
    yield from _sound_fields((), Site, _only(data, "ambient_temperature"))
    yield from _sound_fields(("weather",), Weather, data.get("weather"))
    components = data.get("components")
    for key, value in components.items() if isinstance(components, dict) else ():
        category = value.get("category") if isinstance(value, dict) else None
        kind = component_types().get(category) if isinstance(category, str) else None
        if kind is not None:
            yield from _sound_fields(("components", key), kind.section, value)


def _sound_fields(place: Place, model: type[BaseModel], given: object) -> Iterator[tuple[Place, object]]:
    fields = fields_of(model)
    for key, value in given.items() if isinstance(given, dict) else ():
        if key not in fields or not _names_file(value):
            continue
        try:
            part = TypeAdapter(annotation_of(fields[key])).validate_python(value)
        except (Exception, SystemExit):  # Said with everything else, whatever a stranger's validator does.
            continue
        yield (*place, key), part


def _names_file(value: object) -> bool:
    match value:
        case dict():
            return "file" in value or "profile" in value or any(map(_names_file, value.values()))
        case list():
            return any(map(_names_file, value))
        case _:
            return False


def _specs(place: Place, value: object) -> Iterator[tuple[Place, Named]]:
    match value:
        case FileColumn() | RecordedSessions() | OutageFile() | CurveFile() | Packaged():
            yield place, value
        case BaseModel():
            fields = type(value).model_fields
            yield from _all_specs(
                place, ((field.alias or name, getattr(value, name)) for name, field in fields.items())
            )
        case Mapping():
            yield from _all_specs(place, value.items())
        case tuple() | list():
            yield from _all_specs(place, enumerate(value))


def _all_specs(place: Place, values: Iterable[tuple[int | str, object]]) -> Iterator[tuple[Place, Named]]:
    for key, value in values:
        yield from _specs((*place, key), value)


def _read(spec: Named, directory: Path, zone: tzinfo) -> None:
    match spec:
        case FileColumn():
            read_recording(spec, directory, zone)
        case RecordedSessions():
            path = directory / spec.file
            sessions = read_acn_sessions(
                path,
                parse_zone(spec.timezone) if spec.timezone else zone,
                refuses_overlaps=spec.overlaps == "refuse",
            )
            at_station(sessions, spec.station, path.name)
        case OutageFile():
            recorded_outages(spec, directory, zone)
        case CurveFile():
            read_curve(spec, directory)
        case Packaged():
            days = packaged_days(spec.profile, spec.annual_energy_wh)
            for number in range(7):
                days.steps(day_at(_WEEK_FROM_US + number * DAY_US, zone))
