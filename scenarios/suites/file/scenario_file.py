"""Scenario files, read and held to their sites. Whatever is wrong with one is told at once, by line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from ....sim.files.explain import keys_of
from ....sim.files.problems import FileError, Finding, Place, Problem, kind_of
from ....sim.files.regular import why_unreadable
from ....sim.inputs.errors import InputError
from ....sim.site.input_files import in_site_files
from ....sim.site.reader import SiteError, bundled_sites, load_site, read_content
from ....sim.site.site import Site
from ....sim.tariff.reader import Tariff, TariffError, load_tariff
from .application import Application, ApplicationError, read_application
from .binding import Bound, bind, file_findings, findings_anywhere
from .keys import ScenarioSection
from .parameters import Values, combinations, unfilled, with_values
from .plan import Scenario
from .readable import Readable, readable
from .sources import Sources


class ScenarioError(FileError):
    """A scenario file is wrong: says everything that is, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...], without_app: tuple[Problem, ...] = ()) -> None:
        """Gather the problems of one file.

        Args:
            problems: What is wrong in any case.
            without_app: What is wrong besides if no application is given in place of the file's.
        """
        super().__init__(problems)
        self.without_app = without_app


class ScenarioFile:
    """A file, and the scenarios in it: one for each combination of its parameters."""

    def __init__(self, path: Path) -> None:
        """Read a file.

        Raises:
            ScenarioError: If it cannot be read.
        """
        self.path = path
        try:
            self._sources = Sources.read(path)
        except OSError as error:
            accepted = "the path of a scenario file, or a folder of them"
            problem = Problem(str(path), None, None, "", why_unreadable(error), accepted)
            raise ScenarioError((problem,)) from None
        self.combinations: list[Values] = []
        """Values of the parameters, in the order in which they are run."""
        self._found: list[Finding] = []
        if self._sources.is_readable:
            self.combinations, self._found = combinations(self._sources.data, is_whole=self._sources.is_whole)

    def scenario(self, values: Values = ()) -> Scenario:
        """Return the scenario with certain values of the parameters.

        Raises:
            ScenarioError: If anything is wrong with it, or with the site that it names.
        """
        return self._scenarios([values])[0]

    def scenarios(self) -> list[Scenario]:
        """Return the scenarios of all combinations, in their order.

        Raises:
            ScenarioError: If anything is wrong with any of them; says each thing once.
        """
        return self._scenarios(self.combinations)

    def problems_without_app(self, scenario: Scenario) -> tuple[Problem, ...]:
        """Return what is wrong with one of its scenarios if no application is given in place of the file's."""
        return () if scenario.app is not None else self._problems(scenario.without_app)

    def _scenarios(self, cases: Sequence[Values]) -> list[Scenario]:
        scenarios: list[Scenario] = []
        found, without_app = _Once(self._found), _Once()
        is_sound = self._sources.is_whole and not self._found
        if self._sources.is_readable and self.combinations:
            for values in cases:
                unknown = set() if is_sound else unfilled(self._sources.data, values)
                read = _read(with_values(self._sources.data, values), self._sources, unknown)
                found.take(read.findings)
                without_app.take(read.without_app)
                scenarios += [] if read.scenario is None else [read.scenario]
        problems = [*self._sources.problems, *self._problems(found.all)]
        if problems:
            raise ScenarioError(self._in_order(problems), self._problems(without_app.all))
        return scenarios

    def _problems(self, found: Iterable[Finding]) -> tuple[Problem, ...]:
        return tuple(filter(None, map(self._sources.problem, found)))

    def _in_order(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return problems of the file itself first, each in the order of its file."""
        once = dict.fromkeys(problems)
        return tuple(
            sorted(
                once, key=lambda problem: (problem.file != str(self.path), problem.file, problem.line or 0)
            )
        )


class _Once:
    """Findings in several cases of a file, of which those at one place are those of the first case that has any."""

    def __init__(self, found: Iterable[Finding] = ()) -> None:
        self.all = list(found)

    def take(self, found: Iterable[Finding]) -> None:
        """Take in those of another case."""
        known = {finding.path for finding in self.all}
        self.all += [finding for finding in found if finding.path not in known]


def _read(data: object, sources: Sources, unknown: Collection[Place]) -> Bound:
    """Return what comes of the content of a file.

    Args:
        data: With the values of its parameters.
        sources: Where it stands.
        unknown: Where parameters without a value stand in it.
    """
    if not isinstance(data, dict):
        accepted = "a mapping with scenario, site, duration and checks"
        return Bound(None, [Finding((), kind_of(data), accepted)])
    part, found = readable(data, unknown)
    if not sources.is_whole:
        # What cannot be included may say what is not there.
        absent = [(key,) for key in keys_of(ScenarioSection) if not data.get(key)]
        found = [each for each in found if each.path not in absent]
        part = part.without(("steps",), *absent)
    app, wrong = _application(data, sources, part)
    found += wrong
    site, wrong = _site(data, sources, part)
    found += wrong
    tariff, wrong = _tariff(data, sources, part)
    found += wrong
    if wrong:
        part = part.without(("tariff",))
    if site is None:
        return Bound(None, [*found, *findings_anywhere(part)])
    if part.section.interval_s is not None:
        site = site.with_telemetry_interval(part.section.interval_s)
    try:
        bound = bind(part, site, app, tariff)
    except InputError as error:
        name = data.get("site")
        files = [str(_site_source(name, sources.folder("site")))] if isinstance(name, str) else []
        said = in_site_files(error, files).splitlines()[0]
        accepted = "a site whose inputs can drive it from the start on"
        return Bound(None, [*found, Finding(("site",), f"wrong: {said}", accepted)])
    has_app = bool(data.get("app")) or part.is_wrong("app")
    return Bound(
        None if found else bound.scenario, [*found, *bound.findings], () if has_app else bound.without_app
    )


def _named(data: Mapping[str, object], key: str, part: Readable) -> str | None:
    """Return what a key names; None if that cannot be read, or nothing is named."""
    value = data.get(key)
    return value if isinstance(value, str) and value and not part.is_wrong(key) else None


def _application(
    data: Mapping[str, object], sources: Sources, part: Readable
) -> tuple[Application | None, list[Finding]]:
    if (words := _named(data, "app", part)) is None:
        return None, []
    try:
        return read_application(words, sources.folder("app")), []
    except ApplicationError as error:
        return None, [Finding(("app",), error.found, error.accepted)]


def _site(data: Mapping[str, object], sources: Sources, part: Readable) -> tuple[Site | None, list[Finding]]:
    content, folder = data.get("site"), sources.folder("site")
    if isinstance(content, dict):
        site, found = read_content(sources.part("site", content), folder)
        wrong = [each._replace(path=("site", *each.path)) for each in found]
        return None if found else site, [each for each in wrong if not part.is_wrong(*each.path)]
    if (name := _named(data, "site", part)) is None:
        return None, []
    try:
        return load_site(_site_source(name, folder)), []
    except SiteError as error:
        return None, file_findings("site", name, error.problems)


def _site_source(name: str, folder: Path) -> str | Path:
    return name if name in bundled_sites() else folder / name


def _tariff(
    data: Mapping[str, object], sources: Sources, part: Readable
) -> tuple[Tariff | None, list[Finding]]:
    if (name := _named(data, "tariff", part)) is None:
        return None, []
    try:
        return load_tariff(sources.folder("tariff") / name), []
    except TariffError as error:
        return None, file_findings("tariff", name, error.problems)
