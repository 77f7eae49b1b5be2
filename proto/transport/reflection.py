"""What general tools ask of a server: which services it has, and of which messages.

The published package knows reflection by its former name, `grpc.reflection.v1alpha`. Newer tools ask for
`grpc.reflection.v1` first, whose messages are the same on the wire, so it is served by the same words under that name,
its own description among what is described.
"""

from __future__ import annotations

from collections.abc import Iterable

import grpc
from google.protobuf import descriptor_pool, text_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection, reflection_pb2

_FORMER = reflection_pb2.DESCRIPTOR.package
_STABLE = "grpc.reflection.v1"
_STABLE_FILE = "grpc/reflection/v1/reflection.proto"
NAMES = (reflection.SERVICE_NAME, reflection.SERVICE_NAME.replace(_FORMER, _STABLE))
"""Full names under which reflection is served, the former one first."""


def add_reflection(server: grpc.aio.Server, services: Iterable[str]) -> None:
    """Describe services, and reflection itself, on a server that has not started.

    Args:
        server: That serves them.
        services: Their full names.
    """
    servicer = reflection.aio.ReflectionServicer(
        (*services, *NAMES), pool=descriptor_pool.DescriptorPool(_Described())
    )
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    handlers = {"ServerReflectionInfo": handler}
    server.add_generic_rpc_handlers(
        tuple(grpc.method_handlers_generic_handler(name, handlers) for name in NAMES)
    )


class _Described:
    """Descriptions of all that this process has loaded, and of reflection by its stable name.

    That one stays out of the process's own pool, where it would be in the way of a package that brings it.
    """

    def __init__(self) -> None:
        """Put reflection into words under its stable name."""
        former = text_format.MessageToString(_described(reflection_pb2.DESCRIPTOR.name))
        self._stable = text_format.Parse(former.replace(_FORMER, _STABLE), FileDescriptorProto())
        self._stable.name = _STABLE_FILE

    def FindFileByName(self, name: str) -> FileDescriptorProto:  # noqa: N802
        """Return the description in a file.

        Raises:
            KeyError: If there is none.
        """
        if name == _STABLE_FILE:
            return self._stable
        return _described(name)

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptorProto:  # noqa: N802
        """Return the description of the file that has a full name.

        Raises:
            KeyError: If none has.
        """
        if symbol.startswith(f"{_STABLE}."):
            return self._stable
        return _described(descriptor_pool.Default().FindFileContainingSymbol(symbol).name)


def _described(file: str) -> FileDescriptorProto:
    words = FileDescriptorProto()
    descriptor_pool.Default().FindFileByName(file).CopyToProto(words)
    return words
