"""Sends a command at every turn, since one more cannot hurt."""

from keeper import Keeper, live


class FloodsCommands(Keeper):
    def is_due(self, target_w: float) -> bool:
        del target_w
        return True


live(FloodsCommands())
