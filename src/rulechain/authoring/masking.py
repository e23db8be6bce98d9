"""Configurations for the eye: what is secret in them is not shown."""

import re
from collections.abc import Mapping
from typing import Any, Final

from rulechain.api.settings import field_specs

MASK: Final = "***"
# Keys that hold secrets whatever component they belong to, and credentials in an address.
_SECRET_KEY = re.compile(r"passw|secret|token|credential|api[-_]?key|private[-_]?key|authorization", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def mask_configuration(configuration: Mapping[str, Any], settings: type[Any] | None = None) -> dict[str, Any]:
    """Return a configuration without its secrets: those that the component declares, and what is called like one.

    Args:
        configuration: As the document has it.
        settings: The component's settings dataclass; None when the component is not known.
    """
    secret = {spec.key.casefold() for spec in field_specs(settings) if spec.format == "secret"} if settings else set()
    return {
        key: MASK if value and key.casefold() in secret else _masked(key, value) for key, value in configuration.items()
    }


def mask_value(value: Any) -> Any:
    """Return a JSON value without what is called like a secret in it, at any depth."""
    return _masked("", value)


def _masked(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner: _masked(inner, item) for inner, item in value.items()}
    if isinstance(value, list):
        return [_masked("", item) for item in value]
    if isinstance(value, str) and value:
        return MASK if _SECRET_KEY.search(key) else _CREDENTIALS.sub(MASK, value)
    return value
