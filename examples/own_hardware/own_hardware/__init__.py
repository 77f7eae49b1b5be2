"""Hardware of one's own for Doppelgrid."""
