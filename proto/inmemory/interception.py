"""Put channels of our choice in place of the ones that clients open, by the address that they ask for."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from grpc import aio

ChannelFactory = Callable[[Sequence[aio.ClientInterceptor]], aio.Channel]
"""Makes a channel with the interceptors that the client wants on it."""

_OpenChannel = Callable[..., Any]
_FUNCTIONS = ("insecure_channel", "secure_channel")
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "ip6-localhost"})
_PREFIXES = ("grpc://", "dns:///", "dns:", "ipv4:", "ipv6:")


class UnknownTargetError(ConnectionError):
    """A client asked for an address that nothing is put in place for."""


class SynchronousChannelError(ConnectionError):
    """A client asked for a channel that is not of `grpc.aio`; nothing can be put in place of one."""


class Interception:
    """Record of what clients asked for while their channels were replaced."""

    def __init__(
        self,
        factories: Mapping[str, ChannelFactory],
        *,
        open_others: bool,
        on_other: Callable[[str], object] = lambda _target: None,
    ) -> None:
        self._factories = {normal_target(target): factory for target, factory in factories.items()}
        self._open_others = open_others
        self._on_other = on_other
        self.opened: list[str] = []
        """Addresses for which a channel was put in place, as the clients wrote them."""
        self.others: list[str] = []
        """Other addresses that clients asked for, whether or not they got a channel."""

    def replacing(self, original: Callable[..., aio.Channel], position: int) -> Callable[..., aio.Channel]:
        """Return what stands in for a function of `grpc.aio` that opens channels.

        Args:
            original: That function.
            position: Where the interceptors are among its positional arguments.
        """

        def open_channel(target: str, *args: Any, **options: Any) -> aio.Channel:
            factory = self._factories.get(normal_target(target))
            if factory is None:
                self._note_other(target)
                return original(target, *args, **options)
            self.opened.append(target)
            interceptors = options.get("interceptors") or (args[position] if len(args) > position else None)
            return factory(interceptors or ())

        return open_channel

    def refusing(self, original: Callable[..., grpc.Channel]) -> Callable[..., grpc.Channel]:
        """Return what stands in for a function of `grpc` that opens synchronous channels."""

        def open_channel(target: str, *args: Any, **options: Any) -> grpc.Channel:
            if normal_target(target) in self._factories:
                raise SynchronousChannelError(
                    f"the application opens a synchronous gRPC channel to {target!r}, which cannot be virtual; "
                    "accepted: a channel of grpc.aio, such as the published clients open"
                )
            self._note_other(target)
            return original(target, *args, **options)

        return open_channel

    def _note_other(self, target: str) -> None:
        self.others.append(target)
        if not self._open_others:
            known = ", ".join(sorted(self._factories)) or "none"
            raise UnknownTargetError(
                f"the application opens a gRPC channel to {target!r}; in place here: {known} "
                "(point it at one of these, or allow real I/O)"
            )
        self._on_other(target)


@contextmanager
def channels_to(
    factories: Mapping[str, ChannelFactory],
    *,
    open_others: bool = False,
    on_other: Callable[[str], object] = lambda _target: None,
) -> Iterator[Interception]:
    """Put channels in place of those that `grpc.aio` would open, for every module of this process.

    Synchronous ones, of `grpc` itself, are refused at the same addresses.

    Modules that took the functions by name earlier, as the client library does, are reached too.

    Args:
        factories: By address, "host:port"; the names of this machine count as one host.
        open_others: Open real channels to other addresses.
        on_other: Told each other address before a real channel to it is opened.

    Yields:
        What clients asked for; complete once the block has ended.

    Raises:
        UnknownTargetError: In the client, when it opens a channel to another address, unless they are opened.
        SynchronousChannelError: In the client, when it opens a synchronous channel to one of the addresses.
    """
    interception = Interception(factories, open_others=open_others, on_other=on_other)
    replacements: dict[_OpenChannel, _OpenChannel] = {
        aio.insecure_channel: interception.replacing(aio.insecure_channel, 2),
        aio.secure_channel: interception.replacing(aio.secure_channel, 3),
        grpc.insecure_channel: interception.refusing(grpc.insecure_channel),
        grpc.secure_channel: interception.refusing(grpc.secure_channel),
    }
    _replace(replacements)
    try:
        yield interception
    finally:
        _replace({ours: original for original, ours in replacements.items()})


def normal_target(target: str) -> str:
    """Return an address in one spelling: "host:port", with "localhost" for every name of this machine."""
    address = target.strip().lower()
    for prefix in _PREFIXES:
        address = address.removeprefix(prefix)
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    return f"{'localhost' if host in _THIS_MACHINE else host}:{port}"


def _replace(replacements: Mapping[_OpenChannel, _OpenChannel]) -> None:
    """Replace functions in every module that holds them under their own name."""
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        for name in _FUNCTIONS:
            present = names.get(name)
            if inspect.isfunction(present) and present in replacements:
                setattr(module, name, replacements[present])
