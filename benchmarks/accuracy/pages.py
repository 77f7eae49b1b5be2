"""Fills the pages of `docs/models` with tables made from the code, between two marker lines each.

    <!-- parameters: BatteryParams preset: lfp-92kwh -->      the fields of a class; values of a preset, if named
    <!-- parameters: InverterParams preset: pv-5kw, 5000, 5000 -->      the same for a preset that takes sizes
    <!-- presets: batteries -->                               a file of presets with its sources
    <!-- presets: batteries keys: series, capacity_wh -->     the same, some of its values
    <!-- pages -->                                            the pages of the folder
    <!-- end -->

`python -m accuracy.pages docs` writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from doppelgrid.models.parameter import Parameter, described_parameters, switches, watched_units
from doppelgrid.sim.files.preset_comments import preset_file

from .described import field_docstrings, parameters_type, preset

COMMAND = "python -m accuracy.pages docs"
_MARKED = re.compile(
    r"^<!-- (?P<kind>parameters|presets|pages)(?:: (?P<what>[\w-]+)(?: (?:preset|keys): (?P<more>[^>]*?))?)? -->\n"
    r"(?:(?!<!-- )[^\n]*\n)*?^<!-- end -->$",
    re.MULTILINE,
)
_OPENED = re.compile(r"^<!-- (?!end -->)", re.MULTILINE)
_LONGEST_LIST = 4
"""Longer tables of numbers are told by their ends."""


class PageError(ValueError):
    """A marker of a page names what there is not, or is not closed."""


def filled(text: str, path: Path) -> str:
    """Return a page with its tables as the code has them now.

    Args:
        text: Of the page.
        path: Where it stands.

    Raises:
        PageError: If a marker names what there is not; says which, and on which page.
    """

    def fill(match: re.Match[str]) -> str:
        opening = match[0].partition("\n")[0]
        try:
            lines = table(match)
        except (LookupError, OSError, ValueError, TypeError) as error:
            raise PageError(f"{path}: {opening}: {error}") from error
        return "\n".join([opening, "", *lines, "", "<!-- end -->"])

    def table(match: re.Match[str]) -> list[str]:
        more = [word.strip() for word in (match["more"] or "").split(",") if word.strip()]
        if match["kind"] == "parameters":
            return _parameters_table(match["what"], more)
        if match["kind"] == "presets":
            return _presets_table(match["what"], more)
        return _pages_table(path.parent)

    if len(_OPENED.findall(text)) != len(_MARKED.findall(text)):
        raise PageError(
            f"{path}: a marker is not one of those of {__name__}, or has no <!-- end --> below it"
        )
    return _MARKED.sub(fill, text)


def model_pages(docs: Path) -> list[Path]:
    """Return the pages that hold such tables."""
    return sorted((docs / "models").glob("*.md"))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _parameters_table(name: str, named: list[str]) -> list[str]:
    params_type = parameters_type(name)
    values = preset(params_type, named[0], *map(float, named[1:])) if named else None
    default = [f"default (`{named[0]}`)"] if named else []
    rows = [
        _row(f"`{field}`", unit, *([_value(value)] if named else []), accepted, source, meaning)
        for field, unit, value, accepted, source, meaning in _parameter_rows(params_type, values)
    ]
    head = ["name", "unit", *default, "range", "source of the range", "meaning"]
    return [_row(*head), _row(*["---"] * len(head)), *rows]


def _parameter_rows(
    params_type: type, values: Any, prefix: str = "", watched_unit: str = ""
) -> Iterator[tuple[str, str, Any, str, str, str]]:
    described, words = described_parameters(params_type, watched_unit), field_docstrings(params_type)
    units, under = watched_units(params_type), switches(params_type)
    for field, hint in get_type_hints(params_type).items():
        value = None if values is None else getattr(values, field)
        meaning = words.get(field, "")
        if hasattr(hint, "_fields"):
            yield prefix + field, "", None, "", "", meaning or f"see `{prefix}{field}.…`"
            yield from _parameter_rows(hint, value, f"{prefix}{field}.", units.get(field, ""))
        else:
            parameter = described.get(field, Parameter(unit=""))
            accepted, source = (parameter.range, parameter.source) if field in described else ("", "")
            if hint is bool:
                accepted = "true or false"
            if field in under:
                off = _value(under[field].off)
                meaning = f"{meaning} Does nothing while `{prefix}{under[field].switch}` is {off}.".strip()
            yield prefix + field, parameter.unit, value, accepted, source, meaning


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        if len(value) <= _LONGEST_LIST:
            return ", ".join(_value(entry) for entry in value)
        return f"{_value(value[0])} … {_value(value[-1])} ({len(value)} entries)"
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)


def _presets_table(stem: str, keys: list[str]) -> list[str]:
    file = preset_file(stem)
    rows, last_name, last_comment = [], "", ""
    for value in file.values:
        if keys and value.key not in keys:
            continue
        again = value.preset == last_name
        comment = "as above" if again and value.comment and value.comment == last_comment else value.comment
        rows.append(
            _row("" if again else f"`{value.preset}`", f"`{value.key}`", _value(value.value), comment)
        )
        last_name, last_comment = value.preset, value.comment
    head = [_row("preset", "name", "value", "source"), _row(*["---"] * 4)]
    return [*([file.introduction, ""] if file.introduction else []), *head, *rows]


def _pages_table(folder: Path) -> list[str]:
    rows = [_row("page", "about"), _row("---", "---")]
    for path in sorted(folder.glob("*.md")):
        if path.name != "README.md":
            title, about = _opening(path.read_text("utf-8"))
            rows.append(_row(f"[{title}]({path.name})", about))
    return rows


def _opening(text: str) -> tuple[str, str]:
    """Return the title of a page and the first sentence below it."""
    title, _, rest = text.partition("\n")
    paragraph = " ".join(rest.strip().split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.:]) ", paragraph)[0].rstrip(".:")
    return title.lstrip("# "), sentence


def write_pages(docs: Path) -> list[Path]:
    """Fill all pages; return those that changed."""
    changed = []
    for path in model_pages(docs):
        text = path.read_text("utf-8")
        made = filled(text, path)
        if made != text:
            path.write_text(made, "utf-8")
            changed.append(path)
    return changed


def main(docs: Annotated[Path, typer.Argument(help="Folder of the documents.", exists=True)]) -> None:
    """Fill the tables of the pages on models from the code."""
    try:
        changed = write_pages(docs)
    except PageError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    for path in changed:
        typer.echo(f"wrote {path}")
    if not changed:
        typer.echo("all pages are up to date")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
