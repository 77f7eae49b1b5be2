"""TLS on the port, and addresses that others can reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from frequenz.client.microgrid import MicrogridApiClient, ServiceUnavailable
from security.support import SITE, Certificates

from doppelgrid.proto.serving.server import serve_gateway
from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.proto.transport.security import Security, SecurityError, is_loopback
from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.site.site import Site


async def microgrid_id(url: str) -> int:
    async with MicrogridApiClient(url) as client:
        return int((await client.get_microgrid_info()).id)


def url(address: str, certificates: Certificates, *, with_certificate: bool = False) -> str:
    """Return the URL of a server on this machine, as published clients take it for TLS."""
    port = address.rpartition(":")[2]
    options = f"ssl=true&ssl_root_certificates_path={certificates.authority}"
    if with_certificate:
        options += f"&ssl_certificate_chain_path={certificates.client}&ssl_private_key_path={certificates.client_key}"
    return f"grpc://localhost:{port}?{options}"


async def test_a_client_that_trusts_the_certificate_is_served(
    simulation: LiveSimulation, certificates: Certificates
) -> None:
    security = Security(tls_certificate=certificates.server, tls_key=certificates.server_key)
    async with serve_gateway(simulation.gateway, security=security) as address:
        assert await microgrid_id(url(address, certificates)) == 2200


async def test_a_client_without_tls_is_not_served(
    simulation: LiveSimulation, certificates: Certificates
) -> None:
    security = Security(tls_certificate=certificates.server, tls_key=certificates.server_key)
    async with serve_gateway(simulation.gateway, security=security) as address:
        with pytest.raises(ServiceUnavailable):
            await microgrid_id(f"grpc://{address}")


async def test_a_client_must_show_its_certificate_where_one_is_asked_for(
    simulation: LiveSimulation, certificates: Certificates
) -> None:
    security = Security(
        tls_certificate=certificates.server,
        tls_key=certificates.server_key,
        tls_client_ca=certificates.authority,
    )
    async with serve_gateway(simulation.gateway, security=security) as address:
        assert await microgrid_id(url(address, certificates, with_certificate=True)) == 2200
        with pytest.raises(ServiceUnavailable):
            await microgrid_id(url(address, certificates))


async def test_the_url_of_a_site_with_tls_says_so(certificates: Certificates) -> None:
    security = Security(tls_certificate=certificates.server, tls_key=certificates.server_key)
    async with SiteServer(Site.model_validate(SITE), security=security) as address:
        assert address.startswith("grpc://")
        assert address.endswith("?ssl=true")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_an_open_address_is_refused_without_protection(simulation: LiveSimulation, host: str) -> None:
    with pytest.raises(SecurityError, match="can be reached by other machines"):
        await serve_gateway(simulation.gateway, host=host).__aenter__()


async def test_tls_alone_does_not_protect_an_open_address(
    simulation: LiveSimulation, certificates: Certificates
) -> None:
    security = Security(tls_certificate=certificates.server, tls_key=certificates.server_key)
    with pytest.raises(SecurityError, match="anyone there could command the site"):
        await serve_gateway(simulation.gateway, host="0.0.0.0", security=security).__aenter__()


async def test_an_open_address_may_be_served_with_a_key(simulation: LiveSimulation) -> None:
    security = Security(auth_key="k")
    async with serve_gateway(simulation.gateway, host="0.0.0.0", security=security) as address:
        assert address.startswith("0.0.0.0:")


async def test_an_open_address_may_be_served_on_demand(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway, host="0.0.0.0", insecure=True) as address:
        port = address.rpartition(":")[2]
        assert await microgrid_id(f"grpc://127.0.0.1:{port}") == 2200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("localhost", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("192.0.2.7", False),
        ("no.such.host.invalid", False),
    ],
)
def test_loopback_is_told_from_the_rest(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_certificate_needs_its_key(certificates: Certificates) -> None:
    with pytest.raises(SecurityError, match="both a certificate and its key"):
        Security(tls_certificate=certificates.server)


def test_client_certificates_need_tls(certificates: Certificates) -> None:
    with pytest.raises(SecurityError, match="need TLS"):
        Security(tls_client_ca=certificates.authority)


def test_signatures_need_a_key() -> None:
    with pytest.raises(SecurityError, match="clients sign it along"):
        Security(sign_secret="s")


@pytest.mark.parametrize("options", [{"auth_key": ""}, {"auth_key": "k", "sign_secret": ""}])
def test_empty_secrets_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(SecurityError, match="is empty"):
        Security(**options)  # type: ignore[arg-type]


def test_a_key_of_another_certificate_is_refused_with_the_names_of_the_files(
    certificates: Certificates,
) -> None:
    with pytest.raises(SecurityError, match=r"server.*client_key.*accepted: PEM files"):
        Security(tls_certificate=certificates.server, tls_key=certificates.client_key)


def test_a_file_that_is_not_there_is_named(certificates: Certificates, tmp_path: Path) -> None:
    with pytest.raises(SecurityError, match="No such file"):
        Security(tls_certificate=tmp_path / "none.pem", tls_key=certificates.server_key)
