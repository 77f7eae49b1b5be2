"""Looks for what a controller cannot cope with: draws scenarios, runs them, and makes what fails small."""
