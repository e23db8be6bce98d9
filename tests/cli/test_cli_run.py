"""`rulechain run`: one process that serves until it is stopped."""

import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from support.documents import chain_document
from support.eventually import eventually_blocking

pytestmark = pytest.mark.redis


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_and_says_what_it_did(start, served, number):
    """Requests are answered; a signal drains, tells the counts, and ends with 0."""
    command = start("run", served.folder, "--server", served.url)
    command.says("served: connected")
    served.send("a", "b")
    assert served.answers_to("a", "b") == [{"id": "a", "version": "one"}, {"id": "b", "version": "one"}]
    assert command.stop(number) == 0
    assert "stopping: at most 10s for what is in flight; a second signal leaves at once" in command.talk
    assert "stopped: 0 in flight finished, 0 left pending" in command.talk
    assert "served: read 2 (" in command.talk
    assert "2 answered, 2 responses" in command.talk
    assert "Traceback" not in command.talk
    assert command.out == []


def test_status_lines_come_while_it_works(start, served):
    """Counts are told from time to time, with rates."""
    command = start("run", served.folder, "--server", served.url, "--status", "200ms")
    served.send("a")
    command.says("served: read 1 (")
    assert command.stop() == 0


def test_status_as_json_is_data(start, served):
    """With `--format json`, stdout has one JSON object for each change."""
    command = start("run", served.folder, "--server", served.url, "--format", "json")
    served.send("a")
    served.answers_to("a")
    command.says("served: connected")
    assert command.stop() == 0
    records = [json.loads(line) for line in command.out]
    assert records[0]["state"] == "connected"
    assert records[-1]["answered"] == 1
    assert records[-1]["endpoint"] == "served"


def test_a_second_signal_leaves_at_once(start, served, write):
    """While it drains, another signal ends the process with the signal's exit code."""
    script = (
        "for (var i = 0, n = 0; i < 1000000; i++) { n += i; } return {'msg': {'id': msg.id}, 'metadata': metadata};"
    )
    write("served/chain.json", chain_document(("slow", "jsTransform", {"jsScript": script}), chain_id="answer"))
    command = start("run", served.folder, "--server", served.url, "--drain", "30s")
    command.says("served: connected")
    served.send(*(str(number) for number in range(1000)))
    served.answers_to("0")
    command.send(signal.SIGTERM)
    command.says("stopping: ")
    command.send(signal.SIGTERM)
    assert command.wait() == 128 + signal.SIGTERM
    assert "Traceback" not in command.talk


def test_watch_swaps_a_chain_and_keeps_the_last_good_one(start, served):
    """A valid change takes effect, an invalid one is reported and changes nothing."""
    command = start("run", served.folder, "--server", served.url, "--watch")
    command.says("served: connected")
    served.write_chain("two")
    command.says("reloaded: 1 endpoint")
    served.send("a")
    assert served.answers_to("a") == [{"id": "a", "version": "two"}]
    served.replace("chain.json", '{"ruleChain": ')
    command.says("the documents have errors: the version before goes on")
    assert "error[L103]" in command.talk
    served.send("b")
    assert {"id": "b", "version": "two"} in served.answers_to("a", "b")
    assert command.stop() == 0


def test_an_endpoint_that_a_reload_replaced_counts_from_the_beginning(start, served):
    """The rate in the status is that of the endpoint which is there now, and never negative."""
    command = start("run", served.folder, "--server", served.url, "--watch", "--status", "100ms")
    command.says("served: connected")
    served.send("a", "b")
    command.says("2 answered")
    endpoint = json.loads((served.folder / "endpoint.json").read_text())
    served.replace("endpoint.json", json.dumps({**endpoint, "configuration": {"batchSize": 7}}))
    command.says("reloaded: 1 endpoint")
    served.send("c")
    command.says("1 answered")
    assert command.stop() == 0
    assert "(-" not in command.talk


def test_workers_share_the_work_and_a_dead_one_is_replaced(start, served):
    """Two processes serve one group; one that is killed is started again; a signal stops all."""
    command = start("run", served.folder, "--server", served.url, "--workers", 2)
    command.says("[1] served: connected")
    command.says("[2] served: connected")
    served.send(*"abcdef")
    served.answers_to(*"abcdef")
    victim = child_of(command.process.pid)
    os.kill(victim, signal.SIGKILL)
    command.says("ended (by SIGKILL): starting another in 0.5 s")
    eventually_blocking(lambda: command.talk.count("served: connected") == 3, within_s=20)
    served.send(*"ghi")
    served.answers_to(*"ghi")
    assert command.stop() == 0
    assert command.talk.count("stopped: ") == 2
    assert not children_of(command.process.pid)


def test_workers_may_read_the_same_folders(start, served, tmp_path):
    """`--include-folder` reaches each of them: the chain loads, and answers with what the file says."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "version.txt").write_text("of the file")
    served.write_chain("' + include('version.txt') + '")
    folder = ("--include-folder", tmp_path / "files")
    command = start("run", served.folder, "--server", served.url, "--workers", 2, *folder)
    command.says("[1] served: connected")
    command.says("[2] served: connected")
    served.send(*"ab")
    assert {answer["version"] for answer in served.answers_to(*"ab")} == {"of the file"}
    assert command.stop() == 0


def test_workers_end_with_their_supervisor(start, served):
    """A supervisor that is killed leaves no worker behind."""
    command = start("run", served.folder, "--server", served.url, "--workers", 2)
    command.says("[1] served: connected")
    command.says("[2] served: connected")
    workers = children_of(command.process.pid)
    assert len(workers) == 2
    command.process.kill()
    for worker in workers:
        eventually_blocking(lambda worker=worker: not is_alive(worker), within_s=20)


def test_workers_that_cannot_go_on_end_the_supervisor(start, served, tmp_path):
    """A server that is away ends all of them with exit code 4 instead of starting them for ever."""
    server = f"unix://{tmp_path}/nobody.sock"
    command = start("run", served.folder, "--server", server, "--workers", 2, "--wait", "300ms")
    assert command.wait() == 4
    assert "no connection within 300ms" in command.talk
    assert "starting another" not in command.talk


def test_a_worker_that_falls_over_a_broken_document_does_not_end_the_others(start, served):
    """What was valid once may be again: a worker started anew in between is tried again, the others go on."""
    command = start("run", served.folder, "--server", served.url, "--workers", 2, "--watch")
    command.says("[1] served: connected")
    command.says("[2] served: connected")
    served.replace("chain.json", '{"ruleChain": ')
    os.kill(child_of(command.process.pid), signal.SIGKILL)
    command.says("ended (exit code 3): starting another in 1 s")
    served.send("a")
    served.answers_to("a")
    served.write_chain("two")
    eventually_blocking(lambda: command.talk.count("served: connected") == 3, within_s=20)
    assert command.stop() == 0


def test_workers_are_told_the_server_where_nobody_else_sees_it(start, served):
    """The command line of a process is public; the address, which may hold a password, is not on it."""
    address = f"{served.url}?username=default&password=secret-of-the-test"
    command = start("run", served.folder, "--workers", 2, "--wait", "20s", RULECHAIN_SERVER=address)
    eventually_blocking(lambda: len(children_of(command.process.pid)) == 2, within_s=20)
    for worker in children_of(command.process.pid):
        assert b"secret-of-the-test" not in Path(f"/proc/{worker}/cmdline").read_bytes()
    command.stop()
    assert "secret-of-the-test" not in command.talk


def test_a_signal_ends_the_wait_for_a_silent_server(start, served):
    """A server that accepts and never answers does not hold up Ctrl-C."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        command = start("run", served.folder, "--server", f"127.0.0.1:{silent.getsockname()[1]}", "--wait", "60s")
        connection, _ = silent.accept()
        began = time.monotonic()
        with connection:
            assert command.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 4


def children_of(pid):
    """The processes that a process started."""
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if parent_of(path) == pid]


def child_of(pid):
    """One of them."""
    return children_of(pid)[0]


def parent_of(stat):
    """The parent of the process with this file below /proc."""
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def is_alive(pid):
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_embedded_serves_on_a_private_server_and_stops_it(start, served, tmp_path):
    """`--embedded` says where its server is, answers there, and leaves nothing behind but the data."""
    command = start("run", served.folder, "--embedded", "--data", tmp_path / "data")
    command.says("embedded server: unix://")
    served.url = command.talk.partition("embedded server: ")[2].split()[0]
    command.says("served: connected")
    served.send("a")
    assert served.answers_to("a") == [{"id": "a", "version": "one"}]
    assert command.stop(signal.SIGINT) == 0
    assert not Path(served.url.removeprefix("unix://")).exists()
    assert any((tmp_path / "data").iterdir())
    again = start("run", served.folder, "--embedded", "--data", tmp_path / "data")
    again.says("embedded server: unix://")
    served.url = again.talk.partition("embedded server: ")[2].split()[0]
    again.says("served: connected")
    assert served.answers() == [{"id": "a", "version": "one"}]
    served.close()
    assert again.stop() == 0
    served.close = lambda: None


def test_a_data_folder_in_use_gives_4(start, cli, served, tmp_path):
    """Two servers on one data folder would destroy it."""
    command = start("run", served.folder, "--embedded", "--data", tmp_path / "data")
    command.says("served: connected")
    result = cli("run", served.folder, "--embedded", "--data", tmp_path / "data")
    assert result.exit_code == 4
    assert "another embedded server uses the data folder" in result.stderr
    assert command.stop() == 0


def test_a_server_that_is_away_gives_4(cli, served, tmp_path):
    """A server that cannot be reached in the time given is named."""
    result = cli("run", served.folder, "--server", f"unix://{tmp_path}/nobody.sock", "--wait", "300ms")
    assert result.exit_code == 4
    assert "error: no connection within 300ms: served: " in result.stderr
    assert "nobody.sock" in result.stderr


def test_documents_without_an_endpoint_are_wrong_usage(cli, hot_chain):
    """A chain alone has nothing to serve; the message says what to do."""
    result = cli("run", hot_chain)
    assert result.exit_code == 2
    assert "there is no endpoint in these documents" in result.stderr
    assert "rulechain trace" in result.stderr


def test_documents_that_are_not_valid_give_3(cli, write):
    """All findings are told before any server is asked."""
    chain = write("broken.json", chain_document(("a", "nonsense"), ("b", "rubbish")))
    result = cli("run", chain, "--workers", 2)
    assert result.exit_code == 3
    assert result.stderr.count("error[P301]") == 2


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (("--embedded", "--server", "redis://localhost"), "--embedded and --server exclude each other"),
        (("--data", "d"), "--data needs --embedded"),
        (("--workers", "0"), "--workers"),
        (("--drain", "soon"), 'expected a length of time such as "500ms", "15s" or "2m", got "soon"'),
        (("--property", "site"), 'expected KEY=VALUE, got "site"'),
        (("--server", "ftp://x"), "ftp://"),
    ],
)
def test_contradictions_are_wrong_usage(cli, hot_chain, arguments, reason):
    """Options that cannot be followed are refused with the reason."""
    result = cli("run", hot_chain, *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_options_come_from_the_environment(cli, hot_chain):
    """RULECHAIN_RUN_DRAIN stands for `--drain`."""
    result = cli("run", hot_chain, env={"RULECHAIN_RUN_DRAIN": "soon"})
    assert result.exit_code == 2
    assert 'got "soon"' in result.stderr
