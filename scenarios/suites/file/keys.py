"""The keys of scenario files."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ....sim.domain.durations import LONGEST_RESTART_S, LONGEST_S
from ....sim.domain.faults import Distribution, FaultKind
from ....sim.domain.messages import RefusalStatus
from ....sim.domain.metrics import Metric
from ....sim.domain.timestamps import MICROSECONDS, YEARS, check_start
from ....sim.engine.clock import FASTEST
from ....sim.files.moments import parse_moment
from ....sim.files.sections import Section, Text, as_list, refuse, short_for
from ....sim.files.units import SECOND, Duration, PositiveDuration
from ....sim.language.expressions import Condition, ExpressionError, parse_condition
from ...testing.durations import shown_span
from ..checks.invariants import Invariant

TRIGGERS = ("at", "every", "when")
ACTS = ("set", "release", "fault", "mend", "command", "plug", "unplug", "outage", "restart", "say")
KIND = re.compile("[a-z][a-z-]*")
"""A kind of controller, in files and at the command line."""
KINDS = ("always", "never", "eventually", "expect", "kpi")


def _condition(value: object) -> Condition:
    if not isinstance(value, str):
        raise PydanticCustomError(
            "condition", "{accepted}", {"accepted": "a condition, such as grid.power > 33 kW"}
        )
    try:
        return parse_condition(value)
    except ExpressionError as error:
        raise PydanticCustomError("condition", "{accepted}", {"accepted": error.accepted}) from None


def _moment(value: object) -> time | datetime | float:
    return parse_moment(value)


def _in_letters(value: object) -> object:
    """Return a number as the text that it is written as, as of a parameter that stands alone."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    return str(value) if abs(value) < _LARGEST_IN_LETTERS else value


def _kind(value: object) -> str:
    if isinstance(value, str) and KIND.fullmatch(value):
        return value
    accepted = "a kind of controller, in small letters and hyphens, such as fcr or feed-in"
    raise PydanticCustomError("kind", "{accepted}", {"accepted": accepted})


def _start(value: object) -> datetime:
    try:
        return check_start(datetime.fromisoformat(str(value).strip()))
    except ValueError:
        least, most = YEARS
        accepted = (
            f"a date and a time (2026-01-20 17:00) of the years {least} to {most}, "
            "by the clock of the site if there is no offset"
        )
        raise PydanticCustomError("start", "{accepted}", {"accepted": accepted}) from None


def _site(value: object) -> object:
    if (isinstance(value, str) and value) or isinstance(value, dict):
        return value
    raise refuse("the path of a site file, the name of a bundled site, or a mapping as in a site file")


_LARGEST_IN_LETTERS = 1e18
Words = Annotated[Text, BeforeValidator(_in_letters, json_schema_input_type=Text | int | float)]
"""Text for people, which may be a number alone."""
SiteWords = Annotated[Any, BeforeValidator(_site, json_schema_input_type=str | dict[str, Any])]
Interval = Annotated[float, SECOND.within(lower=0.1, upper=86400.0)]
Start = Annotated[datetime, BeforeValidator(_start, json_schema_input_type=str)]
Length = Annotated[float, SECOND.within(above=0.0, upper=LONGEST_S)]
Absence = Annotated[float, SECOND.within(above=0.0, upper=LONGEST_RESTART_S)]
CONNECTS_WITHIN_S = 30.0
"""Real time in which a live application has to connect if nothing is said [s]."""
RunLength = Annotated[float, SECOND.within(lower=1.0, upper=LONGEST_S)]
Moment = Annotated[time | datetime | float, BeforeValidator(_moment, json_schema_input_type=str)]
"""A time since the start, a time of day, or an instant."""


class Written(str):
    """A condition as it stands in the file, and what it says."""

    condition: Condition

    @classmethod
    def of(cls, value: object) -> Written:
        """Read a condition."""
        condition = _condition(value)
        written = cls(value)
        written.condition = condition
        return written


WrittenCondition = Annotated[Any, BeforeValidator(Written.of, json_schema_input_type=str)]


HowMuch = str | int | float | None
"""With its unit, unless it is a share or a factor."""


class FaultWords(Section):
    """What breaks, and how."""

    kind: FaultKind
    amount: HowMuch = None
    """How much, with its unit; each kind has a word that reads better, of those below."""
    by: HowMuch = None
    """How much (`bias`, `scale`, `late`, `latency`, …)."""
    to: HowMuch = None
    """Down to what (`derate`, `slow_ramp`, `quantised`, …)."""
    at: HowMuch = None
    """At what (`stuck`)."""
    share: HowMuch = None
    """Of how many (`lossy`, `duplicated`, `lost_commands`, …)."""
    each: HowMuch = None
    """How long each time, of what comes and goes, beside `every`; else how long at each (`flapping_states`)."""
    rate: HowMuch = None
    """How many (`slow_consumer`)."""
    metrics: tuple[Metric, ...] = ()
    """Which metrics report wrongly; what the kind says if none is named."""
    diagnostic: Text = "HARDWARE_FAULT"
    """What the device reports."""
    recoverable: bool = True
    """Whether a client may acknowledge a trip."""
    status: RefusalStatus | None = None
    """By which streams end, or commands are refused."""
    text: Annotated[str, BeforeValidator(_in_letters, json_schema_input_type=str | int | float)] = ""
    """What clients are told then."""
    spread_s: Duration = Field("0 s", alias="spread", validate_default=True)
    """Standard deviation of a delay."""
    distribution: Distribution = Distribution.NORMAL
    """How a delay scatters."""
    every_s: PositiveDuration | None = Field(None, alias="every")
    """Mean time from one beginning to the next of what comes and goes by chance."""
    each_s: PositiveDuration | None = Field(None, alias="for")
    """The same as `each` beside `every`: mean time for which it is there then."""


class Edges(Section):
    """A range of power, open where it has no edge."""

    lower: Text | None = None
    """Least active or reactive power: -5 kW, -2 kvar."""
    upper: Text | None = None
    """Greatest one."""

    @model_validator(mode="after")
    def _has_an_edge(self) -> Self:
        if self.lower is None and self.upper is None:
            raise refuse("lower, upper, or both")
        return self


class CommandWords(Section):
    """What a client tells a component."""

    told: Text | None = None
    """A power (10 kW, -3 kvar), start, stop, standby or acknowledge."""
    bounds: Edges | None = None
    """Within which its power is to stay for a while."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.told is None) == (self.bounds is None):
            raise refuse("told, or bounds")
        return self


def _all_kinds(value: object) -> object:
    """Read components whose faults end, all of each or those of one kind, as their keys with kinds."""
    if isinstance(value, str):
        return {value: None}
    return (
        dict.fromkeys(value)
        if isinstance(value, list) and all(isinstance(each, str) for each in value)
        else value
    )


class Step(Section):
    """Something that is done to the site, and when."""

    at: Moment | None = None
    """Once, at a time since the start (20 min), a time of day, or an instant."""
    every: Interval | None = None
    """Again and again, for the first time after this time."""
    when: WrittenCondition | None = None
    """Each time that a condition becomes true."""
    once: bool = False
    """Whether `when` counts the first time alone."""
    name: Words | None = None
    """By which checks refer to the step."""
    over_s: Duration = Field("0 s", alias="over", validate_default=True)
    """In which time a value is reached that is `set`."""
    lasts_s: Length | None = Field(None, alias="for")
    """After which time the step ends: a fault is mended, an input released, a set-point lapses."""
    set: dict[Text, str | int | float] = Field(default_factory=dict)
    """Inputs and their values."""
    release: Annotated[
        tuple[Text, ...], BeforeValidator(as_list, json_schema_input_type=str | tuple[str, ...])
    ] = ()
    """Inputs that go back to what the site file says."""
    fault: dict[
        Text,
        Annotated[
            FaultWords, BeforeValidator(short_for("kind"), json_schema_input_type=FaultKind | FaultWords)
        ],
    ] = Field(default_factory=dict)
    """Components and what breaks of them."""
    mend: Annotated[
        dict[Text, FaultKind | None],
        BeforeValidator(
            _all_kinds, json_schema_input_type=Text | tuple[Text, ...] | dict[Text, FaultKind | None]
        ),
    ] = Field(default_factory=dict)
    """Components whose faults end: all that they have, or those of one kind."""
    command: dict[
        Text,
        Annotated[
            CommandWords, BeforeValidator(short_for("told"), json_schema_input_type=Text | CommandWords)
        ],
    ] = Field(default_factory=dict)
    """Components and what a client tells them: a power, bounds, start, stop, standby or acknowledge."""
    plug: Text | None = None
    """A charger whose cable is where its sessions say again."""
    unplug: Text | None = None
    """A charger whose cable is pulled."""
    outage_s: Length | None = Field(None, alias="outage")
    """For how long the public grid is gone."""
    restart_s: Absence | None = Field(None, alias="restart")
    """For how long the server is gone: streams drop, its port refuses, and comes back."""
    say: Words | None = None
    """A line for the report."""

    @model_validator(mode="after")
    def _has_one_trigger_and_an_act(self) -> Self:
        given = [trigger for trigger in TRIGGERS if getattr(self, trigger) is not None]
        if len(given) != 1:
            raise refuse(f"one of {', '.join(TRIGGERS)}, and what to do")
        acts = (
            self.set,
            self.release,
            self.fault,
            self.mend,
            self.command,
            self.plug,
            self.unplug,
            self.outage_s,
            self.restart_s,
            self.say,
        )
        if not any(acts):
            raise refuse(f"{given[0]} with something to do: {', '.join(ACTS)}")
        if self.once and self.when is None:
            raise refuse("once beside when")
        if self.over_s > 0.0 and not self.set:
            raise refuse("over beside set")
        if self.lasts_s is not None and not any((self.set, self.fault, self.command, self.unplug)):
            raise refuse("for beside set, fault, command or unplug")
        if self.lasts_s is not None and self.over_s > self.lasts_s:
            raise refuse("over no longer than for")
        return self


class Check(Section):
    """Something that is held against the site and its controller."""

    name: Words | None = None
    """For the report; the check in its own words if not given."""
    always: WrittenCondition | None = None
    """True at every sampling."""
    never: WrittenCondition | None = None
    """At no sampling true, or with `for`, never for so long."""
    eventually: WrittenCondition | None = None
    """True at some sampling."""
    expect: WrittenCondition | None = None
    """True `at` a time, or `after` something that happened."""
    kpi: WrittenCondition | None = None
    """True of a figure of the whole run."""
    at: Moment | None = None
    after: Words | None = None
    """Name of a step, or of what it does (`bat-inv trip`), and whether it `begins` or `ends`."""
    within_s: Length | None = Field(None, alias="within")
    """By when it has to be true."""
    for_s: Length | None = Field(None, alias="for")
    """For how long."""
    from_s: Annotated[float, SECOND.within(lower=0.0, upper=LONGEST_S)] | None = Field(None, alias="from")
    """Since the start; what is before does not count."""
    until_s: Length | None = Field(None, alias="until")
    """Since the start; what is behind does not count."""

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def wanted(self) -> Written:
        """Its condition."""
        written: Written = getattr(self, self.kind)
        return written

    def __str__(self) -> str:
        """Return the check in its own words."""
        if self.name is not None:
            return self.name
        words = [
            f"after {self.after}" if self.after else "",
            f"at {_shown_moment(self.at)}" if self.at is not None else "",
        ]
        words.append(_in_words("within", self.within_s))
        words += [f"{self.kind} {self.wanted}", _in_words("for", self.for_s)]
        words += [_in_words("from", self.from_s), _in_words("until", self.until_s)]
        return " ".join(filter(None, words))

    @model_validator(mode="after")
    def _is_one_check(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise refuse(f"one of {', '.join(KINDS)}")
        if (given[0] == "expect") != ((self.at is None) != (self.after is None)):
            raise refuse("expect beside at, or beside after")
        allowed = {
            "always": {"from_s", "until_s"},
            "never": {"for_s", "from_s", "until_s"},
            "eventually": {"within_s", "for_s"},
            "expect": {"at"} if self.at is not None else {"after", "within_s", "for_s"},
            "kpi": set[str](),
        }[given[0]]
        times = ("at", "after", "within_s", "for_s", "from_s", "until_s")
        extra = [
            name.removesuffix("_s")
            for name in times
            if getattr(self, name) is not None and name not in allowed
        ]
        if extra:
            names = sorted(name.removesuffix("_s") for name in allowed) or ["nothing"]
            raise refuse(f"{given[0]} with {', '.join(names)}, without {', '.join(extra)}")
        if self.from_s is not None and self.until_s is not None and self.from_s >= self.until_s:
            raise refuse("from before until")
        return self


def _shown_moment(moment: time | datetime | float | None) -> str:
    return _in_words("", moment).strip() if isinstance(moment, float) else str(moment)


def _in_words(word: str, seconds: float | None) -> str:
    return "" if seconds is None else f"{word} {shown_span(round(seconds * MICROSECONDS))}"


class ValueRange(Section):
    """Values of a parameter from one to another."""

    from_: str | int | float = Field(alias="from")
    to: str | int | float
    step: str | int | float


class ScenarioSection(Section):
    """A scenario file."""

    scenario: Words
    """What it is about."""
    why: Words | None = None
    """What a controller is shown to do, or not to do, and why that matters."""
    source: Words | None = None
    """What it follows: a standard, a law, a description of a test."""
    include: Annotated[
        tuple[Text, ...], BeforeValidator(as_list, json_schema_input_type=str | tuple[str, ...])
    ] = ()
    """Paths of files, relative to this one, whose keys are taken in: steps, checks and the like before its own."""
    site: SiteWords
    """Path of a site file, relative to this one, the name of a bundled site, or what a site file would say."""
    start: Annotated[datetime, BeforeValidator(_start, json_schema_input_type=str)] = Field(
        "2026-06-15 00:00", validate_default=True
    )
    """By the clock of the site, if it names no offset."""
    duration_s: RunLength = Field(alias="duration")
    seed: int = Field(0, strict=True)
    """Of all noise, and of the application's `random`."""
    interval_s: Interval | None = Field(None, alias="interval")
    """Between two samplings; the site's if not given."""
    job: Annotated[str, BeforeValidator(_kind)] | None = Field(None, alias="for")
    """What kind of controller it is for, such as `fcr`; see `--app`."""
    app: Text | None = None
    """Script, relative to this file, or `-m` and a module, or an installed command or program; with its arguments."""
    live: bool = False
    """Whether the application runs live, as one does that is not Python."""
    speed: Annotated[float, Field(gt=0.0, le=FASTEST)] = 1.0
    """Simulated seconds per second for an application that runs live."""
    connect_within_s: PositiveDuration = Field(
        f"{CONNECTS_WITHIN_S:g} s", alias="connect_within", validate_default=True
    )
    """Real time in which an application that runs live has to connect."""
    tariff: Text | None = None
    """Path of a tariff file, relative to this one, by which costs and emissions are counted."""
    without: tuple[Invariant, ...] = ()
    """What the case is not held to of what every case is held to."""
    parameters: dict[Text, list[Any] | ValueRange] = Field(default_factory=dict)
    """Names and their values, as lists or ranges; `$name` stands for each value in turn."""
    pairwise: bool = False
    """Whether each pair of values of two parameters is enough, instead of all combinations."""
    steps: tuple[Step, ...] = ()
    checks: tuple[Check, ...] = Field(min_length=1)
