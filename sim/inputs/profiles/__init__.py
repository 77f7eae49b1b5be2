"""Inputs that are made: standard load profiles and the sun."""
