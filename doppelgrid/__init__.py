"""Doppelgrid: the double of a microgrid, for real control applications to talk to.

```python
async with doppelgrid.serve("demo") as url:
    await frequenz.sdk.microgrid.initialize(url, config)
```

Names are looked up when they are first used: pytest imports this package at every start, for its plugin.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .headless.ensemble import simulate_many
    from .headless.simulate import RunError, simulate
    from .headless.summary import Summary
    from .proto.control.client import ControlClient, ControlError
    from .proto.security import Security
    from .proto.serving import SiteServer
    from .sim.recording import Recorder, Recording, RecordingError, read_recording
    from .sim.replay import Replay
    from .sim.simulation import Simulation
    from .sim.site import Site
    from .sim.sitefile import SiteError, load_site
    from .sim.snapshot import Snapshot
    from .sim.tape import Tape

    serve = SiteServer

_HOMES = {
    "ControlClient": "proto.control.client.ControlClient",
    "ControlError": "proto.control.client.ControlError",
    "Recorder": "sim.recording.Recorder",
    "Recording": "sim.recording.Recording",
    "RecordingError": "sim.recording.RecordingError",
    "Replay": "sim.replay.Replay",
    "RunError": "headless.simulate.RunError",
    "Security": "proto.security.Security",
    "Simulation": "sim.simulation.Simulation",
    "Site": "sim.site.Site",
    "SiteError": "sim.sitefile.SiteError",
    "SiteServer": "proto.serving.SiteServer",
    "Snapshot": "sim.snapshot.Snapshot",
    "Summary": "headless.summary.Summary",
    "Tape": "sim.tape.Tape",
    "load_site": "sim.sitefile.load_site",
    "read_recording": "sim.recording.read_recording",
    "serve": "proto.serving.SiteServer",
    "simulate": "headless.simulate.simulate",
    "simulate_many": "headless.ensemble.simulate_many",
}

__all__ = [
    "ControlClient",
    "ControlError",
    "Recorder",
    "Recording",
    "RecordingError",
    "Replay",
    "RunError",
    "Security",
    "Simulation",
    "Site",
    "SiteError",
    "SiteServer",
    "Snapshot",
    "Summary",
    "Tape",
    "load_site",
    "read_recording",
    "serve",
    "simulate",
    "simulate_many",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].rpartition(".")
    return getattr(import_module(f".{module}", __name__), attribute)
