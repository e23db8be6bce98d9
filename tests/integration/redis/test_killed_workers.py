"""Workers killed with SIGKILL in mid-work: real processes, a real server, every request answered exactly once."""

import asyncio
import collections
import json
import signal
import subprocess
import sys

import pytest

from rulechain.connections.streams import StreamClient
from support.documents import chain_document
from support.eventually import eventually_blocking

pytestmark = pytest.mark.redis

REQUESTS = 1500
# Long enough that a batch is under way whenever a worker is killed, short enough for a test.
BUSY = "for (var i = 0, n = 0; i < 20000; i++) { n += i; } msg.n = n; "


@pytest.fixture
def documents(tmp_path, stream_names):
    """A chain that takes its time, and an endpoint that takes entries over from the dead after a second."""
    script = BUSY + f"metadata.responseTopic = '{stream_names.responses}'; return {{'msg': msg, 'metadata': metadata}};"
    chain = chain_document(("work", "jsTransform", {"jsScript": script}), chain_id="busy")
    endpoint = {
        "id": "killed",
        "type": "endpoint/redis/stream",
        "configuration": {"groupId": stream_names.group, "claimIdle": "1s"},
        "routers": [
            {
                "id": "r",
                "from": {"path": stream_names.requests},
                "to": {"path": "chain:busy", "processors": ["responseToBody"]},
            }
        ],
    }
    (tmp_path / "chain.json").write_text(json.dumps(chain))
    (tmp_path / "endpoint.json").write_text(json.dumps(endpoint))
    return tmp_path


def start_worker(documents, url):
    command = [sys.executable, "-m", "rulechain", "run", str(documents), "--server", url]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def ask(url, question):
    async def main():
        async with StreamClient(url) as client:
            return await question(client)

    return asyncio.run(main())


def length(url, stream):
    return ask(url, lambda client: client.length(stream))


async def all_answers(client, stream):
    entries, last = [], "0-0"
    while batch := await client.read(stream, after=last):
        entries += batch
        last = batch[-1][0]
    return collections.Counter(fields["requestId"] for _, fields in entries)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_every_request_is_answered_once_though_workers_are_killed(documents, server_url, stream_names):
    """Three workers in turn are killed with work in their hands; the last one finishes what they held."""
    requests = [{"requestId": str(number)} for number in range(REQUESTS)]
    ask(server_url, lambda client: client.add_many(stream_names.requests, requests))
    for share in (0.15, 0.35, 0.55):
        worker = start_worker(documents, server_url)
        goal = REQUESTS * share
        eventually_blocking(lambda goal=goal: length(server_url, stream_names.responses) > goal, within_s=30)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stderr.close()
    left = REQUESTS - length(server_url, stream_names.responses)
    assert left > 0
    assert ask(server_url, lambda client: client.pending(stream_names.requests, stream_names.group)) > 0

    survivor = start_worker(documents, server_url)
    try:
        eventually_blocking(lambda: length(server_url, stream_names.responses) >= REQUESTS, within_s=60)
        eventually_blocking(lambda: length(server_url, stream_names.requests) == 0, within_s=30)
    finally:
        survivor.send_signal(signal.SIGTERM)
        _, talk = survivor.communicate(timeout=30)
    assert survivor.returncode == 0, talk.decode()
    counts = ask(server_url, lambda client: all_answers(client, stream_names.responses))
    assert counts == {request["requestId"]: 1 for request in requests}
