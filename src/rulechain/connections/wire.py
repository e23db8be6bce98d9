"""Commands as they go over the wire."""

from typing import Any

from hiredis import pack_command

Argument = str | bytes | int | float


def pack(command: tuple[Argument, ...]) -> bytes:
    """Return a command, ready to be sent."""
    # Its annotation means a tuple of any length, but says of one.
    arguments: Any = command
    packed: bytes = pack_command(arguments)
    return packed
