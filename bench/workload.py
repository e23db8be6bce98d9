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
    "iv  ten mixed nodes": _chain(
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
            _node(
                "grade", "jsTransform", jsScript="msg.grade = msg.f > 90 ? 'A' : 'B'; return {msg, metadata, msgType};"
            ),
            _node("ok", "exprFilter", expr="msg.humidity < 90 && msg.status == 'ok'"),
            _node("last", "cacheSet", items=[{"key": "last:${metadata.device}", "value": "${msg.f}", "ttl": "1h"}]),
            _node("line", "text/template", template='{{.msg.deviceId}}: {{printf "%.1f" .msg.f}} {{.msg.grade}}'),
        ],
        "TELEMETRY",
        "True",
        "Success",
        "Success",
        "Warm",
        "True",
        "Success",
        "True",
        "Success",
    ),
}
# The most that each may take, in calibrations.
IN_PROCESS_TARGETS = dict(zip(IN_PROCESS, (0.6, 1.5, 3.5, 9.0), strict=True))

# One node of each kind that goes on with its message as it came, by that relation: many can follow each other.
_RELATION = {"exprFilter": "True", "jsFilter": "True", "fieldFilter": "True", "x/jmespathFilter": "True"}
_NODES = {
    "fork": {},
    "msgTypeSwitch": {},
    "exprFilter": {"expr": "msg.temperature > 30"},
    "fieldFilter": {"dataNames": "deviceId", "metadataNames": "source", "checkAllKeys": True},
    "x/jmespathFilter": {"expression": "temperature > `30`"},
    "jsFilter": {"jsScript": "return msg.temperature > 30;"},
    "switch": {"cases": [{"case": "msg.temperature > 30", "then": "Success"}]},
    "inclusive": {"cases": [{"case": "msg.temperature > 30", "then": "Success"}]},
    "jsSwitch": {"jsScript": "return ['Success'];"},
    "metadataTransform": {"mapping": {"device": "msg.deviceId"}},
    "exprTransform": {"mapping": {"deviceId": "msg.deviceId", "temperature": "msg.temperature"}},
    "x/jmespathTransform": {"expression": "{deviceId: deviceId, temperature: temperature}"},
    "jsTransform": {"jsScript": "metadata.unit = 'F'; return {'msg': msg, 'metadata': metadata, 'msgType': msgType};"},
    "text/template": {"template": '{"deviceId": "{{.msg.deviceId}}", "temperature": {{.msg.temperature}}}'},
    "log": {"jsScript": "return 'temperature ' + msg.temperature;"},
    "cacheSet": {"items": [{"level": "global", "key": "last", "value": "${metadata.source}"}]},
    "cacheGet": {"keys": [{"level": "global", "key": "last"}]},
    "functions": {"functionName": "same"},
    "delay": {"delayMs": "0"},
    "groupFilter": {"nodeIds": ["aside"]},
    "for": {"range": "1..1", "do": "aside"},
    "ref": {"targetId": "aside"},
}


def node_chains(length: int) -> dict[str, dict[str, object]]:
    """By component, a chain in which so many of its nodes follow each other, and one stands aside to be called."""
    chains = {}
    for type_, configuration in _NODES.items():
        relation = {"msgTypeSwitch": "TELEMETRY", "groupFilter": "False"}.get(type_) or _RELATION.get(type_, "Success")
        nodes = [_node(f"n{number}", type_, **configuration) for number in range(length)]
        document = _chain(type_, nodes, *[relation] * (length - 1))
        document["metadata"]["nodes"].append(_node("aside", "comment"))  # type: ignore[index]
        chains[type_] = document
    return chains


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
