"""`python -m accuracy DATA [--docs docs]`: hold the models to measurements, and write what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from .assessment import Assessment
from .report import Absent, every_assessment, run, write


def accuracy(
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="Folder of the measured data.", exists=True, file_okay=False),
    ],
    docs: Annotated[
        Path | None,
        typer.Option(help="Write explanations/accuracy.md and pictures to this folder; else only tell."),
    ] = None,
) -> None:
    """Run all assessments; exit code 1 if a target is missed."""
    console = Console(stderr=True, highlight=False, markup=False)
    results: list[Assessment | Absent] = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("assessing", total=len(every_assessment()))
        for name, assess in every_assessment().items():
            progress.update(task, description=name)
            results.append(run(name, assess, data))
            progress.advance(task)
    missed = False
    for result in results:
        if isinstance(result, Absent):
            console.print(f"{result.name}: not run, {result.reason}")
            continue
        typer.echo(result.title)
        for figure in result.figures:
            missed |= not figure.is_met
            target = "" if figure.target is None else f" (target {figure.target:g})"
            verdict = "" if figure.is_met else " MISSED"
            unit = "" if figure.unit == "1" else f" {figure.unit}"
            typer.echo(f"  {figure.what}: {figure.value:.4g}{unit}{target}{verdict}")
    if docs is not None:
        for path in write(docs, results):
            console.print(f"wrote {path}")
    raise typer.Exit(1 if missed else 0)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(accuracy)
    app()
