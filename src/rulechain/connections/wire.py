"""Commands, and the arguments of scripts, as they go over the wire."""

from typing import Any

import msgspec
from hiredis import pack_command

Argument = str | bytes | int | float

# MessagePack's mark of a text whose length has four bytes.
_TEXT = b"\xdb"


class Binary(bytes):
    """Bytes that need not be UTF-8, to be handed to a script."""

    __slots__ = ()


def pack(command: tuple[Argument, ...]) -> bytes:
    """Return a command, ready to be sent."""
    # Its annotation means a tuple of any length, but says of one.
    arguments: Any = command
    packed: bytes = pack_command(arguments)
    return packed


def _as_text(value: Any) -> msgspec.Raw:
    # Servers know nothing of MessagePack's bytes, and take texts as they come.
    if isinstance(value, str):
        value = value.encode()
    elif not isinstance(value, Binary):
        raise TypeError(f"a script takes no {type(value).__name__}")
    return msgspec.Raw(_TEXT + len(value).to_bytes(4, "big") + value)


# Values as `cmsgpack.unpack` reads them in scripts: lists of texts of any class, numbers, lists, `Binary`; no bytes.
pack_for_script = msgspec.msgpack.Encoder(enc_hook=_as_text).encode
