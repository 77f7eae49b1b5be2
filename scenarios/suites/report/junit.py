"""Verdicts as JUnit XML, which CI services show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

from ....sim.domain.timestamps import MICROSECONDS
from ..running.case import Verdict
from .baseline import Change
from .missing import Missing

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(
    path: Path,
    verdicts: Sequence[Verdict],
    changes: Mapping[int, Change] | None = None,
    missing: Missing = Missing(),  # noqa: B008
) -> None:
    """Write verdicts, a test case each: checks that failed are failures, what ended a run otherwise an error.

    Cases that were not run are skipped ones.

    Args:
        path: Of the file.
        verdicts: What came of the cases.
        changes: What changed since an earlier run, by the places of the verdicts.
        missing: What there is no verdict on.

    Raises:
        OSError: If the file cannot be written.
    """
    suite = ElementTree.Element(
        "testsuite",
        name="doppelgrid",
        tests=str(len(verdicts) + len(missing.not_run)),
        failures=str(sum(verdict.error is None and not verdict.has_passed for verdict in verdicts)),
        errors=str(sum(verdict.error is not None for verdict in verdicts)),
        skipped=str(len(missing.not_run)),
        time=f"{sum(verdict.real_s for verdict in verdicts):.3f}",
    )
    if missing.gone:
        properties = ElementTree.SubElement(suite, "properties")
        gone = _clean(", ".join(missing.gone))
        ElementTree.SubElement(properties, "property", name="gone_since_baseline", value=gone)
    for place, verdict in enumerate(verdicts):
        _add(suite, verdict, (changes or {}).get(place))
    for case in missing.not_run:
        skipped = _test_case(suite, str(case.path), case.title, 0.0)
        ElementTree.SubElement(skipped, "skipped", message=_clean(missing.why))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _add(suite: ElementTree.Element, verdict: Verdict, change: Change | None) -> None:
    case = _test_case(suite, verdict.path, verdict.title, verdict.real_s)
    properties = ElementTree.SubElement(case, "properties")
    facts = {
        "scenario": verdict.scenario,
        **({} if verdict.seed is None else {"seed": verdict.seed}),
        "digest": verdict.digest,
        "again": verdict.again,
        "version": version("doppelgrid"),
        **({} if change is None else {"since_baseline": "; ".join([str(change), *change.lines])}),
        **({} if verdict.span_us is None else {"simulated_s": verdict.span_us / MICROSECONDS}),
        **{name: value for name, value in verdict.figures.items() if value is not None},
        **({} if verdict.currency is None else {"currency": verdict.currency}),
    }
    for name, value in facts.items():
        ElementTree.SubElement(properties, "property", name=name, value=_clean(str(value)))
    failed = [check for check in verdict.checks if not check.outcome.has_passed]
    for check, outcome in failed:
        failure = ElementTree.SubElement(case, "failure", message=_clean(check))
        failure.text = _clean("\n".join([verdict.told(outcome), *outcome.chain]))
    if verdict.error is not None:
        last = (verdict.error.strip().splitlines() or ["without a word"])[-1]
        error = ElementTree.SubElement(case, "error", message=_clean(last))
        error.text = _clean(verdict.error)
    if verdict.log:
        ElementTree.SubElement(case, "system-out").text = _clean(verdict.log)


def _test_case(suite: ElementTree.Element, path: str, title: str, real_s: float) -> ElementTree.Element:
    """Add a test case, which is called as its folder: services tell cases apart by their names."""
    return ElementTree.SubElement(
        suite, "testcase", classname=_clean(path), name=_clean(title), time=f"{real_s:.3f}"
    )


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("�", text)
