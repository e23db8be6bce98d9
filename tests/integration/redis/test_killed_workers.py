"""Workers killed or stopped in mid-work: real processes, a real server, every request answered exactly once."""

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
BUSY = "for (var i = 0, n = 0; i < 40000; i++) { n += i; } msg.n = n; "


def write_documents(folder, names, claim_idle, *nodes, connections=()):
    """Write a chain of these nodes, which names the response stream, and an endpoint that feeds it."""
    answer = f"metadata.responseTopic = '{names.responses}'; return {{'msg': msg, 'metadata': metadata}};"
    chain = chain_document(
        *nodes, ("answer", "jsTransform", {"jsScript": answer}), connections=connections, chain_id="busy"
    )
    endpoint = {
        "id": "killed",
        "type": "endpoint/redis/stream",
        "configuration": {"groupId": names.group, "claimIdle": claim_idle, "backoff": "100ms"},
        "routers": [
            {
                "id": "r",
                "from": {"path": names.requests},
                "to": {"path": "chain:busy", "processors": ["responseToBody"]},
            }
        ],
    }
    (folder / "chain.json").write_text(json.dumps(chain))
    (folder / "endpoint.json").write_text(json.dumps(endpoint))
    return folder


@pytest.fixture
def documents(tmp_path, stream_names):
    """A chain that takes its time, and an endpoint that takes entries over from the dead after a second."""
    busy = ("work", "jsTransform", {"jsScript": f"{BUSY} return {{'msg': msg, 'metadata': metadata}};"})
    return write_documents(tmp_path, stream_names, "1s", busy, connections=("work -Success-> answer",))


def start_worker(documents, url, *options):
    command = [sys.executable, "-m", "rulechain", "run", str(documents), "--server", url, *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def ask(url, question):
    async def main():
        async with StreamClient(url) as client:
            return await question(client)

    return asyncio.run(main())


def length(url, stream):
    return ask(url, lambda client: client.length(stream))


def pending(url, names):
    return ask(url, lambda client: client.pending(names.requests, names.group))


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
    assert pending(server_url, stream_names) > 0
    finish(documents, server_url, stream_names, REQUESTS)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_every_entry_ends_once_though_workers_are_killed(tmp_path, server_url, stream_names):
    """Some entries can never succeed, some are no messages: each is answered or a dead letter, never both or twice."""
    work = f"{BUSY} if (msg.requestId % 7 == 0) {{ throw 'never'; }} return {{'msg': msg, 'metadata': metadata}};"
    documents = write_documents(
        tmp_path,
        stream_names,
        "500ms",
        ("work", "jsTransform", {"jsScript": work}),
        connections=("work -Success-> answer",),
    )
    names, count = stream_names, 700
    requests = [{"requestId": str(number)} for number in range(count)]
    for number in range(0, count, 50):
        requests[number]["image"] = b"\xff"
    ask(server_url, lambda client: client.add_many(names.requests, requests))

    def ended():
        return length(server_url, names.responses) + length(server_url, names.dead)

    for share in (0.2, 0.4, 0.6):
        workers = [start_worker(documents, server_url) for _ in range(2)]
        eventually_blocking(lambda share=share: ended() > count * share, within_s=30)
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
        for worker in workers:
            worker.communicate()
    survivor = start_worker(documents, server_url)
    try:
        eventually_blocking(lambda: length(server_url, names.requests) == 0, within_s=60)
    finally:
        survivor.send_signal(signal.SIGTERM)
        survivor.communicate(timeout=30)
    answered = ask(server_url, lambda client: all_answers(client, names.responses))
    dead = ask(server_url, lambda client: all_answers(client, names.dead))
    hopeless = {str(number) for number in range(count) if number % 7 == 0 or number % 50 == 0}
    assert dead == dict.fromkeys(hopeless, 1)
    assert answered == {str(number): 1 for number in range(count) if str(number) not in hopeless}
    assert pending(server_url, names) == 0


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_second_signal_loses_nothing(tmp_path, server_url, stream_names):
    """A worker that is told twice leaves at once; another one finishes what it held, and nothing is answered twice."""
    wait = ("wait", "delay", {"delayMs": "${msg.wait}", "maxPendingMsgs": 1000})
    slow, quick = tmp_path / "slow", tmp_path / "quick"
    slow.mkdir()
    write_documents(slow, stream_names, "1s", wait, connections=("wait -Success-> answer",))
    quick.mkdir()
    write_documents(quick, stream_names, "1s")
    # Some of them keep it from ending before it is told again.
    requests = [{"requestId": str(number), "wait": "1" if number % 50 else "600000"} for number in range(REQUESTS)]
    ask(server_url, lambda client: client.add_many(stream_names.requests, requests))
    worker = start_worker(slow, server_url, "--drain", "60s")
    eventually_blocking(lambda: length(server_url, stream_names.responses) > REQUESTS * 0.2, within_s=30)
    worker.send_signal(signal.SIGTERM)
    eventually_blocking(lambda: b"stopping: " in worker.stderr.readline())
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=30)
    assert worker.returncode == 128 + signal.SIGTERM
    finish(quick, server_url, stream_names, REQUESTS)


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_what_a_worker_cannot_finish_goes_to_the_others_at_once(tmp_path, server_url, stream_names):
    """When the time to drain is over, runs that wait are handed back: others do not wait for `claimIdle`."""
    delay = ("wait", "delay", {"periodInSeconds": 600, "maxPendingMsgs": 100})
    slow = write_documents(tmp_path, stream_names, "10m", delay, connections=("wait -Success-> answer",))
    requests = [{"requestId": str(number)} for number in range(20)]
    ask(server_url, lambda client: client.add_many(stream_names.requests, requests))
    worker = start_worker(slow, server_url, "--drain", "200ms")
    eventually_blocking(lambda: pending(server_url, stream_names) == 20)
    quick = tmp_path / "quick"
    quick.mkdir()
    write_documents(quick, stream_names, "10m")
    worker.send_signal(signal.SIGTERM)
    _, talk = worker.communicate(timeout=30)
    assert worker.returncode == 0
    assert "0 in flight finished, 20 left pending for another consumer, 20 of them handed back" in talk.decode()
    finish(quick, server_url, stream_names, 20)


def finish(documents, url, names, count):
    """Let another worker finish, and see that each request has one answer."""
    survivor = start_worker(documents, url)
    try:
        eventually_blocking(lambda: length(url, names.responses) >= count, within_s=60)
        eventually_blocking(lambda: length(url, names.requests) == 0, within_s=30)
    finally:
        survivor.send_signal(signal.SIGTERM)
        _, talk = survivor.communicate(timeout=30)
    assert survivor.returncode == 0, talk.decode()
    counts = ask(url, lambda client: all_answers(client, names.responses))
    assert counts == {str(number): 1 for number in range(count)}
