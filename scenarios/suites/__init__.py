"""Scenario suites: what is done to a site, by files, and what is held against it and its controller."""
