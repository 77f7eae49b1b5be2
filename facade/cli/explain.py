"""`doppelgrid check --explain COMPONENT`: what its models are made of, and where each number is from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from ..sim.site.site import Site

_WIDE = 1000
"""Characters of a line where nobody looks at a terminal: nothing is cut off, and nothing goes on below."""
_LONGEST_LIST = 3


def print_explanation(site: Site, key: str) -> None:
    """Print all parameters of a component's models, or of a sensor.

    Args:
        site: A valid site.
        key: Of the component, or of the sensor.

    Raises:
        typer.Exit: If the site has no such component or sensor, or it cannot be built; says why.
    """
    from rich.console import Console  # noqa: PLC0415

    from ..sim.files.problems import one_of  # noqa: PLC0415
    from ..sim.headless.simulate import DEFAULT_START  # noqa: PLC0415
    from ..sim.site.explanation import explained, explained_sensor  # noqa: PLC0415

    if key not in site.components and key not in site.sensors:
        accepted = one_of((*site.components, *site.sensors), key)
        typer.echo(f"--explain is {key!r}; accepted: {accepted}", err=True)
        raise typer.Exit(2)
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDE
    if key in site.sensors:
        console.print(f"{key} #{site.sensors[key].id} sensor")
        _print_table(explained_sensor(site.sensors[key]), console)
        return
    try:
        explanation = explained(site, key, start_us=site.moment_us(DEFAULT_START))
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    component = site.components[key]
    console.print(f"{key} #{component.id} {component.category}")
    for preset, remark in explanation.presets.items():
        console.print(f"  preset {preset.name} of {preset.file}{': ' * bool(remark)}{remark}", soft_wrap=True)
    if not explanation.parameters:
        console.print("  no model of its own has parameters here")
        return
    _print_table(explanation.parameters, console)


def _print_table(parameters: Any, console: Console) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    table.add_column("parameter", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("from", no_wrap=True)
    table.add_column("accepted", no_wrap=True)
    table.add_column("what the preset's file says of it", overflow="fold")
    for each in parameters:
        unit = "" if each.unit == "1" else each.unit
        table.add_row(each.name, _told(each.value), unit, each.origin.value, each.accepted, each.remark)
    with console.capture() as drawn:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        if len(value) > _LONGEST_LIST:
            return f"{_told(value[0])} … {_told(value[-1])} ({len(value)} values)"
        return ", ".join(map(_told, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
