"""Takes production for positive, as people do who have not read what the sign means."""

from keeper import Keeper, live


class WrongSign(Keeper):
    def target_w(self, drawn_w: float, battery_w: float) -> float:
        return -super().target_w(drawn_w, battery_w)


live(WrongSign())
