"""Reads what cases are held to, and tries it, before any of them runs."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ...sim.files.problems import Finding, Problem, shown, written_path
from ...sim.files.regular import why_unreadable
from ...sim.files.yaml_text import YamlText, read_yaml
from ..suites.file.scenario_file import ScenarioError, ScenarioFile
from .drawn import Drawn, Setup, Step, flow
from .ground import Ground, covered_days
from .shrinking import PLAIN_START

_KEYS = ("checks", "without")
_PLACE = re.compile(r"(checks|without)\[(\d+)\]")


def setup_of(
    site: str,
    app: str,
    ground: Ground,
    checks: Path | None,
    *,
    duration_s: float,
    is_bundled: bool,
    tariff: Path | None = None,
) -> Setup:
    """Return what all cases have in common.

    Args:
        site: Name of a bundled site, or path of a file.
        app: Command line of an application that is there.
        ground: What can happen at the site.
        checks: A scenario file, of which `checks`, `without` and `tariff` are taken; whatever else it says is left
            out.
        duration_s: How long cases take [s].
        is_bundled: Whether the site is a bundled one.
        tariff: By which costs are counted; that of the checks if None.

    Raises:
        TariffError: If the tariff is wrong, or does not cover a case on the usual day.
        ScenarioError: If the checks are wrong, or of no use for cases of this length.
    """
    setup = Setup(site, app, (_fuse_holds(ground),), is_bundled=is_bundled, tariff=tariff)
    yaml = None
    if checks is not None:
        yaml = _read(checks)
        assert isinstance(yaml.data, dict)
        given = yaml.data.get("checks") or setup.checks
        setup = replace(setup, checks=tuple(given), without=tuple(yaml.data.get("without") or ()))
        if tariff is None and isinstance(named := yaml.data.get("tariff"), str) and named:
            setup = replace(setup, tariff=checks.parent / named)
    if setup.tariff is not None:
        covered_days(ground, setup.tariff, duration_s)
    with TemporaryDirectory(prefix="doppelgrid-") as folder:
        trial = Path(folder) / "trial.yaml"
        trial.write_text(Drawn(PLAIN_START, duration_s, 0, ()).text(setup, "a trial", trial.parent), "utf-8")
        try:
            ScenarioFile(trial).scenario()
        except ScenarioError as error:
            if checks is None or yaml is None:
                raise
            raise ScenarioError(tuple(_in_file(each, checks, yaml) for each in error.problems)) from None
    return setup


def _fuse_holds(ground: Ground) -> Step:
    """Return the check of cases that have no other."""
    return {"never": f"{ground.grid}.power > {ground.whole_w / 1e3:.4g} kW", "for": "10 s"}


def _read(path: Path) -> YamlText:
    try:
        yaml = read_yaml(path.read_bytes())
    except OSError as error:
        accepted = "the path of a scenario file with checks"
        raise ScenarioError((Problem(str(path), None, None, "", why_unreadable(error), accepted),)) from None
    faults = [(each.line, each.finding) for each in yaml.faults]
    if yaml.is_readable:
        faults += [(yaml.line(each.path), each) for each in _misshapen(yaml.data)]
    if faults:
        raise ScenarioError(
            tuple(
                Problem(str(path), line, None, written_path(each.path), each.found, each.accepted)
                for line, each in faults
            )
        )
    return yaml


def _misshapen(data: object) -> list[Finding]:
    if not isinstance(data, dict) or not any(data.get(key) for key in _KEYS):
        return [Finding((), shown(data), f"a mapping with {' and '.join(_KEYS)}, as in a scenario file")]
    wrong = [key for key in _KEYS if not isinstance(data.get(key) or [], list)]
    return [Finding((key,), flow(data[key]), "a list") for key in wrong]


def _in_file(problem: Problem, path: Path, yaml: YamlText) -> Problem:
    """Return a problem of a trial where it stands in the file of the user."""
    match = _PLACE.match(problem.field)
    line = yaml.line((match[1], int(match[2]))) if match else 1
    return problem._replace(file=str(path), line=line)
