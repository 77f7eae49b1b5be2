"""Reads site files. Whatever is wrong with one is reported at once, by line, in the keys of the file.

SiteError: the site file is wrong, whoever wrote it must act.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from ...models.parameter import ParameterError
from ..components.component_type import ComponentType
from ..components.grid_connection_point import GridConnectionPoint
from ..components.package_check import PackageError
from ..components.presets import read_own_presets
from ..components.registry import broken_packages, component_types, type_of
from ..components.section import ComponentSection
from ..components.setting import GridFacts
from ..files.explain import explain, keys_of
from ..files.parameters import Given
from ..files.presets import PresetError, PresetFolder, own_presets
from ..files.problems import (
    FileError,
    Finding,
    Place,
    Problem,
    did_you_mean,
    kind_of,
    one_of,
    shown,
    written_path,
)
from ..files.regular import read_regular
from ..files.yaml_text import YamlText, read_yaml
from ..inputs.packaged import broken_profiles
from . import graph
from .environment import grids_seen
from .feed_in import feed_in_findings
from .meters import wrong_meter
from .relations import has_known_preset, relation_findings
from .self_consumption import self_consumption_findings
from .site import FROM_A_FILE, Site
from .weather import Weather, sensor_params

_COMPONENT_KEY = re.compile(r"\w[\w-]*")
_TOP = "a mapping with microgrid and components"
_SET_ON_LOADING = ("directory", "own_presets")
_KEYS = tuple(key for key in keys_of(Site) if key not in _SET_ON_LOADING)


class SiteError(FileError):
    """A site file is wrong: says everything that is, in the order of the file."""


def bundled_sites() -> tuple[str, ...]:
    """Return the names of the sites that come with the program."""
    names = (entry.name for entry in _sites().iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


class SiteText(NamedTuple):
    """What a site file says, as text."""

    name: str
    """Of the file, for messages."""
    text: str | bytes
    directory: Path
    """Where the relative paths of input files start."""


def site_text(source: str | Path) -> SiteText:
    """Return the text of a site file.

    Args:
        source: Path of a YAML file, or the name of a bundled site such as `demo`.

    Raises:
        SiteError: If there is no such file.
    """
    if str(source) in bundled_sites():
        with as_file(_sites() / f"{source}.yaml") as path:
            return SiteText(path.name, path.read_bytes(), path.parent)
    path = Path(source)
    try:
        return SiteText(str(source), read_regular(path), path.parent)
    except (OSError, ValueError) as error:
        raise SiteError((_unreadable(str(source), error),)) from None


def load_site(source: str | Path) -> Site:
    """Read a site.

    Args:
        source: Path of a YAML file, or the name of a bundled site such as `demo`.

    Raises:
        SiteError: If there is no such file, or anything is wrong with it.
    """
    name, text, directory = site_text(source)
    return parse_site(text, name, directory=directory)


def parse_site(text: str | bytes, name: str, *, directory: Path = Path()) -> Site:
    """Read a site from the text of a file.

    Args:
        text: YAML.
        name: Of the file, for messages.
        directory: Where the relative paths of input files start.

    Raises:
        SiteError: If anything is wrong with it.
    """
    yaml = read_yaml(text)
    site, found = read_content(yaml, directory)
    problems = located_problems(name, yaml, found)
    if problems or site is None:
        raise SiteError(problems)
    return site


def located_problems(name: str, yaml: YamlText, found: Iterable[Finding]) -> tuple[Problem, ...]:
    """Return what is wrong with a text and with its content, in the order of its lines.

    Args:
        name: Of the file, for messages.
        yaml: The text.
        found: What is wrong with its content.
    """
    located = [(fault.line, fault.finding) for fault in yaml.faults]
    located += [(yaml.line(finding.path), finding) for finding in found]
    located.sort(key=lambda item: item[0])
    return tuple(dict.fromkeys(_problem(name, line, finding) for line, finding in located))


def read_content(yaml: YamlText, directory: Path) -> tuple[Site | None, list[Finding]]:
    """Read a site from the content of a text, or of a part of one; return it, or None and what is wrong.

    Args:
        yaml: The text.
        directory: Where the relative paths of input files start.
    """
    data = yaml.data
    if not yaml.is_readable:
        return None, []
    if not isinstance(data, dict):
        return None, [Finding((), kind_of(data), _TOP)]
    found = [Finding((key,), "unknown", one_of(_KEYS)) for key in _SET_ON_LOADING if key in data]
    data = {key: value for key, value in data.items() if key not in _SET_ON_LOADING}
    folder, wrong = _own_presets(data, directory)
    found += [Finding(("presets",), _shown_problem(error), error.accepted) for error in wrong]
    with own_presets(folder):
        site, more = _read_with(folder, data, yaml, directory)
    if wrong:
        # What names one of them has no fault of its own.
        names = {shown(error.name.split(".")[0]) for error in wrong if error.name}
        more = [
            finding for finding in more if finding.path[-1:] != ("preset",) and finding.found not in names
        ]
    return site, _with_broken_packages(found + more, yaml)


def _with_broken_packages(found: list[Finding], yaml: YamlText) -> list[Finding]:
    """Say beside the first unknown category, and profile, which packages that should bring some could not."""
    told = list(dict.fromkeys(found))
    for key, broken in (("category", broken_packages()), ("profile", broken_profiles())):
        places = [number for number, finding in enumerate(told) if finding.path[-1:] == (key,)]
        if broken and places:
            first = min(places, key=lambda number: yaml.line(told[number].path))
            accepted = f"{told[first].accepted} (not there: {'; '.join(map(str, broken))})"
            told[first] = told[first]._replace(accepted=accepted)
    return told


def _own_presets(data: dict[str, object], directory: Path) -> tuple[PresetFolder | None, list[PresetError]]:
    """Read the folder that a site file names; return it, or none if it names none, and what is wrong with it."""
    name = data.get("presets")
    if not isinstance(name, str) or not name:
        return None, []
    return read_own_presets(directory / name)


def _shown_problem(error: PresetError) -> str:
    return f"wrong: {error.file}{'' if error.name is None else f', {error.name}'} is {error.found}"


def _read_with(
    folder: PresetFolder | None, data: dict[str, object], yaml: YamlText, directory: Path
) -> tuple[Site | None, list[Finding]]:
    found: list[Finding] = []
    site = None
    if raising := [*_raising_sections(data)]:
        return None, raising
    try:
        site = Site.model_validate(data, context=FROM_A_FILE)
        site = site.model_copy(update={"directory": directory, "own_presets": folder})
    except ValidationError as error:
        faulty = {fault.finding.path for fault in yaml.faults}
        found += [finding for finding in explain(error, Site, data) if finding.path not in faulty]
    if site is not None:
        wrong = [*_parameter_findings(site), *_sensor_findings(site)]
        found += wrong or [
            *relation_findings(site),
            *feed_in_findings(site),
            *self_consumption_findings(site),
        ]
    explained = [finding.path for finding in found]
    found += _key_findings(data)
    further = [*_component_findings(data, yaml, directory)]
    further += _file_findings(data, (), ("ambient_temperature",), directory)
    further += _weather_findings(data, yaml, directory)
    return site, found + [finding for finding in further if not _overlaps(finding.path, explained)]


def _raising_sections(data: dict[str, object]) -> Iterator[Finding]:
    """Find sections of packages that raise what is no refusal of theirs."""
    components = data.get("components")
    for key, value in components.items() if isinstance(components, dict) else ():
        kind = _type_named(value.get("category")) if isinstance(value, dict) else None
        if kind is None or kind.package is None:
            continue
        try:
            kind.section.model_validate(value)
        except ValidationError:
            continue  # Said with everything else.
        except (Exception, SystemExit) as error:  # whatever a stranger's validator does
            found = f"of component type {kind.name!r} of package {kind.package}, whose section raises"
            said = f"{type(error).__name__}: {str(error).partition(chr(10))[0]:.200}"
            yield Finding(
                ("components", key), f"{found} {said}", "a section that takes or refuses what is said"
            )


def _overlaps(path: Place, others: list[Place]) -> bool:
    """Say whether a field, or something around it or in it, is among others."""
    is_field = len(path) > len(("components", "key"))
    return any(path[: len(other)] == other or (is_field and other[: len(path)] == path) for other in others)


def _component_findings(data: dict[str, object], yaml: YamlText, directory: Path) -> Iterator[Finding]:
    components = data.get("components")
    if not isinstance(components, dict):
        return
    nodes = [_node(key, value) for key, value in components.items()]
    yield from _id_findings(nodes, yaml)
    for key, value in components.items():
        if isinstance(value, dict):
            yield from _preset_findings(key, value)
            yield from _meter_findings(key, value, components)
            kind = _type_named(value.get("category"))
            inputs = () if kind is None else tuple(kind.inputs)
            yield from _file_findings(value, ("components", key), inputs, directory)
            yield from _voltage_file_findings(key, value, directory)
    has_own_ids = len({node.id for node in nodes}) == len(nodes)
    found = graph.findings(nodes if has_own_ids else [node._replace(id=None) for node in nodes])
    no_mapping = {key for key, value in components.items() if not isinstance(value, dict)}
    yield from (finding for finding in found if not no_mapping.intersection(finding.path))


def _weather_findings(data: dict[str, object], yaml: YamlText, directory: Path) -> Iterator[Finding]:
    """Find what is wrong with the files behind the weather, and with the names and numbers of sensors."""
    weather, sensors, components = data.get("weather"), data.get("sensors"), data.get("components")
    if isinstance(weather, dict):
        yield from _file_findings(weather, ("weather",), tuple(Weather.model_fields), directory)
    first: dict[object, str] = {}
    for key, value in sensors.items() if isinstance(sensors, dict) else ():
        if isinstance(components, dict) and key in components:
            line = yaml.line(("components", key))
            yield Finding(("sensors", key), f"the key of a component, too (line {line})", "a key of its own")
        number = value.get("id") if isinstance(value, dict) else None
        if number is not None and first.setdefault(number, key) != key:
            line = yaml.line(("sensors", first[number], "id"))
            found = f"{shown(number)}, like {first[number]}.id on line {line}"
            yield Finding(("sensors", key, "id"), found, "a number of its own")


def _type_named(category: object) -> ComponentType | None:
    return component_types().get(category) if isinstance(category, str) else None


def _node(key: str, value: object) -> graph.Node:
    """Return what the graph needs of a component, however faulty it is."""
    fields = value if isinstance(value, dict) else {}
    behind = fields.get("behind", ())
    parents = [behind] if isinstance(behind, str) else behind if isinstance(behind, list) else []
    number, category = fields.get("id"), fields.get("category")
    return graph.Node(
        key,
        number if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**63 else None,
        _type_named(category),
        tuple(parent for parent in parents if isinstance(parent, str)),
    )


def _key_findings(data: dict[str, object]) -> Iterator[Finding]:
    components = data.get("components")
    for key in components if isinstance(components, dict) else ():
        if not _COMPONENT_KEY.fullmatch(key):
            yield Finding(("components", key), "no key for a component", "letters, digits, - and _")


def _id_findings(nodes: list[graph.Node], yaml: YamlText) -> Iterator[Finding]:
    first: dict[int, str] = {}
    for node in nodes:
        if node.id is None:
            continue
        other = first.setdefault(node.id, node.key)
        if other != node.key:
            line = yaml.line(("components", other, "id"))
            path = ("components", node.key, "id")
            yield Finding(path, f"{node.id}, like {other}.id on line {line}", "a number of its own")


def _preset_findings(key: str, component: dict[str, object]) -> Iterator[Finding]:
    name, kind = component.get("preset"), _type_named(component.get("category"))
    if not isinstance(name, str) or kind is None or kind.presets is None:
        return
    names = kind.presets()
    if name not in names:
        yield Finding(("components", key, "preset"), shown(name), one_of(names, name))


def _meter_findings(
    key: str, component: dict[str, object], components: dict[str, object]
) -> Iterator[Finding]:
    meter = component.get("self_consumption")
    if isinstance(meter, str):
        accepted = wrong_meter(
            key, meter, {each: _node(each, components[each]).parents for each in components}
        )
        if accepted is not None:
            yield Finding(("components", key, "self_consumption"), shown(meter), accepted)


def _parameter_findings(site: Site) -> Iterator[Finding]:
    """Find what no component can be built of: parameters, or what the rest of its section makes of them."""
    if not any(isinstance(component, GridConnectionPoint) for component in site.components.values()):
        return
    grids = grids_seen(site)
    for key, component in site.components.items():
        if has_known_preset(component):
            yield from _refusals(
                partial(_check_with, component, grids[key]), component.parameters, ("components", key)
            )


def _check_with(component: ComponentSection, grid: GridFacts, given: Given) -> None:
    """Hold a component with other parameters to what its model can have.

    Raises:
        ParameterError: If one of them, or all together, cannot be.
    """
    type_of(component).check_parameters(component.model_copy(update={"parameters": given}), grid)


def _sensor_findings(site: Site) -> Iterator[Finding]:
    """Find parameters that no sensor can have."""
    for key, sensor in site.sensors.items():
        for metric, given in sensor.parameters.items():
            yield from _refusals(partial(sensor_params, metric), given, ("sensors", key), metric.value)


def _refusals(check: Callable[[Given], object], given: Given, path: Place, *within: str) -> Iterator[Finding]:
    """Find what given parameters of a model cannot be, by one of those.

    Args:
        check: Raises `ParameterError` where some parameters cannot be.
        given: Those that the file gives.
        path: Of the section that has them.
        within: Keys below `parameters` that lead to them.
    """
    try:
        check(given)
    except ParameterError as error:
        place = (*path, "parameters", *within)
        # What is wrong with a table is told with the place in it.
        if re.split(r"[\[ ]", error.parameter)[0] in given:
            yield Finding((*place, error.parameter), error.found, error.accepted)
        elif (name := _cause(check, given, error)) is None:
            yield Finding((*path, error.parameter), error.found, error.accepted)
        else:
            value = given[name]
            said = shown(value) if isinstance(value, bool | tuple) else f"{value:g}"
            found = f"{said}, with which {error.parameter} is {error.found}"
            yield Finding((*place, name), found, f"{error.parameter} {error.accepted}")
    except PackageError as error:
        found = f"of component type {error.kind!r} of package {error.package}, which {error.found}"
        yield Finding(path[:2], found, error.accepted)


def _cause(check: Callable[[Given], object], given: Given, error: ParameterError) -> str | None:
    """Return the parameter of a file without which another one would not be wrong; None if it is wrong without any."""
    for name in given:
        try:
            check({other: value for other, value in given.items() if other != name})
        except ParameterError as still:
            if still.parameter == error.parameter:
                continue
        except PackageError:
            continue
        return name
    return None


def _file_findings(
    section: dict[str, object], path: tuple[str, ...], inputs: tuple[str, ...], directory: Path
) -> Iterator[Finding]:
    for key in inputs:
        value = section.get(key)
        name = value.get("file") if isinstance(value, dict) else None
        if isinstance(name, str) and name and not _is_file(directory / name):
            accepted = (
                f"a file, its path relative to the folder of the site file{_neighbours(directory / name)}"
            )
            found = f"{shown(name)}, a folder" if _is_folder(directory / name) else shown(name)
            yield Finding((*path, key, "file"), found, accepted)


def _voltage_file_findings(key: str, component: dict[str, object], directory: Path) -> Iterator[Finding]:
    voltages = component.get("voltages")
    phases = voltages.get("phases") if isinstance(voltages, dict) else None
    for place, phase in enumerate(phases if isinstance(phases, list) else ()):
        path: Place = ("components", key, "voltages", "phases")
        for finding in _file_findings({"": phase}, (), ("",), directory):
            yield finding._replace(path=(*path, place, "file"))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _neighbours(path: Path) -> str:
    try:
        return did_you_mean(path.name, [entry.name for entry in path.parent.iterdir() if entry.is_file()])
    except (OSError, ValueError):
        return ""


def _problem(file: str, line: int, finding: Finding) -> Problem:
    match finding.path:
        case ("components", str(component), *rest):
            return Problem(file, line, component, written_path(tuple(rest)), finding.found, finding.accepted)
        case path:
            return Problem(file, line, None, written_path(path), finding.found, finding.accepted)


def _unreadable(source: str, error: OSError | ValueError) -> Problem:
    names = bundled_sites()
    words = (error.strerror if isinstance(error, OSError) else None) or str(error)
    reason = "not there" if isinstance(error, FileNotFoundError) else f"unreadable ({words})"
    accepted = f"the path of a site file, or the name of a bundled site: {one_of(names, source)}"
    return Problem(source, None, None, "", reason, accepted)


def _sites() -> Traversable:
    return files("doppelgrid.sim.site") / "bundled"
