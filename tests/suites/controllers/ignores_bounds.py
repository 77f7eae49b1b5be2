"""Commands what it would like, whatever the inverter says that it can."""

from keeper import Keeper, live


class IgnoresBounds(Keeper):
    def possible_w(self, target_w: float) -> float:
        return target_w


live(IgnoresBounds())
