"""Replay: a recorded day comes back through the gateway, each sample, bound and state at its time.

A `Replay` is hardware: `Simulation(replay.site, clock, hardware=replay)`. Simulated time is the recorded time;
whether clients are told that or the wall's time is the clock's business, and so is the speed. What is recorded
does as it did and takes no commands. With `simulate`, some components live instead, from the state of charge
that was recorded, producers with what they produced as the most they can have (what was curtailed then cannot be
known), and the meters above them show what they would have shown; energy registers of such meters
are NaN, since what they had counted before is not known.
"""

from .replay import Replay

__all__ = ["Replay"]
