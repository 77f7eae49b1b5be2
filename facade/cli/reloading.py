"""Edited files of sites and of their tariff, taken in while the sites run.

Files are looked at again and again rather than watched by the system: they are few, it works on every system, shared
folder and container, and needs no further package.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from ..sim.site.input_files import input_files, named_files
from ..sim.site.reader import bundled_sites
from ..sim.site.site import Site
from ..sim.tariff.reader import Tariff

LOOKS_S = 0.5
"""Between two looks at the files [s]; a file is read once it has not changed between two of them."""

_MOST_BESIDE = 500

Look = dict[Path, tuple[int, int] | None]
"""Files, each with the time of its last change and its size; None of one that is not there."""

_log = logging.getLogger("doppelgrid")


class Edition(NamedTuple):
    """What files say as they are."""

    sites: Sequence[Site]
    """In the order in which they are served."""
    tariff: Tariff | None
    """By which they are billed, if they are."""


class Edit(NamedTuple):
    """What of it has changed."""

    sites: dict[int, Site]
    """By their place among those served."""
    tariff: Tariff | None
    """If it has."""


class Reloading:
    """The files that sites and their tariff were read from, and what becomes of them as they are edited."""

    def __init__(
        self, sources: Sequence[str], first: Edition, read: Callable[[], Edition], *, looks_s: float = LOOKS_S
    ) -> None:
        """Remember the files as they are now.

        Args:
            sources: Paths of site files; names of bundled sites do not count.
            first: What was read from them, and of their tariff.
            read: Reads them all anew; refuses what is wrong by a `ValueError` that says everything. Whatever else it
                raises is told, too.
            looks_s: Between two looks [s].
        """
        bundled = bundled_sites()
        self._sources = [Path(source) for source in sources if source not in bundled]
        self._sites = list(first.sites)
        self.tariff = first.tariff
        """By which the sites are billed now."""
        self._read = read
        self._looks_s = looks_s
        self._files: list[Path] = []
        self._seen: Look = {}
        self._refused: tuple[str, dict[Path, str]] | None = None
        self._look_at(self._named())
        self._contents = _digests(self._files)

    async def next(self) -> Edit:
        """Wait for an edit that can be taken in; what is wrong with others is told."""
        while True:
            await self._edited()
            # Before they are read: who edits a file meanwhile is heard the next time.
            contents = _digests(self._files)
            try:
                edition = await asyncio.to_thread(self._read)
            except Exception as error:  # whatever an edit brings about, the site that runs does not end by it
                # What it names now is not known: whatever is beside it may be what is mended.
                self._look_at([*self._named(), *self._beside()])
                self._tell(error)
                continue
            self._refused = None
            edit = self._take(edition, contents)
            if edit.sites or edit.tariff is not None:
                return edit
            _log.info("the edit changes nothing")

    def _tell(self, error: Exception) -> None:
        """Tell what is wrong, once as long as the files are the same: others beside them may be looked at, too."""
        text = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        refused = text, _digests(self._named())
        if refused != self._refused:
            self._refused = refused
            _log.error("not taken in, the site runs on as it was:\n%s", text)

    def _take(self, edition: Edition, contents: dict[Path, str]) -> Edit:
        """Remember what was read, and return what has changed."""
        former, before, former_tariff = self._sites, self._contents, self.tariff
        self._sites, self.tariff = list(edition.sites), edition.tariff
        self._look_at(self._named())
        self._contents = {file: contents.get(file) or _digest(file) for file in self._files}

        def has_changed(files: Iterable[Path]) -> bool:
            return any(before.get(file) != self._contents[file] for file in files)

        sites = {
            place: site
            for place, (site, other) in enumerate(zip(edition.sites, former, strict=True))
            if site != other or has_changed(input_files(site))
        }
        is_same = edition.tariff is None or (
            former_tariff is not None
            and edition.tariff.section == former_tariff.section
            and not has_changed(_tables(edition.tariff))
        )
        return Edit(sites, None if is_same else edition.tariff)

    def keep(self, sites: Sequence[Site]) -> None:
        """Compare the next edit with these sites: those that run, where what was read could not."""
        self._sites = list(sites)

    async def _edited(self) -> None:
        """Wait until a file has changed, and changes no more."""
        while True:
            await asyncio.sleep(self._looks_s)
            now = self._look()
            if now == self._seen:
                continue
            while (later := await self._later()) != now:
                now = later
            self._seen = now
            return

    async def _later(self) -> Look:
        await asyncio.sleep(self._looks_s)
        return self._look()

    def _named(self) -> list[Path]:
        """Return all files that matter: those of the sites and of the tariff, and those that these name."""
        files = list(self._sources)
        for site in self._sites:
            files += input_files(site)
            if site.own_presets is not None:
                files += [site.own_presets.path, *sorted(site.own_presets.path.glob("*"))]
        if self.tariff is not None:
            files += [Path(self.tariff.file), *_tables(self.tariff)]
        return files

    def _beside(self) -> list[Path]:
        """Return what is in the folders of the sites and of their tariff, and in those within."""
        named = [*self._sources, *([] if self.tariff is None else [Path(self.tariff.file)])]
        folders = list(dict.fromkeys(source.parent for source in named))
        found = (folder.glob(pattern) for folder in folders for pattern in ("*", "*/*"))
        return [*folders, *islice(chain.from_iterable(found), _MOST_BESIDE)]

    def _look_at(self, files: Iterable[Path]) -> None:
        """Look at other files from now on; those that were looked at are as they were seen."""
        self._files = list(dict.fromkeys(files))
        self._seen = {file: self._seen[file] if file in self._seen else _state(file) for file in self._files}

    def _look(self) -> Look:
        return {file: _state(file) for file in self._files}


def _tables(tariff: Tariff) -> list[Path]:
    return named_files(tariff.section, tariff.directory)


def _state(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _digests(files: Iterable[Path]) -> dict[Path, str]:
    return {file: _digest(file) for file in files}


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return ""
