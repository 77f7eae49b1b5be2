"""The files that faults are planted into, and the packages that they are installed as."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("models", "sim", "proto")
"""Below the root of the project."""


@dataclass(frozen=True, order=True)
class Source:
    """A file of the program."""

    path: str
    """In the checkout, relative to its root."""
    installed: str
    """In a folder of packages, relative to that."""


def sources(root: Path = ROOT) -> list[Source]:
    """Return the files that faults are planted into, in the order of their paths; generated code is left out."""
    found = []
    for package, folder in _packages(root).items():
        if folder.split("/")[0] in FOLDERS:
            found += [
                Source(f"{folder}/{path.name}", f"{package.replace('.', '/')}/{path.name}")
                for path in (root / folder).glob("*.py")
                if not path.stem.endswith("_pb2")
            ]
    return sorted(found)


def below(path: str, root: Path = ROOT) -> list[Source]:
    """Return those of the files that are a file or in a folder of the checkout; all if the path is empty."""
    wanted = Path(path)
    return [each for each in sources(root) if wanted == Path(each.path) or wanted in Path(each.path).parents]


def top_package(root: Path = ROOT) -> str:
    """Return the name by which the program is imported."""
    (name,) = {package.split(".")[0] for package in _packages(root)}
    return name


def install(target: Path, root: Path = ROOT) -> None:
    """Install the program, without what it depends on, into a folder of its own.

    Raises:
        CalledProcessError: If it cannot be installed.
    """
    shutil.rmtree(target, ignore_errors=True)
    # What earlier builds left there would be installed as well.
    shutil.rmtree(root / "build" / "lib", ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--target", str(target), str(root)], check=True)


def _packages(root: Path) -> dict[str, str]:
    """Return the folder of every package, as setuptools finds it."""
    tool = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    mapped: dict[str, str] = tool["package-dir"]
    return {package: _folder(package, mapped) for package in tool["packages"]}


def _folder(package: str, mapped: dict[str, str]) -> str:
    if package in mapped:
        return mapped[package]
    parent, _, name = package.rpartition(".")
    return f"{_folder(parent, mapped) if parent else mapped.get('', '.')}/{name}"
