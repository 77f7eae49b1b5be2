"""Rules that are tried with every preset: these share what a rule is tried with otherwise."""

from __future__ import annotations

from hypothesis import settings

of_each_preset = settings(max_examples=min(25, settings().max_examples))
"""Ten presets and more make a few hundred examples of a rule."""
