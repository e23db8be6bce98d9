"""Routers made in code: `Router("r1").from_("stream").process(check).to("chain:alarm").end()`."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from rulechain.api import Processor
from rulechain.diagnostics.errors import EndpointError
from rulechain.model import RouterDefinition, RouterFrom, RouterTo


class Router:
    """Builds a router: where entries come from, what happens to them, their chain, what becomes of the outcome.

    `transform` and `process` speak of the side that was named last. The same can be said in a document; only functions
    cannot.
    """

    def __init__(self, id: str = "") -> None:  # noqa: A002 - the document's word
        self.id = id
        self.processors: dict[str, Processor] = {}
        self._side: Literal["from", "to"] | None = None
        self._paths = {"from": "", "to": ""}
        self._configurations: dict[str, dict[str, Any]] = {"from": {}, "to": {}}
        self._names: dict[str, list[str]] = {"from": [], "to": []}

    def from_(
        self,
        path: str,
        configuration: Mapping[str, Any] | None = None,
        *,
        when: str | None = None,
        order_by: str | None = None,
    ) -> Self:
        """Name the streams, separated by commas.

        Args:
            path: The streams.
            configuration: As `from.configuration` of a document.
            when: An expression that says which entries this router takes.
            order_by: An expression; entries for which it gives the same are processed one after the other.
        """
        self._open("from", path, configuration)
        return self._set(when=when, orderBy=order_by)

    def to(
        self,
        path: str,
        configuration: Mapping[str, Any] | None = None,
        *,
        response_topic: str | None = None,
    ) -> Self:
        """Name the target, a router expression such as `chain:${msg.kind}`.

        Args:
            path: The target.
            configuration: As `to.configuration` of a document.
            response_topic: A template for the response stream, if the outcome names none.
        """
        self._open("to", path, configuration)
        return self._set(responseTopic=response_topic)

    def transform(self, jmespath: str) -> Self:
        """Reshape the inbound data, or the outcome's, by jmespath; it comes before the side's processors."""
        if self._names[self._current()]:
            raise EndpointError("a transform is applied before the processors: write it before process(…)")
        return self._set(transform=jmespath)

    def process(self, processor: str | Processor) -> Self:
        """Add a processor: a built-in one by its name, or a function of the exchange, sync or async."""
        side = self._current()
        if callable(processor):
            name = f"{getattr(processor, '__name__', 'processor')}#{len(self.processors) + 1}"
            self.processors[name] = processor
            self._names[side].append(name)
        else:
            self._names[side].append(processor)
        return self

    def end(self) -> Self:
        """Return the finished router."""
        return self

    @property
    def definition(self) -> RouterDefinition:
        """The router as a document would say it; functions stand in it under names of their own."""
        return RouterDefinition(
            id=self.id,
            from_=RouterFrom(self._paths["from"], dict(self._configurations["from"]), tuple(self._names["from"])),
            to=RouterTo(self._paths["to"], dict(self._configurations["to"]), tuple(self._names["to"]), wait=True),
        )

    def _open(self, side: Literal["from", "to"], path: str, configuration: Mapping[str, Any] | None) -> None:
        self._side = side
        self._paths[side] = path
        self._configurations[side].update(configuration or {})

    def _current(self) -> str:
        if self._side is None:
            raise EndpointError("say where the router takes its entries from first: Router(…).from_(…)")
        return self._side

    def _set(self, **settings: str | None) -> Self:
        configuration = self._configurations[self._current()]
        configuration.update({key: text for key, text in settings.items() if text is not None})
        return self
