"""What can be wrong: faults by the operators of Cosmic Ray, at places in the bodies of functions."""

from __future__ import annotations

import ast
import difflib
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

from .sources import ROOT, Source

_ALIKE = (
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
    {"RShift", "LShift", "BitOr", "BitAnd", "BitXor"},
    {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"},
    {"Is", "IsNot"},
    {"In", "NotIn"},
)
"""An operator of Python gives way to one of its own kind alone: `3.0 << 2` would be noticed by whoever runs it."""
_REPLACES = re.compile(r"Replace(?:Binary|Comparison)Operator_(\w+)_(\w+)$")
_LEFT_OUT = {"VariableReplacer", "VariableInserter"}
"""Want to be told a name."""

_PUNCTUATION = set("()[]{},.:;=") | {"->", ":=", "..."}

Position = tuple[int, int]
"""Line from one on and column from nought on."""


class RemoveStatement(Operator):  # type: ignore[misc]
    """Takes out a call whose result nobody uses, or an augmented assignment; Cosmic Ray has nothing like it."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Position, Position]]:
        """Yield where such a statement stands."""
        if node.type == "simple_stmt" and self._can_go(node.children[0]):
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ARG002 - each statement can go in one way
        """Let nothing be done instead."""
        statement = node.children[0]
        prefix = statement.get_first_leaf().prefix
        node.children[0] = parso.python.tree.Keyword("pass", statement.start_pos, prefix)
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        """Return none: they are tests."""
        return ()

    @staticmethod
    def _can_go(statement: Any) -> bool:
        if statement.type == "atom_expr":
            last = statement.children[-1]
            return bool(last.type == "trailer" and last.children[0].value == "(")
        sign = getattr(statement.children[1], "value", "=") if statement.type == "expr_stmt" else "="
        return bool(sign != "=")


def _operators() -> dict[str, type[Operator]]:
    found = {}
    for name in sorted(operator_names()):
        short = name.split("/")[-1]
        pair = _REPLACES.match(short)
        if short not in _LEFT_OUT and (pair is None or any({*pair.groups()} <= kind for kind in _ALIKE)):
            found[short] = get_operator(name)
    return {**found, "RemoveStatement": RemoveStatement}


OPERATORS = _operators()


@dataclass(frozen=True)
class Place:
    """Where code of a function stands that can be wrong in one way or several."""

    source: Source
    function: str
    begin: Position
    end: Position
    lines: range
    """Of the statement, of a compound one its head."""
    function_lines: range
    ways: tuple[tuple[str, int], ...]
    """Names of operators, each with which of its occurrences in the file this is."""


@dataclass(frozen=True)
class Fault:
    """A mistake in one file."""

    place: Place
    operator: str
    before: str
    """The whole text of the file."""
    after: str

    @cached_property
    def diff(self) -> str:
        """What it changes, as a unified diff."""
        return "\n".join(self._lines(3))

    @cached_property
    def was(self) -> str:
        """The lines that it changes, without their indentation."""
        return "\n".join(line[1:].strip() for line in self._lines(0)[2:] if line.startswith("-"))

    @cached_property
    def now(self) -> str:
        """What stands there instead."""
        return "\n".join(line[1:].strip() for line in self._lines(0)[2:] if line.startswith("+"))

    def _lines(self, around: int) -> list[str]:
        path = self.place.source.path
        return list(
            difflib.unified_diff(
                self.before.splitlines(),
                self.after.splitlines(),
                f"a/{path}",
                f"b/{path}",
                n=around,
                lineterm="",
            )
        )


def draw(found: Sequence[Source], number: int, seed: str, root: Path = ROOT) -> list[Fault]:
    """Choose places in some files evenly, and a fault at each; the same of both for the same seed and files.

    Args:
        found: The files.
        number: How many faults, fewer if there are not so many places.
        seed: Any text.
        root: Of the checkout.
    """
    texts = {source: (root / source.path).read_text() for source in found}
    places = [place for source, text in texts.items() for place in places_in(text, source)]
    chance = random.Random(seed)
    chance.shuffle(places)
    faults: list[Fault] = []
    for place in places:
        if len(faults) == number:
            break
        ways = chance.sample(place.ways, len(place.ways))
        tried = (planted(place, way, texts[place.source]) for way in ways)
        faults += itertools.islice((fault for fault in tried if fault is not None), 1)
    return faults


def places_in(text: str, source: Source) -> list[Place]:
    """Return where a file can be wrong, in the order of its lines."""
    scopes = _Scopes(text)
    ways: dict[tuple[Position, Position], list[tuple[str, int]]] = {}
    nodes = [node for node in ast_nodes(get_ast(text)) if not _never_changes(node)]
    for name, kind in OPERATORS.items():
        operator = kind()
        positions = (span for node in nodes for span in operator.mutation_positions(node))
        for occurrence, span in enumerate(positions):
            ways.setdefault(span, []).append((name, occurrence))
    places = []
    for (begin, end), these in sorted(ways.items()):
        scope = scopes.around(begin)
        if scope is not None:
            places.append(Place(source, scope.function, begin, end, scope.lines, scope.body, tuple(these)))
    return places


def _never_changes(node: Any) -> bool:
    """Return whether a node is one of the many that no operator looks at, which are most."""
    if node.type in {"name", "string", "newline", "endmarker"}:
        return True
    return bool(node.type == "operator" and node.value in _PUNCTUATION)


def planted(place: Place, way: tuple[str, int], text: str) -> Fault | None:
    """Return a fault at a place in one of its ways; none if Python would run the same, or nothing."""
    operator, occurrence = way
    after = mutate_code(text, OPERATORS[operator](), occurrence)
    return None if after is None or not _differs(text, after) else Fault(place, operator, text, after)


def _differs(before: str, after: str) -> bool:
    try:
        return ast.dump(ast.parse(before)) != ast.dump(ast.parse(after))
    except SyntaxError:
        return False


@dataclass(frozen=True)
class _Scope:
    function: str
    lines: range
    body: range


class _Scopes(ast.NodeVisitor):
    """Which statement of which function a position belongs to."""

    def __init__(self, text: str) -> None:
        self._text = [line.encode() for line in text.splitlines()]
        self._statements: list[tuple[Position, Position, _Scope]] = []
        self._left_out: list[tuple[Position, Position]] = []
        self._names: tuple[str, ...] = ()
        self._body: range | None = None
        self.visit(ast.parse(text))

    def around(self, position: Position) -> _Scope | None:
        """Return the innermost statement at a position; none where no faults are planted."""
        if any(begin <= position < end for begin, end in self._left_out):
            return None
        holding = [scope for begin, end, scope in self._statements if begin <= position < end]
        return holding[-1] if holding else None

    def visit(self, node: ast.AST) -> None:
        """Note a statement of a function, and go on with what stands in it."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._enter(node, range(node.body[0].lineno, (node.end_lineno or 0) + 1))
        elif isinstance(node, ast.ClassDef):
            self._enter(node, None)
        else:
            if isinstance(node, ast.stmt) and self._body is not None:
                self._note(node, self._body)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
                # As an assertion does, it says what holds anyway.
                self._left_out += [self._span(each.value) for each in node.keywords if each.arg == "strict"]
            self.generic_visit(node)

    def _enter(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, body: range | None) -> None:
        outside = self._names, self._body
        self._names, self._body = (*self._names, node.name), body
        for statement in node.body:
            self.visit(statement)
        self._names, self._body = outside

    def _note(self, node: ast.stmt, body: range) -> None:
        begin, end = self._span(node)
        inner = getattr(node, "body", None) or getattr(node, "cases", None)
        last = _first_line(inner[0]) - 1 if inner else node.end_lineno or node.lineno
        lines = range(node.lineno, max(node.lineno, last) + 1)
        self._statements.append((begin, end, _Scope(".".join(self._names), lines, body)))
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.Raise | ast.Assert) or is_text:
            self._left_out.append((begin, end))
        elif isinstance(node, ast.AnnAssign):
            self._left_out.append(self._span(node.annotation))

    def _span(self, node: Any) -> tuple[Position, Position]:
        return (
            (node.lineno, self._column(node.lineno, node.col_offset)),
            (node.end_lineno, self._column(node.end_lineno, node.end_col_offset)),
        )

    def _column(self, line: int, offset: int) -> int:
        """Return a column in letters: `ast` counts bytes, parso letters."""
        return len(self._text[line - 1][:offset].decode())


def _first_line(node: ast.stmt | ast.match_case) -> int:
    return node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
