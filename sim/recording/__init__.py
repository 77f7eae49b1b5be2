"""Recordings: one content and two forms, written while a site runs and read into pandas frames.

CSV is the long form of the Frequenz reporting exports: `timestamp,microgrid_id,component_id,metric,value`, one
value a line. Bounds are `<METRIC>_bound_<i>_lower` and `_upper`; what a component says of itself stands in rows
`state` (number of the state), `warning` and `error` (protobuf text), written when it changes. Floats keep every
bit. A CSV file says nothing of the site.

Parquet is wide: `timestamp`, and a column per component and metric such as `12.BATTERY_SOC_PCT`, with
`12.state`, `12.warning` and `12.error` beside them. All components of a site are sampled together, so there is
one time axis. The file's metadata hold site, seed and version.

Either form counts by the sample times that the components report. If one of them stands still (fault `stale`),
the last of the frames with that time is what a reader gets.
"""

from .content import Recording
from .errors import RecordingError
from .reading import read_recording
from .recorder import Recorder
from .selection import Metrics

__all__ = ["Metrics", "Recorder", "Recording", "RecordingError", "read_recording"]
