"""The node being compiled, as a component's `build` sees it."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from rulechain.api import Close
from rulechain.diagnostics import Code, Diagnostic, Location, Severity, Source, Span, did_you_mean, pointer_to
from rulechain.diagnostics.errors import InternalError
from rulechain.plan.secrets import NO_SECRETS, Secrets
from rulechain.plan.substitute import Substituted
from rulechain.values import StringMap

T = TypeVar("T")


@dataclass(slots=True)
class NodeBuilding:
    """Implements `api.NodeBuild` for one node of one chain."""

    chain_id: str
    node_id: str
    node_ids: AbstractSet[str]
    vars: StringMap
    properties: StringMap
    source: Source
    # JSON pointer to the node's configuration.
    pointer: str
    services: Mapping[type, object]
    substituted: Substituted
    secrets: Secrets = NO_SECRETS
    diagnostics: list[Diagnostic] = field(default_factory=list)
    closes: list[Close] = field(default_factory=list)
    # The names whose outputs the node says it looks at; None until it says something.
    reads: frozenset[str] | None = None

    def location(self, *path: str | int, span: Span | None = None) -> Location:
        """Return the place of a setting in the document."""
        path = _as_written(self.substituted.value, path)
        if path in self.substituted.changed:
            span = None
        return Location(self.source, self.pointer + pointer_to(*path), span)

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a finding."""
        self.diagnostics.append(diagnostic)

    def reads_outputs(self, names: Iterable[str]) -> None:
        """Note of which nodes the node looks at the outputs."""
        self.reads = (self.reads or frozenset()).union(names)

    def on_close(self, close: Close) -> None:
        """Have something called when the node goes."""
        self.closes.append(close)

    def mask(self, text: str) -> str:
        """Return a text without the chain's secrets."""
        return self.secrets.mask(text)

    def require(self, kind: type[T]) -> T:
        """Return a service of the engine."""
        service = self.services.get(kind)
        if service is None:
            raise InternalError(f"node {self.node_id!r} asked for {kind.__name__}, which this engine does not offer")
        return cast("T", service)

    def report_undefined(self) -> None:
        """Warn of every `${global.x}`, `${vars.x}` and `${secrets.x}` that names nothing."""
        for key, path, span, known in self.substituted.undefined:
            root, _, name = key.partition(".")
            place = "the engine's properties" if root == "global" else f"the chain's {root}"
            self.report(
                Diagnostic(
                    Code.UNDEFINED_VARIABLE,
                    f'"${{{key}}}" is not defined in {place}, so the text stays as it is',
                    self.location(*path, span=Span(*span)),
                    Severity.WARNING,
                    hint=did_you_mean(name, known),
                )
            )


def _as_written(value: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the path with its keys in the case they have in the document."""
    written: list[str | int] = []
    for part in path:
        key = part
        if isinstance(part, str) and isinstance(value, Mapping) and part not in value:
            key = next((name for name in value if name.casefold() == part.casefold()), part)
        written.append(key)
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            value = None
    return tuple(written)


def configuration_pointer(document: Any, pointer: str) -> str:
    """Return the pointer to a node's configuration, whose key may be written in any case."""
    node = document
    for part in pointer.split("/")[1:]:
        token = part.replace("~1", "/").replace("~0", "~")
        node = node[int(token)] if isinstance(node, list) else node[token]
    key = next((key for key in node if key.casefold() == "configuration"), None) if isinstance(node, Mapping) else None
    return pointer if key is None else pointer + pointer_to(key)
