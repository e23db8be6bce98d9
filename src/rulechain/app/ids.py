"""Ids that several documents give."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rulechain.model import ChainDefinition, EndpointDefinition

D = TypeVar("D", ChainDefinition, EndpointDefinition)


def repeated(definitions: Iterable[D]) -> Iterator[tuple[D, D]]:
    """Yield each definition whose id another one before it has, and the first of those."""
    first: dict[str, D] = {}
    for definition in definitions:
        other = first.setdefault(definition.id, definition)
        if other is not definition:
            yield definition, other
