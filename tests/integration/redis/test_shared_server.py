"""Several endpoints on one shared connection: `server: "ref://id"`."""

import pytest

from rulechain.connections import SharedConnections, parse_address
from support.chains import Chains, echo
from support.eventually import eventually
from support.redis_server import StreamNames, build_endpoint

pytestmark = pytest.mark.redis


async def test_endpoints_share_a_client(streams):
    """Both work on it, the one that stops does not take it away from the other, the last one closes it."""
    shared = SharedConnections()
    shared.define("main", parse_address(streams.url))
    other = StreamNames()

    def endpoint(names):
        configuration = {"server": "ref://main", "groupId": names.group, "block": "100ms"}
        built, _ = build_endpoint(Chains(work=echo), configuration, shared=shared)
        return built

    first, second = endpoint(streams.names), endpoint(other)
    async with streams:
        first.add_router(streams.router())
        second.add_router(streams.router())
        await first.start()
        await second.start()
        assert first._client._client is second._client._client
        await first.stop()
        await streams.send({"n": "1"})
        await eventually(lambda: _answered(streams, 1))
        await second.stop()
        assert shared._shared["main"].client is None


async def _answered(streams, count):
    return await streams.answered() == count
