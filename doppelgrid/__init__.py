"""Doppelgrid: the double of a microgrid, for real control applications to talk to.

```python
async with doppelgrid.serve("demo") as url:
    await frequenz.sdk.microgrid.initialize(url, config)
```
"""

from .proto.serving import SiteServer
from .sim.site import Site
from .sim.sitefile import SiteError, load_site

serve = SiteServer
"""Serves a site: `async with serve("demo") as url`."""

__all__ = ["Site", "SiteError", "SiteServer", "load_site", "serve"]
