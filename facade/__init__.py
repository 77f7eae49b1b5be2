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
    from .proto.control.client import ControlClient, ControlError
    from .proto.serving.site_server import SiteServer
    from .proto.transport.security import Security
    from .sim.ensemble.ensemble import simulate_many
    from .sim.headless.outcome import RunError, Summary
    from .sim.headless.simulate import simulate
    from .sim.recording import Recorder, Recording, RecordingError, read_recording
    from .sim.replay import Replay
    from .sim.report.figures import Kpis
    from .sim.report.kpis import kpis
    from .sim.report.of_recording import report_of_recording
    from .sim.report.site_report import SiteReport
    from .sim.simulation.simulation import Simulation
    from .sim.simulation.snapshot import Snapshot
    from .sim.simulation.tape import Tape
    from .sim.site.reader import SiteError, load_site
    from .sim.site.site import Site
    from .sim.tariff.reader import Tariff, TariffError, load_tariff

    serve = SiteServer
    __version__: str

_HOMES = {
    "ControlClient": "proto.control.client.ControlClient",
    "ControlError": "proto.control.client.ControlError",
    "Kpis": "sim.report.figures.Kpis",
    "Recorder": "sim.recording.Recorder",
    "Recording": "sim.recording.Recording",
    "RecordingError": "sim.recording.RecordingError",
    "Replay": "sim.replay.Replay",
    "RunError": "sim.headless.outcome.RunError",
    "Security": "proto.transport.security.Security",
    "Simulation": "sim.simulation.simulation.Simulation",
    "Site": "sim.site.site.Site",
    "SiteError": "sim.site.reader.SiteError",
    "SiteReport": "sim.report.site_report.SiteReport",
    "SiteServer": "proto.serving.site_server.SiteServer",
    "Snapshot": "sim.simulation.snapshot.Snapshot",
    "Summary": "sim.headless.outcome.Summary",
    "Tape": "sim.simulation.tape.Tape",
    "Tariff": "sim.tariff.reader.Tariff",
    "TariffError": "sim.tariff.reader.TariffError",
    "kpis": "sim.report.kpis.kpis",
    "load_site": "sim.site.reader.load_site",
    "load_tariff": "sim.tariff.reader.load_tariff",
    "read_recording": "sim.recording.read_recording",
    "report_of_recording": "sim.report.of_recording.report_of_recording",
    "serve": "proto.serving.site_server.SiteServer",
    "simulate": "sim.headless.simulate.simulate",
    "simulate_many": "sim.ensemble.ensemble.simulate_many",
}

__all__ = [
    "ControlClient",
    "ControlError",
    "Kpis",
    "Recorder",
    "Recording",
    "RecordingError",
    "Replay",
    "RunError",
    "Security",
    "Simulation",
    "Site",
    "SiteError",
    "SiteReport",
    "SiteServer",
    "Snapshot",
    "Summary",
    "Tape",
    "Tariff",
    "TariffError",
    "kpis",
    "load_site",
    "load_tariff",
    "read_recording",
    "report_of_recording",
    "serve",
    "simulate",
    "simulate_many",
]


def __dir__() -> list[str]:
    ours = {name for name in globals() if name.startswith("__")}
    return sorted({*ours, *__all__, "__version__"})


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("importlib.metadata").version(__name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].rpartition(".")
    return getattr(import_module(f".{module}", __name__), attribute)
