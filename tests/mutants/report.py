"""What came out, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .faults import Fault
from .trial import Outcome


@dataclass(frozen=True)
class Verdict:
    """A fault and what became of it."""

    fault: Fault
    reason: str
    """Why it changes nothing, if it is known to."""
    outcome: Outcome | None
    """None if it changes nothing."""

    @property
    def word(self) -> str:
        """Return `caught`, `survived` or `equivalent`."""
        if self.outcome is None:
            return "equivalent"
        return "caught" if self.outcome.is_caught else "survived"


def line_of(verdict: Verdict) -> str:
    """Return one line on a fault, followed by its diff if it survived."""
    fault = verdict.fault
    place = fault.place
    where = f"{place.source.path}:{place.begin[0]} in {place.function}, {fault.operator}"
    if verdict.outcome is None:
        return f"equivalent  {where}: {verdict.reason}"
    outcome = verdict.outcome
    taken = f"{outcome.tests} tests, {outcome.seconds:.0f} s"
    if outcome.is_caught:
        return f"caught      {where}: by {outcome.by} ({taken})"
    return f"survived    {where} ({taken})\n{fault.diff}"


def table_of(verdicts: Iterable[Verdict]) -> str:
    """Return a table by folder, and the share that was caught of what could be."""
    words = ("caught", "survived", "equivalent")
    counts = Counter((each.fault.place.source.path.split("/")[0], each.word) for each in verdicts)
    folders = sorted({folder for folder, _ in counts})
    rows = {folder: [counts[folder, word] for word in words] for folder in folders}
    rows["all"] = [sum(column) for column in zip(*rows.values(), strict=True)]
    lines = [f"{'':<8}{'planted':>9}" + "".join(f"{word:>12}" for word in words) + f"{'share':>8}"]
    for name, row in rows.items():
        caught, survived, _ = row
        share = f"{caught / (caught + survived):.0%}" if caught + survived else "-"
        lines.append(f"{name:<8}{sum(row):>9}" + "".join(f"{count:>12}" for count in row) + f"{share:>8}")
    return "\n".join(lines)
