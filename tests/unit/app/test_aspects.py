"""Aspects: code around nodes and runs."""

import asyncio
from dataclasses import replace

import pytest

from rulechain import Aspect, ChainError, Engine, Message, NodeError, Outcome
from rulechain.runtime import execute
from support.components import COMPONENTS
from support.documents import chain_document, ends_of

TEXT = Message("x", data_type="TEXT")
TWO = chain_document(("a", "t/mark"), ("b", "t/mark"), connections=["a -Success-> b"])


def engine_with(*aspects, **options):
    """An engine with the small components and these aspects."""
    return Engine(components=COMPONENTS, aspects=aspects, **options)


class Notes(Aspect):
    """Notes everything it sees."""

    def __init__(self, name=""):
        self.name = name
        self.notes = []

    def note(self, what):
        self.notes.append(f"{self.name}{what}")

    def before_node(self, message, context):
        self.note(f"before {context.node_id} by {context.relation!r}: {message.data}")

    def around_node(self, message, context, proceed):
        self.note(f"into {context.node_id}")
        result = proceed(message)
        self.note(f"out of {context.node_id}")
        return result

    def after_node(self, outcome, context):
        self.note(f"after {context.node_id}: {outcome.relation} {outcome.message.data}")

    def on_start(self, message, chain):
        self.note(f"start {chain.id}: {message.data}")

    def on_end(self, end, chain):
        self.note(f"end {end.node_id}: {end.relation}")

    def on_completed(self, run, chain):
        self.note(f"completed {len(run.ends)}")

    def on_loaded(self, chain):
        self.note(f"loaded {chain.id}")

    def on_reloaded(self, chain):
        self.note(f"reloaded {chain.id}")

    def on_closed(self, chain):
        self.note(f"closed {chain.id}")


class Changes(Aspect):
    """Changes what passes, as its functions say."""

    def __init__(self, **functions):
        self.functions = functions

    def before_node(self, message, context):
        return self.call("before", message)

    def after_node(self, outcome, context):
        return self.call("after", outcome)

    def on_start(self, message, chain):
        return self.call("start", message)

    def on_end(self, end, chain):
        return self.call("end", end)

    def on_completed(self, run, chain):
        return self.call("completed", run)

    def call(self, name, value):
        return self.functions[name](value) if name in self.functions else None


class Raising(Aspect):
    """Breaks at one point."""

    def __init__(self, point):
        def fail(*_):
            raise RuntimeError(f"bug in {point}")

        self.__class__ = type("Raising", (Aspect,), {point: fail})


def test_an_aspect_sees_everything_in_order():
    """Loading, the run, each node from outside to inside, the ends, the completion, the removal."""
    notes = Notes()
    engine = engine_with(notes)
    engine.load(TWO).run(TEXT)
    engine.load(TWO)
    engine.remove("test")
    assert notes.notes == [
        "loaded test",
        "start test: x",
        "before a by '': x",
        "into a",
        "out of a",
        "after a: Success x+",
        "before b by 'Success': x+",
        "into b",
        "out of b",
        "after b: Success x++",
        "end b: Success",
        "completed 1",
        "reloaded test",
        "closed test",
    ]


def test_aspects_are_called_in_the_order_they_were_given():
    """The first one is outermost around a node; before and after it, the first one comes first."""
    first, second = Notes("1 "), Notes("2 ")
    second.notes = first.notes
    engine_with(first, second).load(chain_document(("a", "t/mark"))).run(TEXT)
    assert first.notes[2:] == [
        "1 start test: x",
        "2 start test: x",
        "1 before a by '': x",
        "2 before a by '': x",
        "1 into a",
        "2 into a",
        "2 out of a",
        "1 out of a",
        "1 after a: Success x+",
        "2 after a: Success x+",
        "1 end a: Success",
        "2 end a: Success",
        "1 completed 1",
        "2 completed 1",
    ]


def test_messages_and_outcomes_can_be_replaced():
    """What a point returns goes on in the place of what it was given."""
    changes = Changes(
        start=lambda message: message.replace(data="start"),
        before=lambda message: message.replace(data=message.data + " before"),
        after=lambda outcome: Outcome("Other", outcome.message.replace(data=outcome.message.data + " after")),
        end=lambda end: end.message.replace(data=end.message.data + " end"),
    )
    [end] = engine_with(changes).load(TWO).run(TEXT).ends
    assert (end.node_id, end.relation, end.message.data) == ("a", "Other", "start before+ after end")


def test_an_around_aspect_can_skip_the_node():
    """What it returns is what the node ends with."""

    class Skip(Aspect):
        def around_node(self, message, context, proceed):
            return Outcome("Skipped", message)

    assert ends_of(engine_with(Skip()).load(TWO).run(TEXT)) == [("a", "Skipped", None)]


def test_an_around_aspect_sees_the_failure_of_its_node():
    """`proceed` never raises: a node that fails or crashes gives a Failure, which may be replaced."""

    class Forgive(Aspect):
        def around_node(self, message, context, proceed):
            outcome = proceed(message)
            return Outcome("Success", message.replace(data=outcome.error)) if outcome.error else outcome

    for kind, error in (("t/fail", "it broke"), ("t/crash", "KeyError: 'missing'")):
        [end] = engine_with(Forgive()).load(chain_document(("a", kind))).run(TEXT).ends
        assert (end.relation, end.message.data) == ("Success", error)


def test_an_after_aspect_sees_each_emission():
    """A node with several outcomes is followed several times, also when it fails."""
    notes = Notes()
    engine = engine_with(notes)
    engine.load(chain_document(("a", "t/many"))).run(TEXT.replace(data="A,B"))
    assert [note for note in notes.notes if note.startswith("after")] == ["after a: A A,B", "after a: B A,B"]
    engine.load(chain_document(("a", "t/crash"))).run(TEXT)
    assert "after a: Failure x" in notes.notes


@pytest.mark.parametrize("point", ["before_node", "around_node", "after_node"])
@pytest.mark.parametrize("kind", ["t/pass", "t/wait", "t/context", "t/fail"])
def test_an_aspect_that_raises_fails_the_node(point, kind):
    """Its bug is a Failure of the node, with its text; the message is not lost, and Failure connections are taken."""
    document = chain_document(("a", kind), ("b", "end"), connections=["a -Failure-> b"])
    run = engine_with(Raising(point)).load(document).run(TEXT)
    assert ends_of(run) == [("b", "Failure", f"RuntimeError: bug in {point}")]


def test_an_aspect_that_raises_at_the_start_turns_the_message_away():
    """The run ends in that failure, and no node has run; what it raises on purpose has its own words."""
    run = engine_with(Raising("on_start")).load(TWO).run(TEXT)
    assert ends_of(run) == [("", "Failure", "RuntimeError: bug in on_start")]
    assert run.failed
    assert not run.begun

    def refuse(_):
        raise NodeError("concurrency limit reached")

    assert engine_with(Changes(start=refuse)).load(TWO).run(TEXT).ends[0].error == "concurrency limit reached"


@pytest.mark.parametrize("point, ends", [("on_end", 1), ("on_completed", 2)])
def test_an_aspect_that_raises_at_the_end_fails_the_run(point, ends):
    """An entry whose chain ran well must not be acknowledged when what was to follow went wrong."""
    run = engine_with(Raising(point)).load(TWO).run(TEXT)
    assert run.failed
    assert len(run.ends) == ends
    assert run.ends[-1].error == f"RuntimeError: bug in {point}"


def test_a_changed_message_of_a_failed_end_is_that_of_the_failure():
    """The run's ends and its failures go on being the same."""
    changes = Changes(end=lambda end: end.message.replace(data="changed"))
    run = engine_with(changes).load(chain_document(("a", "t/fail"))).run(TEXT)
    assert run.ends == run.failures
    assert run.failures[0].message.data == "changed"


def test_points_may_be_coroutine_functions():
    """They wait where they like; `proceed` is a coroutine function for them."""

    class Slow(Aspect):
        async def before_node(self, message, context):
            await asyncio.sleep(0)
            return message.replace(data=message.data + "<")

        async def around_node(self, message, context, proceed):
            await asyncio.sleep(0)
            outcome = await proceed(message)
            return Outcome(outcome.relation, outcome.message.replace(data=outcome.message.data + ">"))

        async def after_node(self, outcome, context):
            await asyncio.sleep(0)

        async def on_start(self, message, chain):
            await asyncio.sleep(0)
            return message.replace(data="go ")

        async def on_end(self, end, chain):
            await asyncio.sleep(0)
            return end.message.replace(data=end.message.data + " end")

        async def on_completed(self, run, chain):
            await asyncio.sleep(0)

    with engine_with(Slow()) as engine:
        for kinds, data in ((("t/mark", "t/mark"), "go <+><+> end"), (("t/wait", "t/mark"), "go <><+> end")):
            first, second = kinds
            document = chain_document(("a", first), ("b", second), connections=["a -Success-> b"])
            assert engine.load(document).run(TEXT).ends[0].message.data == data


def test_synchronous_aspects_leave_synchronous_chains_so():
    """No event loop is needed for them."""
    engine = engine_with(Notes())
    engine.load(TWO).run(TEXT)
    assert not engine._running.loop.is_running


def test_a_joining_node_is_seen_with_its_first_message():
    """It may be looked at, changed and skipped like any other; the other messages stay as they are."""
    document = chain_document(
        ("f", "fork"),
        ("a", "t/pass"),
        ("b", "t/wait"),
        ("j", "t/join"),
        connections=["f -Success-> a", "f -Success-> b", "a -Success-> j", "b -Success-> j"],
    )

    class AtJoin(Aspect):
        def selects(self, node, chain):
            return node.id == "j"

        async def before_node(self, message, context):
            return message.replace(data=f"first of {context.node_id}")

    [end] = engine_with(AtJoin()).load(document).run(TEXT).ends
    assert end.message.data == "a=first of j,b=x"


def test_an_end_node_has_no_aspects():
    """It does nothing that could be looked at; `on_end` is about it."""
    notes = Notes()
    engine_with(notes).load(chain_document(("e", "end"))).run(TEXT)
    assert notes.notes == ["loaded test", "start test: x", "end e: ", "completed 1"]


def test_nodes_that_are_not_selected_are_left_alone():
    """The plan has the component's own function for them: there is no cost."""

    class OnlyB(Notes):
        def selects(self, node, chain):
            return node.id == "b" and chain.id == "test"

    aspect = OnlyB()
    chain = engine_with(aspect).load(TWO)
    assert [node.uses_context for node in chain.plan.nodes] == [False, True]
    chain.run(TEXT)
    assert not any(" a" in note for note in aspect.notes)


def test_what_is_not_overridden_costs_nothing():
    """An aspect that only watches completions leaves nodes alone, and one about nodes the run."""

    class Completions(Aspect):
        def on_completed(self, run, chain):
            pass

    class Nodes(Aspect):
        def before_node(self, message, context):
            pass

    engine = engine_with(Completions())
    assert engine.load(TWO).plan.nodes[0].run is not None
    assert [node.uses_context for node in engine.load(TWO).plan.nodes] == [False, False]
    assert engine_with(Nodes())._running.begin is execute
    assert engine_with()._running.begin is execute


def test_chains_inside_others_have_their_own_start_and_end():
    """A node that runs another chain starts a run of it; nodes that are run by their id belong to the run around."""
    notes = Notes()
    engine = engine_with(notes)
    engine.load(chain_document(("i", "t/mark"), chain_id="inner"))
    engine.load(chain_document(("f", "flow", {"targetId": "inner"}), chain_id="outer"))
    engine.get("outer").run(TEXT)
    runs = [note for note in notes.notes if note.startswith(("start", "completed"))]
    assert runs == ["start outer: x", "start inner: x", "completed 1", "completed 1"]


def test_an_aspect_may_change_a_chain_that_is_loaded():
    """The plan is made of what it returns."""

    class OnlyFirst(Aspect):
        def on_loading(self, chain):
            return replace(chain, nodes=chain.nodes[:1], connections=())

    chain = engine_with(OnlyFirst()).load(TWO)
    assert ends_of(chain.run(TEXT)) == [("a", "Success", None)]
    assert '"b"' not in chain.dsl()


def test_an_aspect_may_refuse_a_chain():
    """The chain does not load, and every other finding is told too; an earlier version stays."""
    refused = []

    class Refuse(Aspect):
        def on_loading(self, chain):
            if refused:
                raise NodeError("it has no owner")

    engine = engine_with(Refuse())
    engine.load(TWO)
    refused.append(True)
    with pytest.raises(ChainError) as caught:
        engine.load(chain_document(("a", "t/unknown")))
    assert [found.code for found in caught.value.diagnostics] == ["P310", "P301"]
    assert caught.value.diagnostics[0].message == 'aspect Refuse refused the chain "test": it has no owner'
    assert engine.get("test").run(TEXT).ends[0].relation == "Success"


@pytest.mark.parametrize("point", ["on_loading", "selects"])
def test_an_aspect_with_a_bug_refuses_the_chain(point, caplog):
    """The finding names it; its traceback is in the log."""
    with pytest.raises(ChainError, match=f"aspect Raising refused the chain.*bug in {point}"):
        engine_with(Raising(point)).load(TWO)
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("point", ["on_loaded", "on_reloaded", "on_closed"])
def test_what_is_told_after_the_fact_changes_nothing(point, caplog):
    """An aspect that raises there is logged: the chain is loaded, replaced or removed already."""
    engine = engine_with(Raising(point))
    engine.load(TWO)
    assert engine.load(TWO).run(TEXT).ends[0].relation == "Success"
    engine.remove("test")
    assert "an aspect failed on chain 'test'" in caplog.text


def test_closing_an_engine_closes_its_chains():
    """Each aspect is told of each chain."""
    notes = Notes()
    with engine_with(notes) as engine:
        engine.load(TWO)
    assert notes.notes == ["loaded test", "closed test"]


def test_a_time_out_counts_from_the_start():
    """What an aspect waits for before the run is part of its time, also of a chain inside another."""

    class Forever(Aspect):
        async def on_start(self, message, chain):
            if chain.id == "inner":
                await asyncio.Event().wait()

    with engine_with(Forever()) as engine:
        inner = engine.load(chain_document(("i", "t/pass"), chain_id="inner"))
        outer = engine.load(chain_document(("f", "flow", {"targetId": "inner"}), chain_id="outer"))
        deadline = "processing cancelled: context deadline exceeded"
        assert ends_of(inner.run(TEXT, timeout_s=0.02)) == [("", "Failure", deadline)]
        assert ends_of(outer.run(TEXT, timeout_s=0.02)) == [("f", "Failure", deadline)]


def test_a_time_out_inside_an_aspect_ends_the_node():
    """What an aspect waits for is part of the node's time."""

    class Forever(Aspect):
        async def before_node(self, message, context):
            await asyncio.Event().wait()

    with engine_with(Forever()) as engine:
        run = engine.load(TWO).run(TEXT, timeout_s=0.02)
    assert ends_of(run) == [("a", "Failure", "processing cancelled: context deadline exceeded")]
