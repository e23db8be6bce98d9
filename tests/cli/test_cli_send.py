"""`rulechain send`."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import uuid

import pytest

from rulechain.connections.streams import StreamClient
from support.command import COMMAND, clean_environment

pytestmark = pytest.mark.redis


@pytest.fixture
def stream(server_url):
    """A stream of this test's own."""
    name = f"cli-send-{uuid.uuid4().hex}"
    yield name
    ask(server_url, lambda client: client.delete(name))


def ask(url, question):
    """Ask a server something, `question(client)`."""

    async def main():
        async with StreamClient(url) as client:
            return await question(client)

    return asyncio.run(main())


def entries(url, stream):
    """The fields of the first entries of a stream."""
    return [fields for _, fields in ask(url, lambda client: client.read(stream))]


def test_each_line_becomes_an_entry(cli, server_url, stream):
    """Keys are fields; text stays as it is, everything else becomes JSON text; blank lines are passed over."""
    lines = '{"id": "a", "n": 1, "deep": {"b": [1, 2]}, "none": null, "yes": true}\n\n{"id": "b"}\n'
    result = cli("send", stream, "--server", server_url, stdin=lines)
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"sent 2 messages to {stream}" in result.stderr
    assert entries(server_url, stream) == [
        {"id": "a", "n": "1", "deep": '{"b":[1,2]}', "none": "null", "yes": "true"},
        {"id": "b"},
    ]


def test_a_file_is_sent_in_batches_and_in_order(cli, server_url, stream, write):
    """More lines than fit into one write arrive complete and in order; the last line needs no end."""
    file = write("lines.jsonl", "\n".join(json.dumps({"n": str(number)}) for number in range(1234)))
    result = cli("send", stream, "--server", server_url, "--file", file, "--batch", 100)
    assert result.exit_code == 0
    assert ask(server_url, lambda client: client.length(stream)) == 1234
    assert [fields["n"] for fields in entries(server_url, stream)] == [str(number) for number in range(1000)]


def test_the_report_as_json(cli, server_url, stream):
    """`--format json` says what was sent on stdout."""
    result = cli("send", stream, "--server", server_url, "--format", "json", stdin='{"a": "1"}')
    report = json.loads(result.stdout)
    assert (report["stream"], report["sent"], report["failedLine"]) == (stream, 1, None)


@pytest.mark.parametrize(
    "line, reason",
    [("{", "not JSON"), ("[1]", "expected a JSON object"), ("{}", "an entry needs at least one field")],
)
def test_a_bad_line_stops_the_sending(cli, server_url, stream, line, reason):
    """What stands before a bad line is sent, nothing behind it; the line's number is told."""
    result = cli("send", stream, "--server", server_url, stdin=f'{{"n": "1"}}\n\n{line}\n{{"n": "2"}}\n')
    assert result.exit_code == 1
    assert "sent 1 message to " in result.stderr
    assert f"error: line 3: {reason}" in result.stderr
    assert entries(server_url, stream) == [{"n": "1"}]


def test_a_server_that_is_away_gives_4(cli, tmp_path):
    """The server is named, and how much was sent."""
    result = cli("send", "s", "--server", f"unix://{tmp_path}/nobody.sock", stdin='{"a": "1"}')
    assert result.exit_code == 4
    assert "nobody.sock" in result.stderr
    assert "sent 0 messages before it stopped" in result.stderr


def test_an_address_that_is_none_is_wrong_usage(cli):
    """A server address is checked before anything is read."""
    result = cli("send", "s", "--server", "http://localhost", stdin='{"a": "1"}')
    assert result.exit_code == 2
    assert "http://" in result.stderr


def test_the_server_comes_from_the_environment(cli, server_url, stream):
    """RULECHAIN_SERVER stands for `--server`."""
    result = cli("send", stream, stdin='{"a": "1"}', env={"RULECHAIN_SERVER": server_url})
    assert result.exit_code == 0
    assert entries(server_url, stream) == [{"a": "1"}]


def test_a_stream_that_is_something_else_gives_1(cli, server_url, stream):
    """What the server answers is told."""
    ask(server_url, lambda client: client.link.call("SET", stream, "text"))
    result = cli("send", stream, "--server", server_url, stdin='{"a": "1"}')
    assert result.exit_code == 1
    assert "WRONGTYPE" in result.stderr


def test_a_missing_file_is_wrong_usage(cli):
    """The path is named."""
    result = cli("send", "s", "--file", "nowhere.jsonl")
    assert result.exit_code == 2
    assert "nowhere.jsonl" in result.stderr


def test_lines_are_sent_as_they_come_and_ctrl_c_says_how_many(server_url, stream):
    """A producer that pauses is not waited for, and an interrupt while it does ends the command at once."""
    from support.eventually import eventually_blocking

    process = subprocess.Popen(
        [*COMMAND, "send", stream, "--server", server_url],
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        process.stdin.write('{"n": "1"}\n{"n": "2"}\n')
        process.stdin.flush()
        eventually_blocking(lambda: ask(server_url, lambda client: client.length(stream)) == 2)
        process.stdin.write('{"n": "3"}\n')
        process.stdin.flush()
        eventually_blocking(lambda: ask(server_url, lambda client: client.length(stream)) == 3)
        process.send_signal(signal.SIGINT)
        talk = process.stderr.read()
    assert process.returncode == 130
    # The interrupt may come before the reply to the third line does.
    assert talk in {f"sent {count} messages before it stopped\n\nstopped\n" for count in (2, 3)}


def test_a_person_sees_a_progress_bar(server_url, stream, write):
    """On a terminal the progress is shown while a file is sent."""
    file = write("lines.jsonl", '{"n": "1"}\n' * 3)
    terminal, ours = os.openpty()
    command = [*COMMAND, "send", stream, "--server", server_url, "--file", file]
    process = subprocess.Popen(command, env=clean_environment(TERM="xterm", COLUMNS="100"), stderr=ours)
    os.close(ours)
    shown = b""
    # Linux ends a terminal that nobody holds any more with an error.
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    assert process.wait() == 0
    assert f"to {stream}" in shown.decode()
    assert "3/3" in shown.decode()
    assert "sent 3 messages" in shown.decode()
