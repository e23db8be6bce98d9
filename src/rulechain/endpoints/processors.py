"""The built-in processors, RuleGo's seven, and the registry that documents look them up in."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rulechain.api import Exchange, Headers, Processor
from rulechain.diagnostics.errors import DuplicateTypeError
from rulechain.model import DataType, Message

Side = Literal["from", "to", "any"]

CONTENT_TYPE = "Content-Type"
_CONTENT_TYPES = {
    DataType.JSON: "application/json",
    DataType.TEXT: "text/plain",
    DataType.BINARY: "application/octet-stream",
}
_JSON = str(DataType.JSON)
_JSON_HEADERS = Headers({CONTENT_TYPE: _CONTENT_TYPES[DataType.JSON]})
_FAILED_STATUS = 400


class ProcessorRegistry(Mapping[str, Processor]):
    """Processors by name, each for one side of a router (`from` before the chain, `to` after it) or for both."""

    def __init__(self) -> None:
        self._processors: dict[str, Processor] = {}
        self._sides: dict[str, Side] = {}

    def add(self, name: str, processor: Processor, side: Side = "any") -> None:
        """Add a processor.

        Raises:
            DuplicateTypeError: The name is taken.
        """
        if name in self._processors:
            raise DuplicateTypeError(f'processor "{name}" exists already', name=name, known=tuple(self._processors))
        self._processors[name] = processor
        self._sides[name] = side

    def fits(self, name: str, side: Side) -> bool:
        """Whether a processor of this name belongs to this side."""
        return self._sides.get(name) in (side, "any")

    def without(self, *names: str) -> "ProcessorRegistry":
        """Return a registry that lacks these processors."""
        copy = ProcessorRegistry()
        for name, processor in self.items():
            if name not in names:
                copy.add(name, processor, self._sides[name])
        return copy

    def clone(self) -> "ProcessorRegistry":
        """Return a registry of its own with the same processors."""
        return self.without()

    def __getitem__(self, name: str) -> Processor:
        return self._processors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._processors)

    def __len__(self) -> int:
        return len(self._processors)


def builtin_processors() -> ProcessorRegistry:
    """Return a registry of RuleGo's processors, to which others may be added."""
    registry = ProcessorRegistry()
    registry.add("headersToMetadata", headers_to_metadata, "from")
    registry.add("setJsonDataType", _data_type_setter(DataType.JSON), "from")
    registry.add("setTextDataType", _data_type_setter(DataType.TEXT), "from")
    registry.add("setBinaryDataType", _data_type_setter(DataType.BINARY), "from")
    registry.add("toHex", to_hex, "from")
    registry.add("responseToBody", response_to_body, "to")
    registry.add("metadataToHeaders", metadata_to_headers, "to")
    return registry


def headers_to_metadata(exchange: Exchange) -> None:
    """Copy every inbound header into the message's metadata, under its canonical name."""
    inbound = exchange.inbound
    metadata = {**inbound.message.metadata, **inbound.headers.texts}
    inbound.message = inbound.message.replace(metadata=metadata)


def to_hex(exchange: Exchange) -> None:
    """Replace the message by the upper-case hexadecimal text of the body; of its metadata only `topic` stays."""
    inbound = exchange.inbound
    body = inbound.body.encode("utf-8", "surrogateescape") if isinstance(inbound.body, str) else inbound.body
    inbound.message = Message(
        body.hex().upper(), type=inbound.topic, data_type=DataType.TEXT, metadata={"topic": inbound.topic}
    )


def response_to_body(exchange: Exchange) -> None:
    """Answer with the outcome's data, or with the text of its error."""
    outbound = exchange.outbound
    if outbound.error is not None:
        outbound.status = _FAILED_STATUS
        outbound.body = outbound.error
    elif outbound.message is not None:
        if outbound.message.data_type == _JSON and not outbound.header(CONTENT_TYPE):
            outbound.add_headers(_JSON_HEADERS)
        outbound.answer = outbound.message


def metadata_to_headers(exchange: Exchange) -> None:
    """Copy the outcome's metadata into the response's headers; of a failure, answer with the text of its error."""
    outbound = exchange.outbound
    if outbound.error is not None:
        outbound.status = _FAILED_STATUS
        outbound.body = outbound.error
    elif outbound.message is not None:
        outbound.headers.update(outbound.message.metadata)


def _data_type_setter(data_type: DataType) -> Processor:
    def set_data_type(exchange: Exchange) -> None:
        inbound = exchange.inbound
        inbound.message = inbound.message.replace(data_type=data_type)
        exchange.outbound.headers.set(CONTENT_TYPE, _CONTENT_TYPES[data_type])

    return set_data_type
