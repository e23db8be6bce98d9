"""TCP ports for servers that are told where to listen."""

import random
import socket

# Below those that a system gives to clients: nobody's connection takes such a port meanwhile.
_FIRST, _LAST = 15_000, 32_000
_random = random.SystemRandom()


def free_port(count=1):
    """Return the first of so many ports in a row that nobody listens on now."""
    while True:
        first = _random.randrange(_FIRST, _LAST - count)
        if all(map(_is_free, range(first, first + count))):
            return first


def _is_free(port):
    with socket.socket() as probe:
        # As servers do; the rest of an old connection is no obstacle to them.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
