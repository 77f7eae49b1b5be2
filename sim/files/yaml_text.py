"""YAML text as plain values that still know their lines.

Faults of the text itself (syntax, keys given twice, tags) are gathered rather than raised, so that a reader
can report them together with what is wrong with the values.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from .problems import Finding, Place, shown
from .steering import has_halves, steers

_TAGS = "tag:yaml.org,2002:"
_MERGE = f"{_TAGS}merge"
_PLAIN = "text, numbers, lists and mappings"


@dataclass(frozen=True)
class Located:
    """A fault and its line, counted from 1."""

    line: int
    finding: Finding


@dataclass
class YamlText:
    """The content of a YAML text."""

    data: object = None
    """Dicts with text keys, lists, text, numbers, booleans and None; None if the text cannot be read."""
    faults: list[Located] = field(default_factory=list)
    is_readable: bool = True
    """Whether the text is YAML at all."""
    _children: dict[int, dict[str | int, tuple[int, Node]]] = field(default_factory=dict, repr=False)
    _root: Node | None = field(default=None, repr=False)

    def line(self, path: Place) -> int:
        """Return the line where the value at a path begins, or the nearest one around it if there is none."""
        line, node = 1, self._root
        for part in path:
            found = self._children.get(id(node), {}).get(part)
            if found is None:
                break
            line, node = found
        return line

    def part(self, path: Place, data: object) -> YamlText:
        """Return the part of the text at a path as a text of its own, without faults, and with the data given."""
        node = self._root
        for key in path:
            found = self._children.get(id(node), {}).get(key)
            if found is None:
                break
            node = found[1]
        return YamlText(data, _children=self._children, _root=node)


def read_yaml(text: str | bytes) -> YamlText:
    """Read a YAML text; whatever is wrong with it is among the faults of the result."""
    if isinstance(text, str):
        return _read(text)
    try:
        return _read(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _unreadable(text.count(b"\n", 0, error.start) + 1, "not text in UTF-8")


def _read(text: str) -> YamlText:
    yaml = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            root = yaml.compose(text)
            return _Reader(yaml.constructor).read(root)
    except RecursionError:
        return _unreadable(1, "nested too deeply")
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return _unreadable(line, "not YAML: a character that is not allowed")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _unreadable(mark.line + 1 if mark else 1, f"not YAML: {_reason(error)}")
    except (YAMLError, ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
        # The YAML library lets these through for some malformed directives, tags and escapes.
        return _unreadable(1, f"not YAML: {_one_line(str(error))}")


def _reason(error: MarkedYAMLError) -> str:
    return _one_line(" ".join(part for part in (error.context, error.problem) if part))


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _unreadable(line: int, found: str) -> YamlText:
    return YamlText(faults=[Located(line, Finding((), found, "YAML"))], is_readable=False)


class _Reader:
    """Turns composed nodes into values, once per node."""

    def __init__(self, constructor: SafeConstructor) -> None:
        self._scalars: dict[str, Callable[[ScalarNode], object]] = {
            f"{_TAGS}null": lambda _: None,
            f"{_TAGS}bool": constructor.construct_yaml_bool,
            f"{_TAGS}int": constructor.construct_yaml_int,
            f"{_TAGS}float": constructor.construct_yaml_float,
            f"{_TAGS}timestamp": lambda node: node.value,
            f"{_TAGS}str": lambda node: node.value,
        }
        self._values: dict[int, object] = {}
        self._open: set[int] = set()
        self._text = YamlText()

    def read(self, root: Node | None) -> YamlText:
        self._text._root = root
        self._text.data = None if root is None else self._value(root, ())
        return self._text

    def _fault(self, node: Node, path: Place, found: str, accepted: str) -> None:
        self._text.faults.append(Located(node.start_mark.line + 1, Finding(path, found, accepted)))

    def _value(self, node: Node, path: Place) -> object:
        if id(node) in self._open:
            self._fault(node, path, "inside itself", "an alias of something outside of it")
            return None
        if id(node) not in self._values:
            self._open.add(id(node))
            self._values[id(node)] = self._read(node, path)
            self._open.discard(id(node))
        return self._values[id(node)]

    def _read(self, node: Node, path: Place) -> object:
        if isinstance(node, MappingNode) and node.tag == f"{_TAGS}map":
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and node.tag == f"{_TAGS}seq":
            return self._sequence(node, path)
        if isinstance(node, ScalarNode) and (construct := self._scalars.get(str(node.tag))):
            return self._scalar(node, path, construct)
        self._fault(node, path, f"tagged {node.tag}", _PLAIN)
        return None

    def _scalar(self, node: ScalarNode, path: Place, construct: Callable[[ScalarNode], object]) -> object:
        if steers(node.value):
            self._fault(node, path, shown(node.value), "text without control characters")
            return None
        if has_halves(node.value):
            self._fault(node, path, shown(node.value), "text without halves of characters (surrogates)")
            return None
        try:
            return construct(node)
        except (ValueError, LookupError, OverflowError):
            kind = str(node.tag).removeprefix(_TAGS)
            self._fault(node, path, f"{shown(node.value)}, which is no {kind}", _PLAIN)
            return None

    def _sequence(self, node: SequenceNode, path: Place) -> list[object]:
        self._text._children[id(node)] = {
            index: (item.start_mark.line + 1, item) for index, item in enumerate(node.value)
        }
        return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: MappingNode, path: Place) -> dict[str, object]:
        children: dict[str | int, tuple[int, Node]] = {}
        values: dict[str, object] = {}
        self._text._children[id(node)] = children
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                continue
            key, line = self._key(key_node, path), key_node.start_mark.line + 1
            if key is None:
                continue
            if key in values:
                self._fault(
                    key_node, (*path, key), f"given twice, first on line {children[key][0]}", "one of them"
                )
            children[key] = (line, value_node)
            values[key] = self._value(value_node, (*path, key))
        self._merge(node, path, values, children)
        return values

    def _key(self, node: Node, path: Place) -> str | None:
        key = self._value(node, path) if isinstance(node, ScalarNode) else None
        if isinstance(key, str) and key:
            return key
        self._fault(node, path, "with a key that is no text", "keys of letters, digits, - and _")
        return str(node.value) if isinstance(node, ScalarNode) and node.value else None

    def _merge(
        self,
        node: MappingNode,
        path: Place,
        values: dict[str, object],
        children: dict[str | int, tuple[int, Node]],
    ) -> None:
        for source in _merged_nodes(node):
            inherited = self._value(source, path)
            if not isinstance(inherited, dict):
                self._fault(source, (*path, "<<"), shown(inherited), "a mapping, or a list of mappings")
                continue
            for key, value in inherited.items():
                if key not in values:
                    values[key] = value
                    children[key] = self._text._children[id(source)][key]


def _merged_nodes(node: MappingNode) -> list[Node]:
    sources: list[Node] = []
    for key, value in node.value:
        if key.tag == _MERGE:
            sources += value.value if isinstance(value, SequenceNode) else [value]
    return sources
