"""What the marker `site` says about a test's site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ...sim.site.reader import bundled_sites, load_site, parse_site
from ...sim.site.site import Site, Telemetry
from .durations import moment_us, span_us

_DEFAULTS: Mapping[str, Any] = {
    "source": "demo",
    "start": datetime(2026, 6, 15),
    "seed": 0,
    "interval": None,
    "speed": 1.0,
    "longest": timedelta(days=2),
    "allow_real_io": False,
}
_LIVE_ONLY = frozenset({"speed"})
_LOCKSTEP_ONLY = frozenset({"longest", "allow_real_io"})


class SiteOptions(NamedTuple):
    """Which site a test gets, and when it begins."""

    site: Site
    name: str
    start_us: int
    seed: int
    speed: float
    longest_us: int
    allow_real_io: bool


def site_options(request: pytest.FixtureRequest, *, live: bool) -> SiteOptions:
    """Read the markers of a test, the closest one first, and the fixture's parameter if it has one.

    Args:
        request: Of the test.
        live: Whether it asks for `live_site`.

    Raises:
        ValueError: If something is not accepted; says what is.
        SiteError: If the site file is wrong.
    """
    given = dict(_DEFAULTS)
    for marker in reversed(list(request.node.iter_markers("site"))):
        given.update(_of_marker(marker, live=live))
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    given["source"] = parameters.get("live_site" if live else "site", given["source"])
    site, name = _load(given["source"], request.path.parent)
    if given["interval"] is not None:
        seconds = span_us(given["interval"], "interval") / 1e6
        telemetry = Telemetry.model_validate({"interval": f"{seconds!r} s"})
        site = site.model_copy(update={"telemetry": telemetry})
    return SiteOptions(
        site,
        name,
        moment_us(given["start"], site, "start"),
        given["seed"],
        given["speed"],
        span_us(given["longest"], "longest"),
        given["allow_real_io"],
    )


def _of_marker(marker: pytest.Mark, *, live: bool) -> dict[str, Any]:
    unknown = sorted(set(marker.kwargs) - set(_DEFAULTS))
    if unknown or len(marker.args) > 1:
        found = f"{unknown[0]}=" if unknown else f"{len(marker.args)} positional arguments"
        raise ValueError(
            f"@pytest.mark.site has {found}; accepted: a site, and {', '.join(f'{key}=' for key in _DEFAULTS)}"
        )
    wrong = sorted((_LOCKSTEP_ONLY if live else _LIVE_ONLY) & set(marker.kwargs))
    if wrong:
        fixture, other = ("live_site", "site") if live else ("site", "live_site")
        raise ValueError(
            f"@pytest.mark.site({wrong[0]}=...) means nothing to {fixture}; accepted: with {other}"
        )
    return {**dict(zip(("source",), marker.args, strict=False)), **marker.kwargs}


def _load(source: object, folder: Path) -> tuple[Site, str]:
    """Return a site and its name; paths are relative to the folder of the test file."""
    if isinstance(source, str) and "\n" in source:
        source = _parsed(source.encode(), "site of the marker", folder)
    if isinstance(source, Site):
        return source, source.microgrid.name or f"microgrid {source.microgrid.id}"
    if not isinstance(source, str | Path):
        raise ValueError(
            f"the site is {source!r}; accepted: a bundled name, a path relative to the test file, YAML text or a Site"
        )
    if str(source) in bundled_sites():
        return _bundled(str(source)), str(source)
    path = folder / source
    if not path.is_file():
        load_site(path)
    return _parsed(path.read_bytes(), str(source), path.parent), str(source)


@lru_cache(maxsize=64)
def _bundled(name: str) -> Site:
    return load_site(name)


@lru_cache(maxsize=64)
def _parsed(text: bytes, name: str, folder: Path) -> Site:
    return parse_site(text, name, directory=folder)
