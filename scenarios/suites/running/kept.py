"""Lets what has been imported stay out of every search for garbage, on import, in all processes forked from this one.

To look through it takes a case longer than many a case lasts, and copies the memory that they share.
"""

from __future__ import annotations

import gc

gc.collect()
gc.freeze()
