"""`rulechain top` and `rulechain tap`, on a service that runs."""

import json
import re
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from support.eventually import eventually_blocking
from support.ports import free_port

pytestmark = pytest.mark.redis


@pytest.fixture
def service(start, served):
    """A service that lets itself be looked at; `.port` is where."""
    command = start("run", served.folder, "--server", served.url, "--metrics", "0", "--tap")
    command.says("messages: /tap")
    command.port = re.search(r"metrics: http://127\.0\.0\.1:(\d+)/", command.talk)[1]
    command.says("served: connected")
    yield command
    assert command.stop() == 0


def metrics_of(service):
    """The page that `top` reads."""
    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/metrics", timeout=10) as answer:
        return answer.read().decode()


def answered(service, served, *ids):
    """Have entries answered, and wait until the metrics have them."""
    served.send(*ids)
    served.answers_to(*ids)
    eventually_blocking(lambda: f'answered_total{{endpoint="served"}} {len(ids)}.0' in metrics_of(service))


def test_top_shows_endpoints_chains_and_nodes(cli, service, served):
    """One look: what has been done by each, in a table."""
    answered(service, served, "a", "b", "c")
    result = cli("top", service.port, "--once", "--interval", "100ms")
    assert result.exit_code == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert next(line for line in lines if "served" in line)[:7] == [
        "served",
        "connected",
        "0.0",
        "0.0",
        "0.0",
        "0",
        "0",
    ]
    (chain,), (node,) = ([line for line in lines if line[:1] == [name]] for name in ("answer", "make"))
    # Of runs that follow each other closely the last ones are not told yet.
    assert chain[1] in "123"
    assert (chain[2:], node[1:]) == (["0.0", "0", "-", "-"], [chain[1], "0.0", "0", "-"])


def test_top_for_programs(cli, service, served):
    """As JSON it is one object for each look."""
    answered(service, served, "a", "b")
    found = json.loads(
        cli("top", f"127.0.0.1:{service.port}", "--once", "--interval", "100ms", "--format", "json").stdout
    )
    (endpoint,), (chain,), (node,) = found["endpoints"], found["chains"], found["nodes"]
    assert (endpoint["connected"], endpoint["answered"]["total"], endpoint["inFlight"]) == (True, 2, 0)
    assert (chain["chain"], chain["runs"]["perSecond"], chain["medianSeconds"]) == ("answer", 0.0, None)
    assert chain["runs"]["total"] in (1, 2)
    assert (node["node"], node["outcomes"], node["failures"]["total"]) == ("make", chain["runs"], 0)


def test_top_goes_on_until_it_is_stopped(start, service):
    """Without `--once` there is a look each interval; Ctrl-C ends it as it ends any command."""
    command = start("top", service.port, "--interval", "50ms", "--format", "json")
    eventually_blocking(lambda: len(command.out) > 1, within_s=20)
    assert command.stop(2) == 130


@pytest.mark.parametrize("verb", [("top", "--once"), ("tap",)])
def test_a_service_that_is_not_there(cli, verb):
    """Nobody at the port gives exit code 4, and says how the service has to be started."""
    result = cli(*verb, free_port())
    assert result.exit_code == 4
    assert "no service answers at 127.0.0.1:" in result.stderr
    assert "--metrics" in result.stderr


def test_no_interval_is_wrong_usage(cli):
    """A rate needs some time."""
    assert cli("top", "--once", "--interval", "0s").exit_code == 2


def test_tap_shows_messages_as_they_pass(start, service, served):
    """Each with where it was, what came in and what went out, and what is named is masked; then it ends."""
    command = start("tap", service.port, "--count", 3, "--mask", "version", "--format", "json")
    eventually_blocking(lambda: looking(command, served), within_s=30)
    assert command.wait() == 0
    first = json.loads(command.out[0])
    assert (first["chain"], first["node"], first["type"]) == ("answer", "make", "exprTransform")
    assert (first["relationIn"], first["relation"], first["error"]) == ("", "Success", None)
    assert json.loads(first["in"]["data"])["id"] == "look"
    assert json.loads(first["out"]["data"]) == {"id": "look", "version": "***"}


def looking(command, served):
    """Send something, for as long as the tap has not seen it: it may not be there yet."""
    served.send("look")
    return len(command.out) >= 3


def test_tap_tells_what_it_did_not_show(start, service, served):
    """Of many messages it shows as many as it may, in text, and counts the rest."""
    command = start("tap", service.port, "--limit", 1, "--node", "m*")
    eventually_blocking(lambda: looking(command, served), within_s=30)
    eventually_blocking(lambda: served.send("look", "look") or "not shown" in command.talk, within_s=30)
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3}  answer/make  exprTransform  start -> Success  [\d.]+ ms\n", command.out[0])
    assert command.out[1] == '  in    {"id":"look"}\n'
    assert command.out[2] == '  out   {"id":"look","version":"one"}\n'
    assert re.search(r"^\d+ messages? more, not shown$", command.talk, re.MULTILINE)
    assert command.stop(2) == 130


def test_tap_ends_with_the_service(start, served):
    """When the service stops, so does the tap, and says why."""
    service = start("run", served.folder, "--server", served.url, "--metrics", "0", "--tap")
    service.says("messages: /tap")
    command = start("tap", re.search(r"127\.0\.0\.1:(\d+)/", service.talk)[1])
    service.says("served: connected")
    eventually_blocking(lambda: looking(command, served), within_s=30)
    assert service.stop() == 0
    assert command.wait() == 0
    assert "the service has ended" in command.talk


def test_a_service_has_to_allow_it(cli, start, served):
    """Without `--tap` there is no such page, and the tap says so; `--tap` without a port is wrong usage."""
    service = start("run", served.folder, "--server", served.url, "--metrics", "0")
    service.says("metrics: http")
    result = cli("tap", re.search(r"127\.0\.0\.1:(\d+)/", service.talk)[1])
    assert result.exit_code == 4
    assert "does not show /tap: there are /metrics, /livez, /readyz" in result.stderr
    assert cli("run", served.folder, "--tap").exit_code == 2
    assert service.stop() == 0


@pytest.mark.parametrize("limit", ["0", "-1", "1000", "x"])
def test_a_limit_has_to_be_one(cli, service, limit):
    """More than none, and not more than anybody reads; the service refuses it too."""
    assert cli("tap", service.port, "--limit", limit).exit_code == 2
    with pytest.raises(urllib.error.HTTPError, match="400") as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{service.port}/tap?limit={limit}", timeout=10)
    refused.value.close()


def test_what_answers_may_be_something_else(cli):
    """Another program at the port is told from a service."""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404, "nothing here")

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        result = cli("top", "--once", server.server_address[1])
        server.shutdown()
        thread.join()
    assert result.exit_code == 4
    assert "does not show /metrics" in result.stderr
