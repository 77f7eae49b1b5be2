"""What earlier runs have left: what fails, which cases reached new states, and how far each seed has come."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ...sim.files.json_text import json_text
from ..suites.running.met_states import States
from .drawn import Drawn, read_drawn
from .ground import Ground

FAILURES, KEPT, RUNNING = "failures", "kept", "running"
"""Folders of scenario files: small ones that fail, those that reached new states, and what is tried just now."""
_STATE = "corpus.json"
_FORM = 1


class CorpusError(ValueError):
    """A folder that holds something else, or cannot be used."""


@dataclass
class Known:
    """What is known from all runs."""

    components: set[str] = field(default_factory=set)
    site: set[str] = field(default_factory=set)
    cases: int = 0
    simulated_s: float = 0.0
    next_numbers: dict[str, int] = field(default_factory=dict)
    """Of the next case, by seed."""
    failures: dict[str, str] = field(default_factory=dict)
    """Names of files, and what fails in them."""
    unfinished: set[str] = field(default_factory=set)
    """Names of those that may become smaller still."""


class Corpus:
    """A folder of scenario files, for one site and application."""

    def __init__(self, folder: Path) -> None:
        """Open a folder, or begin one.

        Raises:
            CorpusError: If it holds something else, or cannot be written to.
        """
        self.folder = folder
        self.known = Known()
        state = folder / _STATE
        try:
            if state.exists():
                self.known = _read(state.read_text(encoding="utf-8"))
            elif folder.is_dir() and any(folder.iterdir()):
                raise CorpusError(
                    f"{str(folder)!r}, which holds something else; accepted: a new or empty folder"
                )
            for name in (FAILURES, KEPT, RUNNING):
                (folder / name).mkdir(parents=True, exist_ok=True)
            self.tidy()
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            if isinstance(error, CorpusError):
                raise
            raise CorpusError(
                f"{str(folder)!r}, whose {_STATE} cannot be read ({error}); accepted: a folder that `fuzz` has left, "
                "or a new one"
            ) from None
        except OSError as error:
            raise CorpusError(
                f"{str(folder)!r} ({error.strerror or error}); accepted: a folder that can be written to"
            ) from None

    def files(self, kind: str) -> list[Path]:
        """Return the scenario files of a folder, in the order of their names."""
        return sorted((self.folder / kind).glob("*.yaml"))

    def kept(self, ground: Ground) -> list[Drawn]:
        """Return the cases that reached new states, of what can happen at a site as it is now."""
        read = (read_drawn(path.read_bytes()) for path in self.files(KEPT))
        return [drawn for drawn in read if drawn is not None and all(map(ground.has, drawn.steps))]

    def tidy(self) -> None:
        """Remove what was tried last."""
        for left in self.files(RUNNING):
            left.unlink()

    def take(self, states: States, simulated_s: float) -> int:
        """Count a case; return how many states of components it reached that none had before."""
        new = len(states.components - self.known.components)
        self.known.components |= states.components
        self.known.site |= states.site
        self.known.cases += 1
        self.known.simulated_s += simulated_s
        return new

    def save(self) -> None:
        """Write down how far it has come.

        Raises:
            OSError: If that cannot be written.
        """
        known = self.known
        data = {
            "form": _FORM,
            "cases": known.cases,
            "simulated_s": known.simulated_s,
            "next": known.next_numbers,
            "failures": known.failures,
            "unfinished": sorted(known.unfinished),
            "components": sorted(known.components),
            "site": sorted(known.site),
        }
        partial = self.folder / f"{_STATE}.part"
        partial.write_text(json_text(data, indent=1) + "\n", encoding="utf-8")
        partial.replace(self.folder / _STATE)


def _read(text: str) -> Known:
    data = json.loads(text)
    if data["form"] != _FORM:
        raise ValueError(f"of form {data['form']}")
    return Known(
        _texts(data["components"]),
        _texts(data["site"]),
        int(data["cases"]),
        float(data["simulated_s"]),
        {str(seed): int(number) for seed, number in data["next"].items()},
        {str(name): str(what) for name, what in data["failures"].items()},
        _texts(data["unfinished"]),
    )


def _texts(values: Iterable[object]) -> set[str]:
    return {str(value) for value in values}
