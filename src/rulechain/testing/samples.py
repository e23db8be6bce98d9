"""What the contract feeds to components: messages of every kind, and values that few settings can take."""

from typing import Any

from rulechain.model import Message

_FACTS: dict[str, Any] = {"type": "TELEMETRY", "id": "m1", "ts": 1_700_000_000_000}


def odd_messages() -> list[Message]:
    """Return messages that a component may not have thought of."""
    payloads: list[tuple[str | bytes, str]] = [
        ("{}", "JSON"),
        ("[1, 2]", "JSON"),
        ("null", "JSON"),
        ('"text"', "JSON"),
        ("{bad", "JSON"),
        ("", "JSON"),
        ("plain", "TEXT"),
        (b"\x00\xff", "BINARY"),
        (b"\xff", "OTHER"),
    ]
    return [
        Message(data, data_type=data_type, metadata={"site": "north", "empty": ""}, **_FACTS)
        for data, data_type in payloads
    ]


def odd_values() -> list[Any]:
    """Return JSON values for a setting: of every type, at the borders, and texts that are half of something."""
    texts = ["", " ", "no", "-1", "${", "${metadata.", "{{", "a b", "(", "\x00", "x" * 2000, "ü"]
    numbers = [0, -1, 1.5, 10**30, 1e300]
    return [None, True, False, *numbers, *texts, [], [{}, {}], ["a", None, 5], {}, {"a": {"b": [None]}}]
