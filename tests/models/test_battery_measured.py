"""The NMC preset, shrunk to one string of LG M50 cells, against measured cycles of that cell.

Each run is a full discharge at constant current and the charge after it. The model leaves out hysteresis
(up to 70 mV between charge and discharge in the measured open-circuit voltage), so the bound on the whole
cycle is wider than that on the discharge.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from measured import data_file

from doppelgrid.models.battery import BatteryInput, BatteryState, battery_step, battery_terminal, scaled
from doppelgrid.sim.presets import battery_preset

SERIES = 192
CELL_AH = 4.965


def voltage_errors(set_c: int, rate: float) -> npt.NDArray[np.float64]:
    """Run the model on the measured current; rows of error per cell [V], weight [s], current [A]."""
    rows = pd.read_csv(data_file("cell_lg_m50", "rate_test.csv.gz"))
    run = rows[(rows["t_set_degc"] == set_c) & (rows["c_rate"] == rate)].drop_duplicates("time_s")
    pack = battery_preset("nmc-100kwh")
    params = scaled(pack, pack.capacity_wh * CELL_AH / pack.charge_capacity_ah)._replace(
        soc_lower=0.0, soc_upper=1.0, charge_current_max_a=20.0, discharge_current_max_a=20.0
    )
    state = BatteryState(1.0, 0.0, float(set_c))
    errors, before_s = [], 0.0
    for time_s, current_a, voltage_v in zip(run["time_s"], run["current_a"], run["voltage_v"], strict=True):
        shown = battery_terminal(params, state, voltage_v * current_a * SERIES)
        dt_s = time_s - before_s
        state, output = battery_step(
            params, state, BatteryInput(shown.voltage_v * current_a, float(set_c)), dt_s
        )
        if 0.1 < state.soc < 0.98:
            errors.append((output.voltage_v / SERIES - voltage_v, min(dt_s, 60.0), current_a))
        before_s = time_s
    return np.array(errors)


def root_mean_square_v(rows: npt.NDArray[np.float64]) -> float:
    return float(np.sqrt(np.average(rows[:, 0] ** 2, weights=rows[:, 1])))


@pytest.mark.measured
@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
def test_discharge_voltage_at_25_degrees_is_met_within_20_mv(rate: float) -> None:
    errors = voltage_errors(25, rate)
    assert root_mean_square_v(errors[errors[:, 2] < 0.0]) < 0.020


@pytest.mark.measured
@pytest.mark.parametrize(("set_c", "rate"), [(25, 0.1), (25, 0.5), (25, 1.0), (45, 0.5), (45, 1.0)])
def test_the_whole_cycle_is_met_within_25_mv(set_c: int, rate: float) -> None:
    assert root_mean_square_v(voltage_errors(set_c, rate)) < 0.025
