"""Planted faults: how many mistakes in the code do its tests notice?

`sources` knows which files are looked at and how they are installed, `faults` what can be wrong in them, `reach` which
tests run a line, `trial` whether they notice, `known` which faults change nothing, and `report` says what came out.
"""
