"""A run that is watched does everything to each node; any other calls what it can directly. Both come to the same."""

from collections import Counter
from itertools import pairwise
from random import Random
from unittest.mock import patch

import pytest

from rulechain import Engine, Message, NodeError, Outcome, component
from rulechain.api import Aspect, ComponentSpec, Make
from rulechain.runtime.limits import Steps
from support.components import COMPONENTS
from support.documents import chain_document

SECRET = "hush-hush"
# Enough for every chain without a cycle.
STEP_LIMIT = 300
IDS = "abcdefg"


@component("t/leak")
def leak(message, settings):
    """Fail with a secret in the error."""
    raise NodeError(f"refused {SECRET}")


@component("t/stranger")
def stranger(message, settings):
    """End with a message that is not made of the one that came."""
    return Message("strange", id="s", ts=0, type="T")


@component("t/later", relations=None)
async def later(message, settings):
    """End with two outcomes, later."""
    return [Outcome("Success", message), Outcome("", message), Outcome("True", message)]


def wrong(_settings, _node):
    """End with an outcome that has no message."""
    return lambda _message: Outcome("Success", "text")


def made(_settings, _node):
    """Make a message that is not made of the one that came."""
    return Make(lambda _message: Message('{"n": 7}', id="s", ts=0, type="T"))


MADE = ComponentSpec(type="t/made", category="test", summary="Makes a message", build=made)
WRONG = ComponentSpec(type="t/wrong", category="test", summary="Ends with nonsense", build=wrong)

# The configurations that a node of each type may have.
KINDS = {
    "fork": [{}],
    "comment": [{}],
    "end": [{}],
    "join": [{}],
    "msgTypeSwitch": [{}],
    "exprFilter": [{"expr": text} for text in ("true", "1 / msg.n > 0", "a.msg.n < 9", "b.msg.n < 9", "msg.a.b")],
    "fieldFilter": [{"dataNames": "n", "metadataNames": "k", "checkAllKeys": every} for every in (True, False)],
    "switch": [{"cases": [{"case": "msg.n > 1", "then": "Success"}, {"case": "metadata.k == '1'", "then": "True"}]}],
    "exprTransform": [{"mapping": {"n": "msg.n + 1"}}, {"expr": "{n: b.msg.n}"}, {"expr": "msg.n + 'x'"}],
    "metadataTransform": [{"mapping": {"k": "string(msg.n)"}}],
    "text/template": [{"template": '{"n": {{.msg.n}}}'}],
    "jsFilter": [{"jsScript": "return msg.n > 1;"}],
    "jsSwitch": [{"jsScript": "return ['Success', 'True'];"}, {"jsScript": "return [];"}],
    "fetchNodeOutput": [{"nodeId": "a"}, {"nodeId": "b"}],
    "ref": [{"targetId": "c"}, {"targetId": "test:d", "tellChain": True}],
    "for": [{"range": "1..2", "do": "d"}],
    "flow": [{"targetId": "other"}, {"targetId": "other", "extend": True}],
    **{
        f"t/{name}": [{}] for name in ("pass", "mark", "fail", "crash", "fallback", "none", "wait", "context", "inside")
    },
    **{f"t/{name}": [{}] for name in ("leak", "stranger", "later", "wrong", "made")},
}
# Those that read what others passed on, and those that lose it, are drawn more often.
TYPES = [*sorted(KINDS), *["exprFilter", "fetchNodeOutput", "t/made", "t/stranger"] * 6]
# What leads on from nodes that do not end with Success.
USUAL = {"exprFilter": "True", "fieldFilter": "True", "jsFilter": "True", "msgTypeSwitch": "T"}
RELATIONS = ["Success", "True", "False", "Failure", "Failure", "Default", "T", ""]
PAYLOADS = ['{"n": 0}', '{"n": 1}', '{"n": 2.5}', '{"n": "x"}', "{bad", "", "[1]"]
OPTIONS = [{}, {}, {}, {}, {"start": "b"}, {"only_first": True}, {"timeout_s": -1.0}]


def random_document(rng):
    """A chain in which most nodes lead on to the next one, and some to any other."""
    ids = IDS[: rng.randint(1, len(IDS))]
    types = {id_: rng.choice(TYPES) for id_ in ids}
    pairs = [*pairwise(ids), *((rng.choice(ids), rng.choice(ids)) for _ in range(rng.randint(0, 4)))]
    usual = {id_: USUAL.get(type_, "Success") for id_, type_ in types.items()}
    document = chain_document(
        *((id_, type_, rng.choice(KINDS[type_])) for id_, type_ in types.items()),
        connections=[f"{one} -{rng.choice([usual[one], rng.choice(RELATIONS)])}-> {two}" for one, two in pairs],
        configuration={"secrets": {"key": SECRET}},
    )
    if rng.random() < 0.3:
        document["metadata"]["ruleChainConnections"] = [{"fromId": rng.choice(ids), "toId": "other", "type": "Success"}]
    return document


def random_message(rng):
    """A message that suits some nodes."""
    return Message(
        rng.choice(PAYLOADS),
        type=rng.choice(["T", "True", ""]),
        data_type=rng.choice(["JSON", "JSON", "TEXT"]),
        metadata=rng.choice([{}, {"k": "1"}, {"only": "1"}]),
        id="m",
        ts=1,
    )


OTHER = chain_document(("x", "exprFilter", {"expr": "msg.n > 1"}), ("y", "t/mark"), chain_id="other")


class RunRecording(Aspect):
    """Notes the calls of an aspect for runs: the nodes are then called as they are without aspects."""

    def __init__(self):
        self.calls = []

    def on_start(self, message, chain):
        """Note a run that begins."""
        self.calls.append(("start", chain.id, seen(message)))

    def on_end(self, end, chain):
        """Note the end of a branch."""
        self.calls.append(("end", chain.id, seen_end(end)))

    def on_completed(self, run, chain):
        """Note a run that has ended."""
        self.calls.append(("completed", chain.id, len(run.ends)))


class Recording(RunRecording):
    """Notes every call of an aspect."""

    def before_node(self, message, context):
        """Note the message that enters a node, and from where."""
        self.calls.append(("before", context.node_id, context.from_id, context.relation, context.error, seen(message)))

    def after_node(self, outcome, context):
        """Note what a node ends with."""
        message = seen(outcome.message)
        self.calls.append(("after", context.chain_id, context.node_id, outcome.relation, outcome.error, message))


class Snapshots:
    """Counts the runs that an observer is told of."""

    def __init__(self):
        self.completed = []

    def run_completed(self, snapshot):
        """Note which chain has run."""
        self.completed.append(snapshot.chain["ruleChain"]["id"])


class Watched:
    """An engine, and what it tells of its runs."""

    def __init__(self, aspect=None):
        self.aspect = aspect
        self.snapshots = Snapshots()
        self.engine = Engine(
            components=[*COMPONENTS, leak, stranger, later, WRONG, MADE],
            aspects=[aspect] if aspect else [],
            allow_cycles=True,
            observer=self.snapshots,
            run_log="summary",
        )
        self.engine.load(OTHER)

    def comes_to(self, document, message, *, trace, **options):
        """All that can be known of a run, and its trace."""
        steps = Steps(0, STEP_LIMIT)
        chain = self.engine.load(document)
        self.snapshots.completed.clear()
        if self.aspect:
            self.aspect.calls.clear()
        with patch("rulechain.runtime.run.Steps", return_value=steps):
            run = chain.run(message, trace=trace, **options)
        assert run.completed
        parts = [[seen_end(end) for end in ends] for ends in (run.ends, run.failures, run.silent)]
        assert SECRET not in str(parts)
        calls = list(self.aspect.calls) if self.aspect else []
        return [*parts, run.begun, steps.taken, list(self.snapshots.completed), calls], run.trace


def seen(message):
    """A message as values that can be compared."""
    return (message.data, message.type, message.data_type, dict(message.metadata), message.id, message.ts)


def seen_end(end):
    """An end as values that can be compared."""
    return (end.node_id, end.relation, end.error, seen(end.message))


@pytest.fixture(scope="module", params=[None, RunRecording, Recording], ids=["alone", "aspects of runs", "of nodes"])
def watched(request):
    """An engine for all examples, without an aspect or with one."""
    watched = Watched(request.param and request.param())
    with watched.engine:
        yield watched


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_a_watched_run_comes_to_the_same(watched, first):
    """The same ends in the same order, failures, silent ends, steps, snapshots and calls of aspects."""
    for seed in range(first, first + 100):
        rng = Random(seed)
        document, message, options = random_document(rng), random_message(rng), rng.choice(OPTIONS)
        plainly, no_trace = watched.comes_to(document, message, trace=False, **options)
        fully, trace = watched.comes_to(document, message, trace=True, **options)
        assert not no_trace
        for one, other in zip(plainly, fully, strict=True):
            assert one == other, f"seed {seed}"
        if isinstance(watched.aspect, Recording):
            ends = {node["id"] for node in document["metadata"]["nodes"] if node["type"] == "end"}
            traced = [(event.chain_id, event.node_id, event.relation) for event in trace if event.node_id not in ends]
            left = [call[1:4] for call in plainly[-1] if call[0] == "after"]
            assert Counter(traced) == Counter(left), f"seed {seed}"
