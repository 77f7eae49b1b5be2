"""What a refusal offers in place of a component is something that the client finds in its list."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.messages import CommandError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.gateway.gateway import Gateway
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

MAIN, UNKNOWN = 2, 99
COMPONENTS = {
    "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"},
    "main": {"id": MAIN, "category": "meter", "behind": "grid"},
    "inv": {"id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "5 kW"},
    "bat": {"id": 12, "category": "battery", "behind": "inv"},
    "bank": {
        "id": 13, "category": "capacitor_bank", "behind": "main", "rated_reactive_power": "10 kvar", "steps": 4
    },
}  # fmt: skip
REFUSED: dict[str, tuple[Callable[[Gateway], object], str]] = {
    "stream": (lambda gateway: gateway.subscribe(UNKNOWN), "1, 2, 11, 12"),
    "set-point of nobody": (lambda gateway: gateway.set_power(UNKNOWN, PowerType.ACTIVE, 0.0, 60), "1, 2, 11, 12"),
    "set-point": (lambda gateway: gateway.set_power(MAIN, PowerType.ACTIVE, 0.0, 60), "inv"),
    "bounds": (lambda gateway: gateway.augment_bounds(MAIN, Metric.AC_POWER_ACTIVE, [(0.0, 1.0)]), "inv, bat"),
    "stop": (lambda gateway: gateway.stop(MAIN), "inv, bat"),
}  # fmt: skip


def gateway(*, lists_all: bool) -> Gateway:
    microgrid = {"id": 7, "list_unsupported": lists_all}
    site = rarely_sampled(Site.model_validate({"microgrid": microgrid, "components": COMPONENTS}))
    return Simulation.headless(site, start_us=0, seed=1).gateway


@pytest.mark.parametrize("command", REFUSED)
def test_what_is_left_out_of_the_list_is_not_offered(command: str) -> None:
    send, offered = REFUSED[command]
    with pytest.raises(CommandError, match=rf"accepted: {offered}$"):
        send(gateway(lists_all=False))


@pytest.mark.parametrize("command", REFUSED)
def test_of_a_site_that_lists_everything_all_that_could_take_it_is_offered(command: str) -> None:
    send, _ = REFUSED[command]
    with pytest.raises(CommandError, match=r"accepted: .*(bank|13)$"):
        send(gateway(lists_all=True))
