"""`PYTHONPATH=docs python -m website BUILD`: write the site to BUILD/site; exit code 1 if a link leads nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from .links import problems
from .staging import stage, unlisted

ROOT = Path(__file__).resolve().parents[2]
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def main(build: Path) -> int:
    """Build the site, and return the exit code.

    Args:
        build: Folder to write to.
    """
    configuration = stage(ROOT, build)
    if missing := unlisted(build / "docs", configuration):
        print(*(f"{page} has no place in the nav of docs/zensical.toml" for page in missing), sep="\n")
        return 1
    call = [
        sys.executable,
        "-P",
        "-m",
        "zensical",
        "build",
        "--clean",
        "--strict",
        "--config-file",
        str(configuration),
    ]
    built = subprocess.run(
        call, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    if built.returncode:
        print(_COLOURS.sub("", built.stdout))
        return 1
    found = problems(build / "site")
    print(*found, sep="\n") if found else print(f"wrote {build / 'site' / 'index.html'}")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]).resolve()))
