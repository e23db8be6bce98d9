"""`rulechain trace`."""

import json
import re
import signal

import pytest

from rulechain.plan.secrets import encrypt_secret
from support.documents import chain_document
from support.eventually import eventually_blocking


def without_times(text):
    """The trace without what differs from run to run."""
    return re.sub(r"[\d,.]+ (µs|ms)", "TIME", text)


def test_each_step_shows_relation_changes_and_time(cli, hot_chain, write):
    """The trace names every node on the way, what it changed, and where the branch ended."""
    message = write("message.json", {"temperature": 41})
    result = cli("trace", hot_chain, "--message", message)
    assert (result.exit_code, result.stderr) == (0, "")
    assert without_times(result.stdout) == (
        "* is-hot  exprFilter  start -> True  TIME\n"
        "    because msg.temperature > 30 is true, where msg.temperature is 41\n"
        "* mark  exprTransform  True -> Success  TIME\n"
        "    data\n"
        "       {\n"
        '      +  "level": "hot",\n'
        '         "temperature": 41\n'
        "* note  metadataTransform  Success -> Success  TIME\n"
        "    metadata\n"
        "      +seen: yes\n"
        "* ends at note with Success\n"
        "    {\n"
        '      "level": "hot",\n'
        '      "temperature": 41\n'
        "    }\n"
        "3 steps, 1 end, TIME in nodes\n"
    )


def test_a_rulego_message_is_taken_apart(cli, hot_chain, write):
    """An object with `data` and a message's other keys is a message; its data may be an object."""
    message = write("m.json", {"data": {"temperature": 41}, "metadata": {"a": "1", "b": 2}, "type": "T", "id": "i"})
    result = cli("trace", hot_chain, "--message", message, "--format", "json")
    first = json.loads(result.stdout)["steps"][0]["message"]
    assert first["data"] == '{"temperature":41}'
    assert (first["id"], first["type"], first["metadata"]) == ("i", "T", {"a": "1", "b": "2"})


def test_an_object_with_other_keys_is_the_data(cli, hot_chain):
    """A payload that happens to have a key `data` is not a message."""
    result = cli("trace", hot_chain, "--message", "-", "--format", "json", stdin='{"data": 1, "temperature": 5}')
    assert json.loads(result.stdout)["ends"][0]["message"]["data"] == '{"data": 1, "temperature": 5}'


def test_options_win_over_the_message(cli, hot_chain):
    """Type and metadata on the command line replace the file's."""
    result = cli(
        *("trace", hot_chain, "--message", "-", "--format", "json", "--type", "NEW", "--metadata", "a=2"),
        stdin='{"data": "{\\"temperature\\": 1}", "type": "OLD", "metadata": {"a": "1", "b": "1"}}',
    )
    message = json.loads(result.stdout)["ends"][0]["message"]
    assert (message["type"], message["metadata"]) == ("NEW", {"a": "2", "b": "1"})


def test_text_is_sent_as_it_is(cli, write):
    """With `--data-type TEXT` the file need not be JSON."""
    chain = write("text.json", chain_document(("a", "exprFilter", {"expr": 'data == "héllo"'})))
    path = write("payload.txt", "héllo")
    result = cli("trace", chain, "--message", path, "--data-type", "TEXT", "--format", "json")
    assert json.loads(result.stdout)["ends"][0]["relation"] == "True"


def test_binary_data_is_kept_as_bytes(cli, write, tmp_path):
    """With `--data-type BINARY` bytes that are no text reach the chain and are shown escaped."""
    chain = write("any.json", chain_document(("a", "exprFilter", {"expr": "true"})))
    (tmp_path / "payload.bin").write_bytes(b"\xff\x00")
    result = cli("trace", chain, "--message", "payload.bin", "--data-type", "BINARY", "--format", "json")
    assert json.loads(result.stdout)["ends"][0]["message"]["data"] == "\\xff\x00"


def test_a_failed_chain_gives_1(cli, write):
    """An unhandled failure is shown with its error, and is the exit code."""
    chain = write("failing.json", chain_document(("a", "exprFilter", {"expr": "msg.a.b.c > 1"})))
    result = cli("trace", chain, "--message", "-", stdin="{}")
    assert result.exit_code == 1
    assert "x a  exprFilter  start -> Failure" in result.stdout
    assert "x ends at a with Failure: " in result.stdout


def test_a_failure_that_is_handled_gives_0(cli, write):
    """A Failure connection makes the chain succeed."""
    chain = write(
        "handled.json",
        chain_document(
            ("a", "exprFilter", {"expr": "msg.a.b.c > 1"}),
            ("b", "metadataTransform", {"mapping": {"x": "'y'"}}),
            connections=("a -Failure-> b",),
        ),
    )
    assert cli("trace", chain, "--message", "-", stdin="{}").exit_code == 0


def test_a_chain_that_is_not_valid_gives_3(cli, write):
    """The diagnostics of the chain are shown, and no step."""
    chain = write("broken.json", chain_document(("a", "nonsense")))
    result = cli("trace", chain, "--message", "-", stdin="{}")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "error[P301]" in result.stderr


def test_warnings_are_talk(cli, write):
    """What is doubtful about the chain goes to stderr, and the trace to stdout."""
    chain = write("doubtful.json", chain_document(("a", "exprFilter", {"expr": "true", "colour": "red"})))
    result = cli("trace", chain, "--message", "-", stdin="{}")
    assert result.exit_code == 0
    assert "warning[P303]" in result.stderr
    assert "P303" not in result.stdout


def test_a_payload_that_is_not_json_gives_3_and_a_way_out(cli, hot_chain):
    """The place of the fault is shown, and how text is sent."""
    result = cli("trace", hot_chain, "--message", "-", stdin="plain text")
    assert result.exit_code == 3
    assert "<stdin>:1:1" in result.stderr
    assert "--data-type TEXT" in result.stderr


@pytest.mark.parametrize("key, value", [("metadata", [1]), ("type", 1), ("dataType", {}), ("id", 5), ("ts", "now")])
def test_a_message_with_a_wrong_part_gives_3(cli, hot_chain, write, key, value):
    """The part of the message that is wrong is pointed at."""
    result = cli("trace", hot_chain, "--message", write("m.json", {"data": "{}", key: value}))
    assert result.exit_code == 3
    assert f'the message\'s "{key}" is not' in result.stderr
    assert "m.json:3:" in result.stderr


@pytest.mark.parametrize("arguments", [("nowhere.json",), (".",)])
def test_a_wrong_path_is_wrong_usage(cli, write, arguments):
    """A missing chain and a folder are named."""
    result = cli("trace", *arguments, "--message", write("m.json", {}))
    assert result.exit_code == 2
    assert arguments[0] in result.stderr


def test_a_trace_needs_a_message(cli, hot_chain):
    """`--message` is required: reading stdin is asked for with `-`."""
    assert cli("trace", hot_chain).exit_code == 2


def test_long_changes_are_cut(cli, write):
    """A big payload does not bury the steps."""
    chain = write("any.json", chain_document(("a", "exprFilter", {"expr": "true"})))
    result = cli("trace", chain, "--message", "-", stdin=json.dumps(list(range(200))))
    assert len(result.stdout.splitlines()) < 50
    assert "... and 162 lines more" in result.stdout


def test_expressions_read_files_of_named_folders(cli, write, tmp_path):
    """Each `--include-folder` is one more folder to look into."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text(name)
    expression = "include('one.txt') + include('two.txt') + include('../chain.json')"
    chain = write("chain.json", chain_document(("n", "exprTransform", {"expr": expression})))
    folders = ("--include-folder", tmp_path / "one", "--include-folder", tmp_path / "two")
    result = cli("trace", chain, "--message", "-", "--format", "json", *folders, stdin="{}")
    assert json.loads(result.stdout)["ends"][0]["message"]["data"] == "onetwo"


def steps_of(result):
    """The nodes of a trace's steps."""
    return [step["node"] for step in json.loads(result.stdout)["steps"]]


def test_a_run_can_begin_at_any_node(cli, hot_chain):
    """`--from-node` leaves out what stands before the node, `--only-node` what comes behind it too."""
    arguments = ("trace", hot_chain, "--message", "-", "--format", "json")
    assert steps_of(cli(*arguments, "--from-node", "mark", stdin='{"temperature": 1}')) == ["mark", "note"]
    assert steps_of(cli(*arguments, "--only-node", "mark", stdin='{"temperature": 1}')) == ["mark"]


def test_a_start_that_the_chain_does_not_have_is_wrong_usage(cli, hot_chain):
    """A misspelt node is named with the one that may be meant; two starts are refused."""
    result = cli("trace", hot_chain, "--message", "-", "--from-node", "marc", stdin="{}")
    assert result.exit_code == 2
    assert 'the chain "hot" has no node "marc": did you mean "mark"?' in result.stderr
    both = cli("trace", hot_chain, "--message", "-", "--from-node", "mark", "--only-node", "mark", stdin="{}")
    assert both.exit_code == 2


def test_each_step_has_its_reason_for_programs(cli, hot_chain):
    """In JSON a step of a filter has its clauses and the nearest route not taken; other steps have none."""
    result = cli("trace", hot_chain, "--message", "-", "--format", "json", stdin='{"temperature": 12}')
    (step,) = json.loads(result.stdout)["steps"]
    assert step["reason"]["because"] == "msg.temperature > 30 is false, where msg.temperature is 12"
    assert step["reason"]["nearest"]["targets"] == ["mark"]


def test_a_watched_trace_follows_the_chain_and_the_message(start, hot_chain, write):
    """With `--watch` each change is traced again, a broken version is told and waited out, and Ctrl-C ends it."""
    good = hot_chain.read_text(encoding="utf-8")
    command = start("trace", hot_chain, "--message", write("m.json", {"temperature": 41}), "--watch")
    eventually_blocking(lambda: "ends at note" in "".join(command.out), within_s=20)
    write("m.json", {"temperature": 12})
    eventually_blocking(lambda: "msg.temperature is 12" in "".join(command.out), within_s=20)
    hot_chain.write_text(good.replace("30", "(30"), encoding="utf-8")
    command.says("error[S4")
    hot_chain.write_text(good.replace("30", "10"), encoding="utf-8")
    eventually_blocking(lambda: "msg.temperature > 10 is true" in "".join(command.out), within_s=20)
    assert command.stop(signal.SIGINT) == 130


def test_watching_stdin_is_wrong_usage(cli, hot_chain):
    """A message that can be read once cannot be watched."""
    assert cli("trace", hot_chain, "--message", "-", "--watch", stdin="{}").exit_code == 2


def test_the_key_of_secrets_comes_from_a_file_or_the_environment(cli, write):
    """Never as an argument; without the key the text stays as it is."""
    secret = encrypt_secret("tok-4711", "the key")
    chain = chain_document(("a", "exprFilter", {"expr": 'msg.token == "${secrets.token}"'}))
    chain["ruleChain"]["configuration"] = {"secrets": {"token": secret}}
    path, message = write("chain.json", chain), write("m.json", {"token": "tok-4711"})
    arguments = ["trace", path, "--message", message, "--format", "json"]
    runs = [
        cli(*arguments),
        cli(*arguments, "--secret-key-file", write("key", "the key\n")),
        cli(*arguments, env={"RULECHAIN_SECRET_KEY": "the key"}),
    ]
    assert [json.loads(run.stdout)["ends"][0]["relation"] for run in runs] == ["False", "True", "True"]
