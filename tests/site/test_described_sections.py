"""Keys of files are described in the schema by the docstrings below their fields."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field

from doppelgrid.sim.files.described import Described
from doppelgrid.sim.files.units import Power

Value = TypeVar("Value")


class Cable(Described):
    """A cable."""

    length_m: float = Field(alias="length")
    """Of the whole
    way [m]."""
    rating: Power
    """What it carries for long."""
    colour: Annotated[str, Field(description="Of its sheath.")]
    """Nobody reads this."""
    number: int
    _inner = "not a key"
    """Nor this."""


class BuriedCable(Cable):
    """A cable in the ground."""

    depth_m: float
    """Below the surface."""
    rating: Power


class Pair(Described, Generic[Value]):
    """Two of a kind."""

    first: Value
    """The one."""


class Bundle(Described):
    """Cables that lie together."""

    cables: tuple[Cable, ...]
    """Each of them."""
    ends: Pair[int]


def described(model: type[Described]) -> dict[str, Any]:
    properties = model.model_json_schema()["properties"]
    return {key: value.get("description") for key, value in properties.items()}


def test_a_key_is_described_by_the_docstring_below_its_field() -> None:
    told = described(Cable)

    assert told["length"] == "Of the whole\nway [m]."
    assert told["rating"] == "What it carries for long."
    assert told["number"] is None


def test_a_description_that_the_field_itself_has_is_kept() -> None:
    assert described(Cable)["colour"] == "Of its sheath."


def test_a_key_keeps_its_description_where_the_section_is_extended_and_loses_it_where_it_is_declared_anew() -> (
    None
):
    told = described(BuriedCable)

    assert (told["length"], told["depth_m"]) == ("Of the whole\nway [m].", "Below the surface.")
    assert "carries" not in (told["rating"] or "")


def test_keys_of_generic_and_of_inner_sections_are_described_as_well() -> None:
    schema = Bundle.model_json_schema()

    assert schema["properties"]["cables"]["description"] == "Each of them."
    assert schema["$defs"]["Cable"]["properties"]["length"]["description"] == "Of the whole\nway [m]."
    assert schema["$defs"]["Pair_int_"]["properties"]["first"]["description"] == "The one."


def test_a_section_declared_within_a_function_is_described_whatever_its_texts_look_like() -> None:
    class Duct(Described):
        """A duct with room for cables."""

        width_m: float
        """From wall
to wall [m]."""

    assert described(Duct)["width_m"] == "From wall\nto wall [m]."
