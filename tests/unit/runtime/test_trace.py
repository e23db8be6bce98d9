"""What can be seen of a run."""

from rulechain import Engine, Message
from support.components import COMPONENTS
from support.documents import chain_document

TEXT = Message("x", data_type="TEXT")
DOCUMENT = chain_document(
    ("a", "t/mark"), ("b", "t/fail"), ("e", "end"), connections=["a -Success-> b", "b -Failure-> e"]
)


class Recorder:
    """An observer that keeps what it is told."""

    def __init__(self):
        self.events = []

    def node_event(self, event):
        self.events.append((event.node_id, event.flow, event.relation, event.error))


class Faulty:
    """An observer with a bug."""

    def node_event(self, event):
        raise RuntimeError(f"observer bug at {event.node_id}")


def test_a_trace_has_one_event_for_each_emission():
    """With what came in, what went out, by which relation and with which error."""
    trace = Engine(components=COMPONENTS).load(DOCUMENT).run(TEXT, trace=True).trace
    assert [(e.node_id, e.node_type, e.relation_in, e.relation, e.error) for e in trace] == [
        ("a", "t/mark", "", "Success", None),
        ("b", "t/fail", "Success", "Failure", "it broke"),
        ("e", "end", "Failure", "Failure", "it broke"),
    ]
    assert (trace[0].message_in.data, trace[0].message.data) == ("x", "x+")
    assert all(event.duration_ns >= 0 for event in trace)


def test_no_trace_is_kept_unless_asked_for():
    """It costs time and memory."""
    assert Engine(components=COMPONENTS).load(DOCUMENT).run(TEXT).trace == []


def test_an_observer_is_told_of_nodes_in_debug_mode():
    """The chain's flag turns all nodes on; the run's flag overrides it either way."""
    recorder = Recorder()
    engine = Engine(components=COMPONENTS, observer=recorder)
    chain = engine.load({**DOCUMENT, "ruleChain": {"id": "test", "debugMode": True}})
    chain.run(TEXT)
    assert recorder.events == [
        ("a", "IN", "", None),
        ("a", "OUT", "Success", None),
        ("b", "IN", "Success", None),
        ("b", "OUT", "Failure", "it broke"),
        ("e", "IN", "Failure", "it broke"),
        ("e", "OUT", "Failure", "it broke"),
    ]
    recorder.events.clear()
    chain.run(TEXT, debug=False)
    assert recorder.events == []
    engine.load(DOCUMENT).run(TEXT, debug=True)
    assert len(recorder.events) == 6


def test_a_runs_flag_and_chains_inside_it():
    """Nodes that others run follow it; other chains do so when it is on, and go by their own flags when it is off."""
    recorder = Recorder()
    engine = Engine(components=COMPONENTS, observer=recorder)
    engine.load(chain_document(("i", "t/pass"), chain_id="inner", debugMode=True))
    engine.load(chain_document(("q", "t/pass"), chain_id="quiet"))
    nodes = [("s", "fork"), ("r", "ref", {"targetId": "n"}), ("n", "t/pass")]
    flows = [("f", "flow", {"targetId": "inner"}), ("g", "flow", {"targetId": "quiet"})]
    connections = ["s -Success-> r", "s -Success-> f", "s -Success-> g"]
    chain = engine.load(chain_document(*nodes, *flows, connections=connections, debugMode=True))

    def seen(*, debug):
        recorder.events.clear()
        chain.run(TEXT, debug=debug)
        return sorted({event[0] for event in recorder.events})

    assert seen(debug=None) == ["f", "g", "i", "n", "r", "s"]
    assert seen(debug=True) == ["f", "g", "i", "n", "q", "r", "s"]
    assert seen(debug=False) == ["i"]


def test_a_faulty_observer_changes_nothing(caplog):
    """Its error is logged and the run goes on."""
    run = Engine(components=COMPONENTS, observer=Faulty()).load(DOCUMENT).run(TEXT, debug=True)
    assert [end.node_id for end in run.ends] == ["e"]
    assert "observer bug" in caplog.text
