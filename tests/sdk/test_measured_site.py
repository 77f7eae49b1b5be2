"""A commercial site replays measured load and sun, speeded up, while a real client looks on."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient
from frequenz.client.microgrid.metrics import Metric
from measured import data_file

import doppelgrid

SITE = """
microgrid:
  id: 8
  name: Commercial site
  location: {{latitude: 32.9, longitude: -117.2, timezone: America/Los_Angeles, country_code: US}}
components:
  grid:    {{id: 1, category: grid_connection_point, rated_fuse_current: 630 A}}
  main:    {{id: 2, category: meter, behind: grid}}
  bat-inv: {{id: 11, category: battery_inverter, behind: main, rated_power: 200 kW}}
  battery: {{id: 12, category: battery, behind: bat-inv, capacity: 400 kWh, initial_soc: 60 %}}
  pv-inv:
    id: 21
    category: pv_inverter
    behind: main
    rated_power: 300 kW
    power: {{file: {file}, column: pv_kw, unit: kW, positive: production, on_gap: hold}}
  hall:
    id: 31
    category: meter
    behind: main
    load: {{file: {file}, column: load_kw_derived, unit: kW, positive: consumption, on_gap: hold}}
"""
MORNING = datetime.fromisoformat("2018-06-20T06:00:00-07:00")
MAIN, INVERTER, PV, LOAD = (ComponentId(number) for number in (2, 11, 21, 31))


@pytest.mark.measured
async def test_the_main_meter_is_load_less_pv_plus_battery_at_every_sample(tmp_path: Path) -> None:
    recording = data_file(
        "no_stated_licence", "site_ucsd_trade_street", "trade_street_2018-06-18_to_2018-07-01.csv.gz"
    )
    path = tmp_path / "site.yaml"
    path.write_text(SITE.format(file=recording))
    samples: dict[ComponentId, dict[datetime, float]] = {number: {} for number in (MAIN, INVERTER, PV, LOAD)}

    async with (
        doppelgrid.serve(path, start=MORNING, speed=3600.0) as url,
        MicrogridApiClient(url) as client,
    ):

        async def read(number: ComponentId) -> None:
            receiver = client.receive_component_data_samples_stream(number, [Metric.AC_POWER_ACTIVE])
            while len(samples[number]) < 30:
                (sample,) = (await receiver.receive()).metric_samples
                samples[number][sample.sampled_at] = sample.as_single_value() or 0.0

        await client.set_component_power_active(INVERTER, -50_000.0)
        await asyncio.gather(*(read(number) for number in samples))

    instants = set.intersection(*(set(series) for series in samples.values()))
    assert len(instants) >= 20
    for instant in instants:
        load, pv, battery = (samples[number][instant] for number in (LOAD, PV, INVERTER))
        assert samples[MAIN][instant] == pytest.approx(load + pv + battery, abs=0.1)
    assert min(samples[PV].values()) < -10_000.0
    assert min(samples[INVERTER].values()) == pytest.approx(-50_000.0)
