"""Draws a site as a tree: the grid at the root, everything behind it with its ratings and inputs."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from ..sim.components.registry import type_of
from ..sim.components.section import Lapsing
from ..sim.site.graph import children, grid_key
from ..sim.site.site import Site


def site_tree(site: Site) -> Tree:
    """Return the drawing of a valid site; what is behind several components appears behind each of them."""
    grid = grid_key(site)
    tree = Tree(_label(site, grid, None))
    _grow(tree, site, grid)
    return tree


def unsupported_notes(site: Site) -> str:
    """Say what becomes of components that today's Python clients do not know; nothing if there are none."""
    named = [
        f"{key} ({part.category})" for key, part in site.components.items() if type_of(part).sdk_class is None
    ]
    if not named:
        return ""
    if site.microgrid.list_unsupported:
        return (
            f"An SDK app does not start here, since it does not know all that is listed: {', '.join(named)}"
        )
    return (
        f"Left out of lists, since SDK apps do not know them and would not start: {', '.join(named)}\n"
        "(microgrid.list_unsupported: true lists them for other clients)"
    )


def _grow(tree: Tree, site: Site, parent: str) -> None:
    for key in children(site, parent):
        _grow(tree.add(_label(site, key, parent)), site, key)


def _label(site: Site, key: str, parent: str | None) -> Text:
    component = site.components[key]
    others = [f"also behind {other}" for other in component.behind if other != parent]
    recorded = component.recorded if isinstance(component, Lapsing) else None
    driven = [] if recorded is None else [f"as recorded in {recorded.file}"]
    details = ", ".join([*type_of(component).caption(component), *driven, *others])
    return Text.assemble(
        (key, "bold"),
        f" #{component.id} ",
        (component.category, "cyan"),
        f"  {details}" if details else "",
    )
