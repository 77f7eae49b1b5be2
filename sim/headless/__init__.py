"""Runs without clients, compiled: the plant's models over flat arrays, from event to event."""
