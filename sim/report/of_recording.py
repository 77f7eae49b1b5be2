"""What a site did, from what was recorded of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from ..components.battery import Battery, ageing_params
from ..components.registry import type_of
from ..domain.categories import Category
from ..domain.metrics import Metric
from ..domain.timestamps import to_datetime
from ..network.wiring import wire
from ..recording.content import Condition, Recording, Track
from ..recording.errors import RecordingError, require_samples
from ..recording.names import parse_name
from ..replay.playback import metrics_left_out
from ..site.graph import grid_key
from ..site.site import Site
from ..tariff.bill import Bill
from ..tariff.prices import Prices
from ..tariff.reader import Tariff
from ..telemetry.intervals import shown_windows
from .gatherer import Floats, Gatherer, Instants
from .held import Held, held, usual_distance_us
from .limits import fixed_limits, outside_s
from .passing_losses import passing_losses_wh
from .site_report import Commands, Flow, Incident, Peak, Shortfalls, SiteReport, Storage

_US_PER_HOUR = 3.6e9
_LATEST_US = 60_000_000
"""Of a quarter of an hour whose first sampling comes later, the rest says too little [µs]."""
_CURRENTS = (Metric.AC_CURRENT_PHASE_1, Metric.AC_CURRENT_PHASE_2, Metric.AC_CURRENT_PHASE_3)
_REGISTERS = (Metric.AC_ENERGY_ACTIVE_CONSUMED, Metric.AC_ENERGY_ACTIVE_DELIVERED)
TOLD = (
    Metric.AC_POWER_ACTIVE,
    *_CURRENTS,
    *_REGISTERS,
    Metric.DC_POWER,
    Metric.BATTERY_CAPACITY,
    Metric.BATTERY_SOC_PCT,
    Metric.BATTERY_TEMPERATURE,
)
"""All metrics that reports are made of."""


def report_of_recording(
    recording: Recording,
    *,
    site: Site | None = None,
    commands: Commands | None = None,
    tariff: Tariff | None = None,
) -> SiteReport:
    """Return what a recorded site did.

    Args:
        recording: What was recorded.
        site: That was recorded, where the file does not say.
        commands: What was commanded, if it is known.
        tariff: By which it is billed, if it is.

    Raises:
        RecordingError: If the site is not known, or nothing is recorded of its powers.
        TariffError: If the tariff does not cover all of the recording.
    """
    site = site or recording.site
    if site is None:
        accepted = "the site that it was recorded at; give its file with --site"
        raise RecordingError(recording.file, None, "site", "not in the recording", accepted)
    _require_powers(recording, site)
    zone = site.microgrid.location.zone
    prices = None if tariff is None else partial(tariff.over, zone=zone)
    return report_of_tracks(recording, site, commands, prices)


def report_of_tracks(
    recording: Recording,
    site: Site,
    commands: Commands | None,
    prices: Callable[[int, int], Prices] | None,
    *,
    begin_us: int = 0,
    goes_on: bool = False,
) -> SiteReport:
    """Return what a recorded site did, also where nothing tells of its powers.

    Args:
        recording: What was recorded.
        site: That was recorded.
        commands: What was commanded, if it is known.
        prices: Gives those by which it is billed, from when to when [µs]; None if it is not billed.
        begin_us: When it began, where nothing was recorded [µs since the Unix epoch].
        goes_on: Whether more is to come, so that it ends with its last row.
    """
    recording = _in_simulated_time(recording)
    axes = [
        recording.tracks[site.components[key].id].times_us
        for key in site.components
        if _has(recording, site, key)
    ]
    columns = {
        key: column
        for key, component in site.components.items()
        if (column := _column(recording, component.id, Metric.AC_POWER_ACTIVE)) is not None
    }
    axes = axes or [np.array([begin_us], np.int64)]
    end_us = max(int(axis[-1]) for axis in axes)
    if not goes_on and _tells_beyond_its_last_row(recording):
        end_us = max((end_us, *(_told_until_us(*column) for column in columns.values())))
    powers = {key: held(*column, end_us) for key, column in columns.items()}
    shown = {key for key in powers if key in shown_windows(site, _distance_us(recording, site, key))}
    latest_us = min((_distance_us(recording, site, key) for key in powers), default=0.0)
    gatherer = Gatherer(site, set(powers), shown, latest_us=min(latest_us, _LATEST_US))
    times_us = np.unique(np.concatenate([*axes, *(powers[key].times_us for key in gatherer.ways.keys)]))
    known_w = [powers[key].at(times_us) for key in gatherer.ways.keys]
    if prices is not None:
        bill = Bill(prices(int(times_us[0]), int(times_us[-1])))
        gatherer.bill(bill, charges_powers=not _charge_registers(bill, recording, site, gatherer, powers))
    gatherer.add(times_us, np.array(known_w).reshape(len(known_w), len(times_us)).T[:-1])
    flows = tuple(_with_registers(recording, site, flow, powers[flow.key]) for flow in gatherer.flows())
    imported_wh, exported_wh = _grid_wh(gatherer, flows)
    consumed_wh, produced_wh = gatherer.totals()
    peak_import, peak_export = gatherer.peaks()
    greatest_import, greatest_export = _greatest(recording, site, gatherer)
    return SiteReport(
        name=site.microgrid.name,
        microgrid_id=site.microgrid.id,
        zone=site.microgrid.location.zone,
        begin_us=int(times_us[0]),
        end_us=int(times_us[-1]),
        imported_wh=imported_wh,
        exported_wh=exported_wh,
        consumed_wh=consumed_wh,
        produced_wh=produced_wh,
        peak_import=peak_import,
        peak_export=peak_export,
        flows=flows,
        storages=tuple(_storages(recording, site)),
        groups=gatherer.groups(),
        incidents=tuple(_incidents(recording, site, int(times_us[-1]))),
        commands=commands,
        curve=gatherer.curve(),
        notes=tuple(_notes(recording, site, gatherer, powers, times_us)),
        greatest_import=greatest_import,
        greatest_export=greatest_export,
        tells_errors=any(recording.conditions.values()),
        unknown_s=_unknown_s(recording, site, gatherer, powers, times_us),
        shortfalls=Shortfalls(
            lost_wh=passing_losses_wh(site, {flow.key: flow for flow in flows}, powers, times_us, shown),
            outside_limits_s=_outside_s(recording, site, gatherer, powers),
        ),
        costs=gatherer.costs(),
        spans_agree=_spans_agree(recording, site, gatherer, powers),
    )


def _require_powers(recording: Recording, site: Site) -> None:
    require_samples(recording)
    for key in wire(site).ac_order:
        if _column(recording, site.components[key].id, Metric.AC_POWER_ACTIVE) is not None:
            return
    known = ", ".join(str(component.id) for component in site.components.values())
    found = ", ".join(map(str, recording.tracks)) or "none"
    accepted = f"AC_POWER_ACTIVE of any of the site: {known}"
    raise RecordingError(recording.file, None, "components", found, accepted)


def _in_simulated_time(recording: Recording) -> Recording:
    """Return a recording that passes as fast as what was recorded, from its first time on."""
    speed, begins = (
        recording.speed,
        [int(track.times_us[0]) for track in recording.tracks.values() if len(track.times_us)],
    )
    if speed is None or not begins:
        return recording
    begin_us = min(begins)
    tracks = {
        number: track._replace(
            times_us=begin_us + np.rint((track.times_us - begin_us) * speed).astype(np.int64)
        )
        for number, track in recording.tracks.items()
    }
    conditions = {
        number: tuple((begin_us + round((time_us - begin_us) * speed), said) for time_us, said in changes)
        for number, changes in recording.conditions.items()
    }
    return replace(recording, tracks=tracks, conditions=conditions)


def _has(recording: Recording, site: Site, key: str) -> bool:
    track = recording.tracks.get(site.components[key].id)
    return track is not None and len(track.times_us) > 0


def _column(
    recording: Recording, number: int, metric: Metric, part: str | None = None
) -> tuple[Instants, Floats] | None:
    """Return times [µs] and values of a metric.

    Args:
        recording: Of whom.
        number: Of the component.
        metric: Of which.
        part: `min` or `max` of intervals, or an end of its bounds such as `bound_0_lower`; its value if None, of
            which means count where there is no value as such.
    """
    track: Track | None = recording.tracks.get(number)
    if track is None:
        return None
    parts = {
        str(parsed._replace(metric="")).removeprefix("_"): place
        for place, name in enumerate(track.names)
        if (parsed := parse_name(name)).metric == metric.value
    }
    names = ("", "avg") if part is None else (part,)
    places = [parts[name] for name in names if name in parts]
    is_told = np.logical_or.reduce(track.present[:, places], axis=1)
    if not is_told.any():
        return None
    values = np.full(len(track.times_us), np.nan)
    for place in reversed(places):
        values = np.where(track.present[:, place], track.values[:, place], values)
    values[~np.isfinite(values)] = np.nan
    is_told[-1] = True  # where the interval of the last but one ends
    return track.times_us[is_told], values[is_told]


def _distance_us(recording: Recording, site: Site, key: str) -> float:
    track = recording.tracks.get(site.components[key].id)
    return math.inf if track is None else usual_distance_us(track.times_us)


class _Register(NamedTuple):
    """What a register showed, where it is known."""

    times_us: Instants
    counted_wh: Floats

    @property
    def powers_w(self) -> Floats:
        """Mean powers from each time to the next [W]."""
        powers_w: Floats = np.diff(self.counted_wh) / np.diff(self.times_us) * _US_PER_HOUR
        return powers_w


def _registers(
    recording: Recording, site: Site, key: str, powers: Held
) -> tuple[_Register, _Register] | None:
    """Return what was counted of a component either way, where that spans its powers."""
    number, span_us = site.components[key].id, powers.span_us()
    found = []
    for metric in _REGISTERS:
        column = _column(recording, number, metric)
        if column is None or span_us is None:
            return None
        is_known = ~np.isnan(column[1])
        known, times_us = column[1][is_known], column[0][is_known]
        if len(known) < 2 or (np.diff(known) < 0.0).any():
            return None
        if times_us[0] > span_us[0] or times_us[-1] < span_us[1]:
            return None
        found.append(_Register(times_us, known))
    consumed, delivered = found
    return consumed, delivered


def _with_registers(recording: Recording, site: Site, flow: Flow, powers: Held) -> Flow:
    """Return a flow by its registers, where they span its powers; they tell what went both ways in an interval."""
    registers = _registers(recording, site, flow.key, powers)
    if registers is None:
        return flow
    consumed_wh, delivered_wh = (float(each.counted_wh[-1] - each.counted_wh[0]) for each in registers)
    return flow._replace(consumed_wh=consumed_wh, delivered_wh=delivered_wh)


def _grid_wh(gatherer: Gatherer, flows: tuple[Flow, ...]) -> tuple[float | None, float | None]:
    grid = gatherer.ways.grid_key
    return next(((flow.consumed_wh, flow.delivered_wh) for flow in flows if flow.key == grid), (None, None))


def _spans_agree(recording: Recording, site: Site, gatherer: Gatherer, powers: Mapping[str, Held]) -> bool:
    grid = gatherer.ways.grid_key
    is_counted = grid is not None and _registers(recording, site, grid, powers[grid]) is not None
    return gatherer.spans_agree(grid_is_counted=is_counted)


def _charge_registers(
    bill: Bill, recording: Recording, site: Site, gatherer: Gatherer, powers: Mapping[str, Held]
) -> bool:
    """Bill what the registers at the connection point counted, spread evenly over each interval; say if they did."""
    grid = gatherer.ways.grid_key
    registers = None if grid is None else _registers(recording, site, grid, powers[grid])
    if registers is None:
        return False
    consumed, delivered = registers
    bill.charge_import(consumed.times_us, consumed.powers_w)
    bill.credit_export(delivered.times_us, delivered.powers_w)
    return True


def _tells_beyond_its_last_row(recording: Recording) -> bool:
    """Say whether the last powers hold beyond their row: they are no instants, and no registers end there."""
    names = {name for track in recording.tracks.values() for name in track.names}
    return recording.holds_means is not False and not any(name.startswith("AC_ENERGY") for name in names)


def _told_until_us(times_us: Instants, values: Floats) -> int:
    """Return how far a column tells [µs]: what is known last holds as long as usual."""
    if len(times_us) < 2 or np.isnan(values[-1]):
        return int(times_us[-1])
    return int(times_us[-1] + usual_distance_us(times_us))


def _unknown_s(
    recording: Recording, site: Site, gatherer: Gatherer, powers: Mapping[str, Held], times_us: Instants
) -> float:
    """Return for how long neither powers nor registers tell what went through the connection point [s]."""
    grid = gatherer.ways.grid_key
    registers = None if grid is None else _registers(recording, site, grid, powers[grid])
    if grid is None or registers is None:
        return gatherer.grid_unknown_s()
    begin_us = max(int(each.times_us[0]) for each in registers)
    end_us = min(int(each.times_us[-1]) for each in registers)
    is_unknown = np.isnan(powers[grid].at(times_us)[:-1])
    told_us = np.diff(np.clip(times_us, begin_us, end_us))
    return float((np.diff(times_us) - told_us)[is_unknown].sum()) / 1e6


def _greatest(recording: Recording, site: Site, gatherer: Gatherer) -> tuple[Peak | None, Peak | None]:
    """Return the greatest import and export: of the extremes of intervals where they are recorded, else of means."""
    imported, exported = gatherer.greatest()
    grid = gatherer.ways.grid_key
    if grid is None or imported is None or exported is None:
        return imported, exported
    number = site.components[grid].id
    for part, sign in (("max", 1.0), ("min", -1.0)):
        column = _column(recording, number, Metric.AC_POWER_ACTIVE, part)
        if column is not None and not np.isnan(column[1]).all():
            place = int(np.nanargmax(sign * column[1]))
            found = Peak(sign * float(column[1][place]), int(column[0][place]))
            if sign > 0.0:
                imported = max(imported, found, key=lambda peak: peak.power_w)
            else:
                exported = max(exported, found, key=lambda peak: peak.power_w)
    return imported, exported


def _outside_s(
    recording: Recording, site: Site, gatherer: Gatherer, powers: Mapping[str, Held]
) -> float | None:
    """Return for how long the connection point was beyond its limits [s]; None if that is not known."""
    grid = gatherer.ways.grid_key
    if grid is None:
        return None
    times_us, power_w = powers[grid].times_us, powers[grid].values[:-1]
    end_us = int(times_us[-1])

    def column(number: int, metric: Metric, part: str | None) -> Floats | None:
        found = _column(recording, number, metric, part)
        return None if found is None else held(*found, end_us).at(times_us[:-1])

    connection = site.components[grid_key(site)].id
    bounds = [column(connection, Metric.AC_POWER_ACTIVE, f"bound_0_{side}") for side in ("lower", "upper")]
    lower_w, upper_w = bounds
    currents = [column(site.components[grid].id, metric, None) for metric in _CURRENTS]
    return outside_s(
        fixed_limits(site),
        times_us,
        power_w,
        None if lower_w is None or upper_w is None else (lower_w, upper_w),
        [current for current in currents if current is not None],
    )


def _storages(recording: Recording, site: Site) -> Iterator[Storage]:
    for key, component in site.components.items():
        soc = _column(recording, component.id, Metric.BATTERY_SOC_PCT)
        if type_of(component).category is not Category.BATTERY or soc is None:
            continue
        shares = soc[1][~np.isnan(soc[1])] / 100.0
        warm = _column(recording, component.id, Metric.BATTERY_TEMPERATURE)
        degrees = np.array([]) if warm is None else warm[1][~np.isnan(warm[1])]
        if len(shares):
            charged_wh, discharged_wh = _through_wh(recording, component.id)
            yield Storage(
                key, float(shares[0]), float(shares.min()), float(shares.max()), float(shares[-1]),
                _cycles(recording, component.id, charged_wh, discharged_wh),
                (float(degrees.min()), float(degrees.max())) if len(degrees) else None,
                charged_wh=charged_wh, discharged_wh=discharged_wh,
                capacity_loss=_capacity_loss(recording, site, key),
            )  # fmt: skip


def _through_wh(recording: Recording, number: int) -> tuple[float | None, float | None]:
    """Return what went into a battery and came out of it [Wh]."""
    power = _column(recording, number, Metric.DC_POWER)
    if power is None:
        return None, None
    times_us, powers_w = held(*power, int(power[0][-1]))
    energies_wh = np.nan_to_num(powers_w[:-1]) * np.diff(times_us) / _US_PER_HOUR
    return float(np.maximum(energies_wh, 0.0).sum()), float(np.maximum(-energies_wh, 0.0).sum())


def _cycles(
    recording: Recording, number: int, charged_wh: float | None, discharged_wh: float | None
) -> float | None:
    capacity = _column(recording, number, Metric.BATTERY_CAPACITY)
    if charged_wh is None or discharged_wh is None or capacity is None:
        return None
    full_wh = float(np.nanmax(capacity[1], initial=0.0))
    return (charged_wh + discharged_wh) / (2.0 * full_wh) if full_wh > 0.0 else None


def _capacity_loss(recording: Recording, site: Site, key: str) -> float | None:
    capacity = _column(recording, site.components[key].id, Metric.BATTERY_CAPACITY)
    known_wh = np.array([]) if capacity is None else capacity[1][~np.isnan(capacity[1])]
    return capacity_loss(float(known_wh.max()), float(known_wh[-1]), site, key) if len(known_wh) else None


def capacity_loss(greatest: float, last: float, site: Site, key: str) -> float | None:
    """Return which part of its capacity a battery lost; None if it lost none and is not known to age.

    Args:
        greatest: Its greatest capacity, > 0; with the first, a fault that mends would be a gain.
        last: Its capacity at the end.
        site: In which it is.
        key: Of the battery.
    """
    battery = site.components[key]
    ages = isinstance(battery, Battery) and ageing_params(battery) is not None
    return 1.0 - last / greatest if greatest > 0.0 and (ages or last != greatest) else None


def _incidents(recording: Recording, site: Site, end_us: int) -> Iterator[Incident]:
    found = [
        incident
        for key, component in site.components.items()
        for incident in spells(key, recording.conditions.get(component.id, ()), end_us)
    ]
    yield from sorted(found, key=lambda incident: incident.begin_us)


def spells(key: str, changes: tuple[tuple[int, Condition], ...], end_us: int) -> Iterator[Incident]:
    """Yield what a component warned of or failed with, and how long.

    Args:
        key: Of the component.
        changes: What it said of itself, and from when on [µs].
        end_us: When it was last heard [µs].
    """
    lasting: dict[tuple[str, str], Incident] = {}
    for time_us, condition in (*changes, (end_us, None)):
        said = {} if condition is None else {
            (kind, diagnostic.code): diagnostic.message
            for kind, diagnostics in (("error", condition.errors), ("warning", condition.warnings))
            for diagnostic in diagnostics
        }  # fmt: skip
        for name in list(lasting):
            if name not in said:
                ended = lasting.pop(name)
                yield ended._replace(end_us=None if condition is None else time_us)
        for (kind, code), message in said.items():
            if (kind, code) not in lasting:
                lasting[kind, code] = Incident(key, kind, code, message, time_us, None)


def _spans(spans_us: Sequence[tuple[int, int]], site: Site) -> str:
    zone = site.microgrid.location.zone
    (begin, end), *others = [
        [to_datetime(time_us).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") for time_us in span]
        for span in spans_us
    ]
    more = f", and in {len(others)} more gaps up to {others[-1][1]}" if others else ""
    return f"from {begin} to {end}{more}"


def _notes(
    recording: Recording, site: Site, gatherer: Gatherer, powers: Mapping[str, Held], times_us: Instants
) -> Iterator[str]:
    if not recording.is_complete:
        yield "the recording was never finished: it ends where its writer broke off"
    if recording.holds_means is False:
        yield "powers are instants: energies are estimates"
    if recording.speed is not None:
        yield f"it ran at {recording.speed:g} times the speed of its clock: times are simulated ones, from the first on"
    quarters_us, _ = gatherer.quarters()
    if len(quarters_us) and quarters_us[0] < times_us[0]:
        late_s = (times_us[0] - quarters_us[0]) / 1e6
        yield f"the first quarter of an hour lacks its first {late_s:g} s: among peaks it counts by the rest"
    gaps: dict[tuple[tuple[int, int], ...], list[str]] = {}
    for key in gatherer.ways.keys:
        gaps.setdefault(tuple(powers[key].gaps(int(times_us[0]), int(times_us[-1]))), []).append(key)
    for found, keys in gaps.items():
        if found:
            yield f"nothing is known of {', '.join(keys)} {_spans(found, site)}"
    shown = [key for key in gatherer.ways.keys if key in gatherer.shown]
    if shown:
        yield (
            f"{', '.join(shown)} showed means of windows that are longer than the intervals: energies are of what was"
            " shown, and what is behind is not set off against it"
        )
    if gatherer.ways.grid is None:
        yield "nothing is recorded of the power at the connection point: import, export, peaks and costs are not known"
    elif gatherer.ways.hidden:
        hidden = ", ".join(gatherer.ways.hidden)
        yield f"what is consumed and produced is not known, nor any share of it, without {hidden}"
    yield from metrics_left_out(recording.tracks.values())
    yield from recording.notes
    silent = [key for key in site.components if not _has(recording, site, key)]
    if silent:
        yield f"nothing is recorded of {', '.join(silent)}"
