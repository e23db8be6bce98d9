"""Chains and messages made at random from a seed, of every component that needs no other program."""

import asyncio
import json
import string
from dataclasses import dataclass, field
from random import Random

from rulechain import Message, NodeError, Outcome
from rulechain.components import builtin_components
from support.components import COMPONENTS

# Takes longer than any test.
_ENDLESS = "t/forever"
OWN_COMPONENTS = tuple(spec for spec in COMPONENTS if spec.type != _ENDLESS)

RELATIONS = ["Success", "Success", "Success", "Failure", "True", "False", "Default", "a", "b", "T", ""]
EXPRESSIONS = [
    *(
        "true",
        "msg.n > 1",
        "msg.items",
        "metadata.k",
        "type + data",
        "true",
        "msg.n > 1",
        "msg.n < 3",
        "int(msg.n) % 2 == 0",
        "msg.n % 2 == 0",
        "msg.items",
        "msg.items[0].price",
        "1..3",
    ),
    *(
        "metadata.k == 'v'",
        "nil",
        "1 / 0",
        "msg.a.b.c",
        "len(msg)",
        "toJSON(msg)",
        "n1.msg.n",
        "$env['n2']",
        "type",
        "data",
    ),
    *(
        "filter(msg.items, .price > 1)",
        "global.site + vars.v",
        "(((",
        "",
        "unknown(1)",
        '"text"',
        "5",
        "{a: 1}",
        "[1, nil]",
    ),
]
SCRIPTS = [
    *("return true;", "return {msg, metadata, msgType};", "return ['a', 'T'];", "return 'text';", "return msg.n > 0;"),
    *(
        "return true;",
        "return false;",
        "return msg.n > 1;",
        "return ['a','b'];",
        "return [];",
        "return ['T', null, 5];",
    ),
    *("return {msg, metadata, msgType};", "msg.n = 5; metadata.k = 7; return {msg: msg, metadata: metadata};"),
    *("return {'msg': [1, 2, 255]};", "return {'msg': new Uint8Array([1, 255])};", "throw new Error('no');"),
    *("return {'metadata': {a: {b: 1}}};", "return null;", "", "return 5", "(", "return 'text';", "while (true) {}"),
    *(
        "return msg.a.b.c;",
        "return JSON.stringify(msg);",
        "let a = []; a[0] = a; return {msg: a};",
        "return {msgType: 9};",
    ),
    *("return vars.v + global.site;", "function f() { return f(); } return f();"),
]
TEMPLATES = [
    *(
        "${metadata.k}",
        "${msg.n}",
        "${k}",
        "x-${msg.items[0].price}-y",
        "${",
        "${msg.a.b.c}",
        "${1 / 0}",
        "plain",
        "",
        "5",
    ),
    *("${global.site}/${vars.v}", "${vars.none}", "${n1.msg}", "${data}", "${ruleChain.id}", "${toJSON(msg)}"),
]
GO_TEMPLATES = [
    "{{.msg.n}}",
    "{{range .msg.items}}{{.price}}{{end}}",
    "{{",
    "{{.metadata.k | upper}}",
    "{{.n1.msg}}",
    "",
]
QUERIES = ["n", "items[?price > `1`]", "{n: n, k: items[].price}", "[", "sum(items[].price)", "to_number(n)", "@"]
ODD_VALUES = [
    None,
    True,
    -1,
    0,
    1e300,
    10**25,
    "",
    "no",
    "${",
    "x" * 300,
    [],
    [{}, {}],
    {},
    {"a": {"b": [None]}},
    ["a", 5],
]


@dataclass
class Case:
    """Chains to load into one engine, the engine's arguments, and messages with their options to run through each."""

    seed: int
    documents: list[dict]
    engine: dict = field(default_factory=dict)
    runs: list[tuple[Message, dict]] = field(default_factory=list)


def random_case(seed: int) -> Case:
    """The case of a seed: always the same one."""
    rng = Random(seed)
    chain_ids = [f"c{number}" for number in range(rng.choice([1, 1, 2, 3]))]
    documents = [_Chain(rng, chain_ids).document(id_) for id_ in chain_ids]
    engine = {
        "allow_cycles": rng.random() < 0.5,
        "failure_ends": rng.random() < 0.8,
        "properties": {"site": "north", **({"defaultRelationType": "T"} if rng.random() < 0.2 else {})},
    }
    # What leads into itself goes on until the limit of steps, which takes long.
    is_endless = engine["allow_cycles"] or len(documents) > 1
    runs = [(_message(rng), _options(rng, needs_limit=is_endless)) for _ in range(rng.randint(1, 3))]
    return Case(seed, documents, engine, runs)


class _Chain:
    """Makes one chain: its nodes know each other's ids, and those of the other chains."""

    def __init__(self, rng: Random, chain_ids: list[str]) -> None:
        self._rng = rng
        self._chain_ids = chain_ids
        self._ids = [f"n{number}" for number in range(rng.choice([0, 1, 2, 3, 4, 5, 6, 8, 12]))]

    def document(self, id_: str) -> dict:
        """The chain's document."""
        rng = self._rng
        nodes = [self._node(id_) for id_ in self._ids]
        metadata = {"nodes": nodes, "connections": self._connections([node["type"] for node in nodes])}
        if rng.random() < 0.1:
            metadata["firstNodeIndex"] = rng.choice([0, 1, 2, -1, 99])
        if rng.random() < 0.1:
            metadata["ruleChainConnections"] = [self._connection(self._id(), self._chain_id()) for _ in range(2)]
        chain = {"id": id_, "debugMode": rng.random() < 0.2, "configuration": {"vars": {"v": "1"}}}
        return {"ruleChain": chain, "metadata": metadata}

    def _node(self, id_: str) -> dict:
        rng = self._rng
        if rng.random() < 0.01:
            id_ = self._id()
        type_ = rng.choice(_TYPES)
        configuration = getattr(self, _CONFIGURED[type_])() if type_ in _CONFIGURED else {}
        if rng.random() < 0.06:
            configuration = self._damaged(configuration)
        return {"id": id_, "type": type_, "configuration": configuration}

    def _connections(self, types: list[str]) -> list[dict]:
        rng, ids = self._rng, self._ids
        found = []
        for _ in range(rng.randint(0, 2 * len(ids)) if ids else 0):
            first, second = rng.randrange(len(ids)), rng.randrange(len(ids))
            # Most lead on to a later node: a cycle is refused by half of the engines.
            if first > second and rng.random() < 0.95:
                first, second = second, first
            if first != second or rng.random() < 0.05:
                found.append(self._connection(ids[first], ids[second], types[first]))
        if rng.random() < 0.02:
            found.append(self._connection(self._id(), "nowhere"))
        return found

    def _connection(self, from_id: str, to_id: str, type_: str = "") -> dict:
        """A connection by a relation that its node may end with, or by any other."""
        relations = (_RELATIONS_OF.get(type_) if self._rng.random() < 0.7 else None) or RELATIONS
        return {"fromId": from_id, "toId": to_id, "type": self._rng.choice(relations)}

    def _damaged(self, configuration: dict) -> dict:
        """The configuration with something wrong in it."""
        rng = self._rng
        keys = [*configuration, "noSuchSetting"]
        return {**configuration, rng.choice(keys): rng.choice(ODD_VALUES)}

    def _id(self) -> str:
        ids = self._ids if self._ids and self._rng.random() < 0.95 else ["", "nowhere", "n1", " "]
        return self._rng.choice(ids)

    def _chain_id(self) -> str:
        return self._rng.choice([*self._chain_ids, "nowhere"] if self._rng.random() < 0.9 else [""])

    def _body(self) -> str:
        return f"chain:{self._chain_id()}" if self._rng.random() < 0.3 else self._id()

    def _script(self) -> dict:
        return {"jsScript": self._rng.choice(SCRIPTS), "fieldName": self._rng.choice(["", "items", "a.b"])}

    def _expression(self) -> dict:
        rng = self._rng
        mapping = {rng.choice("abc "): rng.choice(EXPRESSIONS) for _ in range(rng.randint(0, 3))}
        return rng.choice([{"expr": rng.choice(EXPRESSIONS)}, {"mapping": mapping, "isNew": rng.random() < 0.3}])

    def _query(self) -> dict:
        return {"expression": self._rng.choice(QUERIES)}

    def _cases(self) -> dict:
        rng = self._rng
        return {
            "cases": [
                {"case": rng.choice(EXPRESSIONS), "then": rng.choice(RELATIONS)} for _ in range(rng.randint(0, 3))
            ]
        }

    def _fields(self) -> dict:
        names = self._rng.choice(["n", "n,items", "", "zz, n"])
        return {
            "dataNames": names,
            "metadataNames": self._rng.choice(["k", ""]),
            "checkAllKeys": self._rng.random() < 0.5,
        }

    def _template(self) -> dict:
        return {"template": self._rng.choice(GO_TEMPLATES)}

    def _delay(self) -> dict:
        rng = self._rng
        pause = rng.choice(["0", "1", "2", "5", "${metadata.k}", "-1", ""])
        return {"delayMs": pause, "overwrite": rng.random() < 0.3, "maxPendingMsgs": rng.choice([0, 1, 1000])}

    def _functions(self) -> dict:
        return {
            "functionName": self._rng.choice([*FUNCTIONS, "none", "${metadata.k}"]),
            "param": self._rng.choice(TEMPLATES),
        }

    def _output(self) -> dict:
        return {"nodeId": self._id()}

    def _loop(self) -> dict:
        rng = self._rng
        rounds = {
            "range": rng.choice([*EXPRESSIONS, "1..3", "msg.items", "1..200"]),
            "condition": rng.choice(EXPRESSIONS),
        }
        return {**rounds, "do": self._body(), "mode": rng.choice([0, 1, 2, 3, 7]), "maxRounds": rng.choice([1, 3, 50])}

    def _group(self) -> dict:
        rng = self._rng
        ids = [self._id() for _ in range(rng.randint(0, 3))]
        facts = {"matchNum": rng.randint(0, 3), "mergeToMap": rng.random() < 0.5, "allMatches": rng.random() < 0.5}
        return {"nodeIds": rng.choice([ids, ",".join(ids)]), "timeout": 1, **facts}

    def _join(self) -> dict:
        return {"timeout": 1, "mergeToMap": self._rng.random() < 0.5}

    def _ref(self) -> dict:
        rng = self._rng
        target = self._id() if rng.random() < 0.6 else f"{self._chain_id()}:{self._id()}"
        return {"targetId": target, "tellChain": rng.random() < 0.5}

    def _flow(self) -> dict:
        return {"targetId": self._chain_id(), "extend": self._rng.random() < 0.5}

    def _cache(self) -> dict:
        rng = self._rng
        keys = [
            {"level": rng.choice(["chain", "global"]), "key": rng.choice(["k", "k*", *TEMPLATES])} for _ in range(2)
        ]
        items = [{**key, "value": rng.choice(TEMPLATES), "ttl": rng.choice(["", "1s", "no", "0"])} for key in keys]
        return {"keys": keys, "items": items, "outputMode": rng.choice([0, 1, 2, 3])}

    def _exec(self) -> dict:
        return {"cmd": self._rng.choice(["date", "${metadata.k}", ""]), "args": ["-u"], "replaceData": True}


_CONFIGURED = {
    **dict.fromkeys(["jsFilter", "jsSwitch", "jsTransform", "log", "iterator"], "_script"),
    **dict.fromkeys(["exprFilter", "exprTransform", "metadataTransform"], "_expression"),
    **dict.fromkeys(["x/jmespathFilter", "x/jmespathTransform"], "_query"),
    **dict.fromkeys(["switch", "inclusive"], "_cases"),
    **dict.fromkeys(["for", "while"], "_loop"),
    **dict.fromkeys(["groupAction", "groupFilter"], "_group"),
    **dict.fromkeys(["cacheSet", "cacheGet", "cacheDelete"], "_cache"),
    "fieldFilter": "_fields",
    "text/template": "_template",
    "delay": "_delay",
    "functions": "_functions",
    "fetchNodeOutput": "_output",
    "join": "_join",
    "ref": "_ref",
    "flow": "_flow",
    "exec": "_exec",
}
_RELATIONS_OF = {spec.type: spec.relations for spec in (*builtin_components(), *OWN_COMPONENTS)}
_PLAIN = ["msgTypeSwitch", "fork", "comment", "break", "end"]
_OWN = [spec.type for spec in OWN_COMPONENTS]
# Nothing of this name exists: such a chain is refused.
_UNKNOWN = ["noSuchComponent"]
_TYPES = sorted([*_CONFIGURED, *_PLAIN, "fork", "join", "delay"] * 6 + _OWN * 3 + _UNKNOWN)
# The types that are drawn, for a test that none is missing.
DRAWN_TYPES = frozenset(_TYPES)


def _message(rng: Random) -> Message:
    value = {
        "n": rng.choice([0, 1, 2.5, "x", None]),
        "items": [{"price": rng.randint(0, 3)} for _ in range(rng.randint(0, 3))],
    }
    payloads = [json.dumps(value)] * 6 + ["[1, 2]", "null", '"text"', "{bad", "", "a,b", b"\xff\x00", "5", "\ud800"]
    return Message(
        rng.choice(payloads),
        type=rng.choice(["T", "a", "", "other"]),
        data_type=rng.choice(["JSON", "JSON", "JSON", "TEXT", "BINARY", "X"]),
        metadata={rng.choice(["k", "only", "_break", "_delayOffsetMs"]): rng.choice(["v", "1", "", "ü", "t/echo"])}
        | {"only": "1"},
        id="".join(rng.choices(string.ascii_lowercase, k=8)),
    )


def _options(rng: Random, *, needs_limit: bool) -> dict:
    options: dict = {"timeout_s": rng.choice([0.2, 0.05, 0.05, 0])} if needs_limit or rng.random() < 0.5 else {}
    if rng.random() < 0.1:
        options["start"] = rng.choice(["n0", "n1", ["n0", "n2"], "nowhere", ""])
    if rng.random() < 0.1:
        options["only_first"] = True
    if rng.random() < 0.5:
        options["trace"] = True
    if rng.random() < 0.2:
        options["debug"] = rng.random() < 0.5
    return options


def _crash(_message: Message, _context: object) -> Outcome:
    raise KeyError("no such thing")


def _refuse(_message: Message, _context: object) -> Outcome:
    raise NodeError("refused")


async def _later(message: Message, _context: object) -> list[Outcome]:
    await asyncio.sleep(0)
    return [Outcome("Success", message), Outcome("a", message)]


# For the component `functions`: well-behaved ones and others.
FUNCTIONS = {
    "echo": lambda message, _context: Outcome("Success", message),
    "many": lambda message, _context: [Outcome(relation, message) for relation in ("a", "b", "")],
    "silent": lambda _message, _context: [],
    "wrong": lambda _message, _context: "text",
    "crash": _crash,
    "refuse": _refuse,
    "later": _later,
}
