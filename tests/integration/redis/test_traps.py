"""Situations in which an entry could be forgotten in a consumer's hands, or dropped without a word: none may be."""

import pytest

from rulechain.api import EndpointCounts
from rulechain.connections import connect, parse_address
from rulechain.diagnostics.errors import EndpointUnavailableError
from rulechain.endpoints.redis_stream import work
from rulechain.endpoints.redis_stream.retries import Backoff
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.tally import Tally
from rulechain.endpoints.redis_stream.upkeep import Upkeep
from rulechain.endpoints.redis_stream.work import Workload
from rulechain.endpoints.respond import Response
from support.chains import fail
from support.eventually import eventually

pytestmark = pytest.mark.redis


async def test_a_failed_entry_gets_its_next_try_though_its_lane_is_crowded(streams):
    """Its queue may fill all the room there is: the one who holds the lane is tried again all the same."""
    luck = iter([False, True])

    def chain(message):
        if message.value["n"] == "0" and not next(luck):
            raise ValueError("no luck")
        return message

    async with streams:
        await streams.send(*({"key": "a", "n": str(n)} for n in range(30)))
        router = streams.router(order_by="msg.key")
        async with streams.endpoint(chain, router, concurrency=2, batchSize=2, backoff="200ms") as endpoint:
            await eventually(lambda: endpoint.status().in_flight >= 9)
            await eventually(lambda: endpoint.status().counts.answered == 30)
        assert [int(answer["n"]) for answer in await streams.answers()] == list(range(30))


async def test_failed_entries_get_their_next_try_though_no_more_may_wait(streams, monkeypatch):
    """When as many wait for their next try as may, nothing new is read, and those that wait are tried."""
    monkeypatch.setattr(work, "_MOST_RETRYING", 5)
    async with streams:
        await streams.send_numbers(40)
        async with streams.endpoint(fail, maxDeliveries=2, batchSize=5, backoff="50ms") as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 40)
            assert endpoint.status().in_flight == 0


async def test_failed_entries_of_several_streams_survive_a_lost_connection(streams):
    """When the link breaks as their pauses end, those of every stream are tried again in the next session."""
    second = f"{streams.names.requests}:2"
    async with streams:
        await streams.send_numbers(3)
        await streams.send(*({"n": str(n)} for n in range(3)), stream=second)
        router = streams.router().from_(f"{streams.names.requests},{second}")
        async with streams.endpoint(fail, router, maxDeliveries=2, backoff="300ms", backoffMax="300ms") as endpoint:
            await eventually(lambda: endpoint.status().waiting == 6)
            await streams.cut_connections()
            await eventually(lambda: endpoint.status().counts.dead == 6)
            assert endpoint.status().in_flight == 0
        await streams.link.call("DEL", second, f"{second}.dead")


async def test_of_a_batch_that_is_settled_one_by_one_none_is_forgotten(streams):
    """When the link breaks among them, those not settled yet are left to the next session as well."""
    settings, source = RedisStreamSettings(), streams.source()
    async with streams:
        await streams.send_numbers(3)
        load = Workload(settings.policy, 10, Backoff(1, 1), None, Tally("test", EndpointCounts()))
        load.take(source, [(b"%d-0" % n, [b"n", b"0"]) for n in range(3)])
        batch = list(source.held.values())
        # No commit can carry the first; the server is gone before the second is settled.
        batch[0].writes = [Response(streams.names.responses, ["n", "\ud800"])]
        group = await streams.commands()
        side = Upkeep(streams.link, group, [source], load, settings)
        killer = await connect(parse_address(streams.url)).link()
        await killer.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        with pytest.raises(EndpointUnavailableError):
            await side.settle(batch)
        await killer.close()
        await streams.reconnect()
    assert load.late.take(10) == batch[1:]
    assert len(load.retries) == 1


async def _script_calls(streams):
    text = (await streams.link.call("INFO", "commandstats")).decode()
    lines = [line for line in text.splitlines() if line.startswith("cmdstat_evalsha:")]
    return int(lines[0].partition("calls=")[2].partition(",")[0]) if lines else 0


async def _has_renewed(streams, calls):
    return await _script_calls(streams) >= calls
