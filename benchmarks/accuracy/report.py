"""Runs the assessments, and writes what they found: `docs/explanations/accuracy.md` and a picture each."""

from __future__ import annotations

import io
import math
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, NamedTuple, get_type_hints

from .assessment import AccuracyFigure, Assessment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS_PER_INCH = 100
_COLOURS = 64
"""Of a picture: enough for lines and letters, and keeps its file small."""

_OPENING = """\
# Accuracy

What agrees with what, and how well: models of this version beside measurements, or beside an independent program.
This page and its pictures are written by

    make accuracy DATA=<folder of the measured data>

or, with an installed package, `PYTHONPATH=benchmarks python -m accuracy <folder> --docs docs`. The measured data are
not part of the repository; an assessment whose data are absent is listed as not run. `pytest -m measured` holds the
figures to the targets (the environment variable `DOPPELGRID_DATA` names the folder). What a model leaves out is on
[its own page](../models/README.md).
"""


class Absent(NamedTuple):
    """An assessment that was not run."""

    name: str
    """Of its function."""
    reason: str


Assess = Callable[[Path], Assessment]


def every_assessment() -> dict[str, Assess]:
    """Return the `assess…` functions of this package, by module and name, in the order in which they are told."""
    found: dict[str, Assess] = {}
    for info in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda info: info.name):
        if info.name == "__main__":
            continue
        module = import_module(f"{__package__}.{info.name}")
        for name, value in vars(module).items():
            if not (isinstance(value, FunctionType) and value.__module__ == module.__name__):
                continue
            if name.startswith("assess") and get_type_hints(value).get("return") is Assessment:
                found[f"{info.name}.{name}"] = value
    return found


def run(name: str, assess: Assess, data: Path) -> Assessment | Absent:
    """Run one assessment, or say which of its data are absent."""
    try:
        return assess(data)
    except FileNotFoundError as error:
        return Absent(name, f"{Path(error.filename or str(error)).name} not found")


def picture(figure: Figure) -> bytes:
    """Return a figure as PNG: the same bytes for the same figure, few colours, no date and no program in it."""
    from PIL import Image  # noqa: PLC0415

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_DOTS_PER_INCH, facecolor="white")
    small = io.BytesIO()
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return small.getvalue()


def write(docs: Path, results: Iterable[Assessment | Absent]) -> list[Path]:
    """Write the page and the pictures; return their paths."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    results = list(results)
    page = docs / "explanations" / "accuracy.md"
    written = [page]
    page.parent.mkdir(parents=True, exist_ok=True)
    (docs / "models").mkdir(parents=True, exist_ok=True)
    page.write_text(text(results), "utf-8")
    for result in results:
        if isinstance(result, Assessment) and result.draw is not None:
            with mpl.rc_context():
                mpl.rcdefaults()
                path = docs / "models" / f"{result.name}.png"
                path.write_bytes(picture(result.draw()))
            written.append(path)
    return written


def text(results: list[Assessment | Absent]) -> str:
    """Return the page."""
    run_ones = [result for result in results if isinstance(result, Assessment)]
    absent = [result for result in results if isinstance(result, Absent)]
    lines = [_OPENING, "| what | against | targets met |", "| --- | --- | --- |"]
    lines += [
        f"| [{result.title}](#{_anchor(result.title)}) | {_cell(_brief(result.reference))} | {_met(result)} |"
        for result in run_ones
    ]
    lines += [f"| `{one.name}` | not run: {_cell(one.reason)} | |" for one in absent]
    for result in run_ones:
        lines += ["", *_section(result)]
    return "\n".join(lines) + "\n"


def _section(result: Assessment) -> Iterator[str]:
    yield from (f"## {result.title}", "", f"Held against: {result.reference}", "")
    yield from ("| what | value | target | |", "| --- | --- | --- | --- |")
    yield from (figure_row(figure) for figure in result.figures)
    if result.note:
        yield from ("", result.note)
    if result.draw is not None:
        yield from ("", f"![{result.title}](../models/{result.name}.png)")


def figure_row(figure: AccuracyFigure) -> str:
    """Return the line of a figure."""
    target, verdict = "", ""
    if figure.target is not None:
        target, verdict = f"≤ {_number(figure.target, figure.unit)}", "met" if figure.is_met else "**missed**"
    return f"| {_cell(figure.what)} | {_number(figure.value, figure.unit)} | {target} | {verdict} |"


def _number(value: float, unit: str) -> str:
    """Return three significant digits and the unit."""
    if value == 0.0 or not math.isfinite(value):
        shown = f"{value:g}"
    elif 1e-3 <= abs(value) < 1e6:
        shown = f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
    else:
        shown = f"{value:.2e}"
    if "." in shown and "e" not in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown if unit in {"", "1"} else f"{shown} {unit}"


def _met(result: Assessment) -> str:
    held = [figure for figure in result.figures if figure.target is not None]
    return f"{sum(figure.is_met for figure in held)} of {len(held)}" if held else "for information"


def _brief(reference: str) -> str:
    """Return what a reference names first: it goes on after a stop or a semicolon."""
    return re.split(r"[.;] ", reference)[0].rstrip(".")


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


def _anchor(title: str) -> str:
    """Return the name that a heading goes by in links, as GitHub makes it."""
    kept = "".join(one for one in title.lower() if one.isalnum() or one in " -_")
    return kept.replace(" ", "-")
