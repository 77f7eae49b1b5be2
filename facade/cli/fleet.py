"""Many sites in one process: which they are, and where each is served."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..sim.site.input_files import read_checked
from ..sim.site.site import Site
from .billing import read_tariff
from .reloading import Edition

PORT_STEP = 10
"""Between the ports of neighbouring sites, as the other tools of the field have it."""
_HIGHEST_PORT = 65535


def fleet(sites: Sequence[Site], copies: int) -> list[Site]:
    """Return each site so many times, the copies with ids and names of their own.

    Args:
        sites: As loaded.
        copies: Of each site, the site itself included.

    Raises:
        ValueError: If two sites have one id.
    """
    everyone = [_copy(site, number) for site in sites for number in range(copies)]
    seen: dict[int, Site] = {}
    for site in everyone:
        other = seen.setdefault(site.microgrid.id, site)
        if other is not site:
            raise ValueError(
                f"{other.microgrid.name!r} and {site.microgrid.name!r} both have the microgrid id "
                f"{site.microgrid.id}; accepted: ids that differ (for copies of one site there is --copies)"
            )
    return everyone


def read_fleet(sources: Sequence[str], copies: int) -> list[Site]:
    """Read each site, and everything that drives it, so many times; see `fleet`.

    Raises:
        ValueError: If anything is wrong with them; says everything that is.
    """
    sites, wrong = [], []
    for source in sources:
        try:
            sites.append(read_checked(source))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValueError("\n".join(wrong))
    return fleet(sites, copies)


def read_edition(sources: Sequence[str], copies: int, tariff: Path | None) -> Edition:
    """Read sites as `read_fleet` does, and their tariff, if there is one.

    Raises:
        ValueError: If anything is wrong with them; says everything that is.
    """
    wrong: list[str] = []
    sites: list[Site] = []
    billed = None
    try:
        sites = read_fleet(sources, copies)
    except ValueError as error:
        wrong.append(str(error))
    try:
        billed = read_tariff(tariff)
    except ValueError as error:
        wrong.append(str(error))
    if wrong:
        raise ValueError("\n".join(wrong))
    return Edition(sites, billed)


def ports(first: int, count: int) -> list[int]:
    """Return the ports of so many sites; all 0, for any free one, if the first is.

    Raises:
        ValueError: If there are not enough.
    """
    if first == 0:
        return [0] * count
    last = first + PORT_STEP * (count - 1)
    if last > _HIGHEST_PORT:
        raise ValueError(
            f"{count} sites from port {first} on need ports up to {last}; accepted: {_HIGHEST_PORT}"
        )
    return list(range(first, last + 1, PORT_STEP))


def _copy(site: Site, number: int) -> Site:
    if number == 0:
        return site
    microgrid = site.microgrid
    name = f"{microgrid.name} {number + 1}".strip()
    return site.model_copy(
        update={"microgrid": microgrid.model_copy(update={"id": microgrid.id + number, "name": name})}
    )
