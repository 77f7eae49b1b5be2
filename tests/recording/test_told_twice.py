"""What a recording says twice of one component and one time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from recording.support import HEADER, NOON, SECOND, demo_site

from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.recording import Recorder, RecordingError, read_recording
from doppelgrid.sim.replay import Replay
from doppelgrid.sim.report.of_recording import report_of_recording
from doppelgrid.sim.simulation.simulation import Simulation

ROWS = """\
2026-06-15 10:00:00+00:00,2200,2,AC_POWER_ACTIVE,100
2026-06-15 10:00:01+00:00,2200,2,AC_POWER_ACTIVE,200
2026-06-15 10:00:02+00:00,2200,2,AC_POWER_ACTIVE,300
"""
AGAIN = "2026-06-15 12:00:01+02:00,2200,2,AC_POWER_ACTIVE,"


def csv_values(folder: Path, *rows: str, microgrid_id: int | None = None) -> list[float]:
    (folder / "day.csv").write_text(HEADER + ROWS + "".join(f"{row}\n" for row in rows))
    recording = read_recording(folder / "day.csv", microgrid_id=microgrid_id)
    return recording.tracks[2].values[:, 0].tolist()


class TestText:
    @pytest.mark.parametrize("value", ["200", "200.0", "2e2"])
    def test_the_same_value_again_is_taken(self, tmp_path: Path, value: str) -> None:
        assert csv_values(tmp_path, AGAIN + value) == [100.0, 200.0, 300.0]

    @pytest.mark.parametrize("value", ["250", "nan", ""])
    def test_another_value_is_refused_with_both_lines(self, tmp_path: Path, value: str) -> None:
        with pytest.raises(RecordingError) as refused:
            csv_values(tmp_path, AGAIN + "200.0", AGAIN + value, AGAIN + "200")
        assert str(refused.value).endswith(
            f"day.csv:6: AC_POWER_ACTIVE of component 2 is '{value}' at 2026-06-15 12:00:01+02:00, "
            "and '200' in line 3; accepted: one value of a metric at a time, or the same one again"
        )

    @pytest.mark.parametrize("component", ["1", "12", "3"])
    def test_what_another_component_says_at_the_time_is_not_taken_for_the_first(
        self, component: str, tmp_path: Path
    ) -> None:
        others = AGAIN.replace(",2,", f",{component},") + "900"
        with pytest.raises(RecordingError) as refused:
            csv_values(tmp_path, others, AGAIN + "250")
        assert "day.csv:6: AC_POWER_ACTIVE of component 2 is '250'" in str(refused.value)
        assert "and '200' in line 3" in str(refused.value)
        with pytest.raises(RecordingError) as refused:
            csv_values(tmp_path, others, others.replace("900", "800"))
        assert f"day.csv:6: AC_POWER_ACTIVE of component {component} is '800'" in str(refused.value)
        assert "and '900' in line 5" in str(refused.value)

    def test_what_another_site_says_is_no_second_value(self, tmp_path: Path) -> None:
        row = f"{AGAIN}250".replace(",2200,", ",7,")
        assert csv_values(tmp_path, row, microgrid_id=2200) == [100.0, 200.0, 300.0]
        with pytest.raises(RecordingError, match="of several microgrids: 7, 2200"):
            csv_values(tmp_path, row)


class TestTables:
    @staticmethod
    def track(path: Path, power: list[float | None], soc: list[float | None]) -> dict[str, list[float]]:
        times = pa.array([NOON, NOON + SECOND, NOON + SECOND], pa.timestamp("us", tz="UTC"))
        pq.write_table(pa.table({"timestamp": times, "12.DC_POWER": power, "12.BATTERY_SOC_PCT": soc}), path)
        track = read_recording(path).tracks[12]
        return {name: track.values[:, place].tolist() for place, name in enumerate(track.names)}

    def test_rows_of_one_time_fill_one_another(self, tmp_path: Path) -> None:
        told = self.track(tmp_path / "day.parquet", [1.0, 2.0, None], [50.0, 51.0, 51.0])
        assert told == {"DC_POWER": [1.0, 2.0], "BATTERY_SOC_PCT": [50.0, 51.0]}

    def test_another_value_is_refused_with_both_rows(self, tmp_path: Path) -> None:
        with pytest.raises(
            RecordingError, match=r"day.parquet:3: 12.DC_POWER is 3, and 2 in row 2 at the same"
        ):
            self.track(tmp_path / "day.parquet", [1.0, 2.0, 3.0], [50.0, 51.0, 51.0])


def test_samples_after_a_clock_was_set_back_count_and_it_is_told(tmp_path: Path) -> None:
    site = demo_site().with_telemetry_interval(1.0)
    simulation = Simulation.headless(site, start_us=NOON)
    with Recorder(tmp_path / "day.parquet", site) as recorder:
        recorder.listen(simulation.gateway)
        simulation.fault(Fault("main", FaultKind.CLOCK_OFFSET, amount=20.0), for_s=30.0)
        simulation.run_for(timedelta(minutes=2))
    recording = read_recording(tmp_path / "day.parquet")
    times_us = recording.tracks[2].times_us
    assert (times_us[1:] > times_us[:-1]).all()
    (note,) = recording.notes
    assert note.startswith(
        "the clock of component 2 was set back or stood still: 20 of its samples carry the time"
    )
    assert note in Replay(recording).notes
    assert note in report_of_recording(recording).notes
