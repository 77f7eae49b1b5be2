"""Scenario files, read and held to their sites. Whatever is wrong with one is told at once, by line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ....sim.files.explain import explain
from ....sim.files.problems import Finding, Problem, kind_of, shown
from ....sim.files.regular import why_unreadable
from ....sim.inputs.errors import InputError
from ....sim.site.input_files import in_site_files
from ....sim.site.reader import SiteError, bundled_sites, load_site, read_content
from ....sim.site.site import Site
from ....sim.tariff.reader import TariffError, load_tariff
from ..language.expressions import ExpressionError, parse_condition
from .application import ApplicationError, read_application
from .binding import Numbers, bind, tariff_findings
from .keys import KINDS, Check, ScenarioSection
from .parameters import Values, combinations, with_values
from .plan import Scenario
from .sources import Sources
from .without_app import findings_without_app


class ScenarioError(ValueError):
    """A scenario file is wrong: says everything that is, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Gather the problems of one file."""
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class ScenarioFile:
    """A file, and the scenarios in it: one for each combination of its parameters."""

    def __init__(self, path: Path) -> None:
        """Read a file.

        Raises:
            ScenarioError: If it cannot be read, or something is wrong with its parameters.
        """
        self.path = path
        try:
            self._sources = Sources.read(path)
        except OSError as error:
            accepted = "the path of a scenario file, or a folder of them"
            problem = Problem(str(path), 1, None, "", why_unreadable(error), accepted)
            raise ScenarioError((problem,)) from None
        self.combinations: list[Values] = [()]
        """Values of the parameters, in the order in which they are run."""
        found: list[Finding] = []
        if self._sources.is_readable:
            self.combinations, found = combinations(self._sources.data)
        self._refuse_if(found)

    def scenario(self, values: Values = ()) -> Scenario:
        """Return the scenario with certain values of the parameters.

        Raises:
            ScenarioError: If anything is wrong with it, or with the site that it names.
        """
        scenario, found = _read(with_values(self._sources.data, values), self._sources)
        self._refuse_if(found)
        assert scenario is not None
        return scenario

    def problems_without_app(self, scenario: Scenario) -> tuple[Problem, ...]:
        """Return what is wrong with one of its scenarios if no application is given in place of the file's."""
        if scenario.app is not None:
            return ()
        return tuple(filter(None, map(self._sources.problem, findings_without_app(scenario))))

    def _refuse_if(self, found: Sequence[Finding]) -> None:
        problems = [*self._sources.problems, *filter(None, map(self._sources.problem, found))]
        if problems:
            # Those of the file itself first, each in the order of its file.
            problems.sort(key=lambda problem: (problem.file != str(self.path), problem.file, problem.line))
            raise ScenarioError(tuple(dict.fromkeys(problems)))


def _read(data: object, sources: Sources) -> tuple[Scenario | None, list[Finding]]:
    if not isinstance(data, dict):
        return None, [Finding((), kind_of(data), "a mapping with scenario, site, duration and checks")]
    section, numbers, found = _sections(data)
    app, site = None, None
    if isinstance(words := data.get("app"), str) and words:
        try:
            app = read_application(words, sources.folder("app"))
        except ApplicationError as error:
            found.append(Finding(("app",), error.found, error.accepted))
    if isinstance(name := data.get("site"), str) and name:
        site, wrong = _site(name, sources.folder("site"))
        found += wrong
    elif isinstance(name, dict):
        site, wrong = read_content(sources.part("site", name), sources.folder("site"))
        found += [finding._replace(path=("site", *finding.path)) for finding in wrong]
        site = None if wrong else site
    tariff = None
    if isinstance(name := data.get("tariff"), str) and name:
        try:
            tariff = load_tariff(sources.folder("tariff") / name)
        except TariffError as error:
            found += tariff_findings(error, name)
            section, numbers = _without_kpis(section, numbers)
    if section is None or site is None:
        return None, found
    if section.interval_s is not None:
        site = site.with_telemetry_interval(section.interval_s)
    try:
        scenario, more = bind(section, site, app, tariff, numbers)
    except InputError as error:
        name = data.get("site")
        files = [str(_site_source(name, sources.folder("site")))] if isinstance(name, str) else []
        said = in_site_files(error, files).splitlines()[0]
        accepted = "a site whose inputs can drive it from the start on"
        return None, [*found, Finding(("site",), f"wrong: {said}", accepted)]
    found += more
    return (None if found else scenario), found


class _PartOfScenario(ScenarioSection):
    """What can be read of a file although some of its checks cannot."""

    checks: tuple[Check, ...] = ()


def _sections(data: dict[str, Any]) -> tuple[ScenarioSection | None, Numbers, list[Finding]]:
    """Read the content of a file; what is wrong with one step keeps the others from nothing."""
    listed = {key: value if isinstance(value := data.get(key), list) else [] for key in ("steps", "checks")}
    whole = {key: list(range(len(items))) for key, items in listed.items()}
    try:
        section = ScenarioSection.model_validate(data)
    except ValidationError as error:
        found = [_with_place_in_text(finding, data) for finding in explain(error, ScenarioSection, data)]
    else:
        return section, Numbers(whole["steps"], whole["checks"]), []
    wrong = {finding.path[:2] for finding in found}
    left = {key: [each for each in places if (key, each) not in wrong] for key, places in whole.items()}
    try:
        rest = _PartOfScenario.model_validate(
            data | {key: [listed[key][each] for each in places] for key, places in left.items()}
        )
    except ValidationError:
        return None, Numbers((), ()), found
    are_all_steps = len(left["steps"]) == len(listed["steps"])
    return rest, Numbers(left["steps"], left["checks"], are_all_steps), found


def _without_kpis(
    section: ScenarioSection | None, numbers: Numbers
) -> tuple[ScenarioSection | None, Numbers]:
    """Leave out checks of figures, of which without their tariff nobody can tell whether they are right."""
    if section is None:
        return None, numbers
    kept = [
        (number, check)
        for number, check in zip(numbers.checks, section.checks, strict=True)
        if check.kpi is None
    ]
    checks = tuple(check for _, check in kept)
    return section.model_copy(update={"checks": checks}), numbers._replace(checks=[each for each, _ in kept])


def _site(name: str, folder: Path) -> tuple[Site | None, list[Finding]]:
    try:
        return load_site(_site_source(name, folder)), []
    except SiteError as error:
        more = "" if len(error.problems) == 1 else f", and {len(error.problems) - 1} more"
        first = error.problems[0]
        accepted = first.accepted if first.found == "not there" else "a site that `doppelgrid check` accepts"
        said = shown(name) if first.found == "not there" else f"wrong: {first}{more}"
        return None, [Finding(("site",), said, accepted)]


def _site_source(name: str, folder: Path) -> str | Path:
    return name if name in bundled_sites() else folder / name


def _with_place_in_text(finding: Finding, data: object) -> Finding:
    """Say where in a condition it goes wrong, which pydantic's errors have no room for."""
    value: Any = data
    for part in finding.path:
        try:
            value = value[part]
        except (LookupError, TypeError):
            return finding
    if finding.path and finding.path[-1] in (*KINDS, "when") and isinstance(value, str):
        try:
            parse_condition(value)
        except ExpressionError as error:
            return finding._replace(found=error.found)
    return finding
