"""A site that is served behind locks, and the keys to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trustme
from security.support import SITE, Certificates
from support.live import live

from doppelgrid.sim.simulation.live import LiveSimulation


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    paths = Certificates(
        *(folder / f"{name}.pem" for name in ("ca", "server", "server_key", "client", "client_key"))
    )
    authority = trustme.CA()
    authority.cert_pem.write_to_path(paths.authority)
    for name, certificate, key in (
        ("localhost", paths.server, paths.server_key),
        ("client@site.example", paths.client, paths.client_key),
    ):
        issued = authority.issue_cert(name)
        issued.private_key_pem.write_to_path(key)
        for blob in issued.cert_chain_pems:
            blob.write_to_path(certificate, append=True)
    return paths


@pytest.fixture
async def simulation() -> AsyncIterator[LiveSimulation]:
    async with live(SITE) as simulation:
        yield simulation
