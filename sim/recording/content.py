"""What a recording holds once it is read, whatever its file looked like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..domain.states import Diagnostic
from ..site.site import Site
from .codes import write_diagnostic
from .names import CONDITION_NAMES, ERROR, STATE, WARNING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]
    Instants = npt.NDArray[np.int64]


class Track(NamedTuple):
    """The numbers that one component reported."""

    names: tuple[str, ...]
    """Names of the columns, such as `BATTERY_SOC_PCT` or `BATTERY_SOC_PCT_bound_0_lower`."""
    times_us: Instants
    """Ascending, none twice [µs since the Unix epoch]."""
    values: Floats
    """One row per time, one column per name; in the unit of the metric."""
    present: Flags
    """Which of the values were reported; a reported NaN is one of them."""


class Condition(NamedTuple):
    """What a component said of itself. Words that are not known to the simulator are kept."""

    states: tuple[str, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()

    def rows(self) -> Iterable[tuple[str, str]]:
        """Return kind and text of everything it says; a state without text if it says nothing."""
        rows = [(STATE, state) for state in self.states]
        rows += [(WARNING, write_diagnostic(warning)) for warning in self.warnings]
        rows += [(ERROR, write_diagnostic(error)) for error in self.errors]
        return rows or [(STATE, "")]


@dataclass(frozen=True)
class Recording:
    """What a site reported over a stretch of time."""

    file: str
    """Name of the file."""
    microgrid_id: int | None
    tracks: Mapping[int, Track]
    """By component id, in the order of the file."""
    conditions: Mapping[int, tuple[tuple[int, Condition], ...]]
    """By component id: when [µs] each condition began."""
    formulas: Mapping[str, Track] = field(default_factory=dict)
    """Results of formulas that an export holds beside the components, by formula."""
    site: Site | None = None
    """The site that was recorded, where the file says; input files start at the recording's folder."""
    seed: int | None = None
    version: str | None = None
    """Version of the program that wrote the file."""
    holds_means: bool | None = None
    """Whether powers are means of the intervals that begin at their times; None if the file does not say (CSV)."""
    speed: float | None = None
    """Simulated seconds per second between times; None where that is one, or the file does not say (CSV)."""
    is_complete: bool = True
    """Whether the recording came to its end; not so after a crash. A recovered CSV file does not say."""
    notes: tuple[str, ...] = ()
    """What was left out of what the file holds, in words."""

    def long(self) -> pd.DataFrame:
        """Return every value and bound in a row of its own, by time.

        Returns:
            Columns `microgrid_id`, `component_id`, `metric` (categories) and `value` (in the unit of the
            metric; W, passive sign convention), with the index `timestamp` in UTC. See `states` for the rest.
        """
        return self._long({number: (number, track) for number, track in self.tracks.items()}, "int64")

    def formula_results(self) -> pd.DataFrame:
        """Return the results of formulas like `long`; `component_id` holds the formula."""
        return self._long(
            {number: (text, track) for number, (text, track) in enumerate(self.formulas.items())}, "str"
        )

    def states(self) -> pd.DataFrame:
        """Return every state, warning and error at the time from which on it was reported.

        Rows of the same time belong together: a component that says something new repeats what still holds.

        Returns:
            Columns `microgrid_id`, `component_id`, `metric` (`state`, `warning` or `error`) and `value` (name
            of the state, or protobuf text of the diagnostic), with the index `timestamp` in UTC.
        """
        import pandas as pd  # noqa: PLC0415 - takes long to import

        rows = [
            (time_us, number, kind, text)
            for number, changes in self.conditions.items()
            for time_us, condition in changes
            for kind, text in condition.rows()
        ]
        rows.sort(key=lambda row: row[0])
        columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
        frame = pd.DataFrame({"component_id": columns[1], "metric": columns[2], "value": columns[3]})
        frame.insert(0, "microgrid_id", self.microgrid_id)
        return frame.set_index(_index(columns[0]))

    def wide(self) -> pd.DataFrame:
        """Return a column per component and metric, such as `12.BATTERY_SOC_PCT`, and a row per time.

        Bounds have columns of their own. `12.state`, `12.warning` and `12.error` say what held when the
        component reported. Where it reported nothing at a time there is NaN or None.
        """
        import numpy as np  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        axes = [track.times_us for track in self.tracks.values()]
        times_us = np.unique(np.concatenate(axes)) if axes else np.empty(0, np.int64)
        columns: dict[str, object] = {}
        for number, track in self.tracks.items():
            rows = np.searchsorted(times_us, track.times_us)
            for index, name in enumerate(track.names):
                column = np.full(len(times_us), np.nan)
                column[rows] = np.where(track.present[:, index], track.values[:, index], np.nan)
                columns[f"{number}.{name}"] = column
            columns.update(self._condition_columns(number, track, rows, len(times_us)))
        return pd.DataFrame(columns, index=_index(times_us))

    def _long(self, tracks: Mapping[int, tuple[object, Track]], kind: str) -> pd.DataFrame:
        import numpy as np  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        names = tuple(dict.fromkeys(name for _, track in tracks.values() for name in track.names))
        codes = {name: code for code, name in enumerate(names)}
        times, owners, metrics, values = [], [], [], []
        for number, (_, track) in tracks.items():
            rows, columns = np.nonzero(track.present)
            times.append(track.times_us[rows])
            owners.append(np.full(len(rows), number, np.int64))
            metrics.append(np.array([codes[name] for name in track.names], np.int32)[columns])
            values.append(track.values[rows, columns])
        joined = [
            np.concatenate(parts) if parts else np.empty(0) for parts in (times, owners, metrics, values)
        ]
        order = np.argsort(joined[0], kind="stable")
        shown = pd.Series(joined[1][order].astype("int64"))
        if kind == "str":
            shown = shown.map({number: label for number, (label, _) in tracks.items()}).astype("str")
        frame = pd.DataFrame(
            {
                "microgrid_id": self.microgrid_id,
                "component_id": shown,
                "metric": pd.Categorical.from_codes(
                    joined[2][order].astype("int32"), pd.Index(names, dtype="str")
                ),
                "value": joined[3][order].astype("float64"),
            }
        )
        return frame.set_index(_index(joined[0][order]))

    def _condition_columns(
        self, number: int, track: Track, rows: Instants, length: int
    ) -> dict[str, pd.Categorical]:
        import numpy as np  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        changes = self.conditions.get(number, ())
        if not changes:
            return {}
        starts = np.array([time_us for time_us, _ in changes])
        held = np.searchsorted(starts, track.times_us, side="right") - 1
        columns = {}
        for name in CONDITION_NAMES:
            texts = [condition_text(condition, name) for _, condition in changes]
            labels = {text: code for code, text in enumerate(dict.fromkeys(texts))}
            codes = np.full(length, -1, np.int32)
            by_change = np.array([labels[text] for text in texts], np.int32)
            codes[rows] = np.where(held >= 0, by_change[held], -1)
            columns[f"{number}.{name}"] = pd.Categorical.from_codes(
                codes, pd.Index(list(labels), dtype="str")
            )
        return columns


def condition_text(condition: Condition, name: str) -> str:
    """Return one kind of what a component says as one text.

    Args:
        condition: What it says.
        name: `state`: names with spaces between them; `warning` or `error`: protobuf texts with empty lines
            between them.
    """
    if name == STATE:
        return " ".join(condition.states)
    diagnostics = condition.warnings if name == WARNING else condition.errors
    return "\n".join(map(write_diagnostic, diagnostics))


def _index(times_us: object) -> pd.DatetimeIndex:
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    instants = np.asarray(times_us, dtype=np.int64).astype("datetime64[us]")
    return pd.DatetimeIndex(instants, tz="UTC", name="timestamp")
