"""Draws the plan of the code from its imports: `make layout`.

Every folder of `sim` is a box on its floor; arrows point to what it imports. An arrow that follows from others is left
out.
"""

from __future__ import annotations

import sys
from pathlib import Path

from support.layout import HOUSE, SIM, arrows, floors

WIDTH, HEIGHT = 118, 34
GAP_X, GAP_Y = 22, 34
MARGIN = 16
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    ' font-family="sans-serif" font-size="13">'
)
_STYLE = (
    "<style>rect{fill:#f4f7fb;stroke:#4a6785}text{fill:#1d2b3a;text-anchor:middle}"
    ".outer{fill:#fff7e8;stroke:#a57c2b}line{stroke:#7d8fa3;stroke-width:1.2;marker-end:url(#tip)}</style>"
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0,0 L8,4 L0,8 z" fill="#7d8fa3"/></marker></defs>'
)


def picture() -> str:
    """Return the plan of the code as SVG."""
    edges = arrows("sim")
    levels = floors(edges)
    rows = {
        floor: [part for part in SIM if levels.get(part) == floor] for floor in sorted(set(levels.values()))
    }
    widest = max(map(len, rows.values()))
    inner = widest * WIDTH + (widest - 1) * GAP_X
    outer = [part for part in HOUSE if part not in ("models", "sim", "testing", "hardware")][::-1]
    top = MARGIN + len(outer) * (HEIGHT + GAP_Y) + GAP_Y
    places: dict[str, tuple[float, float]] = {}
    for floor, parts in rows.items():
        y = top + (len(rows) - floor) * (HEIGHT + GAP_Y)
        begin = MARGIN + GAP_X + (inner - len(parts) * WIDTH - (len(parts) - 1) * GAP_X) / 2
        for number, part in enumerate(parts):
            places[part] = (begin + number * (WIDTH + GAP_X), y)
    width = inner + 2 * (MARGIN + GAP_X)
    bottom = top + len(rows) * (HEIGHT + GAP_Y)
    middle = (width - WIDTH) / 2
    lines = [_HEAD.format(width=width, height=bottom + HEIGHT + GAP_Y + MARGIN), _STYLE]
    frame_y = top - GAP_Y / 2
    lines.append(
        f'<rect class="outer" x="{MARGIN}" y="{frame_y}" width="{width - 2 * MARGIN}" height="{bottom - top}" rx="6"/>'
    )
    lines.append(f'<text x="{MARGIN + 24}" y="{frame_y + 18}">sim</text>')
    for number, part in enumerate(outer):
        y = MARGIN + number * (HEIGHT + GAP_Y)
        lines += [_box(part, middle, y, "outer"), _down(middle + WIDTH / 2, y + HEIGHT)]
    lines += [
        _down(middle + WIDTH / 2, bottom - GAP_Y / 2, GAP_Y + GAP_Y / 2),
        _box("models", middle, bottom + GAP_Y, "outer"),
    ]
    for part, other in sorted(_without_implied(edges)):
        (x, y), (end_x, end_y) = places[part], places[other]
        lines.append(f'<line x1="{x + WIDTH / 2}" y1="{y + HEIGHT}" x2="{end_x + WIDTH / 2}" y2="{end_y}"/>')
    lines += [_box(part, x, y, "room") for part, (x, y) in places.items()]
    return "\n".join([*lines, "</svg>", ""])


def _box(name: str, x: float, y: float, kind: str) -> str:
    rect = f'<rect class="{kind}" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="5"/>'
    return f'{rect}<text x="{x + WIDTH / 2}" y="{y + HEIGHT / 2 + 5}">{name}</text>'


def _down(x: float, y: float, length: float = GAP_Y) -> str:
    return f'<line x1="{x}" y1="{y}" x2="{x}" y2="{y + length}"/>'


def _without_implied(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Leave out every arrow for which there is a longer way."""
    below: dict[str, set[str]] = {}
    for part, other in edges:
        below.setdefault(part, set()).add(other)

    def reached(part: str) -> set[str]:
        return set().union(*({other} | reached(other) for other in below.get(part, ())))

    return {
        (part, other)
        for part, other in edges
        if not any(other in reached(between) for between in below[part] - {other})
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(), encoding="utf-8")
