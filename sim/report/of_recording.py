"""What a site did, from what was recorded of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..domain.categories import Category
from ..domain.metrics import Metric
from ..domain.timestamps import to_datetime
from ..recording.content import Condition, Recording, Track
from ..recording.errors import RecordingError
from ..recording.names import parse_name
from ..replay.playback import unknown_metrics
from ..site.site import Site
from ..telemetry.intervals import shown_windows
from .gatherer import STORING, Floats, Gatherer, Instants
from .held import Held, held, usual_distance_us
from .site_report import Commands, Flow, Group, Incident, SiteReport, Storage

_US_PER_HOUR = 3.6e9


def report_of_recording(
    recording: Recording, *, site: Site | None = None, commands: Commands | None = None
) -> SiteReport:
    """Return what a recorded site did.

    Args:
        recording: What was recorded.
        site: That was recorded, where the file does not say.
        commands: What was commanded, if it is known.

    Raises:
        RecordingError: If the site is not known, or nothing is recorded of its powers.
    """
    site = site or recording.site
    if site is None:
        accepted = "the site that it was recorded at; give its file with --site"
        raise RecordingError(recording.file, None, "site", "not in the recording", accepted)
    recording = _in_simulated_time(recording)
    axes = [
        recording.tracks[site.components[key].id].times_us
        for key in site.components
        if _has(recording, site, key)
    ]
    end_us = max((int(axis[-1]) for axis in axes), default=0)
    powers = {
        key: held(*column, end_us)
        for key, component in site.components.items()
        if (column := _column(recording, component.id, Metric.AC_POWER_ACTIVE)) is not None
    }
    shown = {key for key in powers if key in shown_windows(site, _distance_us(recording, site, key))}
    gatherer = Gatherer(site, set(powers), shown)
    if not gatherer.ways.keys:
        known = ", ".join(str(component.id) for component in site.components.values())
        found = ", ".join(map(str, recording.tracks)) or "none"
        accepted = f"AC_POWER_ACTIVE of any of the site: {known}"
        raise RecordingError(recording.file, None, "components", found, accepted)
    times_us = np.unique(np.concatenate([*axes, *(powers[key].times_us for key in gatherer.ways.keys)]))
    columns = [powers[key].at(times_us) for key in gatherer.ways.keys]
    gatherer.add(times_us, np.column_stack(columns)[:-1])
    flows = tuple(_with_registers(recording, site, flow, powers[flow.key]) for flow in gatherer.flows())
    imported_wh, exported_wh = _grid_wh(gatherer, flows)
    consumed_wh, produced_wh = totals(gatherer.groups())
    peak_import, peak_export = gatherer.peaks()
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
    )


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


def totals(groups: tuple[Group, ...]) -> tuple[float, float]:
    """Return what was consumed and produced by all that is no storage [Wh]."""
    others = [group for group in groups if group.kind not in STORING]
    return sum(group.consumed_wh for group in others), sum(group.delivered_wh for group in others)


def _has(recording: Recording, site: Site, key: str) -> bool:
    track = recording.tracks.get(site.components[key].id)
    return track is not None and len(track.times_us) > 0


def _column(recording: Recording, number: int, metric: Metric) -> tuple[Instants, Floats] | None:
    """Return times [µs] and values of a metric; means count where there is no value as such."""
    track: Track | None = recording.tracks.get(number)
    if track is None:
        return None
    parts = {
        parse_name(name).part: place
        for place, name in enumerate(track.names)
        if (parsed := parse_name(name)).metric == metric.value and parsed.bound is None
    }
    place = parts.get(None, parts.get("avg"))
    if place is None or not track.present[:, place].any():
        return None
    values = np.where(track.present[:, place], track.values[:, place], np.nan)
    values[~np.isfinite(values)] = np.nan
    is_told = track.present[:, place].copy()
    is_told[-1] = True  # where the interval of the last but one ends
    return track.times_us[is_told], values[is_told]


def _distance_us(recording: Recording, site: Site, key: str) -> float:
    track = recording.tracks.get(site.components[key].id)
    return math.inf if track is None else usual_distance_us(track.times_us)


def _with_registers(recording: Recording, site: Site, flow: Flow, powers: Held) -> Flow:
    """Return a flow by its registers, where they span its powers; they tell what went both ways in an interval."""
    number, span_us = site.components[flow.key].id, powers.span_us()
    counted = []
    for metric in (Metric.AC_ENERGY_ACTIVE_CONSUMED, Metric.AC_ENERGY_ACTIVE_DELIVERED):
        column = _column(recording, number, metric)
        if column is None or span_us is None:
            return flow
        is_known = ~np.isnan(column[1])
        known, times_us = column[1][is_known], column[0][is_known]
        if len(known) < 2 or (np.diff(known) < 0.0).any():
            return flow
        if times_us[0] > span_us[0] or times_us[-1] < span_us[1]:
            return flow
        counted.append(float(known[-1] - known[0]))
    return flow._replace(consumed_wh=counted[0], delivered_wh=counted[1])


def _grid_wh(gatherer: Gatherer, flows: tuple[Flow, ...]) -> tuple[float, float]:
    grid = gatherer.ways.grid
    for flow in flows:
        if grid is not None and flow.key == gatherer.ways.keys[grid]:
            return flow.consumed_wh, flow.delivered_wh
    return gatherer.grid_wh()


def _storages(recording: Recording, site: Site) -> Iterator[Storage]:
    for key, component in site.components.items():
        soc = _column(recording, component.id, Metric.BATTERY_SOC_PCT)
        if component.category != Category.BATTERY or soc is None:
            continue
        shares = soc[1][~np.isnan(soc[1])] / 100.0
        warm = _column(recording, component.id, Metric.BATTERY_TEMPERATURE)
        degrees = np.array([]) if warm is None else warm[1][~np.isnan(warm[1])]
        if len(shares):
            yield Storage(
                key, float(shares[0]), float(shares.min()), float(shares.max()), float(shares[-1]),
                _cycles(recording, component.id),
                (float(degrees.min()), float(degrees.max())) if len(degrees) else None,
            )  # fmt: skip


def _cycles(recording: Recording, number: int) -> float | None:
    power, capacity = (
        _column(recording, number, metric) for metric in (Metric.DC_POWER, Metric.BATTERY_CAPACITY)
    )
    if power is None or capacity is None:
        return None
    full_wh = float(np.nanmax(capacity[1], initial=0.0))
    times_us, powers_w = held(*power, int(power[0][-1]))
    through_wh = float(np.nansum(np.abs(powers_w[:-1]) * np.diff(times_us))) / _US_PER_HOUR
    return through_wh / (2.0 * full_wh) if full_wh > 0.0 else None


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
        yield "nothing is recorded of the power at the connection point: import, export and peaks are not known"
    unknown = unknown_metrics(recording.tracks.values())
    if unknown:
        yield f"metrics {', '.join(unknown)} are not known: left out"
    silent = [key for key in site.components if not _has(recording, site, key)]
    if silent:
        yield f"nothing is recorded of {', '.join(silent)}"
