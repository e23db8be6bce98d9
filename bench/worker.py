"""One contender in a process of its own: drains the request stream, prints its rate and costs as JSON.

python -m bench.worker CONTENDER --server URL --count N
"""

import argparse
import asyncio
import json
import os
from functools import partial

from bench import peers
from bench.stopwatch import Stopwatch
from bench.workload import STREAMED, endpoint_document


async def rulechain_endpoint(chain: str, server: str, watch: Stopwatch) -> None:
    """This project's endpoint with every guarantee on, as `rulechain run` has it in a process."""
    import rulechain
    from rulechain.app.memory import settle_memory

    engine = rulechain.Engine()
    engine.load(STREAMED[chain][1])
    endpoint = engine.endpoint(endpoint_document(server))
    settle_memory()
    await endpoint.start()
    while not watch.tick(endpoint.status().counts.answered):  # noqa: ASYNC110 - a watcher would cost time per entry
        await asyncio.sleep(0.002)
    await endpoint.stop()


CONTENDERS: dict[str, peers.Drain] = {
    **{chain: partial(rulechain_endpoint, chain) for chain in STREAMED},
    "loop": peers.batched_loop,
    "driven": peers.driven_loop,
    "plain": peers.plain_loop,
    "faststream": peers.faststream,
    "taskiq": peers.taskiq,
}


def main() -> None:
    """Run one contender."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("--server", required=True)
    parser.add_argument("--count", type=int, required=True)
    options = parser.parse_args()
    asyncio.run(_drain(CONTENDERS[options.contender], options.server, Stopwatch(options.count)))


async def _drain(contender: peers.Drain, server: str, watch: Stopwatch) -> None:
    await contender(server, watch)
    print(json.dumps(watch.figures()), flush=True)
    os._exit(0)  # a peer's tasks need not let themselves be cancelled


if __name__ == "__main__":
    main()
