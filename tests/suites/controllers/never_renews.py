"""Takes a set-point for something that lasts."""

from keeper import Keeper, live


class NeverRenews(Keeper):
    renewal_s = 1e9


live(NeverRenews())
