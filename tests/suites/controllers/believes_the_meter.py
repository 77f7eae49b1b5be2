"""Has one meter, and no doubt about it."""

from keeper import Keeper, live


class BelievesTheMeter(Keeper):
    def drawn_w(self, main: int, parts: list[int]) -> float | None:
        del parts
        return self.known_w(main)


live(BelievesTheMeter())
