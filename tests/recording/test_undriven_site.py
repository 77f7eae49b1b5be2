"""What of a site takes part in a replay: which components offer power that a recording may drive."""

from __future__ import annotations

from dataclasses import replace

import pytest

import doppelgrid
from doppelgrid.sim.components.component_type import ComponentType, Way
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.replay import undriven_site
from doppelgrid.sim.replay.undriven_site import offers_power


def test_producers_with_an_input_for_their_power_offer_it() -> None:
    site = doppelgrid.load_site("all-categories")
    offering = {type_of(each).category for each in site.components.values() if offers_power(each)}
    assert offering == {Category.PV_INVERTER, Category.WIND_TURBINE}


@pytest.mark.parametrize(
    ("way", "inputs", "offers"),
    [
        (Way.PRODUCES, {"power": 0.0}, True),
        (Way.PRODUCES, {}, False),
        (Way.CONSUMES, {"power": 0.0}, False),
        (Way.BOTH, {"power": 0.0}, False),
        (Way.NONE, {"power": 0.0}, False),
    ],
)
def test_a_field_called_power_is_an_offer_only_as_an_input_of_a_producer(
    monkeypatch: pytest.MonkeyPatch, way: Way, inputs: dict[str, float], offers: bool
) -> None:
    site = doppelgrid.load_site("all-categories")
    component = next(each for each in site.components.values() if "power" in type(each).model_fields)
    kind: ComponentType = replace(type_of(component), way=way, inputs=inputs)
    monkeypatch.setattr(undriven_site, "type_of", lambda _component: kind)
    assert offers_power(component) is offers
