"""Where everything that happens to a site is told: whoever makes it happen tells, whoever wants to know subscribes."""

from __future__ import annotations

from ..domain.events import Event, Subscribers
from .agenda import Engine


class Events(Subscribers[Event]):
    """What happens to a site, in the order in which it happens."""

    def __init__(self, engine: Engine) -> None:
        """Begin with nobody who listens.

        Args:
            engine: Whose time events carry.
        """
        super().__init__()
        self._engine = engine

    def report(self, kind: str, subject: str, **details: object) -> None:
        """Tell everybody that something happened, now.

        Args:
            kind: What happened, such as `set-point accepted`.
            subject: Key of the component that it happened to, or `site`.
            **details: Plain values.
        """
        self.tell(Event(self._engine.now_us, kind, subject, details))
