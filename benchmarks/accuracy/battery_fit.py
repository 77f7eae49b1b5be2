"""How the cells `nmc` and `lmo` of the presets were fitted, so that anybody can fit them again.

Run `python -m accuracy.battery_fit FOLDER` with the folder of measured cells; it prints the values as they
stand in `models/presets/cells.toml`. A cell is carried along the measured current and cell temperature by the
equations of `models/battery.py`; tables, capacitances, activation energies and the lag of solid diffusion follow by
least squares on the voltage (bounded, trust region), with weak springs that keep tables smooth and the open-circuit
voltage near its measurement. Runs are thinned before, to where something changes.

The change of the open-circuit voltage with temperature is not fitted; it follows from published fits to the electrodes.
Heat capacity and heat loss follow by least squares on the temperature along measured current and voltage.

LG M50: all runs but those at 1C at 25 and 45 °C, from the discharge to the end of the rest after it, and pulses of the
middle of three cells at each temperature. Nissan Leaf: the pulse tests at 25 and 10 °C and the discharges at 1C and 3C,
whose temperature follows from `LEAF_BODY`; the slow cycling gives only the mean of charge and discharge as first
open-circuit voltage, since that file carries some 0.11 Ω of wiring.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit
from scipy.optimize import least_squares

from doppelgrid.models.circuit import ThermalBody, temperature_after

Vector = npt.NDArray[np.float64]

LG_M50_AH = 4.965
LEAF_AH = 30.6
_KNOTS = 41
"""Of the open-circuit voltage."""
_NEW_CURRENT_SHARE = 0.01
"""Change of the current, over the greatest of a run, from which on samples stand closer."""
_LOW_SOC = 0.12
"""Below this, tables may be steeper."""


class CellRun(NamedTuple):
    """A measured run of one cell from rest."""

    time_s: Vector
    current_a: Vector
    """During the time up to each sample, charging positive."""
    voltage_v: Vector
    temperature_c: Vector
    soc: float
    """At the start."""

    @property
    def weight_s(self) -> Vector:
        """How much time each sample stands for, at most a minute."""
        return np.clip(np.diff(self.time_s, prepend=self.time_s[0]), 0.0, 60.0)

    def soc_after(self, capacity_ah: float) -> Vector:
        """Return the SoC at each sample, by counting charge."""
        charge_c = np.cumsum(self.current_a * np.diff(self.time_s, prepend=self.time_s[0]))
        return np.asarray(self.soc + charge_c / (3600.0 * capacity_ah), dtype=np.float64)


def thinned(run: CellRun, until_charge: bool = False) -> CellRun:
    """Return a run with fewer samples: close after each change of current, then ever farther apart, up to 40 s.

    Args:
        run: The run.
        until_charge: Whether it ends where the cell is first charged after its discharge.
    """
    time_s, current_a = run.time_s, run.current_a
    charge_c = np.cumsum(current_a * np.diff(time_s, prepend=time_s[0]))
    kept, changed_s = [0], -math.inf
    end = len(time_s)
    if until_charge:
        charging = np.flatnonzero((current_a > 0.05) & (np.cumsum(current_a < -0.1) > 0))
        end = int(charging[0]) if len(charging) > 0 else end
    for k in range(1, end):
        is_new = abs(current_a[k] - current_a[kept[-1]]) > _NEW_CURRENT_SHARE * np.abs(current_a).max()
        if is_new:
            changed_s = time_s[k - 1]
            kept.append(k - 1)
        spacing_s = min(max(0.15 * (time_s[k] - changed_s), 0.5), 40.0)
        if is_new or time_s[k] - time_s[kept[-1]] >= spacing_s or k == end - 1:
            kept.append(k)
    places = np.unique(kept)
    apart_s = np.diff(time_s[places], prepend=time_s[places[0]] - 1.0)
    mean_a = np.diff(charge_c[places], prepend=0.0) / apart_s
    mean_a[0] = current_a[0]
    return CellRun(time_s[places], mean_a, run.voltage_v[places], run.temperature_c[places], run.soc)


class FittedCell(NamedTuple):
    """What a fit gives; tables run over SoC 0..1."""

    ocv_v: Vector
    resistances_ohm: tuple[Vector, Vector, Vector]
    capacitances_f: tuple[float, float]
    activation_k: Vector
    activated_share: Vector
    diffusion: tuple[float, float, float]
    """Gain [h], time constant [s] and activation energy [K]."""


@njit(cache=True)
def _table(table: Vector, x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return _table_beyond(table, x)


@njit(cache=True)
def _table_beyond(table: Vector, x: float) -> float:
    last = len(table) - 1
    index = min(max(int(x * last), 0), last - 1)
    return float(table[index] + (table[index + 1] - table[index]) * (x * last - index))


@njit(cache=True)
def _voltage(
    time_s: Vector,
    current_a: Vector,
    temperature_c: Vector,
    soc: float,
    capacity_ah: float,
    ocv_v: Vector,
    r0: Vector,
    r1: Vector,
    r2: Vector,
    c1_f: float,
    c2_f: float,
    activation_k: Vector,
    share: Vector,
    gain_h: float,
    lag_s: float,
    lag_activation_k: float,
) -> Vector:
    voltage = np.empty(len(time_s))
    quick, slow, lead = 0.0, 0.0, 0.0
    for k in range(len(time_s)):
        dt_s = time_s[k] - time_s[k - 1] if k > 0 else 0.0
        colder = 1.0 / (temperature_c[k] + 273.15) - 1.0 / 298.15
        factor = 1.0 + share * (np.exp(activation_k * colder) - 1.0)
        moved = current_a[k] * dt_s / 3600.0 / capacity_ah
        u1 = current_a[k] * factor[1] * _table(r1, soc + 0.5 * moved)
        u2 = current_a[k] * factor[2] * _table(r2, soc + 0.5 * moved)
        quick = u1 + (quick - u1) * math.exp(-dt_s / (c1_f * factor[1] * _table(r1, soc + 0.5 * moved)))
        slow = u2 + (slow - u2) * math.exp(-dt_s / (c2_f * factor[2] * _table(r2, soc + 0.5 * moved)))
        soc += moved
        slower = math.exp(lag_activation_k * colder)
        settled = gain_h * slower * current_a[k] / capacity_ah
        lead = settled + (lead - settled) * math.exp(-dt_s / (lag_s * slower))
        voltage[k] = (
            _table_beyond(ocv_v, soc + lead) + current_a[k] * factor[0] * _table(r0, soc) + quick + slow
        )
    return voltage


def voltage_of(cell: FittedCell, run: CellRun, capacity_ah: float) -> Vector:
    """Return the voltage [V] that a fitted cell shows along a measured current and temperature."""
    shown: Vector = _voltage(
        run.time_s,
        run.current_a,
        run.temperature_c,
        run.soc,
        capacity_ah,
        cell.ocv_v,
        *cell.resistances_ohm,
        *cell.capacitances_f,
        cell.activation_k,
        cell.activated_share,
        *cell.diffusion,
    )
    return shown


def lg_m50_ocv(data: Path) -> Vector:
    """Return the measured open-circuit voltage at 25 °C [V] at 41 even steps of SoC."""
    rows = pd.read_csv(data / "cell_lg_m50" / "ocv_25degC.csv")
    places = np.linspace(0.0, 100.0, _KNOTS)
    ocv_v: Vector = np.interp(places, rows["soc_pct"].to_numpy(), rows["ocv_v"].to_numpy())
    return ocv_v


def lg_m50_runs(data: Path) -> dict[tuple[int, float], CellRun]:
    """Return the runs by temperature of the chamber [°C] and rate [1/h].

    The SoC at the start follows from the rest voltage before or after the run, whichever is higher: every run ends
    as full as it began.
    """
    rows = pd.read_csv(data / "cell_lg_m50" / "rate_test.csv.gz")
    ocv = lg_m50_ocv(data)
    runs = {}
    for key, group in rows.groupby(["t_set_degc", "c_rate"]):
        set_c, rate = (float(str(part)) for part in key)
        run = group.drop_duplicates("time_s")
        voltage = run["voltage_v"].to_numpy()
        soc = float(np.interp(max(voltage[0], voltage[-1]), ocv, np.linspace(0.0, 1.0, _KNOTS)))
        temperature = run["t_mid_degc"].interpolate().bfill().to_numpy()
        runs[int(set_c), rate] = CellRun(
            run["time_s"].to_numpy(), run["current_a"].to_numpy(), voltage, temperature, soc
        )
    return runs


def lg_m50_pulses(data: Path) -> list[CellRun]:
    """Return the pulses from 20 % SoC of the middle one of the three cells at each temperature, by 5 s resistance."""
    rows = pd.read_csv(data / "cell_lg_m50" / "pulses.csv.gz")
    cells: dict[tuple[int, str], list[tuple[float, CellRun]]] = {}
    for key, group in rows.groupby(["t_set_degc", "soc_pct", "cell"]):
        set_c, soc_pct, cell = (str(part) for part in key)
        pulse = group.drop_duplicates("time_s")
        if len(pulse) < 50:
            continue  # cut off by the voltage limit
        time_s, voltage = pulse["time_s"].to_numpy(), pulse["voltage_v"].to_numpy()
        run = CellRun(
            time_s - time_s[0],
            pulse["current_a"].to_numpy(),
            voltage,
            pulse["t_cell_degc"].bfill().ffill().to_numpy(),
            float(soc_pct) / 100.0,
        )
        resistance = (np.interp(5.0, run.time_s, voltage) - voltage[0]) / run.current_a.min()
        cells.setdefault((int(float(set_c)), cell), []).append((float(resistance), run))
    middle = []
    for chamber_c in sorted({cell_key[0] for cell_key in cells}):
        ranked = sorted(
            (pulses for cell_key, pulses in cells.items() if cell_key[0] == chamber_c),
            key=lambda pulses: float(np.mean([resistance for resistance, _ in pulses])),
        )
        middle += [run for _, run in ranked[len(ranked) // 2] if run.soc > 0.15]
    return middle


def _cell(values: Vector, ocv_v: Vector, knots: int) -> FittedCell:
    tables = np.exp(values[: 3 * knots])
    c1, c2 = np.exp(values[3 * knots : 3 * knots + 2])
    activation = np.exp(values[3 * knots + 2 : 3 * knots + 5])
    gain_h, lag_s, lag_activation_k = np.exp(values[3 * knots + 5 : 3 * knots + 8])
    return FittedCell(
        ocv_v + values[3 * knots + 11 :],
        (tables[:knots], tables[knots : 2 * knots], tables[2 * knots :]),
        (float(c1), float(c2)),
        activation,
        values[3 * knots + 8 : 3 * knots + 11],
        (float(gain_h), float(lag_s), float(lag_activation_k)),
    )


class _Bounds(NamedTuple):
    """One of three: where a fit starts, and between what it looks."""

    tables_ohm: tuple[float, float, float]
    capacitances_f: tuple[float, float]
    activation_k: float
    diffusion: tuple[float, float, float]
    shares: tuple[float, float, float]
    shift_v: float

    def values(self, knots: int) -> Vector:
        """Return the values as `_cell` takes them."""
        rows = np.repeat(np.log(self.tables_ohm), knots)
        activation = np.full(3, math.log(self.activation_k))
        return np.concatenate(
            [
                rows,
                np.log(self.capacitances_f),
                activation,
                np.log(self.diffusion),
                self.shares,
                np.full(_KNOTS, self.shift_v),
            ]
        )


class _Springs(NamedTuple):
    """How firmly tables are kept smooth, and the open-circuit voltage near its measurement."""

    tables: tuple[float, float, float]
    near: float
    smooth: float

    def misfit(self, values: Vector, knots: int) -> list[Vector]:
        """Return what the springs add to the misfit."""
        low = np.linspace(0.0, 1.0, knots)[1:-1] < _LOW_SOC
        soft = np.where(low, 0.3, 1.0)
        parts = [
            np.diff(values[table * knots : (table + 1) * knots], 2) * spring * soft
            for table, spring in enumerate(self.tables)
        ]
        grid, shift = np.linspace(0.0, 1.0, _KNOTS), values[3 * knots + 11 :]
        parts.append(shift * self.near * np.where(grid < _LOW_SOC, 1.0 / 3.0, 1.0))
        parts.append(np.diff(shift, 2) * self.smooth * np.where(grid[1:-1] < _LOW_SOC, 1.0 / 3.0, 1.0))
        return parts


def _discharge_weights(run: CellRun, capacity_ah: float) -> Vector:
    """Return weights that make a discharge count as one, the rest after it 0.3 of that, below 3 % SoC a half."""
    weight, discharging = run.weight_s, run.current_a < -0.1
    share = weight[discharging].sum() / weight.sum()
    return np.asarray(
        np.sqrt(weight / weight.sum())
        * np.where(run.soc_after(capacity_ah) > 0.03, 1.0, 0.5)
        * np.where(discharging, 1.0 / math.sqrt(share), 0.3),
        dtype=np.float64,
    )


LG_M50_UNSEEN = ((25, 1.0), (45, 1.0))
"""Temperature and rate of the runs that the fit to the LG M50 leaves out."""


def fit_lg_m50(data: Path, without: Sequence[tuple[int, float]] = LG_M50_UNSEEN) -> FittedCell:
    """Fit the LG M50 to all runs but some."""
    ocv, knots = lg_m50_ocv(data), 41
    whole = {key: run for key, run in lg_m50_runs(data).items() if key not in without}
    runs = [thinned(run, until_charge=True) for run in whole.values()]
    weights = [_discharge_weights(run, LG_M50_AH) for run in runs]
    pulses = lg_m50_pulses(data)
    springs = _Springs((22.6, 11.3, 11.3), 150.0, 500.0)

    def misfit_mv(values: Vector) -> Vector:
        cell = _cell(values, ocv, knots)
        parts = [
            (voltage_of(cell, run, LG_M50_AH) - run.voltage_v) * weight * 1e3
            for run, weight in zip(runs, weights, strict=True)
        ]
        for pulse in pulses:
            error = voltage_of(cell, pulse, LG_M50_AH) - pulse.voltage_v
            parts.append((error - error[0])[2:] * 1e3 * 0.1 / math.sqrt(len(error) - 2))
        return np.concatenate(parts + springs.misfit(values, knots))

    start = _Bounds(
        (0.028, 0.010, 0.015), (3000.0, 40_000.0), 4500.0, (0.02, 300.0, 3000.0), (0.5, 0.7, 0.7), 0.0
    )
    lower = _Bounds(
        (0.010, 3e-4, 5e-4), (300.0, 3000.0), 1000.0, (5e-4, 150.0, 300.0), (0.03, 0.03, 0.03), -0.12
    )
    upper = _Bounds(
        (0.3, 2.0, 2.0), (20_000.0, 600_000.0), 12_000.0, (0.3, 5000.0, 9000.0), (1.0, 1.0, 1.0), 0.12
    )
    bounds = (lower.values(knots), upper.values(knots))
    found = least_squares(misfit_mv, start.values(knots), bounds=bounds, max_nfev=80)
    return _cell(found.x, ocv, knots)


def leaf_runs(data: Path) -> dict[str, CellRun]:
    """Return the runs of the Nissan Leaf's cell, each from a full and rested cell.

    `hppc_25`, `hppc_10`: pulses every 10 % SoC. `slow`: one cycle at 2.17 A. `1C`, `3C`: a discharge at 30.6 and
    91.8 A with the rest and the charge after it.
    """
    folder = data / "cell_nissan_leaf"
    runs = {}
    for name, file, start_s, end_s, celsius in (
        ("hppc_25", "hppc_25degC", 15_000.0, math.inf, 25.0),
        ("hppc_10", "hppc_10degC", 20_450.0, math.inf, 10.0),
        ("slow", "cycling_10_24_40degC", 42_747.0, 164_690.0, 24.0),
        ("1C", "discharge_1C", 9500.0, 23_847.0, 25.0),
        ("3C", "discharge_3C", 11_500.0, 24_179.0, 25.0),
    ):
        rows = pd.read_csv(folder / f"{file}.csv.gz")
        rows = rows[(rows["time_s"] > start_s) & (rows["time_s"] < end_s)]
        time_s = rows["time_s"].to_numpy(dtype=np.float64)
        runs[name] = CellRun(
            time_s - time_s[0],
            rows["current_a"].to_numpy(dtype=np.float64),
            rows["voltage_v"].to_numpy(dtype=np.float64),
            np.full(len(rows), celsius),
            1.0,
        )
    return runs


LEAF_BODY = ThermalBody(1278.0, 1.42)
"""Heat capacity of the cell that the source states, and the heat loss with which the fitted cell warms at 1C as
measured, within 0.9 K; with the 0.64 W/K of the source it comes out 2.5 K too warm."""


def leaf_ocv(slow: CellRun) -> Vector:
    """Return the mean of charge and discharge of the slow cycle [V] at 41 even steps of SoC."""
    grid = np.linspace(0.0, 1.0, _KNOTS)
    soc = slow.soc_after(LEAF_AH)
    down, up = slow.current_a < -1.0, slow.current_a > 0.1
    discharged = np.interp(grid, soc[down][::-1], slow.voltage_v[down][::-1])
    mean = 0.5 * (discharged + np.interp(grid, soc[up], slow.voltage_v[up]))
    return np.asarray(np.maximum.accumulate(mean), dtype=np.float64)


def fit_leaf(data: Path, without: Sequence[str] = ()) -> FittedCell:
    """Fit the Nissan Leaf's cell; all of its resistances follow Arrhenius' law.

    Pulses count three times as much as the discharge at 1C, which keeps the temperature laws theirs, and the one at 3C
    three tenths: towards its end the cell sags more than anything linear in the current can follow.

    Args:
        data: Folder of measured cells.
        without: Names of runs to leave out, of `hppc_25`, `hppc_10`, `1C` and `3C`.
    """
    whole, knots = leaf_runs(data), 21
    ocv = leaf_ocv(whole["slow"])
    runs, weights = [], []
    for name in ("hppc_25", "hppc_10", "1C", "3C"):
        if name in without:
            continue
        heat = heat_w(whole[name], ocv, np.zeros(_KNOTS), LEAF_AH)
        warmed_c = whole[name].temperature_c + rise_k(LEAF_BODY, whole[name], heat)
        run = thinned(whole[name]._replace(temperature_c=warmed_c))
        runs.append(run)
        weight = _pulse_weights(run) if "hppc" in name else _discharge_weights(run, LEAF_AH)
        weights.append(weight * {"1C": 1.0, "3C": 0.3}.get(name, 3.0))
    springs = _Springs((11.3, 11.3, 11.3), 50.0, 300.0)

    def misfit_mv(values: Vector) -> Vector:
        cell = _cell(values, ocv, knots)
        parts = [
            (voltage_of(cell, run, LEAF_AH) - run.voltage_v) * weight * 1e3
            for run, weight in zip(runs, weights, strict=True)
        ]
        return np.concatenate(parts + springs.misfit(values, knots))

    start = _Bounds(
        (1.6e-3, 0.6e-3, 0.6e-3), (16_700.0, 1e6), 3000.0, (0.02, 300.0, 3000.0), (1.0, 1.0, 1.0), 0.0
    )
    lower = _Bounds(
        (5e-4, 5e-6, 5e-6), (3300.0, 50_000.0), 2000.0, (5e-4, 60.0, 2000.0), (0.999, 0.999, 0.999), -0.15
    )
    upper = _Bounds(
        (0.02, 0.03, 0.03), (200_000.0, 6.7e6), 5000.0, (0.3, 5000.0, 5000.0), (1.001, 1.001, 1.001), 0.15
    )
    bounds = (lower.values(knots), upper.values(knots))
    found = least_squares(misfit_mv, start.values(knots), bounds=bounds, max_nfev=80)
    return _cell(found.x, ocv, knots)._replace(activated_share=np.ones(3))


def leaf_warm_run(data: Path) -> CellRun:
    """Return the discharge at 1C with the temperature of the cell: 25 °C and what it is warmer than the air."""
    run = leaf_runs(data)["1C"]
    warmth = pd.read_csv(data / "cell_nissan_leaf" / "discharge_1C_temperature.csv.gz")
    above_k = warmth[["tc1_degc", "tc2_degc", "tc3_degc"]].mean(axis=1) - warmth["tc4_degc"]
    started_s = 9500.0
    return run._replace(temperature_c=25.0 + np.interp(run.time_s + started_s, warmth["time_s"], above_k))


def _pulse_weights(run: CellRun) -> Vector:
    """Return weights that make pulses count a half, the time between them the other; below 3 % SoC a half."""
    weight = np.maximum(run.weight_s, 1e-3)
    pulse = np.abs(run.current_a) > 5.0
    loud = np.where(pulse, math.sqrt(0.5 / (weight[pulse].sum() / weight.sum())), 1.0)
    below = np.where(run.soc_after(LEAF_AH) > 0.03, 1.0, 0.5)
    return np.asarray(np.sqrt(weight / weight.sum()) * loud * below, dtype=np.float64)


def graphite_slope(content: Vector) -> Vector:
    """Return the change of graphite's potential with temperature [V/K] over its lithium content, 0..1.

    Source: K. O'Regan et al., Electrochim. Acta 425 (2022) 140700, doi:10.1016/j.electacta.2022.140700.
    """
    peak = 0.3561 * np.exp(-((content - 0.08309) ** 2) / 0.004616)
    return np.asarray(1e-3 * (0.02914 - 0.1112 * content + peak), dtype=np.float64)


def nmc811_slope(content: Vector) -> Vector:
    """Return the same of NMC 811, from the same source."""
    first = 0.04006 * np.exp(-((content - 0.2828) ** 2) / 0.0009855)
    second = 0.06656 * np.exp(-((content - 0.8032) ** 2) / 0.02179)
    return np.asarray(1e-3 * (first - second), dtype=np.float64)


def lg_m50_slope() -> Vector:
    """Return the change of the LG M50's open-circuit voltage with temperature [V/K] at 41 even steps of SoC.

    The lithium contents at 2.5 V and 4.2 V are those that the open-circuit potentials of the same source give.
    """
    soc = np.linspace(0.0, 1.0, _KNOTS)
    return nmc811_slope(0.9573 + (0.2638 - 0.9573) * soc) - graphite_slope(0.0296 + (0.9842 - 0.0296) * soc)


def heat_w(run: CellRun, ocv_v: Vector, slope_v_per_k: Vector, capacity_ah: float) -> Vector:
    """Return the heat of a cell along a measured run, `i (V - U + T dU/dT)` [W]; tables over SoC in even steps."""
    grid = np.linspace(0.0, 1.0, len(ocv_v))
    soc = run.soc_after(capacity_ah)
    reversible_v = (run.temperature_c + 273.15) * np.interp(soc, grid, slope_v_per_k)
    heat = run.current_a * (run.voltage_v - np.interp(soc, grid, ocv_v) + reversible_v)
    return np.asarray(heat, dtype=np.float64)


def rise_k(body: ThermalBody, run: CellRun, heat: Vector) -> Vector:
    """Return by how much a body warms under the heat [W] that was set free up to each sample of a run."""
    rise = np.zeros(len(heat))
    steps_s = np.diff(run.time_s)
    for k in range(1, len(heat)):
        rise[k] = temperature_after(body, rise[k - 1], heat[k], 0.0, steps_s[k - 1])
    return rise


def fit_heat(
    runs: Sequence[CellRun], ocv_v: Vector, slope_v_per_k: Vector, capacity_ah: float
) -> ThermalBody:
    """Fit a cell's heat capacity and heat loss to the temperature that it shows."""
    heats = [heat_w(run, ocv_v, slope_v_per_k, capacity_ah) for run in runs]

    def misfit_k(values: Vector) -> Vector:
        body = ThermalBody(*np.exp(values).tolist())
        return np.concatenate(
            [
                (rise_k(body, run, heat) - (run.temperature_c - run.temperature_c[0]))
                * np.sqrt(run.weight_s / run.weight_s.sum())
                for run, heat in zip(runs, heats, strict=True)
            ]
        )

    found = least_squares(misfit_k, np.log([70.0, 0.07]))
    return ThermalBody(*np.exp(found.x).tolist())


def cooling_s(run: CellRun) -> float:
    """Return the time constant with which a cell cools in the half hour after its discharge [s].

    Heat capacity over heat loss: it tells how the test held and aired the cell, whatever heat there was before. The
    air is as warm as the cell between 40 and 60 minutes.
    """
    after_s = run.time_s - run.time_s[np.flatnonzero(run.current_a < -0.1)[-1]]
    air_c = np.median(run.temperature_c[(after_s > 2400.0) & (after_s < 3600.0)])
    above_k = run.temperature_c - air_c
    cooling = (after_s > 30.0) & (after_s < 1800.0) & (above_k > 0.5)
    return float(-1.0 / np.polyfit(after_s[cooling], np.log(above_k[cooling]), 1)[0])


def as_toml(name: str, cell: FittedCell) -> str:
    """Return a fitted cell in the form of the presets."""
    means = [float(np.trapezoid(table, dx=1.0 / (len(table) - 1))) for table in cell.resistances_ohm]
    lines = [f"[{name}]", "ocv_v = " + _toml_list(np.maximum.accumulate(cell.ocv_v), 4)]
    for index, table in enumerate(cell.resistances_ohm):
        lines.append(f"r{index}_ohm = " + _toml_list(table, 6))
    for index, capacitance in enumerate(cell.capacitances_f):
        lines.append(f"rc{index + 1}_time_constant_s = {capacitance * means[index + 1]:.1f}")
    for index in range(3):
        lines.append(f"r{index}_activated_share = {cell.activated_share[index]:.3f}")
        lines.append(f"r{index}_activation_k = {cell.activation_k[index]:.1f}")
    gain_h, lag_s, activation_k = cell.diffusion
    lines.append(f"diffusion_gain_h = {gain_h:.5f}")
    lines.append(f"diffusion_time_constant_s = {lag_s:.1f}")
    lines.append(f"diffusion_activation_k = {activation_k:.1f}")
    return "\n".join(lines)


def _toml_list(values: Vector, digits: int) -> str:
    text = [f"{value:.{digits}f}" for value in values]
    rows = ["    " + ", ".join(text[at : at + 10]) + "," for at in range(0, len(text), 10)]
    return "[\n" + "\n".join(rows) + "\n]"


def main(data: Path) -> None:
    """Fit both cells and print them."""
    lg = fit_lg_m50(data)
    print(as_toml("nmc", lg))
    runs = lg_m50_runs(data)
    slope = lg_m50_slope()
    print("ocv_slope_v_per_k = " + _toml_list(slope, 6))
    for (set_c, rate), run in sorted(runs.items()):
        if rate >= 0.5:
            print(f"# {set_c} °C, {rate}C: cools with {cooling_s(run):.0f} s")
    heated = [runs[0, 0.5], runs[25, 0.5], runs[0, 2.0], runs[25, 2.0]]
    heat = fit_heat(heated, lg.ocv_v, slope, LG_M50_AH)
    print("heat_capacity_j_per_k = {:.1f}\nheat_loss_w_per_k = {:.4f}".format(*heat))
    print(as_toml("lmo", fit_leaf(data)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
