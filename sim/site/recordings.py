"""What devices cannot do of what drives them by `recorded`, as far as their ratings tell before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..components.component_type import Built
from ..components.ev_charger import EvCharger, greatest_current_a
from ..components.rating import Rating
from ..components.recordings import is_recorded, recorded_factor
from ..components.registry import type_of
from ..components.section import ComponentSection, Lapsing
from ..domain.ranges import Bounds
from ..files.units import AMPERE, WATT
from ..inputs.errors import InputError
from ..inputs.files.recording import read_recording
from .explanation import builder_of
from .site import Site

_ROUNDING = 1.0 + 1e-9


def recording_notes(site: Site, *, start_us: int) -> Iterator[str]:
    """Yield what recordings ask for beyond the ratings of their devices, in words.

    Args:
        site: A valid site, whose files can be read.
        start_us: When a run would start [µs since the Unix epoch].
    """
    recorded = {key: component for key, component in site.components.items() if is_recorded(component)}
    if not recorded:
        return
    # What is recorded of the air need not be of the day of a run.
    built_of = builder_of(site.model_copy(update={"ambient_temperature": None}), start_us)
    for key, component in recorded.items():
        rating = _rating(built_of, key, component)
        if rating is not None and rating.active is not None:
            yield from _beyond(site, key, component, rating)


def _rating(
    built_of: Callable[[str, ComponentSection], Built], key: str, component: Lapsing
) -> Rating | None:
    """Return what a device can be told; None if it takes no set-points, or nothing drives it on the day of a run."""
    # What else drives it need not be of that day, and is no part of its rating.
    alone = component.model_copy(update=dict.fromkeys(type_of(component).inputs))
    for section in (component, alone):
        try:
            built = built_of(key, section)
        except InputError:
            continue
        if built.converting is not None:
            return built.converting.rating
        return None if built.machine is None else built.machine.rating
    return None


def _beyond(site: Site, key: str, component: Lapsing, rating: Rating) -> Iterator[str]:
    spec, bounds, unit = component.recorded, rating.active, WATT
    assert spec is not None
    assert bounds is not None
    values = read_recording(spec, site.directory, site.microgrid.location.zone).values
    if isinstance(component, EvCharger) and spec.unit in AMPERE.factors:
        bounds, unit = Bounds(0.0, greatest_current_a(component)), AMPERE
    else:
        values = values * recorded_factor(component, rating)
    beyond = values[
        (values < min(bounds.lower, 0.0) * _ROUNDING) | (values > max(bounds.upper, 0.0) * _ROUNDING)
    ]
    if not len(beyond):
        return
    farthest = float(beyond[abs(beyond).argmax()])
    lower, upper, most = (unit.in_words(value, digits=4) for value in (*bounds, farthest))
    yield (
        f"{key} cannot have all that is recorded in {spec.file}: up to {most}, beyond its {lower} to {upper}, "
        f"in {len(beyond)} of {len(values)} rows"
    )
