"""What a node of each kind costs in process: a run through many of them, less a run through one."""

import logging
from collections.abc import Callable

import rulechain
from bench.calibration import best_ns, calibration_ns
from bench.figures import Effort, Section, Target, figure
from bench.rulego import CALIBRATION_US
from bench.workload import MESSAGE_TEXT, Document, chain, node

_LENGTH = 20
_RUNS = 100
# What the work of a node was measured to cost where nothing is around it, in microseconds, and what may be around it.
_AROUND_US = 0.2
_WORK_US = {
    "fork": 0.0,
    "exprFilter": 0.32,
    "jsFilter": 3.3,
    "jsTransform": 11.0,
    "x/jmespathFilter": 3.8,
    "x/jmespathTransform": 14.0,
    "metadataTransform": 0.4,
}
# One node of each kind that goes on with its message as it came, and the relation by which many can follow each other.
_NODES: dict[str, tuple[str, dict[str, object]]] = {
    "fork": ("Success", {}),
    "msgTypeSwitch": ("TELEMETRY", {}),
    "exprFilter": ("True", {"expr": "msg.temperature > 30"}),
    "fieldFilter": ("True", {"dataNames": "deviceId", "metadataNames": "source", "checkAllKeys": True}),
    "x/jmespathFilter": ("True", {"expression": "temperature > `30`"}),
    "jsFilter": ("True", {"jsScript": "return msg.temperature > 30;"}),
    "switch": ("Success", {"cases": [{"case": "msg.temperature > 30", "then": "Success"}]}),
    "inclusive": ("Success", {"cases": [{"case": "msg.temperature > 30", "then": "Success"}]}),
    "jsSwitch": ("Success", {"jsScript": "return ['Success'];"}),
    "metadataTransform": ("Success", {"mapping": {"device": "msg.deviceId"}}),
    "exprTransform": ("Success", {"mapping": {"deviceId": "msg.deviceId", "temperature": "msg.temperature"}}),
    "x/jmespathTransform": ("Success", {"expression": "{deviceId: deviceId, temperature: temperature}"}),
    "jsTransform": ("Success", {"jsScript": "metadata.unit = 'F'; return {msg, metadata, msgType};"}),
    "text/template": (
        "Success",
        {"template": '{"deviceId": "{{.msg.deviceId}}", "temperature": {{.msg.temperature}}}'},
    ),
    "log": ("Success", {"jsScript": "return 'temperature ' + msg.temperature;"}),
    "cacheSet": ("Success", {"items": [{"level": "global", "key": "last", "value": "${metadata.source}"}]}),
    "cacheGet": ("Success", {"keys": [{"level": "global", "key": "last"}]}),
    "functions": ("Success", {"functionName": "same"}),
    "delay": ("Success", {"delayMs": "0"}),
    "groupFilter": ("False", {"nodeIds": ["aside"]}),
    "for": ("Success", {"range": "1..1", "do": "aside"}),
    "ref": ("Success", {"targetId": "aside"}),
}


def measure(effort: Effort) -> Section:
    """Microseconds for a node, each round beside a calibration of its own."""
    logging.getLogger("rulechain").setLevel(logging.ERROR)
    engine = rulechain.Engine(functions={"same": lambda message, _: rulechain.Outcome("Success", message)})
    runs = {type_: (_run(engine, type_, _LENGTH), _run(engine, type_, 1)) for type_ in _NODES}
    taken: dict[str, list[tuple[float, float]]] = {type_: [] for type_ in _NODES}
    for _ in range(effort.rounds):
        for type_, (many, one) in runs.items():
            unit = calibration_ns()
            node_ns = (best_ns(many, _RUNS) - best_ns(one, _RUNS)) / (_LENGTH - 1)
            taken[type_].append((node_ns / 1000, node_ns / unit))
    figures = [
        figure(type_, "us", [spent for spent, _ in pairs], [cost for _, cost in pairs], _target(type_))
        for type_, pairs in taken.items()
    ]
    return Section("nodes, in process", figures, [])


def _target(type_: str) -> Target | None:
    if type_ not in _WORK_US:
        return None
    return Target(round((_WORK_US[type_] + _AROUND_US) / CALIBRATION_US, 2), on_cost=True)


def _run(engine: rulechain.Engine, type_: str, length: int) -> Callable[[], object]:
    measured = engine.load(_document(type_, length), chain_id=f"{type_}-{length}")
    message = rulechain.Message(MESSAGE_TEXT, type="TELEMETRY", metadata={"source": "bench", "last": "x"})
    run = measured.run(message, trace=True)
    if len(run.trace) < length or run.failed:
        raise SystemExit(f"{measured.id}: {len(run.trace)} steps, {[end.error for end in run.ends]}")
    return lambda: measured.run(message)


def _document(type_: str, length: int) -> Document:
    """A chain in which so many nodes of a kind follow each other, and one stands aside to be called."""
    relation, configuration = _NODES[type_]
    nodes = [node(f"n{number}", type_, **configuration) for number in range(length)]
    return chain(type_, [*nodes, node("aside", "comment")], *[relation] * (length - 1))
