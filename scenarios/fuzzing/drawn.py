"""A drawn case, and the scenario file that it is."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...sim.domain.timestamps import MICROSECONDS
from ...sim.files.units import SECOND
from ...sim.files.yaml_text import read_yaml
from ..testing.durations import shown_span

Step = Mapping[str, Any]
"""What a step of a scenario file says."""
_PLAIN = re.compile(r"[./]*[A-Za-z_][\w./-]*( [\w./%°²<>=+-]+)*|-?[\d.]+( [\w/%°²-]+)+")
"""Text that YAML reads as text without quotes, wherever it stands."""
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that JSON lets stand for themselves, and YAML does not."""
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"}
"""Text that YAML may read as something else."""


@dataclass(frozen=True)
class Setup:
    """What all cases have in common: the site, its application, and what it is held to."""

    site: str
    """Name of a bundled site, or path of a file."""
    app: str
    """Command line; a path in it is relative to the working directory."""
    checks: tuple[Step, ...]
    """At least one, as in a scenario file."""
    without: tuple[str, ...] = ()
    """Invariants that no case is held to."""
    interval: str = "1 s"
    """Between two samplings."""
    is_bundled: bool = True
    """Whether the site is a bundled one."""
    tariff: Path | None = None
    """Path of the file by which costs are counted, if they are."""


@dataclass(frozen=True)
class Drawn:
    """What makes one case different from others."""

    start: str
    """Date and time, by the clock of the site."""
    duration_s: float
    seed: int
    steps: tuple[Step, ...]

    def text(self, setup: Setup, title: str, folder: Path) -> str:
        """Return the scenario file that it is.

        Args:
            setup: What it has in common with others.
            title: What it is about.
            folder: Where the file is to be; paths in it are relative to that.
        """
        site = setup.site if setup.is_bundled else os.path.relpath(setup.site, folder)
        lines = [
            f"scenario: {flow(title)}",
            f"site: {flow(site)}",
            f"start: {self.start}",
            f"duration: {span(self.duration_s)}",
            f"interval: {flow(setup.interval)}",
            *([f"seed: {self.seed}"] if self.seed else []),
            f"app: {flow(_app_from(setup.app, folder))}",
            *([] if setup.tariff is None else [f"tariff: {flow(os.path.relpath(setup.tariff, folder))}"]),
            *([f"without: {flow(list(setup.without))}"] if setup.without else []),
            *_listed("steps", self.steps),
            *_listed("checks", setup.checks),
        ]
        return "\n".join(lines) + "\n"


def read_drawn(text: str | bytes) -> Drawn | None:
    """Return the case that a scenario file is, as far as cases can differ; None if it is none.

    Args:
        text: Such as `Drawn.text` gives, maybe changed by somebody.
    """
    data = read_yaml(text).data
    if not isinstance(data, dict):
        return None
    steps, seed = data.get("steps") or [], data.get("seed", 0)
    duration_s = seconds(data.get("duration"))
    are_steps = isinstance(steps, list) and all(isinstance(step, dict) for step in steps)
    if duration_s is None or not are_steps or not isinstance(seed, int):
        return None
    return Drawn(str(data.get("start", "2026-06-15 00:00")), duration_s, seed, tuple(steps))


def flow(value: object) -> str:
    """Return a value of a scenario file in one line of YAML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def span(length_s: float) -> str:
    """Return a span as files write it."""
    return shown_span(round(length_s * MICROSECONDS))


def seconds(written: object) -> float | None:
    """Return a span that a file writes [s]; None if it is none, such as a time of day."""
    try:
        return SECOND.parse(written)
    except ValueError:
        return None


def _listed(key: str, steps: Iterable[Step]) -> list[str]:
    lines = [f"  - {flow(step)}" for step in steps]
    return [f"{key}:", *lines] if lines else []


def _app_from(app: str, folder: Path) -> str:
    """Return a command line with the path of its script relative to a folder."""
    words = shlex.split(app)
    if words[0] == "-m" or not Path(words[0]).is_file():
        return app
    return shlex.join([os.path.relpath(words[0], folder), *words[1:]])
