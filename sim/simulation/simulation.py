"""A site in simulated time: engine, plant and gateway together, and what can be done to them from outside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..domain.commands import Command, MendFault, OverrideInput, ReleaseInput, RestartServer, Say, StrikeFault
from ..domain.durations import LONGEST_RESTART_S, LONGEST_S, duration_in_words
from ..domain.events import SERVER_COMES_BACK, SERVER_GOES_DOWN, Subscribers
from ..domain.faults import Fault
from ..domain.messages import WrongStateError
from ..domain.onlookers import Onlookers
from ..domain.printable import printable
from ..domain.timestamps import to_datetime
from ..engine.agenda import Engine
from ..engine.clock import Clock, SteppedClock, check_speed
from ..engine.events import Events
from ..engine.executor import Executor
from ..faults.injector import Faults
from ..gateway.gateway import Gateway
from ..inputs.driven import require_drivable
from ..inputs.override import Override
from ..plant.state_check import LONGEST_LAG_US
from ..site.site import Site
from .hardware import Hardware, ModelledHardware
from .recordings import tell_recordings
from .snapshot import Snapshot

LONGEST_SAYING = 1000
_OVERRIDE_ENDS = "override ends"
_REHEARSAL = timedelta(seconds=2)


class Simulation:
    """One site. Its time passes when `run_to` or `run_for` says so, or as a live clock goes."""

    def __init__(self, site: Site, clock: Clock, *, seed: int = 0, hardware: Hardware | None = None) -> None:
        """Build the devices of a site; time does not pass yet.

        Args:
            site: A valid site.
            clock: How simulated time meets the time outside; it begins at the run's start.
            seed: Of all noise.
            hardware: What stands in for the devices, such as a `Replay`; models of them if None.

        Raises:
            InputError: If a recorded input cannot drive the site from its start.
        """
        self.site = site
        self.hardware = ModelledHardware(site) if hardware is None else hardware
        self.clock = clock
        self.seed = seed
        self.start_us = clock.now_us()
        self.plant, self.instruments = self.hardware.build(start_us=self.start_us, seed=seed)
        # Inputs load their libraries and their first day now, not while time passes.
        self.plant.readings.flows()
        self.engine = Engine(self.start_us)
        self.events = Events(self.engine)
        """Where everything is told that happens to the site."""
        self.executor = Executor(self.engine, clock, self.plant)
        """What every command passes through."""
        self.faults = Faults(
            self.plant,
            self.engine,
            self.executor,
            self.events,
            self.instruments.read,
            self.instruments.metrics,
            seed=seed,
        )
        self.gateway = Gateway(
            self.plant, self.engine, clock, self.instruments, self.faults, self.executor, self.events
        )
        tell_recordings(self.plant, self.events, self.gateway.samplings)
        self.executor.handle(OverrideInput, self._override)
        self.executor.handle(ReleaseInput, self._release)
        self.executor.handle(RestartServer, self._restart_server)
        self.executor.handle(Say, self._say)
        self.engine.handle(SERVER_COMES_BACK, self._bring_server_back, within_s=LONGEST_RESTART_S, ends=True)
        self.engine.handle(_OVERRIDE_ENDS, self._end_override, within_s=LONGEST_S, ends=True)
        self._back: int | None = None
        """Agenda number of the return of the server; None while it is there."""
        self._override_ends: dict[str, int] = {}
        """Agenda numbers of the ends of what is driven for a time, by its name."""
        self.served = Subscribers[bool]()
        """Told whether the server is to be there, when it goes down and when it comes back."""
        self.restored = Subscribers[int]()
        """Told when the site goes on from a snapshot: its time [µs]."""
        self.onlookers = Onlookers()
        """Who goes back in time along with the site."""

    @classmethod
    def headless(
        cls, site: Site, *, start_us: int, seed: int = 0, hardware: Hardware | None = None
    ) -> Simulation:
        """Build a site whose time passes only when it is told to.

        Args:
            site: A valid site.
            start_us: Simulated time at which it starts [µs since the Unix epoch].
            seed: Of all noise.
            hardware: What stands in for the devices; models of them if None.
        """
        return cls(site, SteppedClock(start_us), seed=seed, hardware=hardware)

    @property
    def now_us(self) -> int:
        """Simulated time up to which everything has happened [µs since the Unix epoch]."""
        return self.engine.now_us

    def run_to(self, time_us: int) -> None:
        """Let everything happen that is due up to a simulated time [µs]; a stepped clock goes along."""
        if isinstance(self.clock, SteppedClock):
            self.clock.move_to(time_us)
        self.executor.run_to(time_us)

    def run_for(self, duration: timedelta) -> None:
        """Let simulated time pass."""
        self.run_to(self.now_us + round(duration / timedelta(microseconds=1)))

    def catch_up(self) -> None:
        """Bring everything to the present of the clock."""
        self.executor.catch_up()

    def execute(self, command: Command, *, late_us: int | None = None) -> Any:
        """Carry out a command at the present of the clock; each has a method that makes it, here or at the gateway.

        Args:
            command: What to do.
            late_us: How far behind its clients' time the site is [µs]; as the clock says if None.

        Returns:
            Whatever the method gives that makes such a command.

        Raises:
            CommandError: If a client cannot have it.
            ValueError: If it makes no sense for this site.
            TypeError: If this simulation does not take commands of its kind.
        """
        return self.executor.execute(command, late_us=late_us)

    def drive(
        self, component: str, quantity: str, value: float, *, over_s: float = 0.0, for_s: float | None = None
    ) -> None:
        """Override an input of a component, from now on.

        Args:
            component: Key of the component, or `site`.
            quantity: Which of its inputs, such as `load` [W] of a meter, `irradiance` [W/m²] of a PV inverter,
                `voltage` [V, line to line], `voltage_1` to `voltage_3` [V, to neutral], `frequency` [Hz] or
                `presence` (1 or 0) of the grid. The reference lists them by category under "Inputs".
            value: In the unit of the quantity, passive sign convention.
            over_s: Simulated time in which the value is reached, in even steps [s].
            for_s: Simulated time after which the input is released by itself, unless it is driven anew [s]; never
                if None.

        Raises:
            ValueError: If the component has no such input, or it cannot be that; says what can be.
        """
        self.execute(OverrideInput(component, quantity, float(value), over_s, for_s))

    def release(self, component: str, quantity: str) -> None:
        """Give an input back to what the site file says.

        Raises:
            ValueError: If the component has no such input; says which there are.
        """
        self.execute(ReleaseInput(component, quantity))

    def fault(self, fault: Fault, *, for_s: float | None = None) -> int:
        """Break something.

        Args:
            fault: What breaks, and how.
            for_s: Simulated time after which it mends by itself [s]; until `mend` if None.

        Returns:
            A number by which it can be mended.

        Raises:
            ValueError: If the component cannot break that way, or the fault says what it cannot; says what is accepted.
        """
        number: int = self.execute(StrikeFault(fault, for_s))
        return number

    def mend(self, number: int) -> None:
        """End a fault; nothing happens if it has ended already.

        Raises:
            UnknownFaultError: If no fault ever had this number.
        """
        self.execute(MendFault(number))

    def restart_server(self, down_s: float) -> None:
        """Let the server go down: streams and requests end as UNAVAILABLE, and nothing answers until it is back.

        The site lives on, and what clients asked for stays in force. A live site stays reachable: paused, or so slow
        that the server would be gone for more than a day of its clients' time, it has its server back at once.

        Args:
            down_s: Simulated time until it is back [s]; of several at once the longest counts.

        Raises:
            ValueError: If the time is out of range.
        """
        self.execute(RestartServer(down_s))

    def say(self, text: str) -> None:
        """Put a line into what is told of the site: its log, its journal, the events of the control service.

        Raises:
            ValueError: If it is empty, or longer than 1000 characters.
        """
        self.execute(Say(text))

    def save(self, *, catch_up: bool = True) -> Snapshot:
        """Return everything that the site remembers, to restore or fork it later.

        Args:
            catch_up: Whether to bring the site to the present first; not possible while its time passes.
        """
        if catch_up:
            self.catch_up()
        return Snapshot(
            seed=self.seed,
            start_us=self.start_us,
            engine=self.engine.save(late_us=self._late_us() if catch_up else 0),
            plant=self.plant.save(),
            gateway=self.gateway.save(),
            faults=self.faults.save(),
            pace=self.clock.pace,
            memories=self.onlookers.remember(),
        )

    def _late_us(self) -> int:
        now_us = self.engine.now_us
        return self.clock.late_us(max(self.clock.now_us(), now_us), now_us)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot of this site; the clock goes along, at its own speed.

        Streams stay open; requests that are on their way end as failed. A server that was down is down again, until
        it comes back. Whoever looks on goes on from what he had seen then; if the snapshot is from a file or of another
        run, he begins anew.

        Raises:
            ValueError: If the snapshot belongs to another seed, start or site, or cannot be one of this site; the
                site goes on as if nothing had been asked of it.
            WrongStateError: If a recording would have times twice; the site goes on likewise.
        """
        self._check(snapshot)
        self.go_on_from(snapshot)

    def go_on_from(self, snapshot: Snapshot) -> None:
        """Do what `restore` does with a snapshot that this program took of this very run, or has checked before.

        Raises:
            WrongStateError: If a recording would have times twice.
        """
        self._require_times_once(snapshot.engine.now_us)
        self.clock.move_to(snapshot.engine.now_us)
        self.engine.restore(snapshot.engine)
        if self.clock.pace != snapshot.pace:
            self.engine.stretch_promises(self.clock.pace / snapshot.pace, snapshot.engine.now_us)
        self.plant.restore(snapshot.plant)
        self.faults.restore(snapshot.faults)
        self.gateway.restore(snapshot.gateway)
        agenda = snapshot.engine.agenda
        returns = [serial for serial, entry in agenda.items() if entry.kind == SERVER_COMES_BACK]
        self._back = max(returns, key=lambda serial: agenda[serial].due_us, default=None)
        self._override_ends = {
            _input_name(*entry.arguments): serial
            for serial, entry in agenda.items()
            if entry.kind == _OVERRIDE_ENDS
        }
        self.onlookers.recall(snapshot.memories, self.now_us)
        self.served.tell(self._back is None)
        self.restored.tell(self.now_us)

    def _require_times_once(self, time_us: int) -> None:
        if self.clock.tells_times_again and self.gateway.is_recorded and time_us < self.now_us:
            past, present = (to_datetime(each_us).isoformat(" ") for each_us in (time_us, self.now_us))
            raise WrongStateError(
                f"the snapshot is of {past}, and a recording by simulated time has gone on to {present}; accepted: a "
                "snapshot of then or later, wall time (--timestamps wall), or a run that is not recorded"
            )

    def _override(self, command: OverrideInput) -> None:
        component, quantity = command.component, command.quantity
        start_value = self.plant.inputs.value(component, quantity)
        require_drivable(component, quantity, command.value, command.over_s, start_value)
        if command.for_s is not None and not max(command.over_s, 1e-6) <= command.for_s <= LONGEST_S:
            raise ValueError(
                f"{component}.{quantity} is driven for {duration_in_words(command.for_s)}; accepted: more than 0 s, "
                f"up to {duration_in_words(LONGEST_S)}, and no less than the "
                f"{duration_in_words(command.over_s)} over which it is"
            )
        end_us = self.now_us + round(command.over_s * 1e6)
        self.gateway.follow_weather()
        self.plant.override(component, quantity, Override(self.now_us, start_value, end_us, command.value))
        self._forget_end(component, quantity)
        self.events.report("driven", component, quantity=quantity, value=command.value, over_s=command.over_s)
        if command.for_s is not None:
            name = _input_name(component, quantity)
            ends_us = self.now_us + round(command.for_s * 1e6)
            self._override_ends[name] = self.engine.schedule(ends_us, _OVERRIDE_ENDS, component, quantity)

    def _end_override(self, component: str, quantity: str) -> None:
        self._release(ReleaseInput(component, quantity))

    def _forget_end(self, component: str, quantity: str) -> None:
        """Take the end of what was driven for a time off the agenda: it is driven anew, or released."""
        end = self._override_ends.pop(_input_name(component, quantity), None)
        if end is not None:
            self.engine.cancel(end)

    def _say(self, command: Say) -> None:
        if not 0 < len(command.text) <= LONGEST_SAYING:
            raise ValueError(
                f"a line of {len(command.text)} characters; accepted: 1 to {LONGEST_SAYING} characters"
            )
        self.events.report("said", "site", text=command.text)

    def _release(self, command: ReleaseInput) -> None:
        self.gateway.follow_weather()
        self.plant.override(command.component, command.quantity, None)
        self._forget_end(command.component, command.quantity)
        self.events.report("released", command.component, quantity=command.quantity)

    def _restart_server(self, command: RestartServer) -> None:
        if not 0.0 < command.down_s <= LONGEST_RESTART_S:
            raise ValueError(
                f"restart is {duration_in_words(command.down_s)}; "
                f"accepted: more than 0 s, up to {duration_in_words(LONGEST_RESTART_S)}"
            )
        back_us = self.now_us + max(1, round(command.down_s * 1e6))
        if (self.back_us or 0) < back_us:
            if self._back is not None:
                self.engine.cancel(self._back)
            self._back = self.engine.schedule(back_us, SERVER_COMES_BACK)
        self.events.report(SERVER_GOES_DOWN, "site", until_us=back_us)
        self.served.tell(False)

    @property
    def back_us(self) -> int | None:
        """When the server comes back that is down [µs]; None while it is there."""
        return None if self._back is None else self.engine.due_us(self._back)

    def bring_server_back(self) -> None:
        """Let a server that is down come back now."""
        if self._back is not None:
            self.engine.cancel(self._back)
            self._back = None
            self.events.report(SERVER_COMES_BACK, "site")
            self.served.tell(True)

    def _bring_server_back(self) -> None:
        # Of several returns in a snapshot the last one counts.
        if self.back_us is None:
            self.bring_server_back()

    def _check(self, snapshot: Snapshot) -> None:
        if snapshot.seed != self.seed:
            raise ValueError(f"the snapshot's seed is {snapshot.seed}; accepted: {self.seed}")
        if snapshot.start_us != self.start_us:
            found, accepted = (to_datetime(time).isoformat() for time in (snapshot.start_us, self.start_us))
            raise ValueError(f"the snapshot's run started at {found}; accepted: {accepted}")
        theirs, ours = set(snapshot.plant.components), set(self.plant.wiring.order)
        if theirs != ours:
            parts = printable(", ".join(sorted(theirs ^ ours)))
            raise ValueError(f"the snapshot is of another site: {parts} not in both; accepted: of this one")
        check_speed(snapshot.pace)
        now_us, plant_us = snapshot.engine.now_us, snapshot.plant.numbers.get("time_us")
        if now_us < self.start_us:
            raise ValueError(
                f"engine.now_us: {now_us}; accepted: {self.start_us} or later, when the run started"
            )
        self.engine.check(snapshot.engine, self.site.components, snapshot.pace)
        if not (isinstance(plant_us, int) and now_us - LONGEST_LAG_US <= plant_us <= now_us):
            raise ValueError(
                f"plant.numbers.time_us: {plant_us}; accepted: {now_us}, that of the engine, or before"
            )
        self.plant.check(snapshot.plant)
        self._check_ends(snapshot)
        self.faults.check(snapshot.faults, snapshot.engine.agenda)
        self.gateway.check(snapshot.gateway, snapshot.engine)

    def _check_ends(self, snapshot: Snapshot) -> None:
        """Refuse ends of what is not driven, and several of one thing."""
        ended = set[str]()
        for serial, entry in snapshot.engine.agenda.items():
            if entry.kind == _OVERRIDE_ENDS:
                name = _input_name(*entry.arguments)
                if name not in snapshot.plant.overrides or name in ended:
                    accepted = "one end of each input that is driven"
                    raise ValueError(
                        f"engine.agenda.{serial}: {entry.kind!r} of {name}; accepted: {accepted}"
                    )
                ended.add(name)

    def rehearse(self, snapshot: Snapshot) -> None:
        """Let a double of the site go on for a moment from a snapshot, which comes from a stranger.

        Raises:
            ValueError: If it cannot; says why.
        """
        double = Simulation.headless(
            self.site, start_us=self.start_us, seed=self.seed, hardware=self.hardware
        )
        double.restore(snapshot)
        try:
            double.run_for(_REHEARSAL)
            for component in self.site.components.values():
                double.gateway.frame(component.id)
        except Exception as error:
            raise ValueError(
                f"no site can go on from the snapshot: {type(error).__name__}: {error}; accepted: one that was saved"
            ) from error

    def fork(self) -> Simulation:
        """Return a headless double that goes on from here on its own."""
        return Simulation.from_snapshot(self.site, self.save(), hardware=self.hardware)

    @classmethod
    def from_snapshot(cls, site: Site, snapshot: Snapshot, *, hardware: Hardware | None = None) -> Simulation:
        """Return a headless simulation of a site that goes on from a snapshot."""
        double = cls.headless(site, start_us=snapshot.start_us, seed=snapshot.seed, hardware=hardware)
        double.restore(snapshot)
        return double


def _input_name(component: str, quantity: str) -> str:
    return f"{component}.{quantity}"
