"""Doppelgrid: the double of a microgrid, for real control applications to talk to."""
