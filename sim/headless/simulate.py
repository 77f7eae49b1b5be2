"""A whole run: a site, a stretch of time, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..components.component_type import DC_PARENTS
from ..components.inverter import BuiltInControl
from ..components.recordings import is_recorded
from ..components.registry import type_of
from ..domain.timestamps import check_start, to_datetime
from ..engine.clock import stopwatch_s
from ..files.extras import extra_for
from ..recording.metadata import describe_run
from ..recording.output import refuse_inputs
from ..recording.selection import Metrics
from ..site.self_consumption import kept_by, undone
from ..site.site import Site
from ..tariff.reader import Tariff
from ..telemetry.intervals import LEAST_INTERVAL_US, shown_windows
from .interrupts import interrupts_wait
from .outcome import RunError, Summary

if TYPE_CHECKING:
    from .run import Chunk, HeadlessRun

DEFAULT_START = datetime(2026, 6, 15)
SECOND = timedelta(seconds=1)


def simulate(
    site: Site,
    duration: timedelta,
    *,
    start: datetime = DEFAULT_START,
    seed: int = 0,
    resolution: timedelta = SECOND,
    record: str | Path | None = None,
    metrics: Metrics = "main",
    extremes: bool = False,
    tariff: Tariff | None = None,
    on_progress: Callable[[timedelta], None] = lambda _done: None,
    on_compiling: Callable[[float], None] = lambda _share: None,
) -> Summary:
    """Let a site run by itself, compiled, as fast as it computes.

    Args:
        site: A valid site; see `load_site`.
        duration: How much simulated time passes.
        start: When it begins, by the site's clock if it names no offset.
        seed: Of all noise.
        resolution: Distance of samples; inputs are averaged over it if it is longer than a second.
        record: Write what components report to this file: `.csv`, `.csv.gz` or `.parquet`.
        metrics: How much to record: the main metrics of each category, or all.
        extremes: Record least and greatest powers of each interval, beside the means.
        tariff: By which what flows through the connection point is billed, as `Summary.costs`; not if None.
        on_progress: Called with the simulated time that has passed, every now and then.
        on_compiling: Called again and again while the run has to be compiled, which takes half a minute or more, with
            about how much of it is done, from 0 to 1.

    Raises:
        ValueError: If the duration or the resolution makes no sense.
        InputError: If a recorded input cannot drive the site from its start.
        TariffError: If the tariff does not cover all of the run.
        RecordingError: If the recording cannot be written, or its file drives the site.
        RunError: If a value is no number.
        MissingPackageError: If what compiles is not installed.
    """
    check_installed()
    from ..recording.columns import ColumnRecorder  # noqa: PLC0415 - these need the extra
    from .columns import Columns  # noqa: PLC0415
    from .jit import told_of_compiling  # noqa: PLC0415
    from .run import HeadlessRun  # noqa: PLC0415
    from .summary import Summarizer  # noqa: PLC0415

    check_times(duration, resolution)
    if record is not None:
        refuse_inputs(Path(record), site)
    start_us = site.moment_us(check_start(start))
    end_us = start_us + duration // timedelta(microseconds=1)
    prices = None if tariff is None else tariff.over(start_us, end_us, site.microgrid.location.zone)
    extremes = extremes and record is not None
    means = extremes or (record is not None and resolution >= timedelta(microseconds=LEAST_INTERVAL_US))
    run = HeadlessRun(
        site, start_us=start_us, end_us=end_us, seed=seed, resolution=resolution,
        means=means, extremes=extremes, metrics=metrics, bounds=record is not None,
    )  # fmt: skip
    summarizer = Summarizer(run.plant, prices)
    shown = shown_windows(site, run.step_us)
    columns = Columns(run.plant, metrics, means=means, extremes=extremes, shown=shown)
    instants = {site.components[key].id for key in shown}
    recorder = (
        nullcontext()
        if record is None
        else ColumnRecorder(record, describe_run(site, seed), means=means, instants=instants)
    )
    with recorder as recording, interrupts_wait() as interrupted:
        with told_of_compiling(on_compiling):
            run.warm_up()
        began_s = stopwatch_s()
        for chunk in run.chunks(duration):
            if interrupted.is_set():
                raise KeyboardInterrupt
            _check_numbers(run, chunk)
            summarizer.add(chunk)
            if recording is not None:
                recording.write(chunk.samples.times_us, columns.of(chunk))
            on_progress(timedelta(microseconds=int(chunk.samples.times_us[-1]) - run.start_us))
    return summarizer.summary(stopwatch_s() - began_s)


def check_installed() -> None:
    """Find out before anything is read or started that a run cannot be compiled.

    Raises:
        MissingPackageError: Says which package is missing, and what brings it.
        ValueError: If the compiler is switched off.
    """
    with extra_for("runs without clients", "simulate"):
        import numba  # noqa: PLC0415
        import pyarrow  # noqa: F401, PLC0415
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        raise ValueError("NUMBA_DISABLE_JIT is set; accepted: runs without clients are compiled, so unset it")


def check_times(duration: timedelta, resolution: timedelta) -> None:
    """Refuse a duration or a resolution that makes no sense.

    Raises:
        ValueError: Says what was found and what would be accepted.
    """
    if resolution < timedelta(milliseconds=100) or resolution > timedelta(days=1):
        raise ValueError(f"the resolution is {resolution}; accepted: 0.1 s to 1 d")
    if duration < resolution:
        raise ValueError(f"the duration is {duration}; accepted: at least the resolution, {resolution}")


def with_self_consumption(site: Site) -> Site:
    """Return a site whose battery inverters regulate the power at the grid connection to 0 W by themselves.

    Those that have a built-in control already, or a recording, keep it, and others behind the same meter join it where
    it would undo what they do for the grid connection.

    Raises:
        ValueError: If a battery inverter of a package has none; names it.
    """
    for key, component in site.components.items():
        kind = type_of(component)
        if kind.category in DC_PARENTS and not isinstance(component, BuiltInControl):
            raise ValueError(
                f"{key} is of component type {kind.name!r} of package {kind.package}, which has no built-in control;"
                " accepted for self-consumption: battery inverters whose section is a BuiltInControl"
            )
    grid = next(key for key, component in site.components.items() if not component.behind)
    joining = {
        key: grid
        for key, component in site.components.items()
        if isinstance(component, BuiltInControl)
        and component.self_consumption is None
        and not is_recorded(component)
    }
    while True:
        changed: dict[str, Any] = {
            key: site.components[key].model_copy(update={"self_consumption": meter})
            for key, meter in joining.items()
        }
        site = site.model_copy(update={"components": {**site.components, **changed}})
        nearer = {
            key: kept_by(site.components[other]) for key, other in undone(site).items() if key in joining
        }
        if not nearer:
            return site
        joining |= nearer


def inputs_that_end(
    site: Site, duration: timedelta, *, start: datetime = DEFAULT_START, seed: int = 0
) -> dict[str, datetime]:
    """Return the recorded inputs that end before a run does, and when; from then on their last values hold."""
    from ..plant.plant import Plant  # noqa: PLC0415

    start_us = site.moment_us(check_start(start))
    plant = Plant(site, start_us=start_us, seed=seed)
    end_us = start_us + duration // timedelta(microseconds=1)
    return {
        name: to_datetime(signal.ends_us)
        for name, signal in plant.inputs.signals.items()
        if signal.ends_us < end_us
    }


def _check_numbers(run: HeadlessRun, chunk: Chunk) -> None:
    samples = chunk.samples
    bad = ~np.isfinite(samples.active_w)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        key = run.plant.wiring.order[column // 3]
        when = to_datetime(int(samples.times_us[row])).isoformat()
        kind = type_of(run.plant.site.components[key])
        whose = "" if kind.package is None else f" (component type {kind.name!r} of package {kind.package})"
        raise RunError(
            f"the power through {key}{whose} is no number at {when}; the inputs then were "
            + ", ".join(f"{name} = {values[row]:g}" for name, values in chunk.inputs.items())
        )
