"""`rulechain streams`: what a look at real streams tells, and what it says to mend."""

import asyncio
import json
import shlex
import uuid

import pytest

from rulechain.connections.address import parse_address
from rulechain.connections.streams import StreamClient
from rulechain.observe.streams import server_version
from support.redis_nodes import start_cluster

pytestmark = pytest.mark.redis

# What is not tested must not be found: a fresh test's consumers are silent for milliseconds.
PATIENT = ("--over", "0s", "--dead-after", "1h", "--max-lag", "1h")


class Streams:
    """A test's own streams on a server."""

    def __init__(self, url):
        self.url = url
        self.name = f"cli-streams-{uuid.uuid4().hex}"

    def call(self, *command):
        """Send a command to the server; `{s}` is the test's stream."""

        async def main():
            async with StreamClient(self.url) as client:
                return await client.link.call(*(str(word).replace("{s}", self.name) for word in command))

        return asyncio.run(main())

    def add(self, count=1, stream="{s}"):
        for _ in range(count):
            self.call("XADD", stream, "*", "n", "1")

    def group(self, name="g", start="0"):
        self.call("XGROUP", "CREATE", "{s}", name, start, "MKSTREAM")

    def read(self, count=1, consumer="c", group="g"):
        self.call("XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", "{s}", ">")

    def version(self):
        async def main():
            async with StreamClient(self.url) as client:
                return await server_version(client.link)

        return asyncio.run(main())

    def remove(self):
        self.call("DEL", "{s}", "{s}.dead", "{s}:text")


@pytest.fixture
def streams(server_url):
    """Streams that nobody else uses."""
    made = Streams(server_url)
    yield made
    made.remove()


@pytest.fixture
def look(cli, streams):
    """`look()` looks at the test's stream and what begins with its name; JSON and the exit code."""

    def run(*options, patience=PATIENT):
        arguments = ("--server", streams.url, "--format", "json", *patience, *options)
        result = cli("streams", f"{streams.name}*", *arguments)
        return json.loads(result.stdout), result.exit_code

    return run


def findings(told):
    """What is wrong, as pairs of problem and message."""
    return [(finding["problem"], finding["message"]) for finding in told["findings"]]


def test_the_facts_of_a_stream(look, streams):
    """Length, lag, pending and consumers are those of the server; ages are seconds; nothing is wrong, so 0."""
    streams.group()
    streams.add(5)
    streams.read(2, "c1")
    streams.call("XGROUP", "CREATE", "{s}", "ahead", "$")
    told, code = look()
    [stream] = told["streams"]
    assert (stream["stream"], stream["length"], code) == (streams.name, 5, 0)
    assert stream["memory"] > 0
    ahead, group = sorted(stream["groups"], key=lambda each: each["group"])
    assert (ahead["group"], ahead["lag"], ahead["lagSeconds"], ahead["consumers"]) == ("ahead", 0, 0, [])
    assert (group["pending"], ahead["pending"], ahead["oldestPendingSeconds"]) == (2, 0, None)
    assert group["lag"] == 3 or (group["lag"], group["lagIsExact"]) == (5, False)
    assert 0 < group["lagSeconds"] < 60
    assert 0 < group["oldestPendingSeconds"] < 60
    [consumer] = group["consumers"]
    assert (consumer["consumer"], consumer["pending"]) == ("c1", 2)
    assert 0 <= consumer["idleSeconds"] < 60


def test_entries_that_wait_for_nobody_are_found(look, streams):
    """A group without consumers is a fault when something waits, and the exit code is 1."""
    streams.group()
    assert look() == ({**look()[0], "findings": []}, 0)
    streams.add(3)
    told, code = look()
    assert code == 1
    [(problem, message)] = findings(told)
    assert problem == "no-consumer"
    assert message.startswith("3 entries wait, the oldest for ")


def test_a_dead_consumer_is_found_and_its_fix_works(look, streams):
    """One that holds nothing is removed by the command that is told; one that holds entries is not to be removed."""
    streams.group()
    streams.add(2)
    streams.read(1, "holds")
    streams.read(1, "idle one")
    streams.call("XACK", "{s}", "g", streams.call("XRANGE", "{s}", "-", "+")[1][0].decode())
    told, code = look("--dead-after", "0s")
    assert code == 1
    by_consumer = {finding["consumer"]: finding for finding in told["findings"] if finding["consumer"]}
    assert "DELCONSUMER" not in by_consumer["holds"]["fix"]
    run_fix(streams, by_consumer["idle one"]["fix"])
    left = {each["consumer"] for each in look()[0]["streams"][0]["groups"][0]["consumers"]}
    assert left == {"holds"}


def test_a_group_that_falls_behind_is_found(cli, streams):
    """A lag that is old enough and did not shrink between two looks is a fault."""
    streams.group()
    streams.call("XADD", "{s}", "1500000000000-0", "n", "1")
    streams.add(2)
    streams.call("XREADGROUP", "GROUP", "g", "c", "COUNT", 1, "STREAMS", "{s}", ">")
    streams.call("XGROUP", "SETID", "{s}", "g", "0")
    result = cli("streams", streams.name, "--server", streams.url, "--over", "50ms", "--format", "json")
    [found] = [each for each in json.loads(result.stdout)["findings"] if each["problem"] == "lag"]
    assert found["message"].endswith("with 3 entries, and does not catch up")
    assert found["fix"] == f"rulechain run PATH --server {streams.url} --workers 2"


def test_an_untrimmed_stream_is_found_and_its_fix_keeps_what_is_needed(look, streams):
    """Entries that every group is done with go by the command that is told; those of some group stay."""
    streams.group()
    streams.add(500)
    streams.read(500)
    for id_, _ in streams.call("XRANGE", "{s}", "-", "+", "COUNT", 480):
        streams.call("XACK", "{s}", "g", id_.decode())
    told, code = look("--max-length", 480)
    assert code == 1
    [finding] = told["findings"]
    assert finding["problem"] == "untrimmed"
    assert finding["message"].startswith("480 entries that every group is done with")
    if streams.version() < (6, 2):
        pytest.skip("without MINID nothing can be trimmed while entries are pending, and no command says so")
    run_fix(streams, finding["fix"].replace("'~'", "="))
    assert streams.call("XLEN", "{s}") == 20
    assert look("--max-length", 480)[1] == 0


def test_dead_letters_are_found(look, streams):
    """A dead-letter stream that is not empty is something to look at."""
    streams.add(2, "{s}.dead")
    told, code = look()
    assert findings(told) == [("dead-letters", "2 dead letters: somebody has to look at them")]
    assert told["findings"][0]["fix"] == f"rulechain dead list {streams.name}.dead --server {streams.url}"
    assert code == 1


def test_growth_is_measured_between_two_looks(cli, streams, monkeypatch):
    """What was added between the looks, by the time between them, is how fast a stream grows."""
    streams.add()
    sleep = asyncio.sleep

    async def busy_sleep(seconds, result=None):
        if seconds == 0.123:
            await asyncio.to_thread(streams.add, 2)
        return await sleep(0, result)

    monkeypatch.setattr(asyncio, "sleep", busy_sleep)
    result = cli("streams", streams.name, "--server", streams.url, "--over", "123ms", "--format", "json")
    [stream] = json.loads(result.stdout)["streams"]
    assert stream["length"] == 3
    assert stream["entriesPerSecond"] > 0


def test_the_table_is_for_people(cli, streams):
    """A line for each group under a head, then what is wrong with its fix, then how much there is of both."""
    streams.group()
    streams.add(2)
    result = cli("streams", streams.name, "--server", streams.url, "--over", "0s")
    head, line, blank, place, fix = result.stdout.splitlines()
    assert " ".join(head.split()) == "STREAM GROUP LENGTH GROWS LAG BEHIND PENDING OLDEST CONSUMERS MEMORY"
    assert line.split()[:5] == [streams.name, "g", "2", "-", "2"]
    assert blank == ""
    assert place.startswith(f"{streams.name}, group g: 2 entries wait")
    assert fix == f"  fix: rulechain run PATH --server {streams.url}"
    assert result.stderr == "1 stream, 1 thing to mend\n"
    assert result.exit_code == 1


def test_other_keys_and_missing_streams(cli, streams):
    """Keys of other types are passed over by a pattern; a name that is no stream is an error."""
    streams.call("SET", "{s}:text", "x")
    streams.add()
    pattern = cli("streams", f"{streams.name}*", "--server", streams.url, "--over", "0s", "--format", "json")
    assert [each["stream"] for each in json.loads(pattern.stdout)["streams"]] == [streams.name]
    named = cli("streams", f"{streams.name}:text", "nowhere", "--server", streams.url, "--over", "0s")
    assert named.exit_code == 1
    assert "error: there is no stream nowhere\n" in named.stderr
    assert f"error: there is no stream {streams.name}:text\n" in named.stderr


def test_nothing_is_written(cli, streams):
    """A look needs no permission to write, and changes no key."""
    if streams.version() < (6, 0):
        pytest.skip("this server has no users")
    streams.group()
    streams.add(3)
    streams.read(1)
    before = streams.call("XPENDING", "{s}", "g"), streams.call("XINFO", "STREAM", "{s}")
    user = f"looker-{uuid.uuid4().hex[:8]}"
    allowed = ("+@read", "+@connection", "+info", "+time", "+command", "-@write", "~*")
    streams.call("ACL", "SETUSER", user, "on", ">secret", *allowed)
    try:
        url = streams.url.replace("unix://", f"unix://{user}:secret@").replace("redis://", f"redis://{user}:secret@")
        result = cli("streams", streams.name, "--server", url, "--over", "0s")
    finally:
        streams.call("ACL", "DELUSER", user)
    assert result.exit_code == 0, result.stderr
    assert "secret" not in result.output
    assert (streams.call("XPENDING", "{s}", "g"), streams.call("XINFO", "STREAM", "{s}")) == before


def test_a_server_that_is_away(cli, tmp_path):
    """It is a service that cannot be reached."""
    assert cli("streams", "--server", f"unix://{tmp_path}/none").exit_code == 4


@pytest.mark.parametrize(
    "server, reached, command",
    [
        ("redis://h:1/2", "redis://h:1/2", "redis-cli -h h -p 1 -n 2 DEL s"),
        ("unix:///a%20b/s", "unix:///a b/s", "redis-cli -s '/a b/s' DEL s"),
        ("rediss://me:pw@h", "rediss://me:***@h:6379", "redis-cli -h h -p 6379 --user me --tls DEL s"),
        ("redis+cluster://a:1,b:2", "redis+cluster://a:1,b:2", "redis-cli -c -h a -p 1 DEL s"),
        ("redis+sentinel://a:1,b:2/main/3", "redis://m:7/3", "redis-cli -h m -p 7 -n 3 DEL s"),
    ],
)
def test_fixes_reach_the_server(server, reached, command):
    """The command line of redis-cli says all but the password; with sentinels it goes to the server they named."""
    from rulechain.cli.streams import _commands

    commands = _commands(parse_address(server), reached, ())
    assert commands.redis("DEL", "s") == command
    assert "pw" not in commands.serve


def run_fix(streams, command):
    """Run what comes after the options of a redis-cli command."""
    words = shlex.split(command)
    at = next(index for index, word in enumerate(words) if word.startswith("X"))
    streams.call(*words[at:])


def test_a_cluster_is_one_server(cli):
    """The streams of all nodes are found, each asked where it is, and the fix goes to the cluster."""
    with start_cluster() as cluster:
        for name in "abcdef":
            cluster.node_of(name).call("XADD", name, "*", "n", "1")
            cluster.node_of(name).call("XGROUP", "CREATE", name, "g", "0")
        assert len({cluster.node_of(name).port for name in "abcdef"}) == 3
        result = cli("streams", "--server", cluster.url, "--over", "0s", "--format", "json")
    told = json.loads(result.stdout)
    assert [stream["stream"] for stream in told["streams"]] == list("abcdef")
    assert {finding["problem"] for finding in told["findings"]} == {"no-consumer"}
    assert told["findings"][0]["fix"] == f"rulechain run PATH --server {cluster.url}"
