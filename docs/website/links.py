"""Checks the built site: every link leads somewhere in it, and no page loads anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

_LOADED = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
}
_LINK_ONLY = {"canonical", "prev", "next"}
"""What `<link rel=…>` names without loading it."""


class _Page(HTMLParser):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, bool]] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := values.get(name))}
        for name in ("href", "src"):
            if (target := values.get(name)) is not None:
                loaded = (tag, name) in _LOADED and values.get("rel") not in _LINK_ONLY
                self.links.append((target, loaded))


def problems(site: Path) -> list[str]:
    """Return what is wrong with the links of a built site, a line each.

    Args:
        site: Its folder.
    """
    pages = {path: _Page(path) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        # The page for what is not found knows no place of its own, so its links are those of the site's root.
        if path.name == "404.html":
            continue
        for target, loaded in page.links:
            found += [
                f"{path.relative_to(site)}: {each}" for each in _problems(target, loaded, path, pages, site)
            ]
    return found


def _problems(target: str, loaded: bool, path: Path, pages: dict[Path, _Page], site: Path) -> Iterator[str]:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        if loaded and parts.scheme != "data":
            yield f"loads {target}; accepted: files of the site"
        return
    name, anchor = urldefrag(target)
    place = (path.parent / unquote(name)).resolve() if name else path
    if place.is_dir():
        place /= "index.html"
    if not place.is_relative_to(site) or not place.exists():
        yield f"{target} leads nowhere"
    elif anchor and place in pages and unquote(anchor) not in pages[place].anchors:
        yield f"{target}: there is no such anchor; accepted: {', '.join(sorted(pages[place].anchors)) or 'none'}"
