"""A recorded day as hardware that a gateway can stand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise

from ..components.registry import type_of
from ..domain.categories import Category
from ..domain.metrics import Metric
from ..domain.states import StateCode
from ..files.problems import did_you_mean, one_of
from ..network.wiring import wire
from ..plant.plant import Plant
from ..recording.content import Recording
from ..recording.errors import RecordingError, require_samples
from ..site.graph import children, grid_key
from ..site.site import Site
from ..telemetry.definitions import NOT_SENT
from ..telemetry.instruments import Instruments
from .counterfactual import shares_above
from .instruments import ReplayInstruments, timetable
from .plant import ReplayPlant, recorded_inputs
from .playback import Playback, metrics_left_out, unreported_metrics
from .undriven_site import offers_power, undriven_site


class Replay:
    """Hardware that does what a recording says, but for the components that are simulated."""

    def __init__(
        self, recording: Recording, *, site: Site | None = None, simulate: Collection[str] = ()
    ) -> None:
        """Fit a recording to its site.

        Args:
            recording: What is replayed.
            site: To replay it on; the recorded one if None.
            simulate: Keys of components, or categories such as `battery`, that are simulated instead. With a
                battery go its inverters, and what else shares their direct current.

        Raises:
            RecordingError: If the recording cannot be replayed on this site in this way.
        """
        require_samples(recording)
        self.site = _site(recording, site)
        self._recording = recording
        self._playbacks = _playbacks(recording, self.site)
        self.simulated = self._resolve(simulate)
        self._heads = [key for key in wire(self.site).ac_order if key in self.simulated]
        self._sources = {key: self._source(key) for key in self._heads}
        times_us = timetable(self._playbacks.values())
        self.start_us = times_us[0] - _interval_us(times_us, self.site)
        """Simulated time to start at, so that the first sample comes after the usual time [µs]."""
        self.end_us = times_us[-1]
        """Time of the last sample [µs]."""
        self.seed = recording.seed or 0
        """Seed of the recorded run, so that the same noise drives what is simulated."""
        self.notes = tuple(_notes(recording, self.site, self._playbacks))
        """What of the recording is not replayed, in words."""

    @property
    def duration_s(self) -> float:
        """Time from the start until the last sample has been taken [s]."""
        return (self.end_us - self.start_us) / 1e6 + self.site.telemetry.interval_s

    def build(self, *, start_us: int, seed: int) -> tuple[Plant, Instruments]:
        """Make the devices that are simulated, and what reads them and the recording; see `Hardware`."""
        in_force = {key: playback.until(start_us) for key, playback in self._playbacks.items()}
        offering = [
            key
            for key in self.simulated
            if offers_power(self.site.components[key]) and key in self._playbacks
        ]
        shares = shares_above(self.site, self._heads)
        plant = ReplayPlant(
            self.site,
            undriven_site(self.site, self.simulated, in_force),
            self.simulated,
            recorded_inputs(self.site, self._playbacks, offering) if self.simulated else {},
            self._recording,
            {*self.simulated, *shares},
            start_us=start_us,
            seed=seed,
        )
        return plant, ReplayInstruments(
            plant,
            self._playbacks,
            self.simulated,
            self._sources,
            shares,
            holds_means=self._recording.holds_means,
        )

    def _resolve(self, names: Collection[str]) -> frozenset[str]:
        chosen: set[str] = set()
        for name in names:
            found = [
                key for key, component in self.site.components.items() if name in (key, component.category)
            ]
            if not found:
                accepted = _what_to_simulate(self.site, name)
                raise RecordingError(self._recording.file, None, "what to simulate", repr(name), accepted)
            chosen.update(found)
        for group in wire(self.site).groups:
            members = {*group.inverters, *group.batteries}
            if chosen & members:
                chosen |= members | _between(self.site, members)
        for key in chosen:
            behind = [child for child in children(self.site, key) if child not in chosen]
            if behind or key == grid_key(self.site):
                accepted = "what has nothing behind it but what is simulated too"
                raise RecordingError(self._recording.file, None, "what to simulate", repr(key), accepted)
        return frozenset(chosen)

    def _source(self, key: str) -> Playback:
        """Return what was recorded of a component's power: by itself, or by a meter that saw nothing else."""
        at: str = key
        while True:
            playback = self._playbacks.get(at)
            if playback is not None and Metric.AC_POWER_ACTIVE in playback.metrics:
                return playback
            above = self.site.components[at].behind
            if len(above) != 1 or children(self.site, above[0]) != (at,):
                found = f"without AC_POWER_ACTIVE of {key}, which is to be simulated"
                accepted = "a recording of its power, or of a meter with nothing else behind it"
                raise RecordingError(self._recording.file, None, "recording", found, accepted)
            at = above[0]


def _site(recording: Recording, given: Site | None) -> Site:
    site = given or recording.site
    if site is None:
        accepted = "the site that it was recorded at; give its file with --site"
        raise RecordingError(recording.file, None, "site", "not in the recording", accepted)
    return site


def _playbacks(recording: Recording, site: Site) -> dict[str, Playback]:
    playbacks = {
        key: Playback(recording.tracks[component.id], recording.conditions.get(component.id, ()))
        for key, component in site.components.items()
        if component.id in recording.tracks and len(recording.tracks[component.id].times_us)
    }
    if not any(playback.metrics for playback in playbacks.values()) and playbacks:
        names = unreported_metrics(recording.tracks.values())
        found, ours = ", ".join(names), "sent here" if NOT_SENT.keys() >= set(names) else "known"
        accepted = one_of(list(Metric), found)
        raise RecordingError(recording.file, None, "metrics", f"none that is {ours}: {found}", accepted)
    if not playbacks:
        found = ", ".join(map(str, recording.tracks)) or "none"
        ids = ", ".join(str(component.id) for component in site.components.values())
        raise RecordingError(recording.file, None, "components", found, f"any of the site: {ids}")
    return playbacks


def _what_to_simulate(site: Site, found: str) -> str:
    """Return the keys and the categories by which components of a site are named, and which of them was meant."""
    keys = list(site.components)
    categories = list(dict.fromkeys(component.category for component in site.components.values()))
    return (
        f"the key of a component ({', '.join(keys)}), or a category for all of its components"
        f" ({', '.join(categories)}){did_you_mean(found, [*keys, *categories])}"
    )


def _between(site: Site, members: set[str]) -> set[str]:
    """Return what lies between the inverters and batteries of a group, such as converters."""
    found: set[str] = set()
    waiting = [parent for key in members for parent in site.components[key].behind if _is_dc(site, key)]
    while waiting:
        key = waiting.pop()
        if key not in members and key not in found:
            found.add(key)
            waiting.extend(site.components[key].behind)
    return found


def _is_dc(site: Site, key: str) -> bool:
    return type_of(site.components[key]).category is Category.BATTERY


def _interval_us(times_us: object, site: Site) -> int:
    assert isinstance(times_us, Collection)
    steps = Counter(later - earlier for earlier, later in pairwise(times_us))
    return steps.most_common(1)[0][0] if steps else round(site.telemetry.interval_s * 1e6)


def _notes(recording: Recording, site: Site, playbacks: dict[str, Playback]) -> Iterator[str]:
    silent = [key for key in site.components if key not in playbacks]
    if silent:
        yield f"nothing is recorded of {', '.join(silent)}: silent, unless simulated"
    ids = {component.id for component in site.components.values()}
    strangers = [number for number in recording.tracks if number not in ids]
    if strangers:
        yield f"the site has no components {', '.join(map(str, strangers))}: left out"
    if recording.microgrid_id not in (None, site.microgrid.id):
        yield f"recorded at microgrid {recording.microgrid_id}, replayed as {site.microgrid.id}"
    words = {
        state
        for said in recording.conditions.values()
        for _, condition in said
        for state in condition.states
        if state not in set(StateCode)
    }
    yield from metrics_left_out(recording.tracks.values())
    yield from recording.notes
    if words:
        yield f"states {', '.join(sorted(words))} are not known: left out"
    if not recording.is_complete:
        yield "the recording was never finished: it ends where its writer broke off"
