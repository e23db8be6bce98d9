"""One event loop per engine, for callers that have none: `Chain.run` keeps connections open."""

import asyncio
import gc
import os
import signal
import sys
import threading
import weakref

import pytest

from rulechain import Engine, Message, Outcome, RunError, component
from rulechain.api import ComponentSpec, Resource
from rulechain.app.loop import EngineLoop
from support.components import COMPONENTS
from support.documents import chain_document
from support.eventually import eventually, eventually_blocking

TEXT = Message("x", data_type="TEXT")
CALLING = chain_document(("a", "t/call"))


class Line:
    """A component whose nodes hold a line open; notes what happens to it, and in which thread it is used."""

    def __init__(self):
        self.notes = []
        self.threads = set()
        self.spec = ComponentSpec(type="t/call", category="test", summary="Calls", build=self.build, suspends=True)

    async def open(self):
        self.notes.append("open")

    async def hang_up(self, _):
        self.notes.append("closed")

    def build(self, _settings, node):
        line = Resource(self.open, self.hang_up)
        node.on_close(line.close)

        async def run(message):
            async with line.use():
                self.notes.append("call")
                self.threads.add(threading.current_thread().name)
                return Outcome("Success", message)

        return run


@pytest.fixture
def line():
    return Line()


def engine_threads():
    """The threads that serve an engine's loop."""
    return [thread for thread in threading.enumerate() if thread.name == "rulechain-engine"]


def test_a_line_stays_open_between_messages(line):
    """Each message runs in the engine's one loop; closing the engine closes what is open there."""
    with Engine(components=[line.spec]) as engine:
        chain = engine.load(CALLING)
        for _ in range(3):
            assert chain.run(TEXT).completed
        assert line.threads == {"rulechain-engine"}
    assert line.notes == ["open", "call", "call", "call", "closed"]
    assert engine_threads() == []


def test_runs_inside_a_loop_stay_in_it(line):
    """`arun` never leaves the caller's loop: a line is opened for each of the two, and both are closed."""

    async def main(engine, chain):
        await chain.arun(TEXT)
        await engine.aclose()

    engine = Engine(components=[line.spec])
    chain = engine.load(CALLING)
    chain.run(TEXT)
    asyncio.run(main(engine, chain))
    assert line.threads == {"rulechain-engine", "MainThread"}
    assert line.notes == ["open", "call", "open", "call", "closed", "closed"]


def test_an_engine_can_be_used_after_it_was_closed(line):
    """It opens what it needs again."""
    engine = Engine(components=[line.spec])
    chain = engine.load(CALLING)
    for _ in range(2):
        chain.run(TEXT)
        engine.close()
    assert line.notes == ["open", "call", "closed"] * 2


def test_synchronous_chains_need_no_loop():
    """Without a node that waits there is no thread."""
    engine = Engine(components=COMPONENTS)
    engine.load(chain_document(("a", "t/pass"))).run(TEXT)
    assert not engine._running.loop.is_running


def test_a_forgotten_engine_takes_its_loop_along(line):
    """An engine that nobody closed does not leave its thread behind."""
    engine = Engine(components=[line.spec])
    engine.load(CALLING).run(TEXT)
    gone = weakref.ref(engine)
    del engine
    gc.collect()
    assert gone() is None
    eventually_blocking(lambda: engine_threads() == [])
    assert line.notes == ["open", "call", "closed"]


def test_threads_share_the_loop(line):
    """Many threads may run chains at once; one line serves them all."""
    with Engine(components=[line.spec]) as engine:
        chain = engine.load(CALLING)
        threads = [threading.Thread(target=chain.run, args=(TEXT,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(engine_threads()) == 1
    assert (line.notes.count("call"), line.notes.count("closed")) == (8, 1)


def test_closing_inside_a_loop_names_the_way():
    """`close` would hold up the loop: it says what to use there."""

    async def main():
        with pytest.raises(RunError, match="aclose"):
            Engine().close()

    asyncio.run(main())


def test_a_run_that_still_waits_when_the_engine_closes_is_given_up():
    """Its caller is told; it does not wait for ever."""
    engine = Engine(components=COMPONENTS)
    chain = engine.load(chain_document(("a", "t/forever")))
    errors = []

    def run():
        try:
            chain.run(TEXT)
        except RunError as error:
            errors.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    eventually_blocking(lambda: engine._running.loop.is_running)
    engine.close(drain_s=0.01)
    thread.join()
    assert errors == ["the engine was closed while the run was waiting"]


def test_closing_lets_runs_finish():
    """A run that ends in time is not given up."""
    started, gate = threading.Event(), asyncio.Event()

    @component("t/gate")
    async def wait(message, settings):
        started.set()
        asyncio.get_running_loop().call_later(0.05, gate.set)
        await gate.wait()
        return message

    engine = Engine(components=[wait])
    chain = engine.load(chain_document(("a", "t/gate")))
    runs = []
    thread = threading.Thread(target=lambda: runs.append(chain.run(TEXT)))
    thread.start()
    started.wait()
    engine.close()
    thread.join()
    assert runs[0].ends[0].relation == "Success"


def test_an_interrupted_caller_gives_its_run_up():
    """Ctrl-C while a run waits cancels what it was doing."""
    loop = EngineLoop()
    cancelled = threading.Event()

    caller = threading.main_thread().ident

    async def forever():
        await eventually(lambda: sys._current_frames()[caller].f_code.co_name == "wait")
        signal.pthread_kill(caller, signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(KeyboardInterrupt):
        loop.run(forever())
    assert cancelled.wait(timeout=10)
    loop.stop()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_begins_a_loop_of_its_own(line):
    """The child of a process whose engine has a loop runs chains as well, and the parent goes on."""
    with Engine(components=[line.spec]) as engine:
        chain = engine.load(CALLING)
        chain.run(TEXT)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = 0 if chain.run(TEXT).completed and line.notes.count("open") == 2 else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert chain.run(TEXT).completed
    assert line.notes == ["open", "call", "call", "closed"]
