"""One contender in a process of its own: drains the request stream, prints how long that took as JSON.

python bench/worker.py CONTENDER --server URL --count N
"""

import argparse
import asyncio
import json
import resource
import time
from collections.abc import Callable, Coroutine
from typing import Any

import redis
import redis.asyncio

from workload import GROUP, REQUESTS, RESPONSES, STREAMED, by_hand, endpoint_document

COMMIT = """
local acked = redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
for i = 2, #ARGV do
  redis.call('XADD', KEYS[2], '*', 'deviceId', 'dev-000123', 'f', '95.9', 'temperature', '35.5')
end
redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
return acked
"""


async def rulechain_endpoint(chain: str, server: str, count: int) -> float:
    """This project's endpoint with every guarantee on."""
    import rulechain

    engine = rulechain.Engine()
    engine.load(STREAMED[chain])
    endpoint = engine.endpoint(endpoint_document(server))
    started = time.perf_counter()
    await endpoint.start()
    while endpoint.status().counts.answered < count:  # noqa: ASYNC110 - a watcher would cost time for each entry
        await asyncio.sleep(0.005)
    spent = time.perf_counter() - started
    await endpoint.stop()
    return spent


async def batched_loop(server: str, count: int) -> float:
    """No rule work and no guarantees beyond the acknowledgement: read a hundred, one script, read the next hundred."""
    client = redis.asyncio.Redis.from_url(server, protocol=2)
    commit = client.register_script(COMMIT)
    done = 0
    started = time.perf_counter()
    while done < count:
        reply = await client.xreadgroup(GROUP, "loop", {REQUESTS: ">"}, count=100, block=1000)
        for stream, entries in reply:
            await commit(keys=[stream, RESPONSES], args=[GROUP, *(id_ for id_, _ in entries)])
            done += len(entries)
    spent = time.perf_counter() - started
    await client.aclose()
    return spent


async def plain_loop(server: str, count: int) -> float:
    """A plain redis-py loop: one entry at a time, the chain by hand, then XADD, XACK and XDEL one by one."""
    client = redis.asyncio.Redis.from_url(server, protocol=2, decode_responses=True)
    done = 0
    started = time.perf_counter()
    while done < count:
        reply = await client.xreadgroup(GROUP, "plain", {REQUESTS: ">"}, count=1, block=1000)
        for stream, entries in reply:
            for id_, fields in entries:
                if (response := by_hand(fields)) is not None:
                    await client.xadd(RESPONSES, response)
                await client.xack(stream, GROUP, id_)
                await client.xdel(stream, id_)
                done += 1
    spent = time.perf_counter() - started
    await client.aclose()
    return spent


async def faststream(server: str, count: int) -> float:
    """FastStream's Redis stream subscriber and publisher around the same logic, in its own message format."""
    from faststream.redis import RedisBroker, StreamSub

    broker = RedisBroker(server, logger=None)
    finished = asyncio.Event()
    done = 0

    @broker.subscriber(stream=StreamSub(REQUESTS, group=GROUP, consumer="faststream", max_records=100))
    async def handle(body: dict[str, str]) -> None:
        nonlocal done
        if (response := by_hand(body)) is not None:
            await broker.publish(response, stream=RESPONSES)
        done += 1
        if done == count:
            finished.set()

    started = time.perf_counter()
    await broker.start()
    await finished.wait()
    spent = time.perf_counter() - started
    await broker.stop()
    return spent


CONTENDERS: dict[str, Callable[[str, int], Coroutine[Any, Any, float]]] = {
    "loop": batched_loop,
    "plain": plain_loop,
    "faststream": faststream,
    **{
        f"rulechain-{name}": (lambda server, count, name=name: rulechain_endpoint(name, server, count))
        for name in STREAMED
    },
}


def main() -> None:
    """Run one contender."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("--server", required=True)
    parser.add_argument("--count", type=int, required=True)
    options = parser.parse_args()
    before = time.process_time()
    seconds = asyncio.run(CONTENDERS[options.contender](options.server, options.count))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cpu_seconds": time.process_time() - before,
                "peak_mib": usage.ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
