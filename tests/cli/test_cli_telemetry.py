"""What `rulechain run` shows those who watch it: pages over HTTP, a status on request, spans."""

import json
import re
import signal
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import click
import pytest

from rulechain.cli.telemetry import address
from support.eventually import eventually_blocking
from support.ports import free_port

pytestmark = pytest.mark.redis


def get(url):
    """The status and text of a page."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def pages_of(command):
    """Where a command said that its pages are."""
    command.says("metrics: http://")
    return re.search(r"metrics: (\S+)/metrics", command.talk)[1]


def test_metrics_and_health_are_served(start, served):
    """What was answered is counted by endpoint and timed by chain; the process is alive and ready, on the loopback."""
    command = start("run", served.folder, "--server", served.url, "--metrics", "0")
    url = pages_of(command)
    assert url.startswith("http://127.0.0.1:")
    command.says("served: connected")
    served.send("a", "b")
    served.answers_to("a", "b")
    _, text = eventually_blocking(lambda: (page := get(f"{url}/metrics"))[1].count("answered_total") and page)
    assert 'rulechain_answered_total{endpoint="served"} 2.0' in text
    assert 'rulechain_chain_run_seconds_count{chain="answer"}' in text
    assert "process_resident_memory_bytes" in text
    assert get(f"{url}/livez") == (200, "served: alive\n")
    assert get(f"{url}/readyz") == (200, "served: connected\n")
    assert command.stop() == 0


def test_a_server_that_is_away_is_not_ready_but_alive(start, served, tmp_path):
    """Readiness says 503 and why before the first connection; liveness does not ask for a restart."""
    server = f"unix://{tmp_path}/nobody.sock"
    command = start("run", served.folder, "--server", server, "--metrics", "0", "--wait", "60s")
    url = pages_of(command)
    status, text = eventually_blocking(lambda: (page := get(f"{url}/readyz")) and "nobody.sock" in page[1] and page)
    assert status == 503
    assert text.startswith("served: reconnecting (")
    assert get(f"{url}/livez")[0] == 200
    assert command.stop() == 0


def test_workers_listen_on_ports_of_their_own(start, served):
    """The first on the port that was given, the second on the next one; each knows only itself."""
    port = free_port(2)
    command = start("run", served.folder, "--server", served.url, "--workers", 2, "--metrics", f"127.0.0.1:{port}")
    for number in (1, 2):
        command.says(f"[{number}] served: connected")
    assert [get(f"http://127.0.0.1:{port + each}/readyz")[0] for each in (0, 1)] == [200, 200]
    assert command.stop() == 0


def test_a_port_that_is_taken_is_told(start, served):
    """The other one's port is named, and nothing is served."""
    first = start("run", served.folder, "--server", served.url, "--metrics", "0")
    port = pages_of(first).rpartition(":")[2]
    second = start("run", served.folder, "--server", served.url, "--metrics", port)
    assert second.wait() == 1
    assert "error: " in second.talk
    assert port in second.talk
    assert "Traceback" not in second.talk
    assert first.stop() == 0


def test_a_status_on_request(start, served):
    """SIGUSR1 has it tell everything it knows, and go on."""
    command = start("run", served.folder, "--server", served.url, "--status", "0s")
    command.says("served: connected")
    served.send("a")
    served.answers_to("a")
    for _ in range(2):
        command.send(signal.SIGUSR1)
    command.says("last reply")
    told = command.talk
    assert f"  stream       {served.requests}: lag 0, 0 pending" in told
    assert re.search(r"  entries      1 read, 1 answered, 1 responses\n", told)
    assert "  delivered    1 for the time 1\n" in told
    assert re.search(r"  end to end   p50 up to \S+, p99 up to \S+\n", told)
    assert command.stop() == 0


def test_a_status_on_request_of_workers_as_json(start, served):
    """The process that was started passes the signal on; with JSON each worker writes a line."""
    command = start("run", served.folder, "--server", served.url, "--workers", 2, "--status", "0s", "--format", "json")
    for number in (1, 2):
        command.says(f"[{number}] served: connected")
    before = len(command.out)
    command.send(signal.SIGUSR1)
    eventually_blocking(lambda: len(command.out) >= before + 2)
    status = json.loads(command.out[-1])
    assert (status["endpoint"], status["state"]) == ("served", "connected")
    assert [stream["stream"] for stream in status["streams"]] == [served.requests]
    assert status["endToEndSeconds"] == {"mean": None, "p50": None, "p99": None}
    assert command.stop() == 0


class Collector:
    """Takes what is sent to an OpenTelemetry collector."""

    def __init__(self):
        self.bodies = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                collector.bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_spans_go_to_the_collector(start, served):
    """With `--otel` the span of each entry is sent, at the latest when the process stops; the response carries it."""
    with Collector() as collector:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "testing"}
        command = start("run", served.folder, "--server", served.url, "--otel", **variables)
        command.says("served: connected")
        served.send("a")
        [answer] = served.answers_to("a")
        assert command.stop() == 0
        [(path, body)] = collector.bodies
    assert path == "/v1/traces"
    for text in (served.requests, "rulechain.chain", "testing"):
        assert text.encode() in body
    assert bytes.fromhex(answer["traceparent"].split("-")[1]) in body


def test_an_endpoint_that_a_reload_makes_is_followed_as_well(start, served):
    """The entries of a changed endpoint have spans like those of the one before."""
    with Collector() as collector:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        command = start("run", served.folder, "--server", served.url, "--otel", "--watch", **variables)
        command.says("served: connected")
        endpoint = json.loads((served.folder / "endpoint.json").read_text())
        served.replace("endpoint.json", json.dumps({**endpoint, "configuration": {"batchSize": 7}}))
        command.says("reloaded: 1 endpoint")
        served.send("a")
        [answer] = served.answers_to("a")
        assert command.stop() == 0
    assert answer["traceparent"]


@pytest.mark.parametrize(
    "text, given",
    [("9464", ("127.0.0.1", 9464)), (":1", ("127.0.0.1", 1)), ("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:5", ("::1", 5))],
)
def test_addresses(text, given):
    """A port alone is one of the loopback: nobody else may look unless that is said."""
    assert address(text) == given


@pytest.mark.parametrize("text", ["", "host", "host:", "h:70000", "h:-1"])
def test_what_is_no_address(text):
    """It is said what is expected."""
    with pytest.raises(click.BadParameter, match="expected HOST:PORT or PORT"):
        address(text)


@pytest.mark.parametrize(
    "option, module, extra",
    [(["--metrics", "0"], "prometheus_client", "metrics"), (["--otel"], "opentelemetry", "otel")],
)
def test_a_missing_library_is_told(cli, served, monkeypatch, option, module, extra):
    """It is wrong usage, and the text says what to install."""
    import importlib.util

    find = importlib.util.find_spec
    hide = lambda name, package=None: None if name.startswith(module) else find(name, package)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", hide)
    result = cli("run", served.folder, *option)
    assert result.exit_code == 2
    assert f'pip install "rulechain[{extra}]"' in result.stderr
