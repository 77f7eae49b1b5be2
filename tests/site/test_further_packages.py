"""Packages that may be missing, and what others bring: said in one line, and nobody else suffers."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any

import pytest

from doppelgrid.sim.files import packages
from doppelgrid.sim.files.extras import EXTRAS, MissingPackageError, extra_for
from doppelgrid.sim.files.packages import brought
from doppelgrid.sim.inputs import packaged
from doppelgrid.sim.inputs.packaged import LoadProfile, broken_profiles, load_profiles


@pytest.mark.parametrize(
    ("missing", "extra", "told"),
    [
        ("pyarrow", None, "doppelgrid[recordings]"), ("pyarrow.csv", None, "doppelgrid[recordings]"),
        ("numba", None, "doppelgrid[simulate]"), ("pyarrow", "simulate", "doppelgrid[simulate]"),
    ],
)  # fmt: skip
def test_a_missing_package_is_named_with_what_brings_it(missing: str, extra: str | None, told: str) -> None:
    with pytest.raises(MissingPackageError) as caught, extra_for("pictures", extra):
        raise ModuleNotFoundError("gone", name=missing)
    package = missing.partition(".")[0]
    assert str(caught.value) == (
        f"pictures need the package {package}, which is not installed; accepted: pip install '{told}'"
    )
    assert caught.value.name == missing


@pytest.mark.parametrize(
    "error", [ModuleNotFoundError("gone", name="no_such_thing"), ModuleNotFoundError("gone"), ValueError("x")]
)
def test_any_other_error_is_what_it_was(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, extra_for("pictures"):
        raise error
    assert caught.value is error
    assert "pyarrow" in EXTRAS


class Offer(EntryPoint):
    """An entry point whose object is at hand."""

    def load(self) -> Any:
        found = OFFERS[self.name]
        if isinstance(found, BaseException):
            raise found
        return found


OFFERS: dict[str, Any] = {}


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what lets packages offer things by name; each is `package: {name: object}`."""

    def put(**theirs: dict[str, Any]) -> None:
        entries = []
        for package, things in theirs.items():
            for name, thing in things.items():
                OFFERS[name] = thing
                entry = Offer(name, f"{package}:{name}", "a group")
                vars(entry)["dist"] = (
                    None if package == "nobody" else SimpleNamespace(name=package, version="1.0")
                )
                entries.append(entry)
        monkeypatch.setattr(packages, "entry_points", lambda group: entries)  # noqa: ARG005

    yield put
    OFFERS.clear()


def numbers(offered: object) -> list[int]:
    if not isinstance(offered, int):
        raise ValueError("is no number; accepted: one")
    return [offered]


def test_what_one_package_does_wrong_keeps_nobody_from_the_others(offer: Any) -> None:
    offer(zoo={"b": 2, "a": 1, "bad": "x"}, ark={"crash": RuntimeError("  boom\nmore")}, nobody={"stray": 7})
    found, broken = brought("a group", numbers)
    assert {package: theirs for package, theirs in found.items() if theirs} == {
        "zoo 1.0": [1, 2],
        "unknown": [7],
    }
    assert [str(each) for each in broken] == [
        "package ark 1.0: entry point crash = ark:crash: RuntimeError: boom",
        "package zoo 1.0: entry point bad = zoo:bad: is no number; accepted: one",
    ]


def test_ctrl_c_while_a_package_loads_ends_it(offer: Any) -> None:
    offer(zoo={"slow": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        brought("a group", numbers)


def profile(name: str) -> LoadProfile:
    return LoadProfile(name, lambda _energy_wh: None)  # type: ignore[arg-type, return-value]


def test_load_profiles_have_names_of_their_own(offer: Any) -> None:
    offer(
        ark={"one": profile("shop"), "two": [profile("farm"), profile("mill")]},
        zoo={
            "copy": profile("shop"), "ours": profile("bdew-x"), "none": profile(""), "sky": (profile("clear-sky-2"),),
            "text": "shop", "mixed": [profile("mine"), 5],
        },
    )  # fmt: skip
    packaged._known.cache_clear()
    try:
        assert list(load_profiles()) == ["shop", "farm", "mill"]
        told = {each.entry_point.partition(" ")[0]: each.problem for each in broken_profiles()}
        assert set(told) == {"shop", "ours", "none", "sky", "text", "mixed"}
        assert told["shop"] == "name is taken; accepted: a name of its own"
        assert told["ours"].startswith("name is 'bdew-x'; accepted: one that does not begin like ours")
        assert told["text"] == "is a str; accepted: a LoadProfile, or a list of them"
        assert told["mixed"] == "is a list; accepted: a LoadProfile, or a list of them"
    finally:
        packaged._known.cache_clear()
