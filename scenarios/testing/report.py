"""What a failed test says about its site."""

from __future__ import annotations

import re
from pathlib import Path

from ...sim.domain.events import event_in_words
from ...sim.domain.timestamps import MICROSECONDS
from ...sim.files.extras import MissingPackageError, extra_for
from .durations import shown_span
from .history import KEPT_S
from .site import SiteHandle

_LAST_EVENTS = 12
_LONGEST_NAME = 120


def describe_failure(site: SiteHandle, folder: str | Path, test: str) -> str:
    """Write a picture of the last minutes, and return the text beside it.

    Args:
        site: Of the failed test.
        folder: For the picture; made if it is not there.
        test: Name of the test.
    """
    passed_us = site.now_us - site.simulation.start_us
    lines = [
        f"site {site.name}, seed {site.seed}, digest {site.digest}",
        f"started {site.time_text(site.simulation.start_us)}, failed {site.time_text(site.now_us)}, "
        f"{shown_span(passed_us)} later",
        *_applications(site),
        *_last_events(site),
        f"the last minutes: {_picture(site, Path(folder), test)}",
    ]
    return "\n".join(lines)


def _applications(site: SiteHandle) -> list[str]:
    return [f"application {app.name}: {'running' if app.running else 'ended'}" for app in site.apps]


def _last_events(site: SiteHandle) -> list[str]:
    if not site.events:
        return ["no events"]
    last, zone = site.events[-_LAST_EVENTS:], site.definition.microgrid.location.zone
    head = f"last {len(last)} of {len(site.events)} events:"
    told = [
        f"  {site.time_text(event.time_us)} {event_in_words(event.kind, event.subject, event.details, zone)}"
        for event in last
    ]
    return [head, *told]


def _picture(site: SiteHandle, folder: Path, test: str) -> str:
    name = re.sub(r"[^\w.-]+", "_", test).strip("_")[-_LONGEST_NAME:]
    path = folder / f"{name}.png"
    try:
        with extra_for("pictures of failed tests"):
            from .plot import plot_history  # noqa: PLC0415

        _make(folder)
        plot_history(site, path)
    except MissingPackageError as error:
        return f"no picture: {error}"
    except Exception as error:  # a test's own failure must not hide behind that of its picture
        return f"no picture, {type(error).__name__}: {error}"
    shown_us = min(site.now_us - site.simulation.start_us, round(KEPT_S * MICROSECONDS))
    return f"{path} ({shown_span(shown_us)})"


def _make(folder: Path) -> None:
    """Make a folder that version control leaves alone."""
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
