"""`doppelgrid control` and the words behind it."""

from __future__ import annotations

import typer

from . import hands, looks, memory, time
from .connection import add_command

control = typer.Typer(
    no_args_is_help=True,
    help="Steer a running site: its time, its inputs, its faults and its memory.\n\n"
    "Exit codes: 0 done, 1 what is waited for does not come true, 2 refused or typed wrongly, 4 nobody answers, 130 on "
    "Ctrl-C.",
)

for _action in (
    time.clock, time.pause, time.resume, time.step, time.speed,
    hands.drive, hands.release, hands.strike, hands.mend, hands.command, hands.plug, hands.unplug, hands.outage,
    hands.restart, hands.say,
    memory.snapshot, memory.rewind, memory.snapshots, memory.forget,
    looks.state, looks.read, looks.wait, looks.events,
):  # fmt: skip
    add_command(control, _action)
# As the steps of scenario files call them.
add_command(control, hands.drive, "set")
add_command(control, hands.strike, "fault")
