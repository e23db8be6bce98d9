"""Which nodes' outputs the settings of a chain refer to.

RuleGo finds them by a pattern over the settings' texts and misses common spellings. Here a node counts as referred to
when its id stands in any setting of the chain as a name that is looked into (`n1.msg`, `n1?.data`, `n1["msg"]`), as a
whole quoted or set text (`$env["n-1"]`, `"nodeId": "n1"`), or as a Go template has it (`{{.n1.msg}}`). One too many
costs a dict entry per message, one too few a wrong result.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Names that mean something else at the beginning of an expression, as in RuleGo.
_RESERVED = frozenset(
    ["msg", "metadata", "msgType", "global", "vars", "len", "string", "int", "float", "bool", "true", "false"]
)


def referred_nodes(ids: Iterable[str], configurations: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return those ids that some configuration refers to."""
    texts = {text for configuration in configurations for text in _texts(configuration)}
    whole = "\n".join(texts)
    return frozenset(
        node_id for node_id in ids if node_id and node_id not in _RESERVED and _is_referred(node_id, texts, whole)
    )


def _is_referred(node_id: str, texts: set[str], whole: str) -> bool:
    if node_id not in whole:
        return False
    name = re.escape(node_id)
    looked_into = rf"(?<![\w$.]){name}\s*(?:\?\.|\.|\[)"
    quoted = rf"[\"'`]{name}[\"'`]"
    in_go_template = rf"(?<![\w$.)\]])(?:\$)?\.{name}(?!\w)"
    return node_id in texts or bool(re.search(f"{looked_into}|{quoted}|{in_go_template}", whole))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
