"""The `doppelgrid` command: its words and exit codes.

Exit codes: 0 all went well, 1 an internal error, 2 something was written wrongly (a file, an option), 3 the
port is in use, 4 nobody answers where a running site is wanted; `lockstep` has some of its own, and ensembles end with
1 if runs failed, 130 on Ctrl-C, 141 if nobody reads what is printed, as where `head` has read enough.
"""

from __future__ import annotations

import errno
import gc
import sys
from typing import Annotated

import typer

from .check import check
from .clock import clock
from .conformance import conformance
from .control.group import control
from .ending import end, end_at_the_end_of_a_pipe
from .fuzz import fuzz
from .lockstep import lockstep
from .options import WithExtras, refuse
from .output import print_whatever_fits
from .recover import recover
from .replay import replay
from .report import report
from .run import run
from .simulate import simulate
from .suites import run_scenarios

app = typer.Typer(cls=WithExtras, no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(run)
app.command()(simulate)
app.command()(check)
app.command()(clock)
app.add_typer(control, name="control")
app.command()(replay)
app.command()(report)
app.command()(recover)
app.command()(conformance)
app.command("test")(run_scenarios)
app.command()(fuzz)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(lockstep)


def _tell_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version  # noqa: PLC0415 - takes long to import

        typer.echo(version("doppelgrid"))
        raise typer.Exit


@app.callback()
def doppelgrid(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    """The double of a microgrid: a simulated site that real control applications talk to."""


def main() -> None:
    """Run the command, as the process's only purpose."""
    print_whatever_fits()
    # What is imported stays: to look through all of it for garbage, again and again, takes a tenth of a short run.
    gc.set_threshold(20_000, 20, 100)
    try:
        app()
        sys.stdout.flush()
    except OSError as failed:
        end_at_the_end_of_a_pipe(failed)
        if failed.errno != errno.ENOSPC:
            raise
        raise SystemExit(refuse(f"standard output: {failed.strerror}").exit_code) from None
    except SystemExit as ended:
        end_at_the_end_of_a_pipe(ended)
        end(ended.code if isinstance(ended.code, int) else 0)
        raise
