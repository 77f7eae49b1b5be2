"""Draws the plan of the code from its imports: `make layout`.

Every folder of `sim` is a box on its floor; arrows point to what it imports, past the boxes of the floors between. An
arrow that follows from others is left out.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

from support.layout import HOUSE, SIM, arrows, floors

WIDTH, HEIGHT = 118, 34
GAP_X, GAP_Y = 22, 34
MARGIN = 16
Point = tuple[float, float]
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    ' font-family="sans-serif" font-size="13">'
)
_STYLE = (
    "<style>rect{fill:#f4f7fb;stroke:#4a6785}text{fill:#1d2b3a;text-anchor:middle}"
    ".outer{fill:#fff7e8;stroke:#a57c2b}path.way{fill:none;stroke:#7d8fa3;stroke-width:1.2;marker-end:url(#tip)}</style>"
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
        lines += [
            _box(part, middle, y, "outer"),
            _down(middle + WIDTH / 2, y + HEIGHT, 1.5 * GAP_Y if part == outer[-1] else GAP_Y),
        ]
    lines += [
        _down(middle + WIDTH / 2, bottom - GAP_Y / 2, 1.5 * GAP_Y),
        _box("models", middle, bottom + GAP_Y, "outer"),
    ]
    lines += [_way(points) for points in _ways(_without_implied(edges), places)]
    lines += [_box(part, x, y, "room") for part, (x, y) in places.items()]
    return "\n".join([*lines, "</svg>", ""])


def _box(name: str, x: float, y: float, kind: str) -> str:
    rect = f'<rect class="{kind}" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="5"/>'
    return f'{rect}<text x="{x + WIDTH / 2}" y="{y + HEIGHT / 2 + 5}">{name}</text>'


def _down(x: float, y: float, length: float) -> str:
    return _way([(x, y), (x, y + length)])


def _way(points: list[Point]) -> str:
    """Return an arrow that leaves and enters every point straight down."""
    path = f"M{points[0][0]:g},{points[0][1]:g}"
    for (x, y), (end_x, end_y) in pairwise(points):
        half = (y + end_y) / 2
        path += f" C{x:g},{half:g} {end_x:g},{half:g} {end_x:g},{end_y:g}"
    return f'<path class="way" d="{path}"/>'


def _ways(edges: set[tuple[str, str]], places: dict[str, Point]) -> list[list[Point]]:
    """Return the points of each arrow: out of its box, through gaps of the floors between, and into the other box."""
    order = sorted(edges)
    between = {edge: _between(places[edge[0]], places[edge[1]], places) for edge in order}
    # What an arrow is headed for when it leaves its box, and where it comes from when it enters the other.
    ahead = {edge: (between[edge] or [places[edge[1]]])[0][0] for edge in order}
    behind = {edge: (between[edge] or [places[edge[0]]])[-1][0] for edge in order}
    ways = []
    for part, other in order:
        edge = (part, other)
        x = _port(places[part][0], edge, [each for each in order if each[0] == part], ahead)
        end_x = _port(places[other][0], edge, [each for each in order if each[1] == other], behind)
        ways.append([(x, places[part][1] + HEIGHT), *between[edge], (end_x, places[other][1])])
    return ways


def _between(begin: Point, end: Point, places: dict[str, Point]) -> list[Point]:
    """Return how an arrow passes the floors between two boxes, through the gaps nearest to a straight line."""
    (x, y), (end_x, end_y) = begin, end
    points: list[Point] = []
    for floor_y in sorted({floor for _, floor in places.values() if y < floor < end_y}):
        straight = x + (end_x - x) * (floor_y - y) / (end_y - y)
        gap = min(_gaps(places, floor_y), key=lambda place: (abs(place - WIDTH / 2 - straight), place))
        points += [(gap, floor_y), (gap, floor_y + HEIGHT)]
    return points


def _port(
    x: float, edge: tuple[str, str], edges: list[tuple[str, str]], far: dict[tuple[str, str], float]
) -> float:
    """Return where an arrow touches its box, so that those of one box lie side by side in the order of their ends."""
    ordered = sorted(edges, key=lambda each: (far[each], each))
    return x + WIDTH * (1 + ordered.index(edge)) / (1 + len(ordered))


def _gaps(places: dict[str, Point], floor_y: float) -> list[float]:
    """Return where an arrow can pass a floor: between its boxes, and beside them."""
    lefts = [x for x, y in places.values() if y == floor_y]
    return [*(left - GAP_X / 2 for left in lefts), max(lefts) + WIDTH + GAP_X / 2]


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
