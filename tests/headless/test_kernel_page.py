"""What the page on the kernel shows is what comes of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "kernel.md"


def test_the_example_prints_what_the_page_shows(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    program = re.search(r'```python title="look.py"\n(.*?)```', text, re.DOTALL)
    shown = re.search(r"```console\n\$ python look.py\n(.*?)```", text, re.DOTALL)
    assert program is not None
    assert shown is not None
    path = tmp_path / "look.py"
    path.write_text(program[1])
    run = subprocess.run([sys.executable, "-P", str(path)], capture_output=True, text=True, check=True)
    assert run.stdout == shown[1]
