"""A producer of which only the power on offer is known."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.supply import (
    SupplyInput,
    SupplyParams,
    SupplyState,
    supply_horizon_s,
    supply_output,
    supply_power_limits,
    supply_step,
)

from .case import ModelCase


def _no_energy(*_: Any) -> float:
    return 0.0


CASES = [
    ModelCase(
        name="supply",
        params={
            "with standby draw": SupplyParams(10_000.0, 11_000.0, 20.0),
            "by power factor": SupplyParams(10_000.0, 11_000.0, 20.0, 6_000.0, 0.9),
            "without": SupplyParams(10_000.0, 10_000.0, 0.0),
        },
        output=supply_output,
        horizon_s=supply_horizon_s,
        step=supply_step,
        states=lambda _params: st.just(SupplyState(0.0)),
        inputs=lambda _params: st.builds(
            SupplyInput,
            set_point_w=st.floats(-15_000.0, 0.0),
            set_point_var=st.floats(-15_000.0, 15_000.0),
            offered_w=st.one_of(st.just(0.0), st.floats(-20_000.0, 0.0)),
            active_share=st.one_of(st.just(1.0), st.floats(0.0, 1.0)),
        ),
        imbalance_j=_no_energy,
        throughput_j=_no_energy,
        limits=supply_power_limits,
        limits_include_zero=False,
        own_use_w=lambda params: params.standby_power_w,
    )
]
