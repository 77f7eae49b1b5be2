"""What `check` tells of inverters that share some of several batteries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..components.battery import Battery
from ..components.inverter import StorageInverter
from .relations import in_front
from .site import Site


def sharing_notes(site: Site) -> Iterator[str]:
    """Yield which inverters have several batteries of which they share some."""
    inverters_of = {
        key: [each for each in in_front(site, key) if isinstance(site.components[each], StorageInverter)]
        for key, component in site.components.items()
        if isinstance(component, Battery)
    }
    counts = Counter(inverter for inverters in inverters_of.values() for inverter in inverters)
    for inverter in (key for key in site.components if counts[key] > 1):
        shared = [
            key for key, inverters in inverters_of.items() if inverter in inverters and len(inverters) > 1
        ]
        if shared:
            yield (
                f"{inverter} has {counts[inverter]} batteries and shares {', '.join(shared)}: its bounds are those "
                "while others keep what they have, and where all ask for more than a battery has, each gets a part"
            )
