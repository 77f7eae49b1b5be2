"""A site whose links lead nowhere, or that loads from elsewhere, is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from website.links import problems


def site(folder: Path, body: str) -> Path:
    """Write a site of two pages, one with a given body."""
    (folder / "other").mkdir()
    (folder / "other" / "index.html").write_text('<h2 id="there">There</h2>', "utf-8")
    (folder / "picture.png").write_bytes(b"")
    (folder / "index.html").write_text(f'<h1 id="here">Here</h1>{body}', "utf-8")
    return folder


@pytest.mark.parametrize(
    "body",
    [
        '<a href="other/">',
        '<a href="other/#there">',
        '<a href="#here">',
        '<a href=".">',
        '<img src="picture.png">',
        '<a href="https://example.com/">',
        '<img src="data:image/png;base64,AAAA">',
        '<link rel="canonical" href="https://example.com/">',
    ],
)
def test_what_leads_somewhere_is_accepted(body: str, tmp_path: Path) -> None:
    assert problems(site(tmp_path, body)) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<a href="another/">', "index.html: another/ leads nowhere"),
        ('<a href="../outside.html">', "index.html: ../outside.html leads nowhere"),
        ('<img src="photo.png">', "index.html: photo.png leads nowhere"),
        (
            '<a href="other/#gone">',
            "index.html: other/#gone: there is no such anchor; accepted: there",
        ),
        ('<a href="#gone">', "index.html: #gone: there is no such anchor; accepted: here"),
        (
            '<script src="https://example.com/x.js"></script>',
            "index.html: loads https://example.com/x.js; accepted: files of the site",
        ),
        (
            '<link rel="stylesheet" href="//example.com/x.css">',
            "index.html: loads //example.com/x.css; accepted: files of the site",
        ),
    ],
)
def test_what_leads_nowhere_is_told_with_its_page(body: str, told: str, tmp_path: Path) -> None:
    assert problems(site(tmp_path, body)) == [told]
