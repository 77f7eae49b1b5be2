"""Lays out what the site is built from: the pages as written, the reference, and the sources that pages link to."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

from .formulas import with_formulas
from .reference import generated_pages

OWN = ("website", "zensical.toml")
"""What in `docs/` is for building and not for reading."""
_LINK = re.compile(r"(?<=\]\()(?P<target>[^):#\s]+)(?P<anchor>#[^)\s]*)?(?=\))")
_LANGUAGES = {".py": "python", ".proto": "protobuf", ".yaml": "yaml", ".toml": "toml", ".ini": "ini"}
_GENERATED = "reference/presets/*.md"


def stage(root: Path, build: Path) -> Path:
    """Write pages and configuration for the site's builder.

    Args:
        root: The project's folder.
        build: Folder to write to; `docs/` and `zensical.toml` in it are written anew.

    Returns:
        The path of the configuration.
    """
    pages = build / "docs"
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(root / "docs", pages, ignore=shutil.ignore_patterns(*OWN, "__pycache__"))
    generated = generated_pages()
    for name, make in generated.items():
        path = pages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), "utf-8")
    for path in sorted((root / "docs").rglob("*.md")):
        staged = pages / path.relative_to(root / "docs")
        staged.write_text(with_formulas(_links_led_into(staged, path, root, pages)), "utf-8")
    presets = sorted(name for name in generated if name.startswith("reference/presets/"))
    nav = ", ".join(f'"{name}"' for name in presets)
    configuration = (root / "docs" / "zensical.toml").read_text("utf-8")
    target = build / "zensical.toml"
    target.write_text(configuration.replace(f'"{_GENERATED}"', nav), "utf-8")
    return target


def _links_led_into(staged: Path, page: Path, root: Path, pages: Path) -> str:
    """Return a page whose links to files outside of `docs/` lead to a page that shows the file."""

    def led(match: re.Match[str]) -> str:
        source = (page.parent / match["target"]).resolve()
        if source.is_relative_to(root / "docs") or not source.is_relative_to(root) or not source.exists():
            return match[0]
        shown = pages / "sources" / source.relative_to(root)
        shown = shown if shown.suffix == ".md" else shown.with_name(f"{shown.name}.md")
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_text(_shown(source, root), "utf-8")
        return os.path.relpath(shown, staged.parent) + (match["anchor"] or "")

    return _LINK.sub(led, page.read_text("utf-8"))


def _shown(source: Path, root: Path) -> str:
    if source.suffix == ".md":
        return source.read_text("utf-8")
    name, language = source.relative_to(root).as_posix(), _LANGUAGES.get(source.suffix, "text")
    return f'# {source.name}\n\n```{language} title="{name}"\n{source.read_text("utf-8")}```\n'


def unlisted(pages: Path, configuration: Path) -> list[str]:
    """Return the pages that the nav does not name, past sources that are shown for links to them."""
    listed = set(_strings(tomllib.loads(configuration.read_text("utf-8"))["project"]["nav"]))
    names = {path.relative_to(pages).as_posix() for path in pages.rglob("*.md")}
    return sorted(name for name in names - listed if not name.startswith("sources/"))


def _strings(nav: object) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
            yield from _strings(part)
