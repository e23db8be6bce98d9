"""The peers' consumers: the chain of expressions by hand, or no rule work, each as its library is meant to be used."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import hiredis
import redis.asyncio

from bench.stopwatch import Stopwatch
from bench.workload import GROUP, REQUESTS, RESPONSES, by_hand

Drain = Callable[[str, Stopwatch], Coroutine[Any, Any, None]]

TASK = "bench"
# Its annotation knows a single argument only.
_pack: Any = hiredis.pack_command
_BATCH = 100
_COMMIT = """
local acked = redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
for i = 2, #ARGV do
  redis.call('XADD', KEYS[2], '*', 'deviceId', 'dev-000123', 'f', '95.9', 'temperature', '35.5')
end
redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
return acked
"""


async def batched_loop(server: str, watch: Stopwatch) -> None:
    """No rule work and no guarantees beyond the acknowledgement: read a hundred, one script, read the next hundred."""
    client = _client(server)
    commit = client.register_script(_COMMIT)
    done = 0
    while not watch.tick(done):
        reply = await client.xreadgroup(GROUP, "loop", {REQUESTS: ">"}, count=_BATCH, block=1000)
        for stream, entries in reply:
            await commit(keys=[stream, RESPONSES], args=[GROUP, *(id_ for id_, _ in entries)])
            done += len(entries)
    await client.aclose()


async def driven_loop(server: str, watch: Stopwatch) -> None:
    """The same at the client's limit: its connection driven directly, the next read sent before the commit."""
    client = _client(server)
    digest = await client.script_load(_COMMIT)
    connection = await client.connection_pool.get_connection()
    read = _pack(("XREADGROUP", "GROUP", GROUP, "loop", "COUNT", _BATCH, "STREAMS", REQUESTS, ">"))
    await connection.send_packed_command([read, read])
    batch = await connection.read_response(disable_decoding=True)
    done = 0
    while batch:
        ids = [id_ for id_, _ in batch[0][1]]
        commit = _pack(("EVALSHA", digest, 2, REQUESTS, RESPONSES, GROUP, *ids))
        await connection.send_packed_command([commit])
        batch = await connection.read_response(disable_decoding=True)
        if batch:
            await connection.send_packed_command([read])
        done += await connection.read_response(disable_decoding=True)
        watch.tick(done)
    await connection.disconnect()
    await client.aclose()


async def plain_loop(server: str, watch: Stopwatch) -> None:
    """A plain redis-py loop: one entry at a time, the chain by hand, then XADD, XACK and XDEL one by one."""
    client = _client(server, decode_responses=True)
    done = 0
    while not watch.tick(done):
        reply = await client.xreadgroup(GROUP, "plain", {REQUESTS: ">"}, count=1, block=1000)
        for stream, entries in reply:
            for id_, fields in entries:
                if (response := by_hand(fields)) is not None:
                    await client.xadd(RESPONSES, response)
                await client.xack(stream, GROUP, id_)
                await client.xdel(stream, id_)
                done += 1
    await client.aclose()


async def faststream(server: str, watch: Stopwatch) -> None:
    """FastStream's Redis stream subscriber and publisher around the same logic, in its own message format."""
    from faststream.redis import RedisBroker, StreamSub

    broker = RedisBroker(server, logger=None)
    finished = asyncio.Event()
    done = 0

    async def handle(body: dict[str, str]) -> None:
        nonlocal done
        if (response := by_hand(body)) is not None:
            await broker.publish(response, stream=RESPONSES)
        done += 1
        if watch.tick(done):
            finished.set()

    subscription = StreamSub(REQUESTS, group=GROUP, consumer="faststream", max_records=_BATCH)
    broker.subscriber(stream=subscription)(handle)
    await broker.start()
    await finished.wait()
    await broker.stop()


async def taskiq(server: str, watch: Stopwatch) -> None:
    """A taskiq worker on its Redis stream broker, with a hundred tasks at a time around the same logic."""
    from taskiq.receiver import Receiver
    from taskiq_redis import RedisStreamBroker

    broker = RedisStreamBroker(server, queue_name=REQUESTS, consumer_group_name=GROUP, xread_count=_BATCH)
    client = _client(server)
    finished = asyncio.Event()
    done = 0

    async def handle(body: dict[str, str]) -> None:
        nonlocal done
        if (response := by_hand(body)) is not None:
            await client.xadd(RESPONSES, response)
        done += 1
        if watch.tick(done):
            finished.set()

    broker.register_task(handle, task_name=TASK)
    await broker.startup()
    receiver = Receiver(broker, max_async_tasks=_BATCH, run_startup=False)
    listening = asyncio.create_task(receiver.listen(finished))
    # Its end is not waited for: a receiver that is told to stop while it claims never does.
    await asyncio.wait([asyncio.create_task(finished.wait()), listening], return_when=asyncio.FIRST_COMPLETED)


def _client(server: str, **options: Any) -> Any:
    """A client of redis-py's, whose annotations say of every reply that it may be anything."""
    return redis.asyncio.Redis.from_url(server, protocol=2, **options)
