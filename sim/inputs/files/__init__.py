"""Recorded columns as inputs."""
