"""Knows two powers, all and nothing, and forgets what the battery is doing when it asks how much is missing."""

from keeper import Keeper, live


class Oscillates(Keeper):
    def target_w(self, drawn_w: float, battery_w: float) -> float:
        del battery_w
        return -30e3 if drawn_w > self.limit_w else 0.0


live(Oscillates())
