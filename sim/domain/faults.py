"""What can go wrong with a site: its devices, what they report, and the line to them.

Each kind is a record: its family, what it does in words, on what it can be, how much of it there can be and what else
can be said of it. Readers of files, the control service and the reference ask these records.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self

from .messages import RefusalStatus
from .metrics import Metric


class Family(StrEnum):
    """What is broken."""

    DEVICE = "device"
    MEASUREMENT = "measurement"
    LINK = "link"


class Hosts(StrEnum):
    """Components that a kind of fault can be on; the value says so in words."""

    ANY = "any component"
    DEVICES = "inverters and batteries, and other devices that take set-points"
    SET_POINTS = "inverters, and other devices that take set-points"
    SWITCHED = "what is started and stopped"
    COMMANDED = "what takes set-points, is started and stopped, or has fuses to be replaced"
    BATTERIES = "batteries"
    CHARGERS = "charging points"
    CHPS = "CHPs"


class Distribution(StrEnum):
    """How delays scatter about their mean."""

    NORMAL = "normal"
    """None is below 0."""
    UNIFORM = "uniform"
    LOGNORMAL = "lognormal"
    EXPONENTIAL = "exponential"
    """Its spread is its mean."""


OF_METRICS = "of the metrics"
"""Unit of an amount that is in the unit of what reports wrongly; [W] if no metrics are named."""


class Amount(NamedTuple):
    """How much of a kind there can be."""

    unit: str
    """As the program has it: `1` (a share or a factor), `s`, `W`, `W/s`, `1/h`, `s/h`, `1/s`, or `OF_METRICS`."""
    lower: float
    upper: float
    default: float | None = None
    """What it is if nothing is said; None if it must be said."""
    word: str = "amount"
    """Stands for `amount` where it reads better: `{kind: late, by: 5 s}`."""
    nothing: float | None = None
    """So much would change nothing, and neither does what is nearer to it than `LEAST_CHANGE`."""
    without: str = ""
    """What happens if nothing is said and there is no default; it must be said if empty."""


LEAST_CHANGE = 1e-6
"""Less has no effect that anybody could find, in the unit of any amount; times are counted in microseconds."""
_TIME = ("every_s", "each_s")
_SHARE = Amount("1", LEAST_CHANGE, 1.0, 1.0, "share")
_WORST = 1e9
"""More is taken for a mistake, whatever the unit."""


class FaultKind(StrEnum):
    """How something breaks."""

    family: Family
    words: str
    """What happens; `{amount}` and `{diagnostic}` stand for what the fault says."""
    hosts: Hosts
    amount: Amount | None
    parts: tuple[str, ...]
    """Further fields of `Fault` that it has a use for."""

    def __new__(
        cls,
        name: str,
        family: Family = Family.DEVICE,
        words: str = "",
        parts: tuple[str, ...] = (),
        amount: Amount | None = None,
        hosts: Hosts = Hosts.ANY,
    ) -> Self:
        """Make a kind; see its fields."""
        kind = str.__new__(cls, name)
        kind._value_ = name
        kind.family, kind.words, kind.parts, kind.amount, kind.hosts = family, words, parts, amount, hosts
        return kind

    TRIP = (
        "trip",
        Family.DEVICE,
        "switches off and reports the error {diagnostic}",
        ("diagnostic", "recoverable"),
        None,
        Hosts.DEVICES,
    )
    FROZEN = (
        "frozen",
        Family.MEASUREMENT,
        "values stay as they were; times go on",
        ("metrics", *_TIME),
    )
    MISSING = ("missing", Family.MEASUREMENT, "metrics are left out", ("metrics", *_TIME))
    NAN = ("nan", Family.MEASUREMENT, "values are not available (NaN)", ("metrics", *_TIME))
    NOISY = (
        "noisy",
        Family.MEASUREMENT,
        "values scatter by {amount} of themselves (standard deviation), parts of a whole between 0 and all of it",
        ("metrics", *_TIME),
        Amount("1", 0.0, 10.0, 0.1, "by", nothing=0.0),
    )
    DRIFTING = (
        "drifting",
        Family.MEASUREMENT,
        "values grow away from the truth by {amount}, parts of a whole up to all of it",
        ("metrics",),
        Amount("1/h", -1000.0, 1000.0, 0.1, "by", nothing=0.0),
    )
    WRONG_SIGN = (
        "wrong_sign",
        Family.MEASUREMENT,
        "values have the opposite sign, as behind a current transformer the wrong way round",
        ("metrics", *_TIME),
    )
    BIAS = (
        "bias",
        Family.MEASUREMENT,
        "values are off by {amount}; powers, and by thirds those of phases, if no metrics are named",
        ("metrics", *_TIME),
        Amount(OF_METRICS, -_WORST, _WORST, word="by", nothing=0.0),
    )
    SCALE = (
        "scale",
        Family.MEASUREMENT,
        "values are {amount} times what they are; powers, currents and energies if no metrics are named",
        ("metrics", *_TIME),
        Amount("1", -1000.0, 1000.0, word="by", nothing=1.0),
    )
    QUANTISED = (
        "quantised",
        Family.MEASUREMENT,
        "values come in steps of {amount}; powers if no metrics are named",
        ("metrics", *_TIME),
        Amount(OF_METRICS, LEAST_CHANGE, _WORST, word="to"),
    )
    SWAPPED_PHASES = (
        "swapped_phases",
        Family.MEASUREMENT,
        "what L1 and L2 show has changed places",
        _TIME,
    )
    STALE = ("stale", Family.MEASUREMENT, "sample times stand still; values go on", _TIME)
    CLOCK_OFFSET = (
        "clock_offset",
        Family.MEASUREMENT,
        "sample times are {amount} ahead",
        _TIME,
        Amount("s", -1e6, 1e6, word="by", nothing=0.0),
    )
    CLOCK_DRIFT = (
        "clock_drift",
        Family.MEASUREMENT,
        "sample times run away from the present by {amount}",
        (),
        Amount("s/h", -1800.0, 1800.0, word="by", nothing=0.0),
    )
    LATE = (
        "late",
        Family.MEASUREMENT,
        "samples come {amount} late, with the times at which they were taken; those on their way are lost when it ends",
        (),
        Amount("s", LEAST_CHANGE, 600.0, word="by"),
    )
    DUPLICATED = ("duplicated", Family.MEASUREMENT, "{amount} of samples come twice", _TIME, _SHARE)
    OUT_OF_ORDER = (
        "out_of_order",
        Family.MEASUREMENT,
        "{amount} of samples come after the one that follows them",
        _TIME,
        _SHARE,
    )
    PARTIAL = (
        "partial",
        Family.MEASUREMENT,
        "{amount} of the metrics are left out, each time others",
        ("metrics", *_TIME),
        _SHARE._replace(default=0.5),
    )
    MISSING_STATES = (
        "missing_states",
        Family.MEASUREMENT,
        "states, warnings and errors are left out",
        _TIME,
    )
    FLAPPING_STATES = (
        "flapping_states",
        Family.MEASUREMENT,
        "the state changes between what it is and UNAVAILABLE, and stays {amount} at each",
        _TIME,
        Amount("s", 0.1, 86400.0, 2.0, "each"),
    )
    SILENT = ("silent", Family.LINK, "streams stay open and say nothing", _TIME)
    REFUSED = (
        "refused",
        Family.LINK,
        "commands are refused, as if the device could not be reached unless a status and a text say otherwise",
        ("status", "text", *_TIME),
        None,
        Hosts.COMMANDED,
    )
    DROPPED = (
        "dropped",
        Family.LINK,
        "streams end with an error, and new ones are refused",
        ("status", "text", *_TIME),
    )
    HANGING = (
        "hanging",
        Family.LINK,
        "commands get no answer and have no effect",
        _TIME,
        None,
        Hosts.COMMANDED,
    )
    HALF_OPEN = (
        "half_open",
        Family.LINK,
        "streams stay open and say nothing, commands get no answer and have no effect",
        _TIME,
    )
    LATENCY = (
        "latency",
        Family.LINK,
        "samples, commands and answers are each {amount} on their way",
        ("spread_s", "distribution", *_TIME),
        Amount("s", LEAST_CHANGE, 600.0, word="by"),
    )
    LOSSY = (
        "lossy",
        Family.LINK,
        "{amount} of samples, commands and answers are lost",
        _TIME,
        _SHARE._replace(default=0.1),
    )
    ANSWER_LOST = (
        "answer_lost",
        Family.LINK,
        "commands have their effect, and get no answer",
        _TIME,
        None,
        Hosts.COMMANDED,
    )
    SLOW_CONSUMER = (
        "slow_consumer",
        Family.LINK,
        "no more than {amount} samples pass, the others wait, up to 50 of them; the oldest gives way",
        _TIME,
        Amount("1/s", 0.001, 1000.0, 0.2, "rate"),
    )
    DERATE = (
        "derate",
        Family.DEVICE,
        "no more than {amount} of its power can be had: of the rated power, of a battery of what it allows; "
        "bounds show it",
        _TIME,
        Amount("1", 0.0, 1.0, word="to", nothing=1.0),
        Hosts.DEVICES,
    )
    STUCK = (
        "stuck",
        Family.DEVICE,
        "active power stays at {amount}, as far as it can, whatever it is told; bounds do not show it",
        _TIME,
        Amount("W", -_WORST, _WORST, word="at", without="what it has"),
        Hosts.SET_POINTS,
    )
    SLOW_RAMP = (
        "slow_ramp",
        Family.DEVICE,
        "active power moves by no more than {amount}",
        _TIME,
        Amount("W/s", LEAST_CHANGE, _WORST, word="to"),
        Hosts.SET_POINTS,
    )
    LOST_COMMANDS = (
        "lost_commands",
        Family.DEVICE,
        "{amount} of set-points and of commands to start, stop, park and acknowledge are accepted and have no effect",
        _TIME,
        _SHARE,
        Hosts.SWITCHED,
    )
    RELAY_FAILS_TO_OPEN = (
        "relay_fails_to_open",
        Family.DEVICE,
        "told to stop or park it stays as it is, and then warns of its relay",
        _TIME,
        None,
        Hosts.SWITCHED,
    )
    RELAY_FAILS_TO_CLOSE = (
        "relay_fails_to_close",
        Family.DEVICE,
        "told to start it stays as it is, and then warns of its relay",
        _TIME,
        None,
        Hosts.SWITCHED,
    )
    FAILED_START = (
        "failed_start",
        Family.DEVICE,
        "attempts to start fail, until it gives up with an error that has to be acknowledged",
        _TIME,
        None,
        Hosts.CHPS,
    )
    CAR_STOPS = (
        "car_stops",
        Family.DEVICE,
        "the car that is plugged in takes no more, and stays plugged in",
        _TIME,
        None,
        Hosts.CHARGERS,
    )
    CAR_STAYS = (
        "car_stays",
        Family.DEVICE,
        "the cable of the car that is there, or comes next, cannot be pulled out, and warns of its lock",
        (),
        None,
        Hosts.CHARGERS,
    )
    BMS_ALARM = (
        "bms_alarm",
        Family.DEVICE,
        "the management system warns of {diagnostic} and allows {amount} of the power that it would",
        ("diagnostic", *_TIME),
        Amount("1", 0.0, 1.0, 0.0, "to"),
        Hosts.BATTERIES,
    )
    CAPACITY_FADED = (
        "capacity_faded",
        Family.DEVICE,
        "capacity is {amount} of what it was, at the same state of charge",
        (),
        Amount("1", 0.05, 1.0, word="to", nothing=1.0),
        Hosts.BATTERIES,
    )
    RESISTANCE_GROWN = (
        "resistance_grown",
        Family.DEVICE,
        "resistances are {amount} times what they were",
        (),
        Amount("1", 0.1, 20.0, word="by", nothing=1.0),
        Hosts.BATTERIES,
    )
    CELL_IMBALANCE = (
        "cell_imbalance",
        Family.DEVICE,
        "the fullest cell is {amount} of the capacity farther from the emptiest; only balancing mends that",
        (),
        Amount("1", LEAST_CHANGE, 0.5, word="by"),
        Hosts.BATTERIES,
    )


class Fault(NamedTuple):
    """Something that is broken."""

    component: str
    """Key of the component."""
    kind: FaultKind
    diagnostic: str = "HARDWARE_FAULT"
    """Name of the diagnostic code that a tripped device reports."""
    amount: float | None = None
    """How much, in the unit of the kind; what the kind says if None."""
    metrics: tuple[Metric, ...] = ()
    """Which metrics report wrongly; what the kind says if empty, all where it says nothing."""
    recoverable: bool = True
    """Whether a client may clear a trip by acknowledging it, unless it mends by itself."""
    status: RefusalStatus | None = None
    """By which streams end and commands are refused; as of what cannot be reached if None."""
    text: str = ""
    """What clients are told then; that the component cannot be reached if empty."""
    spread_s: float = 0.0
    """Standard deviation of a delay [s]."""
    distribution: Distribution = Distribution.NORMAL
    """How a delay scatters."""
    every_s: float | None = None
    """Mean simulated time between two beginnings of what comes and goes by chance [s]; always there if None."""
    each_s: float | None = None
    """Mean time for which it is there then [s]."""

    @property
    def size(self) -> float:
        """How much there is of it, in the unit of the kind; 0 of a kind without amount."""
        if self.amount is not None or self.kind.amount is None or self.kind.amount.default is None:
            return self.amount or 0.0
        return self.kind.amount.default


def unit_of_amount(kind: FaultKind, metrics: tuple[Metric, ...]) -> str:
    """Return the unit of the amount of a fault, given the metrics that it names; empty if it has no amount."""
    if kind.amount is None:
        return ""
    if kind.amount.unit != OF_METRICS:
        return kind.amount.unit
    return metrics[0].unit if metrics else "W"
