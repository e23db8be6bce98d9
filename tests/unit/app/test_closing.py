"""What nodes hold is given back when their chain goes."""

import asyncio

import pytest

from rulechain import Engine, Message, Outcome
from rulechain.api import ComponentSpec, Resource
from support.documents import chain_document
from support.eventually import eventually

TEXT = Message("x", data_type="TEXT")
HOLDING = chain_document(("a", "t/hold"))


class Held:
    """A component whose nodes hold something open, and wait inside it while `gate` is shut."""

    def __init__(self):
        self.open = 0
        self.closed = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.spec = ComponentSpec(type="t/hold", category="test", summary="Holds", build=self.build, suspends=True)

    async def take(self):
        self.open += 1

    async def give_back(self, _):
        self.open -= 1

    def build(self, _settings, node):
        resource = Resource(self.take, self.give_back)

        async def close():
            self.closed += 1
            await resource.close()

        node.on_close(close)

        async def run(message):
            async with resource.use():
                await self.gate.wait()
                return Outcome("Success", message)

        return run


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def engine(held):
    return Engine(components=[held.spec])


def test_replacing_a_chain_closes_it(engine, held):
    """The old version's resources go when its running messages have ended, and not before."""

    async def main():
        chain = engine.load(HOLDING)
        await chain.arun(TEXT)
        held.gate.clear()
        running = asyncio.create_task(chain.arun(TEXT))
        await asyncio.sleep(0)
        engine.load(HOLDING)
        await engine._closing.settled()
        assert (held.open, held.closed) == (1, 0)
        held.gate.set()
        assert (await running).ends[0].relation == "Success"
        await eventually(lambda: held.open == 0)

    asyncio.run(main())


def test_removing_a_chain_closes_it(engine, held):
    """A chain that is forgotten holds nothing, and an old `Chain` still runs."""

    async def main():
        chain = engine.load(HOLDING)
        await chain.arun(TEXT)
        engine.remove("test")
        await eventually(lambda: held.open == 0)
        assert (await chain.arun(TEXT)).ends[0].relation == "Success"
        assert held.open == 0

    asyncio.run(main())


def test_leaving_the_engine_closes_all(engine, held):
    """`async with Engine()` ends with nothing open."""

    async def main():
        async with engine:
            await engine.load(HOLDING).arun(TEXT)
            await engine.load(HOLDING, "other").arun(TEXT)
            assert held.open == 2
        assert held.open == 0

    asyncio.run(main())


def test_replacing_a_chain_without_a_loop_closes_it(engine, held):
    """What `Chain.run` opened in the engine's event loop is closed there, before `load` comes back."""
    with engine:
        engine.load(HOLDING).run(TEXT)
        assert held.open == 1
        engine.load(HOLDING)
        assert held.open == 0


def test_a_version_is_closed_when_runs_on_earlier_ones_with_the_same_nodes_have_ended(engine, held):
    """After the reload of one node, a run on the old version still uses the others."""

    async def main():
        document = chain_document(("a", "t/hold"), ("b", "t/hold"), connections=["a -Success-> b"])
        chain = engine.load(document)
        held.gate.clear()
        running = asyncio.create_task(chain.arun(TEXT))
        await eventually(lambda: held.open == 1)
        chain.reload_node("b", {"type": "t/hold"})
        engine.remove("test")
        await engine._closing.settled()
        assert held.closed == 0
        held.gate.set()
        await running
        await eventually(lambda: (held.open, held.closed) == (0, 3))

    asyncio.run(main())


def test_closing_waits_for_runs_for_a_while_only(engine, held):
    """What still runs when the patience ends is closed all the same, by its last user."""

    async def main():
        held.gate.clear()
        running = asyncio.create_task(engine.load(HOLDING).arun(TEXT))
        await eventually(lambda: held.open == 1)
        await engine.aclose(drain_s=0.01)
        assert (held.open, held.closed) == (1, 1)
        held.gate.set()
        await running
        assert held.open == 0

    asyncio.run(main())


def test_a_failing_close_is_logged(caplog):
    """One node that fails to close does not keep the others open."""
    closed = []

    def build(_settings, node):
        async def close():
            if not closed:
                closed.append("first")
                raise OSError("stuck")
            closed.append("second")

        node.on_close(close)
        return lambda message: Outcome("Success", message)

    spec = ComponentSpec(type="t/stuck", category="test", summary="Stuck", build=build)
    engine = Engine(components=[spec])
    engine.load(chain_document(("a", "t/stuck"), ("b", "t/stuck"), connections=["a -Success-> b"]))
    engine.remove("test")
    assert closed == ["first", "second"]
    assert "node 'a' of chain 'test' failed to close" in caplog.text
