"""States and diagnostics as the reporting exports write them: numbers, or protobuf text of a message.

The numbers are part of that file format: those of `ElectricalComponentStateCode` and
`ElectricalComponentDiagnosticCode` in `frequenz.api.common.v1alpha8`. Numbers without a name stay numbers.
"""

from __future__ import annotations

import re

from ..domain.diagnostics import DIAGNOSTIC_NUMBERS
from ..domain.states import Diagnostic

STATE_NUMBERS = {
    "UNSPECIFIED": 0, "UNKNOWN": 1, "UNAVAILABLE": 2, "SWITCHING_OFF": 3, "OFF": 4, "SWITCHING_ON": 5,
    "STANDBY": 6, "READY": 7, "CHARGING": 8, "DISCHARGING": 9, "ERROR": 10,
    "EV_CHARGING_CABLE_UNPLUGGED": 20, "EV_CHARGING_CABLE_PLUGGED_AT_STATION": 21,
    "EV_CHARGING_CABLE_PLUGGED_AT_EV": 22, "EV_CHARGING_CABLE_LOCKED_AT_STATION": 23,
    "EV_CHARGING_CABLE_LOCKED_AT_EV": 24, "RELAY_OPEN": 30, "RELAY_CLOSED": 31, "PRECHARGER_OPEN": 40,
    "PRECHARGER_PRECHARGING": 41, "PRECHARGER_CLOSED": 42,
}  # fmt: skip

_STATE_NAMES = {number: name for name, number in STATE_NUMBERS.items()}
_DIAGNOSTIC_NAMES = {number: name for name, number in DIAGNOSTIC_NUMBERS.items()}
_STATE_PREFIX = "ELECTRICAL_COMPONENT_STATE_CODE_"
_DIAGNOSTIC_PREFIX = "ELECTRICAL_COMPONENT_DIAGNOSTIC_CODE_"
_WORD = re.compile(r"[A-Za-z]\w*|-?\d{1,9}", re.ASCII)

_FIELD = re.compile(
    r"""\s*(?P<name>\w+)\s*:\s*
        (?P<value>-?\w+|(?:"(?:[^"\\\n]|\\.)*"\s*|'(?:[^'\\\n]|\\.)*'\s*)+)[,;]?\s*""",
    re.VERBOSE | re.ASCII,
)
_QUOTED = re.compile(r""""((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'""")
_ESCAPE = re.compile(
    rb"\\(?:(?P<octal>[0-7]{1,3})|[xX](?P<hex>[0-9a-fA-F]{1,2})|u(?P<u>[0-9a-fA-F]{4})"
    rb"|U(?P<U>[0-9a-fA-F]{8})|(?P<plain>.))",
    re.DOTALL,
)
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_TO_ESCAPE = re.compile(r"""[\x00-\x1f\x7f"'\\\x85\u2028\u2029]""")
_WRITTEN = {"\n": r"\n", "\r": r"\r", "\t": r"\t", '"': r"\"", "'": r"\'", "\\": r"\\"}


def write_state(name: str) -> str:
    """Return a state as exports write it: its number, or its name if it has none."""
    return str(STATE_NUMBERS.get(name, name))


def parse_state(text: str) -> str:
    """Return the name of a state that is written as a number or by name, with or without its prefix.

    Raises:
        ValueError: If the text is neither; says what is accepted.
    """
    return _named(text, _STATE_PREFIX, _STATE_NAMES, "the number or name of a state, such as 7 or READY")


def write_diagnostic(diagnostic: Diagnostic) -> str:
    """Return a diagnostic as protobuf text, several lines long."""
    prefix = "" if diagnostic.code.isdigit() else _DIAGNOSTIC_PREFIX
    lines = [f"diagnostic_code: {prefix}{diagnostic.code}"]
    if diagnostic.vendor_code is not None:
        lines.append(f'vendor_diagnostic_code: "{_escaped(diagnostic.vendor_code)}"')
    if diagnostic.message:
        lines.append(f'message: "{_escaped(diagnostic.message)}"')
    return "".join(f"{line}\n" for line in lines)


def parse_diagnostic(text: str) -> Diagnostic:
    """Read a diagnostic from protobuf text, or from the number or name of its code alone.

    Raises:
        ValueError: If the text is none of these; says what is accepted.
    """
    accepted = "a diagnostic as protobuf text (diagnostic_code: … message: …), or the number of its code"
    if _WORD.fullmatch(text.strip()):
        return Diagnostic(_named(text, _DIAGNOSTIC_PREFIX, _DIAGNOSTIC_NAMES, accepted), "")
    fields: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _FIELD.match(text, position)
        if match is None:
            raise ValueError(accepted)
        fields[match["name"]] = match["value"].strip()
        position = match.end()
    if not fields:
        raise ValueError(accepted)
    code = _named(fields.get("diagnostic_code", "0"), _DIAGNOSTIC_PREFIX, _DIAGNOSTIC_NAMES, accepted)
    vendor = fields.get("vendor_diagnostic_code")
    return Diagnostic(
        code=code,
        message=_unquoted(fields.get("message", '""'), accepted),
        vendor_code=None if vendor is None else _unquoted(vendor, accepted),
    )


def _named(text: str, prefix: str, names: dict[int, str], accepted: str) -> str:
    word = text.strip()
    if not _WORD.fullmatch(word):
        raise ValueError(accepted)
    if word.lstrip("-").isdigit():
        return names.get(int(word), str(int(word)))
    return word.removeprefix(prefix)


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(lambda match: _WRITTEN.get(match[0]) or _octal(match[0]), text)


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode())


def _unquoted(value: str, accepted: str) -> str:
    if value[:1] not in {'"', "'"}:
        raise ValueError(accepted)
    parts = [first or second for first, second in _QUOTED.findall(value)]
    try:
        return _ESCAPE.sub(_unescaped, "".join(parts).encode()).decode()
    except ValueError:
        raise ValueError(accepted) from None


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match["octal"]:
        return bytes([int(match["octal"], 8) & 0xFF])
    if match["hex"]:
        return bytes([int(match["hex"], 16)])
    code_point = match["u"] or match["U"]
    if code_point:
        return chr(int(code_point, 16)).encode()
    return _PLAIN.get(match["plain"], match["plain"])
