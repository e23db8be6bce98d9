"""The component `exec`."""

import asyncio
import logging
import time
from pathlib import Path

import pytest

from rulechain import Engine, Message
from rulechain.components.action import exec_
from rulechain.components.action.exec_ import split_argument
from rulechain.values import StringMap
from support.component_build import findings, json_message, outcome_of
from support.documents import chain_document
from support.eventually import eventually, eventually_blocking


def ran(configuration, message=None, **properties):
    """The outcome of an exec node in an engine with these properties."""
    allowed = {"execNodeWhitelist": "sh,echo,printf,cat,sleep,yes,nosuchcommand", **properties}
    return outcome_of("exec", configuration, message, properties=StringMap(allowed))


def shell(script, **settings):
    """The outcome of a shell script, which comes with the message: arguments are split at blanks."""
    return ran({"cmd": "sh", "args": ["-c", "${msg.script}"], **settings}, json_message({"script": script}))


@pytest.mark.parametrize(
    "properties, error",
    [
        ({}, "cmd not allowed error"),
        ({"execNodeWhitelist": "ls, echo2"}, "cmd not allowed error"),
        ({"execNodeWhitelist": "/bin/echo"}, "cmd not allowed error"),
        ({"execNodeWhitelist": "echo a"}, "cmd not allowed error"),
        ({"execNodeWhitelist": "echo", "execNodeDeny": "echo"}, "cmd is denied error"),
        ({"execNodeWhitelist": "echo", "execNodeDenyArgs": "o h"}, "cmd is denied error"),
        ({"execNodeMode": "deny", "execNodeDeny": " echo "}, "cmd is denied error"),
        ({"execNodeWhitelist": " echo , ls"}, None),
        ({"execNodeWhitelist": "echo hi"}, None),
        ({"execNodeMode": "deny"}, None),
        ({"execNodeMode": "allow", "execNodeWhitelist": "echo"}, None),
    ],
)
def test_what_may_run(properties, error):
    """Nothing runs unless the engine's properties allow exactly that command."""
    outcome = outcome_of("exec", {"cmd": "echo", "args": ["hi"]}, properties=StringMap(properties))
    assert (outcome.relation, outcome.error) == ("Success" if error is None else "Failure", error)


def test_an_unknown_mode_is_an_error():
    """A typing error in the property must not open the gate, as it does in RuleGo."""
    (finding,) = findings("exec", {"cmd": "echo"}, properties=StringMap(execNodeMode="Deny"))
    assert 'the engine property "execNodeMode" is "Deny", expected "allow" or "deny"' in finding


@pytest.mark.parametrize(
    "argument, parts",
    [
        ("a", ["a"]),
        ("a b", ["a", "b"]),
        ("a  b", ["a", "", "b"]),
        ("", [""]),
        ('"a b"', ['"a b"']),
        ("${ msg.a + 1 } b", ["${ msg.a + 1 }", "b"]),
        ("-x ${f(1, 2)}.csv", ["-x", "${f(1, 2)}.csv"]),
    ],
)
def test_arguments_are_split_at_blanks(argument, parts):
    """Blanks separate arguments, but not inside templates, and not in one that begins with a quote."""
    assert split_argument(argument) == parts


def test_templates_become_arguments_as_they_are():
    """What a template gives is one argument: no shell reads it."""
    message = json_message({"text": "a b; rm $HOME `id`"})
    outcome = ran({"cmd": "printf", "args": ["[%s]", "${msg.text}"], "replaceData": True}, message)
    assert outcome.message.data == "[a b; rm $HOME `id`]"


def test_output_is_ignored_unless_it_is_wanted():
    """The message passes unchanged."""
    message = json_message({"n": 1})
    assert ran({"cmd": "echo", "args": ["hi"]}, message).message is message


@pytest.mark.parametrize(
    "script, data",
    [
        ("echo out; echo err >&2", "out\n"),
        ("echo err >&2", "err\n"),
        ("true", ""),
        ("printf '\\377'", b"\xff"),
        ("cat", ""),
    ],
)
def test_output_as_payload(script, data):
    """Stdout becomes the payload, stderr where stdout is empty; stdin is empty."""
    assert shell(script, replaceData=True).message.data == data


def test_the_working_directory_comes_from_metadata(tmp_path):
    """The metadata key workDir names the folder; one that does not exist fails."""
    message = json_message({}, metadata={"workDir": str(tmp_path)})
    configuration = {"cmd": "sh", "args": ["-c", "pwd"], "replaceData": True}
    assert ran(configuration, message).message.data == f"{tmp_path}\n"
    message = json_message({}, metadata={"workDir": "/nonexistent"})
    assert ran(configuration, message).error == "chdir /nonexistent: no such file or directory"


@pytest.mark.parametrize(
    "script, error",
    [
        ("exit 3", "exit status 3"),
        ("echo nothing; echo reason >&2; exit 1", "exit status 1: reason"),
        ("kill -9 $$", "signal: killed"),
    ],
)
@pytest.mark.parametrize("replaces", [True, False])
def test_a_command_that_fails(script, error, replaces):
    """The Failure has the exit status, and what the command wrote to stderr; the payload stays."""
    outcome = shell(script, replaceData=replaces)
    assert (outcome.relation, outcome.error) == ("Failure", error)
    assert "script" in outcome.message.data


def test_a_command_that_is_not_there():
    """The Failure has Go's words."""
    assert ran({"cmd": "nosuchcommand"}).error == 'exec: "nosuchcommand": executable file not found in $PATH'
    missing = "/nonexistent/command"
    assert ran({"cmd": missing}, execNodeWhitelist=missing).error == f"fork/exec {missing}: no such file or directory"


def test_a_null_byte_in_an_argument_fails():
    """No system takes it; the node says so."""
    outcome = ran({"cmd": "echo", "args": ["${msg.x}"]}, json_message({"x": "a\0b"}))
    assert outcome.error == 'exec: "echo": embedded null byte'


def test_output_goes_to_the_log_line_by_line(caplog):
    """With log, stdout is logged as information and stderr as errors."""
    with caplog.at_level(logging.INFO, logger="rulechain.chain"):
        shell("echo a %d; echo b; echo c >&2", log=True)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "a %d"),
        ("INFO", "b"),
        ("ERROR", "c"),
    ]


def test_too_much_output_fails(monkeypatch):
    """What is to be kept has a limit, beyond which the command is killed."""
    monkeypatch.setattr(exec_, "MAX_OUTPUT", 1000)
    assert ran({"cmd": "yes", "replaceData": True}).error == "the command wrote more than 1000 bytes"


def test_too_much_stderr_is_cut():
    """Of what a failed command wrote, the end becomes the error."""
    outcome = shell("i=0; while [ $i -lt 3000 ]; do echo line$i >&2; i=$((i+1)); done; exit 1")
    assert outcome.error.endswith("line2999")
    assert len(outcome.error) < 2100


def alive(pid):
    """Whether a process is there and not merely waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def started(path):
    """The process id that a script wrote to a file, None before it did."""
    text = path.read_text() if path.exists() else ""
    return int(text) if text.endswith("\n") else None


def test_a_command_that_takes_too_long_is_killed(tmp_path):
    """After the timeout the command is killed with all its children."""
    path = tmp_path / "pid"
    before = time.monotonic()
    outcome = shell(f"sleep 100 & echo $! > {path}; wait", timeout=1)
    assert (outcome.relation, outcome.error) == ("Failure", "the command took longer than 1 s")
    assert time.monotonic() - before < 10
    eventually_blocking(lambda: not alive(started(path)))


def test_a_command_is_killed_with_its_run_while_it_starts(tmp_path):
    """However far it has come, the run ends, and no process is left behind."""
    path = tmp_path / "pid"
    engine = Engine({"execNodeWhitelist": "sh"})
    chain = engine.load(chain_document(("x", "exec", {"cmd": "sh", "args": ["-c", "${msg}"]})))

    async def cancelled(turns):
        run = asyncio.ensure_future(chain.arun(Message(f"echo $$ > {path}{turns}; sleep 100", data_type="TEXT")))
        for _ in range(turns):
            await asyncio.sleep(0)
        run.cancel()
        async with asyncio.timeout(30):
            with pytest.raises(asyncio.CancelledError):
                await run

    for turns in range(12):
        asyncio.run(cancelled(turns))
        written = path.with_name(f"pid{turns}")
        assert not written.exists() or not started(written) or not alive(started(written))


def test_a_command_is_killed_with_its_run(tmp_path):
    """A run that is cancelled leaves no process behind."""
    path = tmp_path / "pid"
    engine = Engine({"execNodeWhitelist": "sh"})
    chain = engine.load(chain_document(("x", "exec", {"cmd": "sh", "args": ["-c", "${msg}"]})))

    async def cancelled():
        run = asyncio.ensure_future(chain.arun(Message(f"echo $$ > {path}; sleep 100", data_type="TEXT")))
        await eventually(lambda: started(path))
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(cancelled())
    eventually_blocking(lambda: not alive(started(path)))
