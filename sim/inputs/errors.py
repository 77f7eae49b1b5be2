"""What is wrong with an input, said to whoever wrote its file."""

from __future__ import annotations


class InputError(ValueError):
    """An input file or its use is wrong: says where, what was found and what is accepted."""

    def __init__(self, file: str, line: int | None, field: str, found: str, accepted: str) -> None:
        """Describe a problem.

        Args:
            file: Name of the file.
            line: Line of a text file or row of a table, from 1 on; `None` where no single one is to blame.
            field: Column or property.
            found: What is there.
            accepted: What would be right, with the likely fix.
        """
        super().__init__(file, line, field, found, accepted)
        self.file = file
        self.line = line
        self.field = field
        self.found = found
        self.accepted = accepted
        self.place: tuple[str, str] | None = None
        """Component and input that it was to drive, such as `house` and `load`; None where nobody said."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.field} is {self.found}; accepted: {self.accepted}"
