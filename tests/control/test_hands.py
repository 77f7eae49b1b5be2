"""Inputs, faults, snapshots and states in the hands of a client."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

import grpc
import pytest
from control.support import INVERTER, MAIN, listen, seconds, serve, set_power
from frequenz.quantities import Frequency, Power, Voltage

from doppelgrid import ControlClient, ControlError, Recorder, SiteServer
from doppelgrid.proto.control.snapshots import MOST_SNAPSHOTS
from doppelgrid.sim.domain.faults import FaultKind


def refused_as(code: grpc.StatusCode, error: pytest.ExceptionInfo[ControlError]) -> bool:
    return error.value.code is code


class TestDrives:
    async def test_a_driven_load_moves_the_meters(self, control: ControlClient) -> None:
        await control.drive("pv-inv", "irradiance", 0.0)
        await control.drive("house", "load", Power.from_kilowatts(50))
        state = await control.state()
        assert state["house"].values["AC_POWER_ACTIVE"] == pytest.approx(50_000.0)
        assert state["main"].values["AC_POWER_ACTIVE"] == pytest.approx(50_000.0, abs=200.0)

    async def test_a_drive_over_time_moves_evenly(self, control: ControlClient) -> None:
        await control.drive("house", "load", Power.zero())
        await control.drive("house", "load", Power.from_kilowatts(10), over=seconds(10))
        await control.step(seconds(5))
        assert (await control.state("house"))["house"].values["AC_POWER_ACTIVE"] == pytest.approx(5_000.0)

    async def test_a_released_input_goes_back_to_the_site_file(self, control: ControlClient) -> None:
        before = await control.state("house")
        await control.drive("house", "load", Power.from_kilowatts(50))
        await control.release("house", "load")
        assert await control.state("house") == before

    async def test_voltage_and_frequency_of_the_grid_can_be_driven(self, control: ControlClient) -> None:
        await control.drive("grid", "voltage", Voltage.from_volts(380))
        await control.drive("grid", "frequency", Frequency.from_hertz(49.8))
        values = (await control.state("main"))["main"].values
        assert values["AC_FREQUENCY"] == 49.8
        assert values["AC_VOLTAGE_PHASE_1_N"] == pytest.approx(380.0 / math.sqrt(3.0))

    async def test_a_value_in_the_wrong_unit_is_refused(self, control: ControlClient) -> None:
        with pytest.raises(
            ControlError, match="the value of 'load' is in voltage_v; accepted: in power_w"
        ) as error:
            await control.drive("house", "load", Voltage.from_volts(400))
        assert refused_as(grpc.StatusCode.INVALID_ARGUMENT, error)

    async def test_a_value_that_is_no_number_is_refused(self, control: ControlClient) -> None:
        with pytest.raises(ControlError, match="power_w is nan; accepted: a finite number"):
            await control.drive("house", "load", Power.from_watts(math.nan))

    async def test_an_unknown_component_is_not_found(self, control: ControlClient) -> None:
        with pytest.raises(
            ControlError, match=r"no component 'hose'; accepted: grid, main, .*house"
        ) as error:
            await control.drive("hose", "load", Power.zero())
        assert refused_as(grpc.StatusCode.NOT_FOUND, error)

    async def test_an_unknown_input_names_those_there_are(self, control: ControlClient) -> None:
        with pytest.raises(ControlError, match=r"no input 'grid\.load'; accepted: .*grid\.voltage") as error:
            await control.drive("grid", "load", Power.zero())
        assert refused_as(grpc.StatusCode.INVALID_ARGUMENT, error)

    async def test_a_negative_ramp_is_refused(self, control: ControlClient) -> None:
        with pytest.raises(ControlError, match="over is -1 s; accepted: 0 s to"):
            await control.drive("house", "load", Power.zero(), over=seconds(-1))


class TestFaults:
    async def test_a_tripped_inverter_says_why(self, control: ControlClient) -> None:
        await control.strike("bat-inv", FaultKind.TRIP, diagnostic="OVERTEMPERATURE")
        state = (await control.state("bat-inv"))["bat-inv"]
        assert state.states == ("ERROR",)
        assert state.errors == ("OVERTEMPERATURE",)

    async def test_a_mended_inverter_is_ready_again(self, control: ControlClient) -> None:
        healthy = (await control.state("bat-inv"))["bat-inv"].states
        await control.mend(await control.strike("bat-inv", "trip"))
        assert (await control.state("bat-inv"))["bat-inv"].states == healthy

    async def test_what_was_never_broken_cannot_be_mended(self, control: ControlClient) -> None:
        number = await control.strike("bat-inv", "trip")
        await control.mend(number)
        await control.mend(number)
        for other in (-1, 0, number + 1, 2**62):
            with pytest.raises(ControlError, match=f"no fault {other}; accepted: .* up to {number}") as error:
                await control.mend(other)
            assert refused_as(grpc.StatusCode.NOT_FOUND, error)

    async def test_a_fault_mends_when_its_time_is_over(self, control: ControlClient) -> None:
        await control.strike("bat-inv", "trip", lasts=seconds(10))
        await control.step(seconds(9))
        assert [fault.kind for fault in await control.faults()] == ["trip"]
        await control.step(seconds(2))
        assert await control.faults() == []

    async def test_an_amount_goes_by_the_words_of_scenario_files(self, control: ControlClient) -> None:
        await control.strike("main", "late", by=5.0)
        await control.strike("main", "flapping_states", each=seconds(3))
        late, flapping = await control.faults()
        assert "samples come 5 s late" in late.what
        assert "stays 3 s at each" in flapping.what
        with pytest.raises(ValueError, match="to is with late; accepted: by or amount"):
            await control.strike("main", "late", to=5.0)
        with pytest.raises(ValueError, match="accepted: by or amount"):
            await control.strike("main", "late", amount=5.0, by=6.0)

    async def test_what_clients_are_told_by_a_fault_is_told(self, control: ControlClient) -> None:
        await control.strike("bat-inv", "refused", status="OUT_OF_RANGE", text="too much")
        await control.strike("main", "dropped")
        refused, dropped = await control.faults()
        assert refused.what.endswith(': OUT_OF_RANGE, "too much"')
        assert dropped.what == "streams end with an error, and new ones are refused"

    async def test_a_dropped_stream_ends_for_clients(
        self, control: ControlClient, channel: grpc.aio.Channel
    ) -> None:
        telemetry = await listen(control, channel, MAIN)
        await control.strike("main", FaultKind.DROPPED)
        with pytest.raises(grpc.aio.AioRpcError, match="main cannot be reached"):
            await telemetry.read(1)

    async def test_a_component_refuses_commands_as_it_is_told_to(
        self, control: ControlClient, channel: grpc.aio.Channel
    ) -> None:
        await control.strike("bat-inv", "refused", status="OUT_OF_RANGE", text="too much")
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await set_power(channel, INVERTER, 10_000.0).read()
        assert (error.value.code(), error.value.details()) == (grpc.StatusCode.OUT_OF_RANGE, "too much")

    @pytest.mark.parametrize(
        ("component", "kind", "options", "code", "text"),
        [
            ("hose", "trip", {}, "NOT_FOUND", "no component 'hose'"),
            ("main", "bent", {}, "INVALID_ARGUMENT", "kind is 'bent'; accepted: trip, frozen, "),
            ("main", "trip", {}, "INVALID_ARGUMENT", "main is a meter and cannot trip"),
            (
                "main",
                "noisy",
                {"amount": math.nan},
                "INVALID_ARGUMENT",
                "amount is nan; accepted: a finite number",
            ),
            (
                "main",
                "nan",
                {"metrics": ["POWER"]},
                "INVALID_ARGUMENT",
                "metrics contains 'POWER'; accepted: ",
            ),
            (
                "main",
                "refused",
                {"status": "OUT_OF_BOUNDS"},
                "INVALID_ARGUMENT",
                "status is 'OUT_OF_BOUNDS'; accepted: CANCELLED, ",
            ),
            (
                "main",
                "nan",
                {"status": "INTERNAL"},
                "INVALID_ARGUMENT",
                "status is 'INTERNAL' with nan, which has none; accepted: with refused",
            ),
            (
                "main",
                "refused",
                {"text": "n" * 1001},
                "INVALID_ARGUMENT",
                "text is of 1001 characters; accepted: up to 1000",
            ),
            (
                "bat-inv",
                "trip",
                {"diagnostic": "overtemperature"},
                "INVALID_ARGUMENT",
                "diagnostic is 'overtemperature'; accepted: UNKNOWN, ",
            ),
            (
                "main",
                "nan",
                {"lasts": seconds(0)},
                "INVALID_ARGUMENT",
                "lasts is 0 s; accepted: more than 0 s",
            ),
        ],
    )
    async def test_a_fault_that_makes_no_sense_is_refused(
        self,
        control: ControlClient,
        component: str,
        kind: str,
        options: dict[str, object],
        code: str,
        text: str,
    ) -> None:
        with pytest.raises(ControlError, match=text) as error:
            await control.strike(component, kind, **options)  # type: ignore[arg-type]
        assert error.value.code.name == code


class TestSnapshots:
    async def test_a_restored_site_has_the_same_future(
        self, control: ControlClient, channel: grpc.aio.Channel
    ) -> None:
        await set_power(channel, INVERTER, 10_000.0).read()
        await control.step(seconds(2))
        await control.take_snapshot("on the ramp")
        await control.step(seconds(20))
        future = await control.state()
        await control.restore_snapshot("on the ramp")
        await control.step(seconds(20))
        assert await control.state() == future

    async def test_restoring_takes_the_clock_back(self, control: ControlClient, noon: datetime) -> None:
        await control.take_snapshot("noon")
        await control.step(seconds(60))
        assert (await control.restore_snapshot("noon")).simulated_time == noon

    @pytest.mark.lengthy
    async def test_time_that_is_not_paused_goes_on_from_the_snapshot(
        self, control: ControlClient, channel: grpc.aio.Channel, noon: datetime
    ) -> None:
        await control.take_snapshot("noon")
        await control.step(seconds(3600))
        await control.resume()
        await control.restore_snapshot("noon")
        telemetry = await listen(control, channel, MAIN)
        await telemetry.read(2)
        assert noon < (await control.clock()).simulated_time < noon + seconds(3600)

    async def test_bytes_restore_in_another_process_of_the_same_run(
        self, control: ControlClient, tmp_path: Path
    ) -> None:
        path = tmp_path / "site.snapshot"
        await control.drive("house", "load", Power.from_kilowatts(50))
        await control.step(seconds(5))
        path.write_bytes(await control.export_snapshot())
        state = await control.state()
        other = serve()
        async with other, ControlClient(other.url) as twin:
            await twin.restore_snapshot(path.read_bytes())
            assert await twin.state() == state

    async def test_snapshots_are_listed_until_they_are_forgotten(
        self, control: ControlClient, noon: datetime
    ) -> None:
        await control.take_snapshot("a")
        await control.step(seconds(1))
        await control.take_snapshot("b")
        assert await control.list_snapshots() == {"a": noon, "b": noon + seconds(1)}
        await control.forget_snapshot("a")
        assert list(await control.list_snapshots()) == ["b"]

    async def test_taking_one_tells_its_time_while_time_passes(self, control: ControlClient) -> None:
        await control.set_speed(1000.0)
        await control.resume()
        taken = await control.take_snapshot("on the way")
        assert (await control.list_snapshots())["on the way"] == taken.simulated_time
        content, exported = await control.export_snapshot_with_clock()
        await control.pause()
        assert (await control.restore_snapshot(content)).simulated_time == exported.simulated_time

    async def test_an_empty_name_is_refused_by_what_has_none(self, control: ControlClient) -> None:
        with pytest.raises(
            ControlError, match="the name is empty; accepted: any other name, or `export_snapshot`"
        ):
            await control.take_snapshot("")

    async def test_no_more_snapshots_are_kept_than_the_server_says(self, control: ControlClient) -> None:
        for number in range(MOST_SNAPSHOTS):
            await control.take_snapshot(str(number))
        with pytest.raises(
            ControlError, match="100 snapshots are kept already; accepted: the name of one"
        ) as error:
            await control.take_snapshot("another")
        assert refused_as(grpc.StatusCode.RESOURCE_EXHAUSTED, error)
        assert len(await control.list_snapshots()) == MOST_SNAPSHOTS
        assert await control.export_snapshot()
        await control.take_snapshot("7")
        await control.forget_snapshot("8")
        await control.take_snapshot("another")

    async def test_an_unknown_snapshot_is_not_found(self, control: ControlClient) -> None:
        await control.take_snapshot("noon")
        with pytest.raises(ControlError, match="no snapshot 'none'; accepted: noon") as error:
            await control.restore_snapshot("none")
        assert refused_as(grpc.StatusCode.NOT_FOUND, error)

    async def test_a_site_that_is_recorded_by_simulated_time_does_not_go_back(
        self, server: SiteServer, control: ControlClient, noon: datetime, tmp_path: Path
    ) -> None:
        await control.take_snapshot("noon")
        with Recorder(tmp_path / "day.csv", server.site) as recorder:
            recorder.listen(server.simulation.gateway)
            await control.step(seconds(60))
            with pytest.raises(
                ControlError, match="accepted: a snapshot of then or later, wall time"
            ) as error:
                await control.restore_snapshot("noon")
            assert refused_as(grpc.StatusCode.FAILED_PRECONDITION, error)
            assert (await control.clock()).simulated_time == noon + seconds(60)

    async def test_bytes_that_are_no_snapshot_are_refused(self, control: ControlClient) -> None:
        with pytest.raises(ControlError, match=r"content: .*; accepted: a snapshot of this version") as error:
            await control.restore_snapshot(b"{}")
        assert refused_as(grpc.StatusCode.INVALID_ARGUMENT, error)

    async def test_a_snapshot_of_another_start_is_refused(
        self, control: ControlClient, noon: datetime
    ) -> None:
        other = serve(start=noon + seconds(1))
        async with other, ControlClient(other.url) as twin:
            content = await twin.export_snapshot()
        with pytest.raises(ControlError, match=r"the snapshot's run started at .*; accepted: "):
            await control.restore_snapshot(content)


class TestStates:
    async def test_states_come_by_key_in_the_order_of_the_site_file(self, control: ControlClient) -> None:
        assert list(await control.state()) == ["grid", "main", "bat-inv", "battery", "pv-inv", "house"]

    async def test_states_show_bounds(self, control: ControlClient) -> None:
        ((lower, upper),) = (await control.state("bat-inv"))["bat-inv"].bounds["AC_POWER_ACTIVE"]
        assert lower < 0.0 < upper

    async def test_an_unknown_component_is_not_found(self, control: ControlClient) -> None:
        with pytest.raises(ControlError, match="no component 'hose'") as error:
            await control.state("main", "hose")
        assert refused_as(grpc.StatusCode.NOT_FOUND, error)
