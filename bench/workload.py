"""The work that every contender does: the chains, the message, the stream entry, and the same logic by hand."""

import json

PAYLOAD = "x" * 140
READING = {"deviceId": "dev-000123", "temperature": 35.5, "humidity": 61, "status": "ok", "seq": 1, "payload": PAYLOAD}
ENTRY = {key: str(value) for key, value in READING.items()}
MESSAGE_TEXT = json.dumps(READING, separators=(",", ":"))

REQUESTS = "bench:requests"
RESPONSES = "bench:responses"
GROUP = "bench"


def _node(id_: str, type_: str, **configuration: object) -> dict[str, object]:
    return {"id": id_, "type": type_, "configuration": configuration}


def _chain(id_: str, nodes: list[dict[str, object]], *relations: str) -> dict[str, object]:
    """A chain whose nodes follow each other, each by the relation named for it."""
    ids = [node["id"] for node in nodes]
    connections = [
        {"fromId": ids[index], "toId": ids[index + 1], "type": relation} for index, relation in enumerate(relations)
    ]
    return {"ruleChain": {"id": id_}, "metadata": {"nodes": nodes, "connections": connections}}


SWITCH = _node("kind", "msgTypeSwitch")
EXPRESSION_FILTER = _node("hot", "exprFilter", expr="msg.temperature > 30")
MAPPING = {"deviceId": "msg.deviceId", "temperature": "msg.temperature", "f": "msg.temperature * 1.8 + 32"}
SCRIPT_FILTER = _node("hot", "jsFilter", jsScript="return msg.temperature > 30;")
SCRIPT_TRANSFORM = _node(
    "fahrenheit",
    "jsTransform",
    jsScript="msg.f = msg.temperature * 1.8 + 32; metadata.unit = 'F'; "
    "return {'msg': msg, 'metadata': metadata, 'msgType': msgType};",
)

IN_PROCESS = {
    "i   msgTypeSwitch": _chain("i", [SWITCH]),
    "ii  exprFilter + exprTransform": _chain(
        "ii", [EXPRESSION_FILTER, _node("shape", "exprTransform", mapping=MAPPING)], "True"
    ),
    "iii jsFilter + jsTransform": _chain("iii", [SCRIPT_FILTER, SCRIPT_TRANSFORM], "True"),
    "iv  eight mixed nodes": _chain(
        "iv",
        [
            SWITCH,
            _node("warm", "jsFilter", jsScript="return msg.temperature > 20;"),
            _node("shape", "exprTransform", mapping={**MAPPING, "humidity": "msg.humidity", "status": "msg.status"}),
            _node("label", "metadataTransform", mapping={"device": "msg.deviceId", "unit": "'F'"}),
            _node(
                "level",
                "switch",
                cases=[{"case": "msg.f > 110", "then": "Hot"}, {"case": "msg.f > 60", "then": "Warm"}],
            ),
            _node("complete", "fieldFilter", checkAllKeys=True, dataNames="deviceId,f", metadataNames="device"),
            _node("ok", "exprFilter", expr="msg.humidity < 90 && msg.status == 'ok'"),
            _node("pick", "x/jmespathTransform", expression="{device: deviceId, f: f}"),
        ],
        "TELEMETRY",
        "True",
        "Success",
        "Success",
        "Warm",
        "True",
        "True",
    ),
}

RESPOND = _node("respond", "metadataTransform", mapping={"responseTopic": f"'{RESPONSES}'"})
STREAMED = {
    "pass": _chain("bench", [RESPOND]),
    "expressions": _chain(
        "bench",
        [
            _node("hot", "exprFilter", expr="float(msg.temperature) > 30"),
            _node("shape", "exprTransform", mapping={**MAPPING, "f": "float(msg.temperature) * 1.8 + 32"}),
            RESPOND,
        ],
        "True",
        "Success",
    ),
    "scripts": _chain("bench", [SCRIPT_FILTER, SCRIPT_TRANSFORM, RESPOND], "True", "Success"),
}


def endpoint_document(server: str) -> dict[str, object]:
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
    """The chain `expressions`, as one would write it without an engine."""
    temperature = float(reading["temperature"])
    if temperature <= 30:
        return None
    return {
        "deviceId": reading["deviceId"],
        "temperature": reading["temperature"],
        "f": f"{temperature * 1.8 + 32:.10g}",
    }
