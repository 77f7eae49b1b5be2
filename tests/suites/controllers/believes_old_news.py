"""Acts on what it was told last, however long ago that was."""

from keeper import Keeper, live


class BelievesOldNews(Keeper):
    oldest_s = 1e9


live(BelievesOldNews())
