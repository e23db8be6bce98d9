"""From a JSON value to definitions: the one place that knows RuleGo's camelCase keys.

Keys match in any case and `null` is a zero value, as in Go's decoder. A value of a wrong type is only noted here;
`schema` finds the words for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from rulechain.diagnostics import Code, Diagnostic, Location, Severity, Source, closest, did_you_mean, pointer_to
from rulechain.model import (
    ChainDefinition,
    ConnectionDefinition,
    EndpointDefinition,
    NodeDefinition,
    RouterDefinition,
    RouterFrom,
    RouterTo,
)

T = TypeVar("T")

_DOCUMENT = ("ruleChain", "metadata")
_CHAIN = ("id", "name", "debugMode", "root", "disabled", "configuration", "additionalInfo")
_BODY = ("firstNodeIndex", "nodes", "connections", "ruleChainConnections", "endpoints")
_NODE = ("id", "type", "name", "debugMode", "configuration", "additionalInfo")
_CONNECTION = ("fromId", "toId", "type", "label")
_ENDPOINT = (*_NODE, "processors", "routers")
_ROUTER = ("id", "params", "from", "to", "additionalInfo")
_FROM = ("path", "configuration", "processors")
_TO = (*_FROM, "wait")

# Below these keys everything belongs to components, endpoints or editors.
FREE_KEYS: Final = frozenset({"configuration", "additionalInfo", "params"})
KEYS: Final[Mapping[str, str]] = {
    key.casefold(): key for keys in (_DOCUMENT, _CHAIN, _BODY, _CONNECTION, _ENDPOINT, _ROUTER, _TO) for key in keys
}
# Keys that begin like this are notes for people and tools.
_NOTE_PREFIXES = ("$", "_", "//", "x-")


@dataclass(slots=True)
class Decoding:
    """What decoding one document found."""

    source: Source
    diagnostics: list[Diagnostic] = field(default_factory=list)
    # A value has a wrong type.
    has_wrong_type: bool = False
    # An id, a type or a list has a wrong type: what depends on it would be reported wrongly.
    is_unreadable: bool = False

    def warn(self, code: Code, message: str, location: Location, hint: str | None = None) -> None:
        """Note something doubtful."""
        self.diagnostics.append(Diagnostic(code, message, location, Severity.WARNING, hint=hint))


def decode_chain(value: Any, decoding: Decoding, chain_id: str | None = None) -> ChainDefinition:
    """Make a chain definition; read `decoding` for what was found on the way."""
    document = _Record(decoding, value, "", _DOCUMENT)
    chain = document.record("ruleChain", _CHAIN)
    body = document.record("metadata", _BODY)
    return ChainDefinition(
        id=chain_id or chain.text("id"),
        name=chain.text("name"),
        root=chain.flag("root"),
        debug=chain.flag("debugMode"),
        disabled=chain.flag("disabled"),
        first_node_index=body.whole_number("firstNodeIndex"),
        nodes=body.each("nodes", _decode_node),
        connections=body.each("connections", _decode_connection, allow_null=True),
        chain_connections=body.each("ruleChainConnections", _decode_connection, allow_null=True),
        endpoints=body.each("endpoints", _decode_inner_endpoint),
        configuration=chain.mapping("configuration"),
        additional_info=chain.mapping("additionalInfo"),
        source=decoding.source,
        document=value if isinstance(value, dict) else {},
    )


def decode_endpoint(
    value: Any, decoding: Decoding, *, pointer: str = "", endpoint_id: str | None = None
) -> EndpointDefinition:
    """Make an endpoint definition, of a whole document or of a part of a chain document."""
    endpoint = _Record(decoding, value, pointer, _ENDPOINT)
    endpoint.flag("debugMode")
    return EndpointDefinition(
        id=endpoint_id or endpoint.text("id"),
        type=endpoint.text("type"),
        name=endpoint.text("name"),
        configuration=endpoint.mapping("configuration"),
        processors=endpoint.texts("processors"),
        routers=endpoint.each("routers", _decode_router),
        additional_info=endpoint.mapping("additionalInfo"),
        source=decoding.source,
        pointer=pointer,
    )


def has_key(value: Any, *keys: str) -> bool:
    """Say whether an object has one of these keys, in any case."""
    folded = {key.casefold() for key in keys}
    return isinstance(value, dict) and any(key.casefold() in folded for key in value)


def _decode_inner_endpoint(value: Any, decoding: Decoding, pointer: str, _index: int) -> EndpointDefinition:
    return decode_endpoint(value, decoding, pointer=pointer)


def _decode_node(value: Any, decoding: Decoding, pointer: str, index: int) -> NodeDefinition:
    node = _Record(decoding, value, pointer, _NODE)
    return NodeDefinition(
        id=node.text("id") or f"node{index}",
        type=node.text("type"),
        name=node.text("name"),
        debug=node.flag("debugMode"),
        configuration=node.mapping("configuration"),
        additional_info=node.mapping("additionalInfo"),
        pointer=pointer,
    )


def _decode_connection(value: Any, decoding: Decoding, pointer: str, _index: int) -> ConnectionDefinition:
    connection = _Record(decoding, value, pointer, _CONNECTION)
    return ConnectionDefinition(
        from_id=connection.text("fromId"),
        to_id=connection.text("toId"),
        relation=connection.text("type"),
        label=connection.text("label"),
        pointer=pointer,
    )


def _decode_router(value: Any, decoding: Decoding, pointer: str, _index: int) -> RouterDefinition:
    router = _Record(decoding, value, pointer, _ROUTER)
    from_ = router.record("from", _FROM)
    to = router.record("to", _TO)
    return RouterDefinition(
        id=router.text("id"),
        from_=RouterFrom(from_.text("path"), from_.mapping("configuration"), from_.texts("processors")),
        to=RouterTo(to.text("path"), to.mapping("configuration"), to.texts("processors"), to.flag("wait")),
        params=tuple(router.items("params")),
        additional_info=router.mapping("additionalInfo"),
        pointer=pointer,
    )


class _Record:
    """One object of a document, read by RuleGo's names for its keys."""

    __slots__ = ("_decoding", "_pointer", "_values", "_written")

    def __init__(self, decoding: Decoding, value: Any, pointer: str, known: tuple[str, ...]) -> None:
        self._decoding = decoding
        self._pointer = pointer
        self._values: dict[str, Any] = {}
        self._written: dict[str, str] = {}
        if isinstance(value, dict):
            for key, item in value.items():
                self._take(key, item, known)
        elif value is not None:
            self._refuse(is_structure=True)

    def text(self, key: str) -> str:
        value = self._values.get(key)
        if isinstance(value, str):
            return value
        self._refuse_unless(value is None, is_structure=True)
        return ""

    def flag(self, key: str) -> bool:
        value = self._values.get(key)
        self._refuse_unless(value is None or isinstance(value, bool))
        return value is True

    def whole_number(self, key: str) -> int:
        value = self._values.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._refuse_unless(value is None, is_structure=True)
        return 0

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self._values.get(key)
        if isinstance(value, dict):
            return value
        self._refuse_unless(value is None)
        return {}

    def items(self, key: str) -> list[Any]:
        value = self._values.get(key)
        if isinstance(value, list):
            return value
        self._refuse_unless(value is None, is_structure=True)
        return []

    def texts(self, key: str) -> tuple[str, ...]:
        items = self.items(key)
        self._refuse_unless(all(item is None or isinstance(item, str) for item in items), is_structure=True)
        return tuple(item if isinstance(item, str) else "" for item in items)

    def record(self, key: str, known: tuple[str, ...]) -> "_Record":
        return _Record(self._decoding, self._values.get(key), self._place(key), known)

    def each(
        self, key: str, decode: Callable[[Any, Decoding, str, int], T], *, allow_null: bool = False
    ) -> tuple[T, ...]:
        """Decode the objects of a list. Where Go keeps a list of pointers, `null` is a hole that RuleGo fails on."""
        items = self.items(key)
        self._refuse_unless(allow_null or None not in items, is_structure=True)
        place = self._place(key)
        return tuple(decode(item, self._decoding, f"{place}/{index}", index) for index, item in enumerate(items))

    def _take(self, key: str, item: Any, known: tuple[str, ...]) -> None:
        name = key if key in known else KEYS.get(key.casefold())
        if name not in known:
            if not key.startswith(_NOTE_PREFIXES):
                hint = _hint_for_unknown(key, name, known)
                self._warn(Code.UNKNOWN_KEY, f'unknown key "{key}", which is ignored', key, hint)
            return
        if name in self._values:
            self._warn(Code.DUPLICATE_KEY, f'"{self._written[name]}" and "{key}" are one key; the last one counts', key)
        if name != key:
            self._warn(Code.KEY_CASE, f'the key "{key}" is read as "{name}"', key, f'write "{name}"')
        self._values[name] = item
        self._written[name] = key

    def _place(self, key: str) -> str:
        return self._pointer + pointer_to(self._written.get(key, key))

    def _warn(self, code: Code, message: str, key: str, hint: str | None = None) -> None:
        location = Location(self._decoding.source, self._pointer + pointer_to(key), of_key=True)
        self._decoding.warn(code, message, location, hint)

    def _refuse_unless(self, is_fine: bool, *, is_structure: bool = False) -> None:  # noqa: FBT001 - reads as a sentence
        if not is_fine:
            self._refuse(is_structure=is_structure)

    def _refuse(self, *, is_structure: bool) -> None:
        self._decoding.has_wrong_type = True
        self._decoding.is_unreadable = self._decoding.is_unreadable or is_structure


def _hint_for_unknown(key: str, name: str | None, known: tuple[str, ...]) -> str | None:
    """Say what was meant, or where in a chain document the key belongs."""
    if closest(key, known) is None:
        if name in _BODY:
            return f'"{name}" belongs in "metadata"'
        if known is _DOCUMENT and name in _CHAIN:
            return f'"{name}" belongs in "ruleChain"'
    return did_you_mean(key, known)
