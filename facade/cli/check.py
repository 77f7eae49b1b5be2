"""`doppelgrid check`: validate a site, draw it, and say how an SDK app will compute its powers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from .output import print_json

if TYPE_CHECKING:
    from ..sim.site.site import Site

_LONGEST_LINE = 1000


def check(
    site: Annotated[
        str, typer.Argument(metavar="[SITE]", help="Path of a site file, or the name of a bundled site.")
    ] = "demo",
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of site files instead, for editors.")
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="COMPONENT",
            help="Say what a component or a sensor is made of instead: each parameter, and where it is from.",
        ),
    ] = None,
    scenario_schema: Annotated[
        bool, typer.Option("--scenario-schema", help="Print the JSON schema of scenario files instead.")
    ] = False,
) -> None:
    """Validate a site and draw it."""
    if schema:
        _print_schema()
    elif scenario_schema:
        _print_scenario_schema()
    else:
        _check(site, explain)


def _print_schema() -> None:
    from ..sim.site.schema import site_schema  # noqa: PLC0415

    print_json(json.dumps(site_schema(), indent=2, ensure_ascii=False))


def _print_scenario_schema() -> None:
    from ..scenarios.suites.file.schema import scenario_schema  # noqa: PLC0415

    print_json(json.dumps(scenario_schema(), indent=2, ensure_ascii=False))


def _warn_of_broken_packages() -> None:
    """Say which installed packages bring nothing although they should; the site does without them."""
    from ..sim.components.registry import broken_packages  # noqa: PLC0415
    from ..sim.inputs.packaged import broken_profiles  # noqa: PLC0415

    for broken in (*broken_packages(), *broken_profiles()):
        typer.echo(f"not usable: {broken}", err=True)


def _try_packages(site: Site) -> None:
    """Build a site once that has components of other packages, and refuse what these build wrongly."""
    from ..sim.components.registry import type_of  # noqa: PLC0415
    from ..sim.headless.simulate import DEFAULT_START  # noqa: PLC0415
    from ..sim.inputs.errors import InputError  # noqa: PLC0415
    from ..sim.plant.plant import Plant  # noqa: PLC0415

    if all(type_of(component).package is None for component in site.components.values()):
        return
    try:
        Plant(site, start_us=site.moment_us(DEFAULT_START), seed=0)
    except InputError:
        return  # What was recorded need not be of that day.
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _check(source: str, explain: str | None) -> None:
    from ..sim.site.input_files import read_checked  # noqa: PLC0415

    try:
        site = read_checked(source)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None

    if explain is not None:
        from .explain import print_explanation  # noqa: PLC0415

        print_explanation(site, explain)
        return

    from rich.console import Console  # noqa: PLC0415

    from ..sim.domain.printable import printable  # noqa: PLC0415
    from ..sim.headless.simulate import DEFAULT_START  # noqa: PLC0415
    from ..sim.plant.network_figures import network_figures  # noqa: PLC0415
    from ..sim.site.climate import climate_notes, facing_notes, spectrum_notes  # noqa: PLC0415
    from ..sim.site.feed_in import feed_in_note  # noqa: PLC0415
    from ..sim.site.graph import formulas  # noqa: PLC0415
    from ..sim.site.recordings import recording_notes  # noqa: PLC0415
    from ..sim.site.sharing_notes import sharing_notes  # noqa: PLC0415
    from ..sim.site.voltage_notes import voltage_notes  # noqa: PLC0415
    from .network_table import print_network  # noqa: PLC0415
    from .tree import site_tree, unsupported_notes  # noqa: PLC0415

    _warn_of_broken_packages()
    _try_packages(site)
    # Lines longer than the terminal go on below rather than end at its edge.
    console = Console(highlight=False, markup=False, emoji=False, width=_LONGEST_LINE)
    microgrid = site.microgrid
    name = printable(microgrid.name or source)
    console.print(f"{name} (microgrid {microgrid.id}, {microgrid.location.timezone})")
    console.print(site_tree(site))
    recorded = recording_notes(site, start_us=site.moment_us(DEFAULT_START))
    climate = climate_notes(site, start_us=site.moment_us(DEFAULT_START))
    by_sun = (*climate, *facing_notes(site), *spectrum_notes(site))
    noted = (*recorded, *by_sun, *voltage_notes(site), *sharing_notes(site))
    for note in filter(None, (unsupported_notes(site), feed_in_note(site), *noted)):
        console.print(f"\n{note}")
    network = network_figures(site, start_us=site.moment_us(DEFAULT_START))
    if network is not None:
        print_network(network, console)
    console.print("\nAn SDK app computes from these components (by id):")
    for name, formula in formulas(site).items():
        console.print(f"  {name:<8} = {formula}")
