"""Which metrics are worth recording by default: those that control applications ask for."""

from __future__ import annotations

from typing import Literal

from ..domain.metrics import Metric

Metrics = Literal["main", "all"]
"""How much to record: the main metrics of each category, or everything that a component reports."""

MAIN_METRICS = frozenset(
    {
        Metric.AC_POWER_ACTIVE,
        Metric.AC_POWER_ACTIVE_PHASE_1,
        Metric.AC_POWER_ACTIVE_PHASE_2,
        Metric.AC_POWER_ACTIVE_PHASE_3,
        Metric.AC_POWER_REACTIVE,
        Metric.AC_POWER_REACTIVE_PHASE_1,
        Metric.AC_POWER_REACTIVE_PHASE_2,
        Metric.AC_POWER_REACTIVE_PHASE_3,
        Metric.AC_CURRENT_PHASE_1,
        Metric.AC_CURRENT_PHASE_2,
        Metric.AC_CURRENT_PHASE_3,
        Metric.AC_VOLTAGE_PHASE_1_N,
        Metric.AC_VOLTAGE_PHASE_2_N,
        Metric.AC_VOLTAGE_PHASE_3_N,
        Metric.AC_FREQUENCY,
        Metric.DC_POWER,
        Metric.BATTERY_CAPACITY,
        Metric.BATTERY_SOC_PCT,
        Metric.BATTERY_TEMPERATURE,
    }
)
"""What `frequenz-sdk` 1.0 asks of each category, so that its applications run on a replay."""
