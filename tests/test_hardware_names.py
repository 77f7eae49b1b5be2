"""What packages that bring hardware need is offered by `doppelgrid.hardware`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest

from doppelgrid import hardware
from doppelgrid.sim.components import device
from doppelgrid.sim.files.sections import Section

RECORDS = [
    record
    for record in map(vars(hardware).__getitem__, hardware.__all__)
    if inspect.isclass(record) and not issubclass(record, Section)
]
FIELDS_OF_OURS_ALONE = {(hardware.Built, "grid"), (hardware.ComponentType, "cars")}
"""What packages may not bring."""


def mentioned(hint: Any) -> Iterator[Any]:
    """Yield a type, and those that it is made of."""
    yield hint
    for part in get_args(hint):
        for each in part if isinstance(part, list) else [part]:
            yield from mentioned(each)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_types_of_the_fields_of_a_record_are_offered_as_well(record: type) -> None:
    missing = {
        f"{field}: {each.__name__}"
        for field, hint in get_type_hints(record, localns=vars(hardware)).items()
        if (record, field) not in FIELDS_OF_OURS_ALONE
        for each in mentioned(hint)
        if inspect.isclass(each) and each.__module__.startswith("doppelgrid.")
        if vars(hardware).get(each.__name__) is not each
    }
    assert missing == set()


def test_every_source_of_inputs_of_a_machine_is_offered() -> None:
    sources = {name for name, value in vars(device).items() if name.isupper() and isinstance(value, str)}
    assert "NOTHING" in sources
    assert sources - {*hardware.__all__} == set()


@pytest.mark.parametrize("name", hardware.__all__)
def test_what_is_offered_says_what_it_is_or_is_a_value(name: str) -> None:
    offered = getattr(hardware, name)
    if inspect.isclass(offered) or inspect.isroutine(offered):
        assert inspect.getdoc(offered)
