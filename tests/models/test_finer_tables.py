"""Tables with more entries and the same values."""

from __future__ import annotations

import pytest

from doppelgrid.models.tables import finer_table, table_value


@pytest.mark.parametrize("each", [1, 2, 5])
def test_all_entries_stay_and_what_is_between_them_is_as_before(each: int) -> None:
    table = (3.0, 3.3, 3.31, 4.2)
    finer = finer_table(table, 3 * each + 1)
    assert finer[::each] == table
    assert len(finer) == 3 * each + 1
    for number in range(101):
        assert table_value(finer, number / 100) == pytest.approx(table_value(table, number / 100), rel=1e-14)
