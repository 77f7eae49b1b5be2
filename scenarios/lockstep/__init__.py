"""Unmodified applications in virtual time."""
