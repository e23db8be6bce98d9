"""A worker over very many messages: neither its memory nor the server's may grow."""

import json
import re
import time
from dataclasses import dataclass, fields
from pathlib import Path

from chaos.report import table
from chaos.workers import Crew
from support.documents import chain_document
from support.eventually import eventually

_REQUESTS, _ANSWERS = "endurance:requests", "endurance:answers"
_GROUP = "endurance"
_SCRIPT = "msg.sum = Number(msg.a) + Number(msg.b); metadata.seen = 'yes'; return {'msg': msg, 'metadata': metadata};"
_BATCH = 1_000
# Requests that wait on their stream: enough that the worker never waits for some.
_BACKLOG = 10_000
_ANSWERS_KEPT = 1_000
# Measured in so many steps; the first are for caches that fill and pools that grow.
_STEPS = 20
_WARM_STEPS = 4
# Growth behind the warm steps that is noise: what an allocator gives back late.
_NOISE_MIB = 8.0
_PATIENCE_S = 60.0


@dataclass
class Figures:
    """What was worked off, and the memory in MiB at each step."""

    messages: int
    done: int
    seconds: float
    worker_mib: list
    server_mib: list

    def table(self):
        """Return the figures as lines of text."""
        return table({each.name: getattr(self, each.name) for each in fields(self)})


async def run(server, folder, *, messages, until_s=None):
    """Work off messages, or as many as there is time for, and return the figures; fail if memory has grown."""
    crew = Crew(_write_documents(folder / "endurance"), server.url, folder, 1, name="endurance")
    figures = Figures(messages, 0, 0.0, [], [])
    began = time.monotonic()
    try:
        crew.fill()
        [worker] = crew.all
        await eventually(lambda: _has_group(server), within_s=_PATIENCE_S)
        step = max(messages // _STEPS, _BATCH)
        while figures.done < messages and not (until_s is not None and time.monotonic() > until_s):
            await _feed(server, min(step, messages - figures.done))
            figures.done += min(step, messages - figures.done)
            figures.worker_mib.append(_resident_mib(worker.pid))
            figures.server_mib.append(round((await server.memory())[0] / 2**20, 1))
        await eventually(lambda: _is_worked_off(server), within_s=_PATIENCE_S)
        codes = await crew.stop()
    finally:
        crew.kill()
    figures.seconds = round(time.monotonic() - began, 1)
    assert codes == [0], f"the worker did not stop as it should: {codes}"
    answered = crew.total("answered")["answered"]
    assert answered == figures.done, f"{answered} of {figures.done} messages were answered"
    for name, measured in (("worker", figures.worker_mib), ("server", figures.server_mib)):
        warm = measured[_WARM_STEPS:]
        assert len(warm) > 1, f"too slow to tell anything about the {name}: {measured} MiB"
        assert max(warm) - warm[0] < _NOISE_MIB, f"the {name} has grown: {measured} MiB"
    return figures


def _write_documents(folder):
    chain = chain_document(
        ("script", "jsTransform", {"jsScript": _SCRIPT}),
        ("filter", "exprFilter", {"expr": "msg.sum >= 0"}),
        connections=("script -Success-> filter",),
        chain_id="endurance",
    )
    router = {
        "id": "endurance",
        "from": {"path": _REQUESTS},
        "to": {
            "path": "chain:endurance",
            "configuration": {"responseTopic": _ANSWERS},
            "processors": ["responseToBody"],
        },
    }
    configuration = {"groupId": _GROUP, "responseMaxLen": _ANSWERS_KEPT}
    endpoint = {"id": "endurance", "type": "endpoint/redis/stream", "configuration": configuration, "routers": [router]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "chain.json").write_text(json.dumps(chain))
    (folder / "endpoint.json").write_text(json.dumps(endpoint))
    return folder


async def _feed(server, count):
    """Add requests as they are worked off."""
    for start in range(0, count, _BATCH):
        await eventually(lambda: _has_room(server), within_s=_PATIENCE_S)
        numbers = range(start, min(start + _BATCH, count))
        await server.call_all([("XADD", _REQUESTS, "*", "a", n, "b", 2 * n, "device", f"d{n % 997}") for n in numbers])


async def _has_room(server):
    return await server.call("XLEN", _REQUESTS) <= _BACKLOG


async def _has_group(server):
    return await server.call("EXISTS", _REQUESTS)


async def _is_worked_off(server):
    return await server.call("XLEN", _REQUESTS) == 0


def _resident_mib(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return round(int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024, 1)
