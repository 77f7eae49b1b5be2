"""The figures of a recording, in one call."""

from __future__ import annotations

from pathlib import Path

from ..recording import Recording, read_recording
from ..site.site import Site
from ..tariff.reader import Tariff, load_tariff
from .figures import Kpis
from .journal import commands_in
from .of_recording import report_of_recording


def kpis(
    recording: Recording | str | Path,
    tariff: Tariff | str | Path | None = None,
    *,
    site: Site | None = None,
    journal: str | Path | None = None,
) -> Kpis:
    """Return the figures of a recorded site; None is what the recording does not hold.

    Curtailed energy, what cars and heat consumers missed, and losses of sites with batteries are known of runs alone
    (`SiteWatch`): no metric tells what the sun offers, what a car or a consumer of heat wants, what a battery holds.

    Args:
        recording: What was recorded, by the simulator or at a real site, or the path of its file.
        tariff: By which energy is billed and emissions are counted, or the path of its file; neither if None.
        site: That was recorded, where the file does not say.
        journal: Path of the journal of the run, for what was commanded and refused.

    Raises:
        RecordingError: If anything is wrong with the recording, or its site is not known.
        TariffError: If anything is wrong with the tariff, or it does not cover all of the recording.
        OSError: If the journal cannot be read.
        ValueError: If it is none.
    """
    if not isinstance(recording, Recording):
        recording = read_recording(recording, microgrid_id=None if site is None else site.microgrid.id)
    if tariff is not None and not isinstance(tariff, Tariff):
        tariff = load_tariff(tariff)
    commands = None if journal is None else commands_in(Path(journal))
    return report_of_recording(recording, site=site, commands=commands, tariff=tariff).kpis
