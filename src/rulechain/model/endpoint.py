"""An endpoint and its routers as a document says them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rulechain.diagnostics import Source


@dataclass(frozen=True, slots=True)
class RouterFrom:
    """Where a router's messages come from, and what happens to them first."""

    path: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    processors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RouterTo:
    """Where a router's messages go, and what happens to the outcome."""

    path: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    processors: tuple[str, ...] = ()
    wait: bool = False


@dataclass(frozen=True, slots=True)
class RouterDefinition:
    """One from → processors → to → processors line. `pointer` leads to it in the document."""

    id: str
    from_: RouterFrom = field(default=RouterFrom())
    to: RouterTo = field(default=RouterTo())
    params: tuple[Any, ...] = ()
    additional_info: Mapping[str, Any] = field(default_factory=dict)
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class EndpointDefinition:
    """A source of exchanges. `pointer` leads to it in the document, `""` when it is the document."""

    id: str
    type: str
    name: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    processors: tuple[str, ...] = ()
    routers: tuple[RouterDefinition, ...] = ()
    additional_info: Mapping[str, Any] = field(default_factory=dict)
    source: Source = field(default=Source("<endpoint>"))
    pointer: str = ""
