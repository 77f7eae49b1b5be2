"""Journals: a line for everything that happens at a site, and a digest that tells two runs apart."""

from __future__ import annotations

import errno
import json
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from gateway.equipped import CHARGER, COMPONENTS, INVERTER, MAIN

from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.journal_lines import journal_lines
from doppelgrid.sim.domain.messages import CommandError, Frame
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.simulation.journal import Divergence, Journal, first_divergence
from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

NOON = 1_781_517_600_000_000
ACTIVE = PowerType.ACTIVE
POWER = Metric.AC_POWER_ACTIVE


class Line(NamedTuple):
    """A line of a journal, read again."""

    time_s: float
    """Since the beginning."""
    kind: str
    subject: str
    details: dict[str, object]


def small_site() -> Site:
    keys = ("grid", "main", "breaker", "inv", "bat", "roof", "charger")
    components = {key: COMPONENTS[key] for key in keys}
    return Site.model_validate({"microgrid": {"id": 7}, "components": components})


def lines_of(path: Path) -> list[Line]:
    """Return what a journal says, telemetry aside."""
    found = []
    for text in path.read_text("utf-8").splitlines():
        head, _, details = text.partition(" {")
        if details:
            time_us, kind_and_subject = head.split(" ", 1)
            kind, _, subject = kind_and_subject.rpartition(" ")
            found.append(Line((int(time_us) - NOON) / 1e6, kind, subject, json.loads(f"{{{details}")))
    return found


def is_said(lines: list[Line], kind: str, subject: str, **details: object) -> bool:
    return any(
        (line.kind, line.subject) == (kind, subject) and line.details.items() >= details.items()
        for line in lines
    )


def live_through(simulation: Simulation) -> None:
    """Command, refuse, break, mend and drive."""
    gateway = simulation.gateway
    simulation.run_for(timedelta(seconds=2))
    gateway.set_power(INVERTER, ACTIVE, 2e3, 10)
    with suppress(CommandError):
        gateway.set_power(INVERTER, ACTIVE, 1e9, None)
    gateway.augment_bounds(INVERTER, POWER, [(-4e3, 4e3)], lifetime_s=5, token="mine")
    with suppress(CommandError):
        gateway.augment_bounds(MAIN, POWER, [(0.0, 1.0)])
    gateway.augment_bounds(INVERTER, POWER, [(-3e3, 3e3)], lifetime_s=5)
    gateway.clear_bounds(INVERTER, POWER, "mine")
    with suppress(CommandError):
        gateway.start(MAIN)
    gateway.stop(CHARGER)
    simulation.drive("roof", "power", -4e3)
    simulation.fault(Fault("roof", FaultKind.TRIP, diagnostic="OVERVOLTAGE"), for_s=3.0)
    simulation.run_for(timedelta(seconds=15))
    simulation.release("roof", "power")


SAID: dict[str, tuple[str, str, dict[str, object]]] = {
    "a command": (
        "set-point accepted",
        "inv",
        {"axis": "active", "power": 2e3, "until_us": NOON + 12_000_000},
    ),
    "its answer": ("set-point ended", "inv", {"axis": "active", "status": "SUCCESS"}),
    "a refusal": ("set-point refused", "inv", {"axis": "active", "power": 1e9}),
    "an end": ("set-point lapsed", "inv", {"axis": "active"}),
    "bounds": ("bounds augmented", "inv", {"ranges": "-4000 to 4000", "until_us": NOON + 7_000_000}),
    "refused bounds": ("bounds refused", "main", {"metric": "AC_POWER_ACTIVE"}),
    "cleared bounds": ("bounds cleared", "inv", {"metric": "AC_POWER_ACTIVE"}),
    "lapsed bounds": ("bounds lapsed", "inv", {"metric": "AC_POWER_ACTIVE"}),
    "a lifecycle command": ("stop accepted", "charger", {}),
    "a refused one": ("start refused", "main", {}),
    "relays": ("switched", "charger", {"position": "off"}),
    "an input": ("driven", "roof", {"quantity": "power", "value": -4e3, "over_s": 0.0}),
    "its release": ("released", "roof", {"quantity": "power"}),
    "a fault": ("fault", "roof", {"fault": "trip", "number": 1, "for_s": 3.0, "diagnostic": "OVERVOLTAGE"}),
    "its end": ("mended", "roof", {"fault": "trip", "number": 1}),
    "a state": ("state", "roof", {"states": "ERROR"}),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("journal") / "run.journal"
    simulation, journal = Simulation.headless(small_site(), start_us=NOON, seed=1), Journal(path)
    journal.listen(simulation.gateway)
    live_through(simulation)
    journal.close()
    return path


@pytest.mark.parametrize("what", SAID)
def test_everything_that_happens_has_a_line(told: Path, what: str) -> None:
    kind, subject, details = SAID[what]
    assert is_said(lines_of(told), kind, subject, **details)


def test_lines_stand_at_the_time_at_which_it_happened(told: Path) -> None:
    times = {line.kind: line.time_s for line in lines_of(told)}
    assert times["fault"] == 2.0
    assert times["mended"] == 5.0
    assert times["bounds lapsed"] == 7.0
    assert times["set-point lapsed"] == 12.0
    assert times["released"] == 17.0


async def test_what_is_done_to_time_has_a_line(tmp_path: Path) -> None:
    simulation = LiveSimulation(small_site(), start_us=NOON, seed=1, paused=True)
    journal = Journal(tmp_path / "run.journal")
    journal.listen(simulation.gateway)
    saved = simulation.save()
    simulation.set_speed(3.0)
    simulation.restore(saved)
    simulation.resume()
    simulation.pause()
    journal.close()
    lines = [(line.kind, line.subject, line.details) for line in lines_of(tmp_path / "run.journal")]
    assert [line for line in lines if line[1] == "site"] == [
        ("speed set", "site", {"speed": 3.0}),
        ("restored", "site", {}),
        ("resumed", "site", {}),
        ("paused", "site", {}),
    ]


def test_telemetry_has_a_line_for_each_sampling(told: Path) -> None:
    lines = [line for line in told.read_text("utf-8").splitlines() if " telemetry " in line]
    assert [(int(line.split(" ", 1)[0]) - NOON) / 1e6 for line in lines] == pytest.approx(
        [0.2 * n for n in range(1, 86)]
    )
    assert [part.split(":")[0] for part in lines[0].split(" ")[2:]] == [
        "1",
        "2",
        "10",
        "11",
        "12",
        "21",
        "31",
    ]


def digest_of(*events: Event) -> str:
    journal = Journal()
    simulation = Simulation.headless(small_site(), start_us=NOON, seed=1)
    journal.listen(simulation.gateway)
    for event in events:
        simulation.events.tell(event)
    return journal.digest


EVENT = Event(NOON, "fault", "inv", {"number": 1})


@pytest.mark.parametrize(
    "other",
    [
        EVENT._replace(time_us=NOON + 1),
        EVENT._replace(kind="mended"),
        EVENT._replace(subject="bat"),
        EVENT._replace(details={"number": 2}),
        EVENT._replace(details={}),
    ],
)
def test_the_digest_tells_any_two_events_apart(other: Event) -> None:
    assert digest_of(EVENT) == digest_of(EVENT)
    assert (
        len(
            {
                digest_of(),
                digest_of(EVENT),
                digest_of(other),
                digest_of(EVENT, other),
                digest_of(other, EVENT),
            }
        )
        == 5
    )


def test_the_order_of_details_makes_no_difference() -> None:
    one, other = ({"number": 1, "for_s": 2.0}, {"for_s": 2.0, "number": 1})
    assert digest_of(EVENT._replace(details=one)) == digest_of(EVENT._replace(details=other))


def test_the_digest_is_that_of_the_lines_whether_they_are_kept_or_not(told: Path) -> None:
    simulation, journal = Simulation.headless(small_site(), start_us=NOON, seed=1), Journal()
    journal.listen(simulation.gateway)
    live_through(simulation)
    kept = Journal(told.with_name("again.journal"))
    other = Simulation.headless(small_site(), start_us=NOON, seed=1)
    kept.listen(other.gateway)
    live_through(other)
    kept.close()
    assert kept.digest == journal.digest == blake2b(told.read_bytes(), digest_size=16).hexdigest()
    assert journal.lines == kept.lines == len(told.read_text("utf-8").splitlines())
    assert first_divergence(told, told.with_name("again.journal")) is None


def written(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


FIRST, SECOND = f"{NOON} telemetry 1:aa 2:bb", f"{NOON + 1_000_000} fault inv {{}}"
OTHER = f'{NOON + 1_000_000} fault inv {{"number": 1}}'


@pytest.mark.parametrize(
    ("one", "other", "divergence"),
    [
        ([FIRST, SECOND], [FIRST, SECOND], None),
        ([FIRST, SECOND], [FIRST], Divergence(2, SECOND, None)),
        ([], [FIRST], Divergence(1, None, FIRST)),
        ([FIRST, SECOND], [FIRST, OTHER], Divergence(2, SECOND, OTHER)),
        (
            [FIRST],
            [f"{NOON} telemetry 1:aa 2:cc"],
            Divergence(1, f"{NOON} telemetry 2:bb", f"{NOON} telemetry 2:cc"),
        ),
        (
            [FIRST],
            [f"{NOON + 1} telemetry 1:aa 2:cc"],
            Divergence(1, FIRST, f"{NOON + 1} telemetry 1:aa 2:cc"),
        ),
        ([FIRST], [f"{NOON} telemetry 1:aa"], Divergence(1, FIRST, f"{NOON} telemetry 1:aa")),
    ],
)
def test_two_runs_part_at_their_first_difference(
    tmp_path: Path, one: list[str], other: list[str], divergence: Divergence | None
) -> None:
    assert first_divergence(written(tmp_path, "a", *one), written(tmp_path, "b", *other)) == divergence


def test_a_sampling_in_which_nobody_reports_is_a_line_like_any(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a")
    journal._on_frames(NOON, [])
    journal.close()
    assert [line.kind for line in journal_lines(tmp_path / "a")] == ["telemetry"]


def test_where_they_part_is_told_with_the_time_as_people_read_it() -> None:
    assert str(Divergence(2, SECOND, None)) == (
        "the runs part at event 2:\n  A: 2026-06-15T10:00:01+00:00 fault inv {}\n  B: has ended"
    )


def test_what_is_no_journal_is_told_with_its_line(tmp_path: Path) -> None:
    good, bad = written(tmp_path, "a", FIRST, FIRST), written(tmp_path, "b", FIRST, "hello there")
    with pytest.raises(ValueError, match=r"b:2: 'hello there' is no event; accepted: a journal of a run"):
        first_divergence(good, bad)
    bad.write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"b: not a text file; accepted: a journal of a run"):
        first_divergence(good, bad)


@pytest.mark.parametrize(
    "line",
    [
        "1 refused \x1b[31mbat {}", "1 fault \x1b[31mbat {}", "1 telemetry\r", "1 telemetry 2", "1 x y {}",
        "9" * 6000 + " telemetry 1:aa", "1 fault inv {", "1 fault inv " + '{"a":' * 50_000 + "1" + "}" * 50_000,
        "x" * 10_000_000, "",
    ],
)  # fmt: skip
def test_no_line_is_taken_that_no_run_writes(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match=r"b:2: .{0,100} is no event; accepted: a journal of a run"):
        list(journal_lines(written(tmp_path, "b", FIRST, line)))


@pytest.mark.parametrize(
    ("kind", "details", "words"),
    [
        (
            "set-point accepted",
            {"axis": "active", "power": -6019.78466796875, "until_us": NOON},
            "active power -6019.8 W, until 2026-06-15T10:00:00+00:00",
        ),
        ("set-point accepted", {"axis": "reactive", "power": 5.0}, "reactive power 5.0 var"),
        (
            "driven",
            {"quantity": "load", "value": 4e3, "over_s": 30.0},
            "load 4000, over 30 s",
        ),
    ],
)
def test_events_are_told_to_people_with_units_and_times(
    kind: str, details: dict[str, object], words: str
) -> None:
    assert str(Event(NOON, kind, "inv", details)) == f"inv: {kind} ({words})"


class Whoever:
    """Stands in for a gateway: tells a journal what it is told to."""

    def __init__(self) -> None:
        self.on_event: list[Callable[[Event], None]] = []
        self.on_frames: list[Callable[[int, Sequence[Frame]], None]] = []

    def listen_to_events(self, listener: Callable[[Event], None]) -> None:
        self.on_event.append(listener)

    def listen_to_frames(self, listener: Callable[[int, Sequence[Frame]], None]) -> None:
        self.on_frames.append(listener)

    def tell(self, journal: Journal, *frames: Frame) -> None:
        journal.listen(self)  # type: ignore[arg-type]
        self.on_frames[-1](NOON, frames)


FRAME = Frame(7, NOON, {POWER: 1.0, Metric.AC_VOLTAGE: 2.0}, {POWER: (Bounds(-1.0, 2.0),)}, (), NOON - 5)


def test_the_digest_of_a_frame_is_short_and_of_all_its_numbers() -> None:
    def line_of(frame: Frame, folder: Path) -> str:
        journal = Journal(folder)
        Whoever().tell(journal, frame)
        journal.close()
        (line,) = folder.read_text("utf-8").splitlines()
        return line

    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.journal"
        numbers = struct.pack("<qq4d", NOON, NOON - 5, 1.0, 2.0, -1.0, 2.0)
        expected = blake2b(numbers, digest_size=4).hexdigest()
        assert line_of(FRAME, path) == f"{NOON} telemetry 7:{expected}"
        others = [
            FRAME._replace(sample_time_us=NOON + 1),
            FRAME._replace(state_since_us=NOON),
            FRAME._replace(values={POWER: 1.0, Metric.AC_VOLTAGE: 2.5}),
            FRAME._replace(bounds={POWER: (Bounds(-1.0, 3.0),)}),
            FRAME._replace(bounds={}),
        ]
        assert len({line_of(frame, path) for frame in (FRAME, *others)}) == 6


def test_frames_of_the_same_bounds_are_told_apart_by_the_rest() -> None:
    def digest_of(*frames: Frame) -> str:
        journal, site = Journal(), Whoever()
        for frame in frames:
            site.tell(journal, frame)
        return journal.digest

    shared = [FRAME, FRAME._replace(values={POWER: 3.0}), FRAME._replace(component_id=8)]
    copied = [frame._replace(bounds=dict(frame.bounds)) for frame in shared]
    assert digest_of(*shared) == digest_of(*copied)
    narrower = copied[1]._replace(bounds={POWER: (Bounds(0.0, 2.0),)})
    assert digest_of(FRAME, narrower) != digest_of(FRAME, copied[1])


def test_several_frames_stand_in_one_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.journal")
    Whoever().tell(journal, FRAME, FRAME._replace(component_id=8))
    journal.close()
    assert journal.lines == 1
    (line,) = (tmp_path / "a.journal").read_text("utf-8").splitlines()
    assert [part.split(":")[0] for part in line.split(" ")] == [str(NOON), "telemetry", "7", "8"]


def test_a_full_disk_is_told_at_the_end_and_does_not_stop_the_site() -> None:
    simulation, journal = Simulation.headless(small_site(), start_us=NOON, seed=1), Journal(Path("/dev/full"))
    journal.listen(simulation.gateway)
    for _ in range(3):
        live_through(simulation)
    with pytest.raises(OSError, match="No space left on device") as told:
        journal.close()
    assert (told.value.errno, told.value.filename) == (errno.ENOSPC, "/dev/full")
    journal.close()


def test_a_journal_may_begin_before_1970(tmp_path: Path) -> None:
    early = "-5 telemetry 1:aa"
    assert first_divergence(written(tmp_path, "a", early), written(tmp_path, "b", early)) is None


def test_a_long_line_that_is_no_event_is_shown_by_its_beginning(tmp_path: Path) -> None:
    long = written(tmp_path, "a", "x" * 60)
    with pytest.raises(ValueError, match=rf"a:1: '{'x' * 40}' is no event"):
        first_divergence(long, long)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        # What both say alike is left out of telemetry alone.
        ("5 telemetry 1:a 2:b 3:c", "5 telemetry 1:a 2:d 3:e", ("5 telemetry 2:b 3:c", "5 telemetry 2:d 3:e")),
        ("5 driven inv {}", "5 driven bat {}", ("5 driven inv {}", "5 driven bat {}")),
        ("5 telemetry 1:a", "5 driven 1:b {}", ("5 telemetry 1:a", "5 driven 1:b {}")),
    ],
)  # fmt: skip
def test_only_what_differs_of_a_sampling_is_told(
    tmp_path: Path, one: str, other: str, told: tuple[str, str]
) -> None:
    found = first_divergence(written(tmp_path, "a", one), written(tmp_path, "b", other))
    assert found == Divergence(1, *told)
