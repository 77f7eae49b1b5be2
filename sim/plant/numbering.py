"""A site's devices as the numbers that the core works on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from ...models.ageing import ageing_initial_state
from ...models.bms import NO_TRIP, RELAYS_CLOSED
from ...models.grid_code import CONNECTED
from ..components.device import AMBIENT, ARRAY_POWER, ARRAY_VOLTAGE, REACTIVE_SET_POINT, SET_POINT
from ..components.device_model import DeviceModel
from ..components.environment import WIND
from ..inputs.signal import NEVER
from ..kernel import ageing as core_ageing
from ..kernel import bms as core_management
from ..kernel.inverters import GUARD_CLOCKS
from ..kernel.layout import FIRST_ARRAY, SET_POINT_VAR, SET_POINT_W, Layout, Machines, Memory
from ..kernel.metering import WIDTH
from ..network.wiring import Wiring
from .equipment import Equipment

LONGEST_STEP_US = 900_000_000
"""What flows is looked at again at least this often [µs]."""
_NO_SHARES = (0.0, 0.0, 0.0)
_METER_DEADBAND = 1e-3
"""Of a control's rating."""


class Places(NamedTuple):
    """Where everything stands among its like, by key; inputs by `component.quantity`."""

    components: dict[str, int]
    inverters: dict[str, int]
    """Those with batteries."""
    batteries: dict[str, int]
    controls: dict[str, int]
    inputs: dict[str, int]


class LaidOut(NamedTuple):
    """A site as numbers."""

    places: Places
    layout: Layout
    machines: dict[DeviceModel, Machines]


def lay_out(wiring: Wiring, equipment: Equipment, inputs: Iterable[str], cycle_us: int) -> LaidOut:
    """Number a site.

    Args:
        wiring: Of a valid site.
        equipment: Of it.
        inputs: Names of all signals, in the order of their numbers.
        cycle_us: At multiples of this, ramps and built-in controls move [µs].
    """
    places = _places(wiring, equipment, inputs)
    component, signal = places.components, places.inputs
    arrays = list(equipment.arrays)
    shares = {key: _shares(equipment, key) for key in wiring.order}
    throughputs = list(equipment.throughput)
    parents = _rows(wiring.parents[key] for key in wiring.order)
    pairs = _rows(wiring.batteries_of[key] for key in places.inverters)
    groups = _rows(group.inverters for group in wiring.groups)
    grouped = _rows(group.batteries for group in wiring.groups)
    meters = {key: equipment.built_in.get(key) for key in places.controls}
    mixed = [key for key, load in equipment.loads.items() if load.mix is not None]
    grid = equipment.grid_key
    layout = Layout(
        grid=component[grid],
        is_ac=[int(key in wiring.ac_order) for key in wiring.order],
        parent_begins=parents.begins,
        parents=[component[key] for key in parents.entries],
        share_1=[shares[key][0] for key in wiring.order],
        share_2=[shares[key][1] for key in wiring.order],
        share_3=[shares[key][2] for key in wiring.order],
        throughput_of=[throughputs.index(key) if key in throughputs else -1 for key in wiring.order],
        throughputs=list(equipment.throughput.values()),
        voltage_signal=signal[f"{grid}.voltage"],
        nominal_phase_v=equipment.grid.voltage_v / math.sqrt(3.0),
        phase_voltage_signals=[signal[f"{grid}.voltage_{phase}"] for phase in (1, 2, 3)],
        presence_signal=signal[f"{grid}.presence"],
        impedances=list(equipment.grid.impedances),
        fuses=list(equipment.grid.fuses),
        metering_component=[component[key] for key in equipment.meterings],
        meterings=[metering.params for metering in equipment.meterings.values()],
        load_component=[component[key] for key in equipment.loads],
        load_signal=[signal[f"{key}.load"] for key in equipment.loads],
        load_power_factor=[load.power_factor for load in equipment.loads.values()],
        mix_of=[mixed.index(key) if key in mixed else -1 for key in equipment.loads],
        mixes=[load.mix for load in equipment.loads.values() if load.mix is not None],
        battery_component=[component[key] for key in places.batteries],
        batteries=list(equipment.batteries.values()),
        managements=list(equipment.managements.values()),
        ageing_battery=[places.batteries[key] for key in equipment.ageings],
        ageings=list(equipment.ageings.values()),
        inverter_component=[component[key] for key in places.inverters],
        inverters=[equipment.inverters[key] for key in places.inverters],
        array_of=[arrays.index(key) if key in arrays else -1 for key in places.inverters],
        arrays=[equipment.arrays[key].array for key in arrays],
        array_signal=[signal[f"{key}.irradiance"] for key in arrays],
        wind_signal=signal.get(WIND, -1) if arrays else -1,
        guard_control=[places.controls[key] for key in equipment.guards],
        guards=list(equipment.guards.values()),
        frequency_signal=signal[f"{grid}.frequency"],
        pair_begins=pairs.begins,
        pair_battery=[places.batteries[key] for key in pairs.entries],
        group_inverter_begins=groups.begins,
        group_inverters=[places.inverters[key] for key in groups.entries],
        group_battery_begins=grouped.begins,
        group_batteries=[places.batteries[key] for key in grouped.entries],
        control_component=[component[key] for key in places.controls],
        ramp_w_per_s=[equipment.ratings[key].ramp_rate_w_per_s for key in places.controls],
        meter=[-1 if meter is None else component[meter.key] for meter in meters.values()],
        meter_share=[0.0 if meter is None else meter.share for meter in meters.values()],
        meter_deadband_w=[_METER_DEADBAND * equipment.ratings[key].size for key in places.controls],
        ambient_signal=signal[AMBIENT],
        cycle_us=cycle_us,
        longest_step_us=LONGEST_STEP_US,
    )
    return LaidOut(places, layout, _machines(equipment, places))


def first_memory(
    laid_out: LaidOut,
    equipment: Equipment,
    inputs: Sequence[float],
    start_us: int,
) -> Memory:
    """Return what a site remembers when it starts; all is closed, and nothing is known of what flows."""
    places, layout, _ = laid_out
    ratings = [equipment.ratings[key] for key in places.controls]
    parts, inverters, cells = len(places.components), len(places.inverters), len(places.batteries)
    arrays, guards = len(layout.arrays), len(layout.guards)
    batteries = [system.first_state() for system in equipment.systems.values()]

    def zeros(count: int) -> list[float]:
        return [0.0] * count

    return Memory(
        time_us=start_us, holds_until_us=start_us, is_known=0, next_input_us=NEVER, inputs=list(inputs),
        is_closed=[1] * parts, is_cut_off=[0] * parts, is_fed=[0] * parts,
        pair_conducts=[1] * len(layout.pair_battery),
        active_1=zeros(parts), active_2=zeros(parts), active_3=zeros(parts),
        reactive_1=zeros(parts), reactive_2=zeros(parts), reactive_3=zeros(parts),
        consumed_wh=zeros(parts), delivered_wh=zeros(parts),
        fuse_heats=zeros(3 * len(layout.fuses)), fuse_condition=[0] * len(layout.fuses),
        metering=zeros(WIDTH * len(layout.meterings)),
        battery_states=batteries, battery_dc_w=zeros(cells),
        battery_lower_w=zeros(cells), battery_upper_w=zeros(cells),
        battery_loss_wh=zeros(cells), battery_throughput_ah=zeros(cells),
        bms_states=[system.first_management() for system in equipment.systems.values()],
        bms_wanted=[RELAYS_CLOSED] * cells, bms_acknowledges=[0] * cells,
        bms_relays=[RELAYS_CLOSED] * cells, bms_trip=[NO_TRIP] * cells, bms_warnings=[0] * cells,
        bms_seen=zeros(core_management.SEEN * cells), bms_carried_us=[start_us] * cells,
        bms_throughput_ah=zeros(cells), bms_is_calm=[0] * cells, bms_calm_until_us=[start_us] * cells,
        bms_calm=zeros(core_management.CALM * cells),
        ageing_states=[ageing_initial_state(params) for params in equipment.ageings.values()],
        ageing_use=[
            number
            for key in equipment.ageings
            for number in core_ageing.first_use(equipment.systems[key].first_state())
        ],
        array_w=zeros(arrays), array_v=zeros(arrays), array_irradiance=[-math.inf] * arrays,
        array_ambient_c=zeros(arrays), array_wind=zeros(arrays),
        guard_mode=[CONNECTED] * guards, guard_clocks_s=zeros(GUARD_CLOCKS * guards),
        guard_mean_pu=[1.0] * guards, guard_reference_w=[guard.rated_power_w for guard in layout.guards],
        heat_sink_c=[inputs[layout.ambient_signal]] * inverters, is_held_back=[0] * inverters,
        apparent_va=zeros(inverters), own_lower_w=zeros(inverters), own_upper_w=zeros(inverters),
        asked_ac_w=zeros(inverters), asked_var=zeros(inverters), asked_bridge_w=zeros(inverters),
        held_off_by=[0] * len(ratings), growth_w_per_s=[math.inf] * len(ratings),
        support_var=zeros(len(ratings)),
        inverter_loss_wh=zeros(inverters), sun_wh=zeros(inverters),
        allowed_dc_lower_w=[-math.inf] * cells, allowed_dc_upper_w=[math.inf] * cells,
        inverter_dc_w=zeros(inverters), inverter_ac_w=zeros(inverters), inverter_sun_w=zeros(inverters),
        wanted_dc_w=zeros(inverters), taken_dc_w=zeros(inverters), pair_w=zeros(len(layout.pair_battery)),
        target_w=[rating.default_w for rating in ratings], setting_w=[rating.default_w for rating in ratings],
        reactive_target_var=zeros(len(ratings)),
        allowed_w=[None] * len(ratings), allowed_var=[None] * len(ratings), is_followed=[1] * len(ratings),
        reach_lower_w=zeros(len(ratings)), reach_upper_w=zeros(len(ratings)),
    )  # fmt: skip


def _places(wiring: Wiring, equipment: Equipment, inputs: Iterable[str]) -> Places:
    inverters = list(wiring.batteries_of)
    rated_machines = [key for key, machine in equipment.machines.items() if machine.rating is not None]
    return Places(
        components=_numbered(wiring.order),
        inverters=_numbered(inverters),
        batteries=_numbered(equipment.batteries),
        controls=_numbered([*inverters, *rated_machines]),
        inputs=_numbered(inputs),
    )


def _numbered(keys: Iterable[str]) -> dict[str, int]:
    return {key: number for number, key in enumerate(keys)}


class _Rows(NamedTuple):
    begins: list[int]
    entries: list[str]


def _rows(rows: Iterable[Sequence[str]]) -> _Rows:
    """Return rows of unequal length as where each begins, with the end behind the last, and all entries."""
    kept = list(rows)
    return _Rows(list(accumulate(map(len, kept), initial=0)), [entry for row in kept for entry in row])


def _shares(equipment: Equipment, key: str) -> tuple[float, float, float]:
    if key in equipment.machines:
        return equipment.machines[key].shares
    if key in equipment.loads:
        return equipment.loads[key].shares
    return equipment.shares.get(key, _NO_SHARES)


def _machines(equipment: Equipment, places: Places) -> dict[DeviceModel, Machines]:
    keys: dict[DeviceModel, list[str]] = {}
    for key, machine in equipment.machines.items():
        keys.setdefault(machine.kind, []).append(key)
    return {kind: _of_a_kind(equipment, places, members) for kind, members in keys.items()}


def _of_a_kind(equipment: Equipment, places: Places, keys: Sequence[str]) -> Machines:
    machines = [equipment.machines[key] for key in keys]
    arrays = {key: FIRST_ARRAY - 2 * number for number, key in enumerate(equipment.arrays)}
    sources: list[int] = []
    for key, machine in zip(keys, machines, strict=True):
        own = {SET_POINT: SET_POINT_W, REACTIVE_SET_POINT: SET_POINT_VAR}
        if key in arrays:
            own |= {ARRAY_POWER: arrays[key], ARRAY_VOLTAGE: arrays[key] - 1}
        sources += [own[source] if source in own else places.inputs[source] for source in machine.sources]
    params: list[Any] = [machine.params for machine in machines]
    states: list[Any] = [machine.state for machine in machines]
    return Machines(
        component=[places.components[key] for key in keys],
        control=[places.controls.get(key, -1) for key in keys],
        sources=sources,
        params=params,
        states=states,
    )
