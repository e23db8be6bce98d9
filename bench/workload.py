"""The work that every contender does: the message, the stream entry, the chains, and the same logic by hand."""

import json

Document = dict[str, object]

# 253 bytes as JSON: the size that RuleGo was timed with.
READING = {
    "deviceId": "dev-000123",
    "temperature": 35.5,
    "humidity": 61,
    "status": "ok",
    "seq": 1,
    "payload": "x" * 160,
}
ENTRY = {key: str(value) for key, value in READING.items()}
MESSAGE_TEXT = json.dumps(READING, separators=(",", ":"))

REQUESTS = "bench:requests"
RESPONSES = "bench:responses"
GROUP = "bench"


def node(id_: str, type_: str, **configuration: object) -> Document:
    """A node of a chain document."""
    return {"id": id_, "type": type_, "configuration": configuration}


def chain(id_: str, nodes: list[Document], *relations: str) -> Document:
    """A chain document whose nodes follow each other, each by the relation named for it."""
    ids = [each["id"] for each in nodes]
    connections = [
        {"fromId": ids[index], "toId": ids[index + 1], "type": relation} for index, relation in enumerate(relations)
    ]
    return {"ruleChain": {"id": id_}, "metadata": {"nodes": nodes, "connections": connections}}


_SWITCH = node("by-kind", "msgTypeSwitch")
_MAPPING = {"deviceId": "msg.deviceId", "temperature": "msg.temperature", "f": "msg.temperature * 1.8 + 32"}
_SCRIPT_FILTER = node("only-hot", "jsFilter", jsScript="return msg.temperature > 30;")


def _script_transform(more: str = "") -> Document:
    script = f"msg.f = msg.temperature * 1.8 + 32; metadata.unit = 'F'; {more}return {{msg, metadata, msgType}};"
    return node("to-fahrenheit", "jsTransform", jsScript=script)


# By the number that they have beside RuleGo's times: what to call a chain, and its document.
IN_PROCESS: dict[str, tuple[str, Document]] = {
    "i": ("msgTypeSwitch", chain("i", [_SWITCH])),
    "ii": (
        "exprFilter + exprTransform",
        chain(
            "ii",
            [
                node("only-hot", "exprFilter", expr="msg.temperature > 30"),
                node("reshape-it", "exprTransform", mapping=_MAPPING),
            ],
            "True",
        ),
    ),
    "iii": ("jsFilter + jsTransform", chain("iii", [_SCRIPT_FILTER, _script_transform()], "True")),
    "iv": (
        "ten mixed nodes",
        chain(
            "iv",
            [
                _SWITCH,
                node("only-warm", "jsFilter", jsScript="return msg.temperature > 20;"),
                node(
                    "shape", "exprTransform", mapping={**_MAPPING, "humidity": "msg.humidity", "status": "msg.status"}
                ),
                node("label-it", "metadataTransform", mapping={"device": "msg.deviceId", "unit": "'F'"}),
                node(
                    "by-level",
                    "switch",
                    cases=[{"case": "msg.f > 110", "then": "Hot"}, {"case": "msg.f > 60", "then": "Warm"}],
                ),
                node("only-complete", "fieldFilter", checkAllKeys=True, dataNames="deviceId,f", metadataNames="device"),
                node(
                    "grade-it",
                    "jsTransform",
                    jsScript="msg.grade = msg.f > 90 ? 'A' : 'B'; metadata.grade = msg.grade; "
                    "return {msg, metadata, msgType: 'GRADED'};",
                ),
                node("only-ok", "exprFilter", expr="msg.humidity < 90 && msg.status == 'ok'"),
                node(
                    "keep-last",
                    "cacheSet",
                    items=[{"level": "chain", "key": "last:${msg.deviceId}", "value": "${msg.f}", "ttl": "1h"}],
                ),
                node(
                    "to-line",
                    "text/template",
                    template='{"id":"{{.msg.deviceId}}","f":{{printf "%.1f" .msg.f}},"grade":"{{.metadata.grade}}"}',
                ),
            ],
            "TELEMETRY",
            *("True", "Success", "Success", "Warm", "True", "Success", "True", "Success"),
        ),
    ),
}

_RESPOND = node("respond-to", "metadataTransform", mapping={"responseTopic": f"'{RESPONSES}'"})
STREAMED: dict[str, tuple[str, Document]] = {
    "i": ("pass-through", chain("bench", [_SWITCH, _RESPOND], "Default")),
    "ii": (
        "expressions",
        chain(
            "bench",
            [
                node("only-hot", "exprFilter", expr="float(msg.temperature) > 30"),
                node("reshape-it", "exprTransform", mapping={**_MAPPING, "f": "float(msg.temperature) * 1.8 + 32"}),
                _RESPOND,
            ],
            "True",
            "Success",
        ),
    ),
    "iii": (
        "scripts",
        chain("bench", [_SCRIPT_FILTER, _script_transform(f"metadata.responseTopic = '{RESPONSES}'; ")], "True"),
    ),
}


def endpoint_document(server: str) -> Document:
    """The endpoint that feeds the chain `bench`."""
    return {
        "id": "bench",
        "type": "endpoint/redis/stream",
        "configuration": {"server": server, "groupId": GROUP},
        "routers": [
            {
                "id": "bench",
                "from": {"path": REQUESTS},
                "to": {"path": "chain:bench", "processors": ["responseToBody"]},
            }
        ],
    }


def by_hand(reading: dict[str, str]) -> dict[str, str] | None:
    """The chain of expressions, as one would write it without an engine."""
    temperature = float(reading["temperature"])
    if temperature <= 30:
        return None
    return {
        "deviceId": reading["deviceId"],
        "temperature": reading["temperature"],
        "f": f"{temperature * 1.8 + 32:.10g}",
    }
