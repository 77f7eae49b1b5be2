"""A connection to a Dask cluster that can run what this package gives it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..files.extras import extra_for

_CONNECT_S = 30.0


class ClusterError(ValueError):
    """A cluster cannot be reached, has no workers, or lacks this package."""


@contextlib.contextmanager
def connected(address: str, what: str) -> Iterator[Any]:
    """Lend a client of a cluster whose scheduler and workers have this version of the package.

    Args:
        address: Of the scheduler, such as `tcp://10.0.0.1:8786`.
        what: Is to run there, in the plural; named if Dask is missing.

    Raises:
        MissingPackageError: If Dask is not installed.
        ClusterError: If the cluster cannot be reached, has no workers, or other versions of this package.
    """
    with extra_for(f"{what} on a Dask cluster"):
        import distributed  # noqa: PLC0415
    try:
        # A client waits without limit for whatever else listens there.
        with ThreadPoolExecutor(1) as beside:
            beside.submit(asyncio.run, _knock(address)).result()
        client = distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, MemoryError) as error:
        why = f"no answer in {_CONNECT_S:g} s" if isinstance(error, TimeoutError) else str(error)
        raise ClusterError(
            f"{address!r} ({why}); accepted: the address of a scheduler that answers, such as tcp://10.0.0.1:8786"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_S)
        except TimeoutError:
            raise ClusterError(f"{address!r}, which has no workers; accepted: a cluster with some") from None
        _check_versions(address, client.get_versions(packages=["doppelgrid"]))
        yield client


async def _knock(address: str) -> None:
    """Exchange greetings with what listens at an address.

    Raises:
        OSError: If it is not there, or does not answer in time (`TimeoutError`).
        ValueError: If the address makes no sense.
    """
    from distributed.comm.core import connect  # noqa: PLC0415

    async with asyncio.timeout(_CONNECT_S):
        comm = await connect(address, timeout=_CONNECT_S)
        await comm.close()


def _check_versions(address: str, told: Any) -> None:
    ours = told["client"]["packages"]["doppelgrid"]
    places = {"its scheduler": told["scheduler"]}
    places |= {f"its worker {worker}": versions for worker, versions in told["workers"].items()}
    for place, versions in places.items():
        theirs = versions["packages"]["doppelgrid"]
        if theirs != ours:
            has = "no doppelgrid" if theirs is None else f"doppelgrid {theirs}"
            raise ClusterError(
                f"{address!r}: {place} has {has}; accepted: doppelgrid {ours} on the scheduler and on all workers, "
                "by pip install 'doppelgrid[dask]' where they run"
            )
