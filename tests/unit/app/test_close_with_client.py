"""Closing an engine whose nodes keep clients that never rest."""

import asyncio
import time

import rulechain as rc
from rulechain.api import ComponentSpec, Resource
from support.documents import chain_document


class Client:
    """Has a task of its own for as long as it is open, as clients of brokers do."""

    @classmethod
    async def open(cls):
        client = cls()
        client.task = asyncio.ensure_future(asyncio.Event().wait())
        return client

    async def close(self):
        """End the task."""
        self.task.cancel()


def build(_settings, node):
    """Share a client."""
    client = Resource(Client.open, Client.close)
    node.on_close(client.close)

    async def run(message):
        async with client.use():
            return rc.Outcome("Success", message)

    return run


def test_closing_does_not_wait_for_a_clients_own_tasks():
    """Only what callers wait for is drained: a client's tasks end when it is closed, and not before."""
    spec = ComponentSpec(type="t/client", category="test", summary="Keep a client", build=build, suspends=True)
    engine = rc.Engine(components=[spec])
    assert engine.load(chain_document(("a", "t/client"))).run(rc.Message("{}")).ends[0].relation == "Success"
    started = time.monotonic()
    engine.close(drain_s=30)
    assert time.monotonic() - started < 15
