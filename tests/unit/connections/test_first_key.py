"""By which key a command finds its node."""

import pytest

from rulechain.connections.cluster import first_key


@pytest.mark.parametrize(
    "command,key",
    [
        (("GET", "k"), "k"),
        ((b"get", b"k"), b"k"),
        (("XADD", "s", "*", "f", "v"), "s"),
        (("XGROUP", "CREATE", "s", "g", "$"), "s"),
        (("XINFO", "STREAM", "s"), "s"),
        (("EVALSHA", "digest", 2, "k", "l", "a"), "k"),
        (("EVALSHA", "digest", 0, "a"), None),
        (("XREADGROUP", "GROUP", "g", "c", "COUNT", 1, "STREAMS", "s", ">"), "s"),
        (("xread", b"streams", b"s", b"0"), b"s"),
        (("SCRIPT", "LOAD", "return 1"), None),
        (("PING",), None),
        (("EXISTS",), None),
        (("GET", 7), "7"),
    ],
)
def test_the_first_key_of_a_command(command, key):
    """Wherever the command has it, None where it has none."""
    assert first_key(command) == key
