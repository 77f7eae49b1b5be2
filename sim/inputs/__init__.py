"""Quantities that change over time and drive the plant: loads, sunshine, recorded columns."""
