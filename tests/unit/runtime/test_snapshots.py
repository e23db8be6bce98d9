"""Snapshots of runs: RuleGo's run log, for an observer."""

import json

import pytest

from rulechain import Engine, Message
from support.components import COMPONENTS
from support.documents import chain_document

TEXT = Message("x", data_type="TEXT", type="T", id="m1", ts=1)
DOCUMENT = chain_document(("a", "t/mark"), ("b", "t/fail"), connections=["a -Success-> b"])


class Log:
    """An observer of runs."""

    def __init__(self):
        self.snapshots = []

    def run_completed(self, snapshot):
        self.snapshots.append(snapshot)


def snapshots_of(mode, document=DOCUMENT, *others, **options):
    """What an observer is told of one run of a chain."""
    log = Log()
    with Engine(components=COMPONENTS, observer=log, run_log=mode) as engine:
        for other in others:
            engine.load(other)
        run = engine.load(document).run(TEXT, **options)
    assert bool(run.trace) == bool(options.get("trace"))
    return log.snapshots


def test_a_snapshot_in_detail():
    """The chain as a document, the message's id, and what each node did, with times in milliseconds."""
    [snapshot] = snapshots_of("detail")
    dumped = json.loads(json.dumps(snapshot.dump()))
    assert dumped["ruleChain"]["id"] == "test"
    assert [node["id"] for node in dumped["metadata"]["nodes"]] == ["a", "b"]
    assert dumped["id"] == "m1"
    assert dumped["startTs"] <= dumped["endTs"]
    first, second = dumped["logs"]
    assert dumped["startTs"] - 1 <= first["startTs"] <= first["endTs"] <= second["endTs"] <= dumped["endTs"]
    for log in (first, second):
        del log["startTs"], log["endTs"]
    message = {"ts": 1, "id": "m1", "dataType": "TEXT", "type": "T", "data": "x", "metadata": {}}
    marked = {**message, "data": "x+"}
    assert first == {
        "nodeId": "a",
        "inMsg": message,
        "outMsg": marked,
        "relationType": "Success",
        "err": "",
        "logItems": [],
    }
    assert second == {
        "nodeId": "b",
        "inMsg": marked,
        "outMsg": {**marked, "metadata": {"errorMsg": "it broke"}},
        "relationType": "Failure",
        "err": "it broke",
        "logItems": [],
    }


def test_bytes_are_written_in_hex():
    """A payload that is no text has RuleGo's form in JSON."""
    log = Log()
    engine = Engine(components=COMPONENTS, observer=log, run_log="detail")
    engine.load(chain_document(("a", "t/pass"))).run(Message(b"\xff\x00", data_type="BINARY"))
    assert log.snapshots[0].dump()["logs"][0]["outMsg"]["data"] == "ff00"


@pytest.mark.parametrize("mode, logs", [("summary", [0]), ("off", [])])
def test_modes(mode, logs):
    """A summary says only that a run was; without a run log nobody is told."""
    assert [len(snapshot.logs) for snapshot in snapshots_of(mode)] == logs


@pytest.mark.parametrize("own, engine, logs", [("detail", "off", 2), ("off", "detail", None), ("", "detail", 2)])
def test_a_chain_may_choose_its_own_mode(own, engine, logs):
    """`additionalInfo.runLogMode` overrides the engine's, unless it is empty."""
    document = {**DOCUMENT, "ruleChain": {"id": "test", "additionalInfo": {"runLogMode": own}}}
    snapshots = snapshots_of(engine, document)
    assert [len(snapshot.logs) for snapshot in snapshots] == ([] if logs is None else [logs])


def test_a_mode_that_does_not_exist():
    """Of an engine it is an error; of a chain a warning, and there is no run log, as in RuleGo."""
    with pytest.raises(ValueError, match="expected one of off, summary, detail"):
        Engine(run_log="all")
    engine = Engine(components=COMPONENTS)
    document = {**DOCUMENT, "ruleChain": {"id": "test", "additionalInfo": {"runLogMode": "detial"}}}
    [warning] = [found for found in engine.load(document).warnings if found.code == "P302"]
    assert warning.hint == 'did you mean "detail"?'


def test_a_node_that_runs_twice_is_logged_twice():
    """RuleGo keeps one log for each node, and none for nodes that others run."""
    document = chain_document(
        ("l", "for", {"range": "1..2", "do": "n"}),
        ("n", "t/mark"),
        ("after", "t/pass"),
        connections=["l -Success-> after"],
    )
    [snapshot] = snapshots_of("detail", document)
    assert [event.node_id for event in snapshot.logs] == ["n", "n", "l", "after"]


def test_a_chain_inside_another_has_a_snapshot_of_its_own():
    """Each has its own nodes only; a trace of the outer run has those of both, in order."""
    inner = chain_document(("i", "t/wait"), chain_id="inner")
    outer = chain_document(("f", "flow", {"targetId": "inner"}), ("o", "t/pass"), connections=["f -Success-> o"])
    snapshots = snapshots_of("detail", outer, inner)
    assert [(each.chain["ruleChain"]["id"], [log.node_id for log in each.logs]) for each in snapshots] == [
        ("inner", ["i"]),
        ("test", ["f", "o"]),
    ]
    log = Log()
    with Engine(components=COMPONENTS, observer=log, run_log="detail") as engine:
        engine.load(inner)
        run = engine.load(outer).run(TEXT, trace=True)
    assert [(event.chain_id, event.node_id) for event in run.trace] == [("inner", "i"), ("test", "f"), ("test", "o")]


def test_a_replaced_chain_is_shown_as_it_is_now():
    """A snapshot has the version of the chain that ran."""
    log = Log()
    engine = Engine(components=COMPONENTS, observer=log, run_log="summary")
    for name in ("one", "two"):
        engine.load({**DOCUMENT, "ruleChain": {"id": "test", "name": name}}).run(TEXT)
    assert [snapshot.chain["ruleChain"]["name"] for snapshot in log.snapshots] == ["one", "two"]


def test_an_observer_of_runs_that_raises_changes_nothing(caplog):
    """Its error is logged, and the run is what it was."""

    class Faulty:
        def run_completed(self, snapshot):
            raise RuntimeError("observer bug")

    engine = Engine(components=COMPONENTS, observer=Faulty(), run_log="summary")
    assert engine.load(DOCUMENT).run(TEXT).ends[0].error == "it broke"
    assert "observer bug" in caplog.text
