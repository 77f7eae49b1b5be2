"""Inverter presets beside the Sandia model of the same devices, and beside a measured inverter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from pvlib.inverter import sandia
from pvlib.pvsystem import retrieve_sam

from doppelgrid.models.inverter import InverterParams, dc_from_ac
from doppelgrid.sim.components.inverter import inverter_preset, inverter_preset_names

from .assessment import AccuracyFigure, Assessment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET_POINTS = 0.3
"""Percentage points of efficiency above 10 % load."""
DEVICES = {
    "battery-5kw": "SMA_America__SBS5_0_US_10__240V_",
    "battery-30kw": "SMA_America__STP30000TL_US_10__480V_",
    "battery-100kw": "Delta_Electronics__DES10JB125K01__480V_",
    "pv-3kw": "SMA_America__SB3_0_1SP_US_40__240V_",
    "pv-5kw": "SMA_America__SB5_0_1SP_US_40__240V_",
    "pv-10kw": "Fronius_International_GmbH__Fronius_Symo_10_0_3_480__480V_",
    "pv-12kw": "SMA_America__STP12000TL_US_10__480V_",
    "pv-30kw": "SMA_America__STP30000TL_US_10__480V_",
    "pv-60kw": "SMA_America__STP_60_US_10__480V_",
    "pv-100kw": "Huawei_Technologies_Co___Ltd___SUN2000_100KTL_USH0__800V_",
    "pv-250kw": "Yaskawa_Solectria_Solar__SGI_250_480__480V_",
}
"""Presets by the name of their device in the CEC library."""


class MeasuredLoss(NamedTuple):
    """A loss curve of the PerMod data base: `a p² + b p + c` [W], with p the AC power over the rated one."""

    a_w: float
    b_w: float
    c_w: float
    rated_w: float


MEASURED_BATTERY_INVERTERS = {
    "battery-3kw": (
        MeasuredLoss(107.9, 34.85, 35.85, 3572.0),
        MeasuredLoss(151.06, 22.76, 37.42, 3507.0),
    ),
    "battery-10kw": (
        MeasuredLoss(103.57, 153.48, 25.95, 9997.2),
        MeasuredLoss(96.89, 113.34, 26.82, 9822.6),
    ),
}
"""Charging (over the AC power taken) and discharging (over the AC power given); bslib v0.7, CC BY 4.0."""


class Curve(NamedTuple):
    """Efficiency over the load above 10 %, at one DC voltage."""

    load: np.ndarray
    reference: np.ndarray
    ours: np.ndarray

    @property
    def worst_points(self) -> float:
        """Greatest deviation in percentage points."""
        return float(100.0 * np.abs(self.ours - self.reference).max())


def sandia_curve(name: str, dc_voltage_v: float) -> Curve:
    """Return the efficiency of a preset beside the Sandia model of its device at a DC voltage [V]."""
    device = retrieve_sam("CECInverter")[DEVICES[name]]
    rated_w = float(device["Paco"])
    dc_w = np.linspace(0.05, 1.15, 500) * float(device["Pdco"])
    ac_w = np.asarray(sandia(dc_voltage_v, dc_w, device), dtype=float)
    above = (ac_w >= 0.1 * rated_w) & (ac_w < rated_w * (1.0 - 1e-6))
    params = inverter_preset(name, rated_w, rated_w)
    voltage_pu = dc_voltage_v / params.nominal_dc_voltage_v
    return Curve(
        ac_w[above] / rated_w, ac_w[above] / dc_w[above], _production(params, ac_w[above], voltage_pu)
    )


def _production(params: InverterParams, ac_w: np.ndarray, voltage_pu: float) -> np.ndarray:
    return np.array([power_w / -dc_from_ac(params, -power_w, voltage_pu) for power_w in ac_w.tolist()])


def voltage_window(name: str) -> np.ndarray:
    """Return DC voltages over the window of a preset [V]."""
    params = inverter_preset(name, 1e4, 1e4)
    return np.linspace(params.dc_voltage_min_v, params.dc_voltage_max_v, 9)


def battery_curves(name: str) -> tuple[Curve, Curve]:
    """Return the efficiency of a measured battery inverter and of its preset, charging and discharging."""
    curves = []
    for loss, charging in zip(MEASURED_BATTERY_INVERTERS[name], (True, False), strict=True):
        load = np.linspace(0.1, 1.0, 200)
        loss_w = loss.a_w * load * load + loss.b_w * load + loss.c_w
        ac_w = load * loss.rated_w
        params = inverter_preset(name, loss.rated_w, loss.rated_w)
        if charging:
            ours = np.array([dc_from_ac(params, power_w) / power_w for power_w in ac_w.tolist()])
            curves.append(Curve(load, 1.0 - loss_w / ac_w, ours))
        else:
            curves.append(Curve(load, ac_w / (ac_w + loss_w), _production(params, ac_w, 1.0)))
    return curves[0], curves[1]


def measured_efficiency(data: Path) -> pd.DataFrame:
    """Return AC power, DC power and DC voltage of the two measured inverters, means over 15 minutes [W, V]."""
    day = pd.read_csv(
        data / "pv_sandia_6kw_1min" / "baseline6kw_2015-11-11_1min.csv.gz", index_col=0, parse_dates=True
    )
    parts = []
    for system in (1, 2):
        current_a = day[f"Sys{system}Str1Idc_Avg"] + day[f"Sys{system}Str2Idc_Avg"]
        voltage_v = day[f"Sys{system}Vdc_Avg"]
        means = pd.DataFrame(
            {"ac_w": day[f"Sys{system}Wac_Avg"], "dc_w": current_a * voltage_v, "dc_v": voltage_v}
        )
        parts.append(means.resample("15min").mean().assign(system=system))
    whole = pd.concat(parts)
    return whole[(whole["ac_w"] > 300.0) & (whole["dc_w"] > 0.0)]


def assess(data: Path) -> Assessment:
    """Hold the presets against the Sandia model, the laboratory's curves and the measured inverters."""
    figures = []
    for name in DEVICES:
        nominal = sandia_curve(name, inverter_preset(name, 1e3, 1e3).nominal_dc_voltage_v)
        figures.append(
            AccuracyFigure(
                f"{name}: efficiency at nominal DC voltage, above 10 % load: greatest deviation",
                nominal.worst_points,
                "percentage points",
                TARGET_POINTS,
            )
        )
    for name in DEVICES:
        worst = max(sandia_curve(name, voltage).worst_points for voltage in voltage_window(name).tolist())
        figures.append(
            AccuracyFigure(f"{name}: the same over the MPP window", worst, "percentage points", TARGET_POINTS)
        )
    for name in MEASURED_BATTERY_INVERTERS:
        for way, curve in zip(("charging", "discharging"), battery_curves(name), strict=True):
            figures.append(
                AccuracyFigure(
                    f"{name}: efficiency {way}, above 10 % load: greatest deviation from the laboratory",
                    curve.worst_points,
                    "percentage points",
                )
            )
    measured = measured_efficiency(data)
    for system in (1, 2):
        part = measured[measured["system"] == system]
        params = inverter_preset("pv-3kw", 3000.0, 3000.0)
        ours = [
            power_w / -dc_from_ac(params, -power_w, voltage_v / params.nominal_dc_voltage_v)
            for power_w, voltage_v in zip(part["ac_w"].tolist(), part["dc_v"].tolist(), strict=True)
        ]
        gap = np.median(np.array(ours) - (part["ac_w"] / part["dc_w"]).to_numpy())
        figures.append(
            AccuracyFigure(
                f"pv-3kw less measured inverter {system}: median of 15-minute efficiencies",
                float(100.0 * gap),
                "percentage points",
            )
        )
    assert {*DEVICES, *MEASURED_BATTERY_INVERTERS} == set(inverter_preset_names())
    return Assessment(
        name="inverter",
        title="Inverter efficiency",
        reference="Sandia inverter model with the CEC library's parameters (pvlib, BSD-3-Clause); PerMod data base of "
        "HTW Berlin as published in bslib (CC BY 4.0); Sandia, 2015-11-11 (Revised BSD)",
        figures=tuple(figures),
        note="The presets' coefficients are fitted to the Sandia model itself, so these figures say how well the form "
        "of the loss fits, not how well the library describes the device. Battery presets from the laboratory take the "
        "mean of both directions; their figures are the asymmetry that is left. The makes of the two measured "
        "inverters are not stated; they are told for information.",
        draw=lambda: _draw(measured),
    )


def _draw(measured: pd.DataFrame) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415 - only who wants the picture needs it

    figure = Figure(figsize=(10.0, 4.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name in ("pv-5kw", "pv-12kw", "pv-60kw", "pv-250kw"):
        curve = sandia_curve(name, inverter_preset(name, 1e3, 1e3).nominal_dc_voltage_v)
        left.plot(100.0 * curve.load, 100.0 * curve.ours, label=name)
        left.plot(100.0 * curve.load, 100.0 * curve.reference, "k:", linewidth=1.0)
    left.set(
        xlabel="AC power over rated power [%]", ylabel="efficiency [%]", title="preset (dotted: Sandia model)"
    )
    left.legend()
    params = inverter_preset("pv-3kw", 3000.0, 3000.0)
    for system, part in measured.groupby("system"):
        right.plot(
            part["ac_w"], 100.0 * part["ac_w"] / part["dc_w"], ".", label=f"measured inverter {system}"
        )
    ac_w = np.linspace(300.0, 3000.0, 200)
    right.plot(ac_w, 100.0 * _production(params, ac_w, 1.0), label="pv-3kw")
    right.set(
        xlabel="AC power [W]", ylabel="efficiency [%]", ylim=(88.0, 99.0), title="measured, 15-minute means"
    )
    right.legend()
    return figure
