"""A site's devices as the numbers that the kernel works on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from ...models.ageing import ageing_initial_state
from ...models.battery_auxiliary import most_heats
from ...models.cell_spread import CellSpreadParams
from ...models.charging_point import NO_PHASE
from ...models.fuse import fuse_initial_state
from ...models.grid_code import grid_code_initial_state
from ...models.grid_guard import room_by_power_var
from ...models.throughput import ThroughputParams
from ..components.device import (
    ACTIVE_LOWER_BOUND,
    ACTIVE_SHARE,
    ACTIVE_UPPER_BOUND,
    AMBIENT,
    ARRAY_POWER,
    ARRAY_VOLTAGE,
    NOTHING,
    REACTIVE_LOWER_BOUND,
    REACTIVE_SET_POINT,
    REACTIVE_UPPER_BOUND,
    SET_POINT,
    UPPER_BOUND,
)
from ..components.device_model import DeviceModel
from ..components.environment import OUTDOORS, WIND
from ..components.recordings import RECORDED
from ..inputs.segments import is_averaged
from ..inputs.signal import NEVER
from ..kernel.inverters import settle_volt_var
from ..kernel.layout import (
    BOUNDS,
    FIRST_ARRAY,
    FIRST_BOUND,
    FIRST_VOLTAGE,
    NO_SOURCE,
    SET_POINT_VAR,
    SET_POINT_W,
    AgeingLayout,
    ArrayLayout,
    AuxiliaryLayout,
    BatteryLayout,
    ComponentLayout,
    ControlLayout,
    EstimateLayout,
    FeedInLayout,
    GroupLayout,
    GuardLayout,
    InverterLayout,
    Layout,
    LoadLayout,
    Machines,
    MeterLayout,
    RecordedLayout,
    SocLimitsLayout,
)
from ..kernel.memory import (
    AgeingMemory,
    ArrayMemory,
    BatteryMemory,
    BmsMemory,
    ComponentMemory,
    ControlMemory,
    EstimateMemory,
    FeedInMemory,
    FuseMemory,
    GuardMemory,
    InverterMemory,
    MeasuredMemory,
    Memory,
    MeterMemory,
    NodeMemory,
    PairMemory,
    RecordedMemory,
)
from ..network.line_rows import LineRows
from ..network.wiring import Wiring
from .equipment import Equipment
from .like_tables import with_like_tables

CONTROL_CYCLE_US = 100_000
"""Ramps move in steps of this length, on a grid that no observer can shift [µs]."""
LONGEST_STEP_US = 900_000_000
"""What flows is looked at again at least this often [µs]."""
_NO_SHARES = (0.0, 0.0, 0.0)
TOLERANCE = 0.02
"""A set-point counts as reached within this part of the rating [1]."""
_NEAR = 1e-3
"""Closer than this part of its rating a power has come to the end of its filter [1]."""
_LEAST_TOLERANCE = 0.005
"""Share of the rating by which a device may miss what little is recorded [1]."""
_METER_DEADBAND = 1e-3
"""Dead band of regulation by a meter, as a share of a control's rating."""


class Places(NamedTuple):
    """Where everything stands among its like, by key; inputs by `component.quantity`."""

    components: dict[str, int]
    inverters: dict[str, int]
    """Those with batteries."""
    batteries: dict[str, int]
    controls: dict[str, int]
    recorded: dict[str, int]
    """Of those, what a recording drives."""
    inputs: dict[str, int]


class Numbered(NamedTuple):
    """A site as numbers."""

    places: Places
    layout: Layout
    machines: dict[DeviceModel, Machines]


def number_site(
    wiring: Wiring,
    equipment: Equipment,
    lines: LineRows,
    inputs: Iterable[str],
    cycle_us: int,
    start_us: int,
) -> Numbered:
    """Number a site.

    Args:
        wiring: Of a valid site.
        equipment: Of it.
        lines: Of it.
        inputs: Names of all signals, in the order of their numbers.
        cycle_us: Ramps and built-in controls move once in this: at multiples of it since the epoch, but where it is
            longer than `CONTROL_CYCLE_US`, since the start, at which the intervals begin that a run looks at [µs].
        start_us: When the run starts [µs].
    """
    places = _places(wiring, equipment, inputs)
    component, signal = places.components, places.inputs
    parents = _rows(wiring.parents[key] for key in wiring.order)
    pairs = _rows(wiring.batteries_of[key] for key in places.inverters)
    grouped_inverters = _rows(group.inverters for group in wiring.groups)
    grouped_batteries = _rows(group.batteries for group in wiring.groups)
    batteries = with_like_tables([equipment.batteries[key] for key in places.batteries])
    grid = equipment.grid_key
    layout = Layout(
        grid=component[grid],
        components=_components(wiring, equipment, lines, parents.spans),
        parents=[component[key] for key in parents.entries],
        nodes=lines.nodes,
        ways=[component[key] for key in lines.ways],
        answers_voltage=int(_answers_voltage(equipment)),
        throughputs=list(_throughput(equipment, lines).values()),
        voltage_signal=signal[f"{grid}.voltage"],
        nominal_phase_v=equipment.grid.voltage_v / math.sqrt(3.0),
        phase_voltage_signals=[signal[f"{grid}.voltage_{phase}"] for phase in (1, 2, 3)],
        presence_signal=signal[f"{grid}.presence"],
        frequency_signal=signal[f"{grid}.frequency"],
        impedances=list(equipment.grid.impedances),
        fuses=list(equipment.grid.fuses),
        meters=[MeterLayout(component[key], each.params) for key, each in equipment.meterings.items()],
        loads=_loads(equipment, places),
        mixes=[load.mix for load in equipment.loads.values() if load.mix is not None],
        batteries=[
            BatteryLayout(
                component[key],
                params,
                equipment.managements[key],
                equipment.systems[key].gap.upper,
                -equipment.systems[key].gap.lower,
                *most_heats(equipment.auxiliaries.get(key)),
            )
            for key, params in zip(places.batteries, batteries, strict=True)
        ],
        ageings=[
            AgeingLayout(places.batteries[key], each)
            for key, each in zip(
                equipment.ageings, with_like_tables([*equipment.ageings.values()]), strict=True
            )
        ],
        auxiliaries=[
            AuxiliaryLayout(places.batteries[key], params) for key, params in equipment.auxiliaries.items()
        ],
        soc_limits=[
            SocLimitsLayout(
                places.batteries[key], system.cells or CellSpreadParams(0.0), int(system.cells is not None)
            )
            for key, system in equipment.systems.items()
            if system.cells is not None or system.estimate is not None
        ],
        estimates=[
            EstimateLayout(places.batteries[key], params) for key, params in equipment.estimates.items()
        ],
        inverters=_inverters(wiring, equipment, places, pairs.spans, pairs.entries),
        pair_battery=[places.batteries[key] for key in pairs.entries],
        groups=[
            GroupLayout(*inverters, *batteries)
            for inverters, batteries in zip(grouped_inverters.spans, grouped_batteries.spans, strict=True)
        ],
        group_inverters=[places.inverters[key] for key in grouped_inverters.entries],
        group_batteries=[places.batteries[key] for key in grouped_batteries.entries],
        arrays=[
            ArrayLayout(
                each.array, signal[f"{key}.irradiance"], signal[OUTDOORS if each.is_outdoors else AMBIENT]
            )
            for key, each in equipment.arrays.items()
        ],
        guards=[_guard(equipment, places, key) for key in equipment.guards],
        controls=[_control(wiring, equipment, component, key) for key in places.controls],
        recorded=[_recorded(equipment, places, key, cycle_us, start_us) for key in places.recorded],
        feed_in=[FeedInLayout(signal[equipment.feed_in_input])] if equipment.feed_in_limits else [],
        limited=[places.controls[key] for key in equipment.photovoltaics],
        wind_signal=signal.get(WIND, -1) if equipment.arrays else -1,
        ambient_signal=signal[AMBIENT],
        cycle_us=cycle_us,
        cycle_begin_us=start_us % cycle_us if cycle_us > CONTROL_CYCLE_US else 0,
        longest_step_us=LONGEST_STEP_US,
    )
    return Numbered(places, layout, _machines(equipment, places, lines))


def first_memory(numbered: Numbered, equipment: Equipment, inputs: Sequence[float], start_us: int) -> Memory:
    """Return what a site remembers when it starts; all is closed, and nothing is known of what flows."""
    places, layout, _ = numbered
    ratings = [equipment.ratings[key] for key in places.controls]
    batteries = [system.first_state() for system in equipment.systems.values()]
    memory = Memory(
        time_us=start_us,
        holds_until_us=start_us,
        counted_us=start_us,
        is_known=0,
        next_input_us=NEVER,
        inputs=list(inputs),
        components=[ComponentMemory() for _ in layout.components],
        nodes=[
            NodeMemory(v_1=node.nominal_v, v_2=node.nominal_v, v_3=node.nominal_v) for node in layout.nodes
        ],
        fuses=[FuseMemory(**fuse_initial_state(link)._asdict()) for link in layout.fuses],
        meters=[MeterMemory(MeasuredMemory(), MeasuredMemory()) for _ in layout.meters],
        batteries=[
            BatteryMemory(soc_error=system.initial_soc_error) for system in equipment.systems.values()
        ],
        battery_states=batteries,
        bms=[BmsMemory(carried_us=start_us, horizon_us=start_us) for _ in layout.batteries],
        bms_states=[system.first_management() for system in equipment.systems.values()],
        ageings=[
            AgeingMemory(batteries[ageing.battery].soc, batteries[ageing.battery].temperature_c, start_us)
            for ageing in layout.ageings
        ],
        ageing_states=[ageing_initial_state(params) for params in equipment.ageings.values()],
        estimates=[EstimateMemory(batteries[estimate.battery].soc) for estimate in layout.estimates],
        arrays=[ArrayMemory() for _ in layout.arrays],
        guards=[
            GuardMemory(
                guard.params.rated_power_w if guard.params.follows_production else 0.0,
                **grid_code_initial_state(guard.params.code)._asdict(),
            )
            for guard in layout.guards
        ],
        inverters=[InverterMemory(heat_sink_c=inputs[layout.ambient_signal]) for _ in layout.inverters],
        pairs=[PairMemory() for _ in layout.pair_battery],
        controls=[
            ControlMemory(
                target_w=rating.default_w,
                setting_w=rating.default_w,
                follows_meter=int(key not in places.recorded),
            )
            for key, rating in zip(places.controls, ratings, strict=True)
        ],
        recorded=[RecordedMemory() for _ in layout.recorded],
        feed_in=[FeedInMemory() for _ in layout.feed_in],
        allowed_w=[None] * len(ratings),
        allowed_var=[None] * len(ratings),
    )
    settle_volt_var(layout, memory)
    return memory


def _components(
    wiring: Wiring, equipment: Equipment, lines: LineRows, parents: Sequence[tuple[int, int]]
) -> list[ComponentLayout]:
    throughputs = _numbered(_throughput(equipment, lines))
    ends = {node.component for node in lines.nodes}
    return [
        ComponentLayout(
            int(key in wiring.ac_order),
            *span,
            *_shares(equipment, key),
            throughputs.get(key, -1),
            lines.node_of.get(key, -1),
            int(number in ends),
        )
        for number, (key, span) in enumerate(zip(wiring.order, parents, strict=True))
    ]


def _throughput(equipment: Equipment, lines: LineRows) -> dict[str, ThroughputParams]:
    """Return what takes a part of what passes through; transformers among lines have an impedance instead."""
    return {key: params for key, params in equipment.throughput.items() if key not in lines.transformers}


def _answers_voltage(equipment: Equipment) -> bool:
    """Say whether something draws by its voltage."""
    grid = equipment.grid_key
    voltages = {f"{grid}.voltage", *(f"{grid}.voltage_{phase}" for phase in (1, 2, 3))}
    return (
        bool(equipment.guards)
        or any(load.mix is not None for load in equipment.loads.values())
        or any(not voltages.isdisjoint(machine.sources) for machine in equipment.machines.values())
        or any(drive.phases for drive in equipment.recorded.values())
    )


def _loads(equipment: Equipment, places: Places) -> list[LoadLayout]:
    mixes = _numbered(key for key, load in equipment.loads.items() if load.mix is not None)
    return [
        LoadLayout(
            places.components[key], places.inputs[f"{key}.load"], load.power_factor, mixes.get(key, -1)
        )
        for key, load in equipment.loads.items()
    ]


def _inverters(
    wiring: Wiring,
    equipment: Equipment,
    places: Places,
    pairs: Sequence[tuple[int, int]],
    batteries: Sequence[str],
) -> list[InverterLayout]:
    arrays = _numbered(equipment.arrays)
    groups = {key: number for number, group in enumerate(wiring.groups) for key in group.inverters}
    reached = Counter(batteries)
    return [
        InverterLayout(
            places.components[key],
            equipment.inverters[key],
            arrays.get(key, -1),
            equipment.ratings[key].gap.upper,
            -equipment.ratings[key].gap.lower,
            *_minima_w(equipment, batteries[slice(*span)]),
            *span,
            is_sharing=int(any(reached[battery] > 1 for battery in batteries[slice(*span)])),
            group=groups[key],
        )
        for key, span in zip(places.inverters, pairs, strict=True)
    ]


def _minima_w(equipment: Equipment, batteries: Sequence[str]) -> tuple[float, float]:
    """Return the least that batteries take, and give, together [W]."""
    gaps = [equipment.systems[key].gap for key in batteries]
    return math.fsum(gap.upper for gap in gaps), -math.fsum(gap.lower for gap in gaps)


def _control(wiring: Wiring, equipment: Equipment, component: Mapping[str, int], key: str) -> ControlLayout:
    rating, meter = equipment.ratings[key], equipment.built_in.get(key)
    behind = wiring.behind(meter.key) if meter is not None and equipment.feed_in_limits else set()
    return ControlLayout(
        component=component[key],
        ramp_w_per_s=rating.ramp_rate_w_per_s,
        lag_s=rating.response_lag_s,
        near_w=_NEAR * rating.size,
        meter=-1 if meter is None else component[meter.key],
        meter_share=0.0 if meter is None else meter.share,
        meter_deadband_w=_METER_DEADBAND * rating.size,
        sees_photovoltaics=int(behind.issuperset(equipment.photovoltaics)),
    )


def _guard(equipment: Equipment, places: Places, key: str) -> GuardLayout:
    params, reactive = equipment.guards[key], equipment.ratings[key].reactive
    most_var = math.inf if reactive is None else reactive.upper
    return GuardLayout(places.controls[key], params, room_by_power_var(params), most_var)


def _recorded(equipment: Equipment, places: Places, key: str, cycle_us: int, start_us: int) -> RecordedLayout:
    rating, drive = equipment.ratings[key], equipment.recorded[key]
    lower_w, upper_w = rating.active or (0.0, 0.0)
    ramp_s = (upper_w - lower_w) / rating.ramp_rate_w_per_s - rating.response_lag_s * math.log(0.5 * _NEAR)
    # What is averaged arrives with the interval in which the first of it does.
    early_us = (drive.begin_us - start_us) % cycle_us if is_averaged(cycle_us) else 0
    at = {phase: place for place, phase in enumerate(drive.phases)}
    place_1, place_2, place_3 = (at.get(phase, NO_PHASE) for phase in (1, 2, 3))
    return RecordedLayout(
        control=places.controls[key],
        signal=places.inputs[f"{key}.{RECORDED}"],
        car_phases_signal=places.inputs[f"{key}.ac_phases"] if drive.phases else -1,
        phases=len(drive.phases),
        place_1=place_1,
        place_2=place_2,
        place_3=place_3,
        begin_us=drive.begin_us - early_us,
        tolerance=TOLERANCE,
        least_tolerance_w=_LEAST_TOLERANCE * rating.size,
        drawn_tolerance_w=TOLERANCE * rating.size,
        gap_lower_w=rating.gap.lower,
        gap_upper_w=rating.gap.upper,
        # What is told its most, down to more than nothing, draws that at least.
        rest_w=max(rating.rest_w, lower_w) + (0.0 if drive.phases else rating.step_w),
        grace_us=cycle_us + round(ramp_s * 1e6),
    )


def _places(wiring: Wiring, equipment: Equipment, inputs: Iterable[str]) -> Places:
    inverters = list(wiring.batteries_of)
    rated_machines = [key for key, machine in equipment.machines.items() if machine.rating is not None]
    return Places(
        components=_numbered(wiring.order),
        inverters=_numbered(inverters),
        batteries=_numbered(equipment.batteries),
        controls=_numbered([*inverters, *rated_machines]),
        recorded=_numbered(equipment.recorded),
        inputs=_numbered(inputs),
    )


def _numbered(keys: Iterable[str]) -> dict[str, int]:
    return {key: number for number, key in enumerate(keys)}


class _Rows(NamedTuple):
    spans: list[tuple[int, int]]
    """Where each row begins and ends among the entries."""
    entries: list[str]


def _rows(rows: Iterable[Sequence[str]]) -> _Rows:
    kept = list(rows)
    ends = accumulate(map(len, kept), initial=0)
    return _Rows(list(pairwise(ends)), [entry for row in kept for entry in row])


def _shares(equipment: Equipment, key: str) -> tuple[float, float, float]:
    if key in equipment.machines:
        return equipment.machines[key].shares
    if key in equipment.loads:
        return equipment.loads[key].shares
    return equipment.shares.get(key, _NO_SHARES)


def _machines(equipment: Equipment, places: Places, lines: LineRows) -> dict[DeviceModel, Machines]:
    keys: dict[DeviceModel, list[str]] = {}
    for key, machine in equipment.machines.items():
        keys.setdefault(machine.model, []).append(key)
    return {model: _of_a_model(equipment, places, lines, members) for model, members in keys.items()}


def _of_a_model(equipment: Equipment, places: Places, lines: LineRows, keys: Sequence[str]) -> Machines:
    machines = [equipment.machines[key] for key in keys]
    arrays = {key: FIRST_ARRAY - 2 * number for number, key in enumerate(equipment.arrays)}
    sources: list[int] = []
    for key, machine in zip(keys, machines, strict=True):
        own = {SET_POINT: SET_POINT_W, REACTIVE_SET_POINT: SET_POINT_VAR, NOTHING: NO_SOURCE}
        if key in places.controls:
            first = FIRST_BOUND - BOUNDS * places.controls[key]
            own |= {UPPER_BOUND: first, REACTIVE_LOWER_BOUND: first - 1, REACTIVE_UPPER_BOUND: first - 2}
            own |= {ACTIVE_SHARE: first - 3, ACTIVE_LOWER_BOUND: first - 4, ACTIVE_UPPER_BOUND: first - 5}
        if key in lines.node_of:
            first, grid = FIRST_VOLTAGE - 4 * lines.node_of[key], equipment.grid_key
            own |= {f"{grid}.voltage_{phase}": first - phase + 1 for phase in (1, 2, 3)}
            own |= {f"{grid}.voltage": first - 3}
        if key in arrays:
            own |= {ARRAY_POWER: arrays[key], ARRAY_VOLTAGE: arrays[key] - 1}
        sources += [own[source] if source in own else places.inputs[source] for source in machine.sources]
    params: list[Any] = with_like_tables([machine.params for machine in machines])
    states: list[Any] = [machine.state for machine in machines]
    return Machines(
        component=[places.components[key] for key in keys],
        control=[places.controls.get(key, -1) for key in keys],
        sources=sources,
        params=params,
        states=states,
    )
