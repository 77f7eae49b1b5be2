"""What is wrong with the files that drive a site, read before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from ..components.grid_connection_point import OutageFile, recorded_outages
from ..files.moments import parse_zone
from ..files.problems import Place, written_path
from ..inputs.errors import InputError
from ..inputs.files.recording import read_recording
from ..inputs.sessions.acn import at_station, read_acn_sessions
from ..inputs.sessions.sections import RecordedSessions
from ..inputs.specs import FileColumn
from .reader import load_site
from .site import Site

Named = FileColumn | RecordedSessions | OutageFile
"""What names a file that drives a site."""


def input_file_errors(site: Site) -> dict[str, InputError]:
    """Read every file that a site names; return what is wrong, by the key that names it.

    Whether they cover a run is known only when it begins.
    """
    found = {}
    for place, spec in _specs((), site):
        try:
            _read(spec, site)
        except InputError as error:
            found[written_path(place[1:] if place[0] == "components" else place)] = error
    return found


def read_checked(source: str) -> Site:
    """Read a site and see that the files that drive it can be read.

    Args:
        source: Path of a site file, or the name of a bundled site.

    Raises:
        ValueError: If anything is wrong with them; says everything that is.
    """
    site = load_site(source)
    if wrong := input_file_errors(site):
        raise ValueError("\n".join(f"{source}: {place}: {found}" for place, found in wrong.items()))
    return site


def input_files(site: Site) -> list[Path]:
    """Return the files that drive a site, each once; they need not be there."""
    named = (getattr(section, "file", None) for section in _sections(site))
    return list(dict.fromkeys(site.directory / name for name in named if isinstance(name, str)))


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


def _specs(place: Place, value: object) -> Iterator[tuple[Place, Named]]:
    match value:
        case FileColumn() | RecordedSessions() | OutageFile():
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


def _read(spec: Named, site: Site) -> None:
    zone = site.microgrid.location.zone
    match spec:
        case FileColumn():
            read_recording(spec, site.directory, zone)
        case RecordedSessions():
            path = site.directory / spec.file
            sessions = read_acn_sessions(
                path,
                parse_zone(spec.timezone) if spec.timezone else zone,
                refuses_overlaps=spec.overlaps == "refuse",
            )
            at_station(sessions, spec.station, path.name)
        case OutageFile():
            recorded_outages(spec, site.directory, zone)
