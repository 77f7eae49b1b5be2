"""Event loops in virtual time for whoever asks asyncio for a new one, by whatever way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .replaced import replaced
from .virtual_time import VirtualTimeLoop

_POLICY = (
    getattr(asyncio.events, "BaseDefaultEventLoopPolicy", None)
    or vars(asyncio.events)["_BaseDefaultEventLoopPolicy"]
)
"""What makes loops where no policy of an application does; Python 3.14 knows it by another name."""


@contextmanager
def own_loops(
    make: Callable[[], VirtualTimeLoop],
    *,
    on_sigint: Callable[[], object],
    before_other: Callable[[asyncio.BaseEventLoop], object],
) -> Iterator[None]:
    """Give loops in virtual time to whoever asks for one.

    Args:
        make: Makes one, or raises.
        on_sigint: Called where SIGINT comes to a runner of asyncio.
        before_other: Called with a loop that is none of them, such as one of a class of the application, whenever it
            is to be run; what it raises keeps it from running.
    """
    run_forever = asyncio.BaseEventLoop.run_forever
    selector_loop = asyncio.SelectorEventLoop

    class Runner(asyncio.Runner):  # type: ignore[misc]
        def __init__(self, *, debug: bool | None = None, loop_factory: object = None) -> None:
            del loop_factory
            super().__init__(debug=debug, loop_factory=make)

        def _on_sigint(self, *args: Any, **named: Any) -> None:
            on_sigint()
            super()._on_sigint(*args, **named)  # type: ignore[misc]

    class Made(type):
        def __call__(cls, *args: Any, **named: Any) -> Any:
            return make() if cls is SelectorEventLoop else super().__call__(*args, **named)

        def __instancecheck__(cls, instance: Any) -> bool:
            return (
                isinstance(instance, selector_loop)
                if cls is SelectorEventLoop
                else super().__instancecheck__(instance)
            )

    class SelectorEventLoop(selector_loop, metaclass=Made):  # type: ignore[misc, valid-type]
        """Makes loops in virtual time; classes that an application derives from it are its own."""

    def run_if_allowed(loop: asyncio.BaseEventLoop) -> None:
        if not isinstance(loop, VirtualTimeLoop):
            before_other(loop)
        run_forever(loop)

    places: list[tuple[Any, str, Any]] = [
        (asyncio, "Runner", Runner),
        (asyncio.runners, "Runner", Runner),
        (asyncio, "new_event_loop", make),
        (asyncio.events, "new_event_loop", make),
        (_POLICY, "new_event_loop", lambda _policy: make()),
        (asyncio.BaseEventLoop, "run_forever", run_if_allowed),
        *(
            (module, name, SelectorEventLoop)
            for module in (asyncio, asyncio.unix_events)
            for name in ("SelectorEventLoop", "EventLoop")
            if hasattr(module, name)
        ),
    ]
    with replaced(places):
        yield
