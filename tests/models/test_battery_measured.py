"""The NMC preset, shrunk to one LG M50 cell, against measured discharges and charges of that cell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from doppelgrid.models.battery import BatteryInput, BatteryState, battery_step, battery_terminal, scaled
from doppelgrid.sim.presets import battery_preset
from measured import data_file

SERIES = 192


@pytest.mark.measured
@pytest.mark.parametrize(("set_c", "rate"), [(25, 0.1), (25, 0.5), (25, 1.0), (45, 0.5), (45, 1.0)])
def test_voltage_under_measured_current_stays_within_20_mv_per_cell(set_c: int, rate: float) -> None:
    rows = pd.read_csv(data_file("cell_lg_m50", "rate_test.csv.gz"))
    run = rows[(rows["t_set_degc"] == set_c) & (rows["c_rate"] == rate)].drop_duplicates("time_s")
    pack = battery_preset("nmc-100kwh")
    string_wh = pack.capacity_wh * 4.965 / pack.charge_capacity_ah
    params = scaled(pack, string_wh)._replace(
        soc_lower=0.0,
        soc_upper=1.0,
        self_discharge_a=0.0,
        charge_current_max_a=20.0,
        discharge_current_max_a=20.0,
    )
    state = BatteryState(1.0, 0.0, float(set_c))
    errors_v, weights_s = [], []
    time_s, measured_v = run["time_s"].to_numpy(), run["voltage_v"].to_numpy()
    current_a = run["current_a"].to_numpy()
    for index in range(1, len(run)):
        dt_s = float(time_s[index] - time_s[index - 1])
        shown = battery_terminal(params, state, float(measured_v[index] * current_a[index]) * SERIES)
        power_w = shown.voltage_v * float(current_a[index])
        state, output = battery_step(params, state, BatteryInput(power_w, float(set_c)), dt_s)
        if 0.1 < state.soc < 0.98:
            errors_v.append(output.voltage_v / SERIES - measured_v[index])
            weights_s.append(min(dt_s, 60.0))
    print(set_c, rate, 1e3 * np.sqrt(np.average(np.square(errors_v), weights=weights_s)), state.temperature_c)
    assert np.sqrt(np.average(np.square(errors_v), weights=weights_s)) < 0.020
