"""The variables of `rulechain eval`."""

from typing import Any

from rulechain.values import StringMap

# In chains these are maps of text, in which a missing key reads as "".
_TEXT_MAPS = ("metadata", "global", "vars")


def bind(env: dict[str, Any], name: str, value: Any) -> None:
    """Give a variable a value, as a chain would have it."""
    env[name] = StringMap(value) if name in _TEXT_MAPS and isinstance(value, dict) else value
