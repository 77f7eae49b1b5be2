"""Scenario files: what they say, and what is made of it."""
