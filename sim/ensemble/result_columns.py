"""Columns that every table of results has: they tell it from other tables of runs and seeds."""

from __future__ import annotations

FIRST = ("run", "seed")
"""Before what was varied."""
ALWAYS = (
    "import_kwh",
    "export_kwh",
    "peak_kw",
    "consumed_kwh",
    "produced_kwh",
    "lost_kwh",
    "stored_kwh",
    "full_cycles",
)
"""Behind it, without numbers where no run came to its end."""
