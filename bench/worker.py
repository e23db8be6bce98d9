"""One contender in a process of its own: drains the request stream, prints its rate and costs as JSON.

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


class Stopwatch:
    """Times the steady part of a drain: from the first twentieth of the backlog to its end."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._from = count // 20
        self._start: tuple[int, float, float] | None = None
        self._end: tuple[int, float, float] | None = None

    def tick(self, done: int) -> bool:
        """Note how far the drain has come; True at its end."""
        if self._start is None and done >= self._from:
            self._start = (done, time.perf_counter(), time.process_time())
        if done < self.count:
            return False
        self._end = (done, time.perf_counter(), time.process_time())
        return True

    def figures(self) -> dict[str, float]:
        """Messages per second, and microseconds of this process's processor time for each."""
        if self._start is None or self._end is None:
            raise RuntimeError("the backlog was not drained")
        done, seconds, cpu = (end - start for start, end in zip(self._start, self._end, strict=True))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"rate": done / seconds, "cpu_us": cpu / done * 1e6, "peak_mib": peak / 1024}


async def rulechain_endpoint(chain: str, server: str, watch: Stopwatch) -> None:
    """This project's endpoint with every guarantee on."""
    import rulechain
    from rulechain.app.memory import settle_memory

    engine = rulechain.Engine()
    engine.load(STREAMED[chain])
    endpoint = engine.endpoint(endpoint_document(server))
    settle_memory()
    await endpoint.start()
    while not watch.tick(endpoint.status().counts.answered):  # noqa: ASYNC110 - a watcher would cost time per entry
        await asyncio.sleep(0.002)
    await endpoint.stop()


async def batched_loop(server: str, watch: Stopwatch) -> None:
    """No rule work and no guarantees beyond the acknowledgement: read a hundred, one script, read the next hundred."""
    client = redis.asyncio.Redis.from_url(server, protocol=2)
    commit = client.register_script(COMMIT)
    done = 0
    while not watch.tick(done):
        reply = await client.xreadgroup(GROUP, "loop", {REQUESTS: ">"}, count=100, block=1000)
        for stream, entries in reply:
            await commit(keys=[stream, RESPONSES], args=[GROUP, *(id_ for id_, _ in entries)])
            done += len(entries)
    await client.aclose()


async def plain_loop(server: str, watch: Stopwatch) -> None:
    """A plain redis-py loop: one entry at a time, the chain by hand, then XADD, XACK and XDEL one by one."""
    client = redis.asyncio.Redis.from_url(server, protocol=2, decode_responses=True)
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

    @broker.subscriber(stream=StreamSub(REQUESTS, group=GROUP, consumer="faststream", max_records=100))
    async def handle(body: dict[str, str]) -> None:
        nonlocal done
        if (response := by_hand(body)) is not None:
            await broker.publish(response, stream=RESPONSES)
        done += 1
        if watch.tick(done):
            finished.set()

    await broker.start()
    await finished.wait()
    await broker.stop()


CONTENDERS: dict[str, Callable[[str, Stopwatch], Coroutine[Any, Any, None]]] = {
    "loop": batched_loop,
    "plain": plain_loop,
    "faststream": faststream,
    **{
        f"rulechain-{name}": (lambda server, watch, name=name: rulechain_endpoint(name, server, watch))
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
    watch = Stopwatch(options.count)
    asyncio.run(CONTENDERS[options.contender](options.server, watch))
    print(json.dumps(watch.figures()))


if __name__ == "__main__":
    main()
