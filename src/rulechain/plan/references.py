"""Which nodes' outputs the nodes of a chain refer to.

RuleGo finds them by a pattern over the settings' texts and misses common spellings. Here a node counts as referred to
when its id stands in any setting of the chain as a name that is looked into (`n1.msg`, `n1?.data`, `n1["msg"]`), as a
whole quoted or set text (`$env["n-1"]`, `"nodeId": "n1"`), or as a Go template has it (`{{.n1.msg}}`). That is not
enough where ids are plain words: some node must also be able to read it. A node's compiled settings tell which names
they read; of a node that does not tell, its own texts do. One too many costs time with each message, one too few a
wrong result.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

# Names that mean something else at the beginning of an expression, as in RuleGo.
_RESERVED = frozenset(
    ["msg", "metadata", "msgType", "global", "vars", "len", "string", "int", "float", "bool", "true", "false"]
)


class Reader(NamedTuple):
    """A node as far as it may read outputs: its settings, and the names it reads, None where it does not tell."""

    configuration: Mapping[str, Any]
    reads: frozenset[str] | None


def referred_nodes(ids: Iterable[str], readers: Sequence[Reader]) -> frozenset[str]:
    """Return those ids that some setting of the chain refers to and some node may read."""
    reads = frozenset[str]().union(*(reader.reads for reader in readers if reader.reads is not None))
    untold = _Texts(reader.configuration for reader in readers if reader.reads is None)
    found = {
        node_id
        for node_id in ids
        if node_id and node_id not in _RESERVED and (node_id in reads or untold.refer_to(node_id))
    }
    if not found:
        return frozenset()
    every = _Texts(reader.configuration for reader in readers)
    return frozenset(filter(every.refer_to, found))


class _Texts:
    """All texts of some settings."""

    def __init__(self, configurations: Iterable[Mapping[str, Any]]) -> None:
        self._texts = {text for configuration in configurations for text in _texts(configuration)}
        self._whole = "\n".join(self._texts)

    def refer_to(self, node_id: str) -> bool:
        """Whether a node's id stands in them as one that is referred to."""
        if node_id not in self._whole:
            return False
        name = re.escape(node_id)
        looked_into = rf"(?<![\w$.]){name}\s*(?:\?\.|\.|\[)"
        quoted = rf"[\"'`]{name}[\"'`]"
        in_go_template = rf"(?<![\w$.)\]])(?:\$)?\.{name}(?!\w)"
        pattern = f"{looked_into}|{quoted}|{in_go_template}"
        return node_id in self._texts or bool(re.search(pattern, self._whole))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
