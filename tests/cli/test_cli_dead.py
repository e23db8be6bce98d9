"""`rulechain dead`: dead letters listed, shown, sent back, deleted."""

import asyncio
import json
import uuid

import pytest

from rulechain.connections.streams import StreamClient
from rulechain.endpoints.redis_stream.dead_letter import DeadLetter

pytestmark = pytest.mark.redis

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Shelf:
    """Dead letters on a server, and a look at what became of them."""

    def __init__(self, url):
        self.url = url
        self.requests = f"cli-dead-{uuid.uuid4().hex}"
        self.stream = f"{self.requests}.dead"

    def ask(self, question):
        async def main():
            async with StreamClient(self.url) as client:
                return await question(client)

        return asyncio.run(main())

    def put(self, *fields, **facts):
        """Set an entry aside; return the dead letter's ID."""
        facts = {"stream": self.requests, "id": "1700000000000-0", "group": "g", "code": "R602", **facts}
        letter = DeadLetter(fields=fields or (b"n", b"1"), deliveries=5, at="2024-01-01T00:00:00.000+00:00", **facts)
        return self.ask(lambda client: client.link.call("XADD", self.stream, "*", *letter.to_fields())).decode()

    def length(self, stream=None):
        return self.ask(lambda client: client.length(stream or self.stream))

    def entries(self, stream=None):
        return self.ask(lambda client: client.link.call("XRANGE", stream or self.requests, "-", "+"))


@pytest.fixture
def shelf(server_url):
    """A dead-letter stream of this test's own."""
    made = Shelf(server_url)
    yield made
    made.ask(lambda client: client.delete(made.requests, made.stream, f"{made.requests}:2"))


@pytest.fixture
def dead(cli, shelf):
    """`dead("list", …)` runs the verb on the test's server."""
    return lambda verb, *arguments, **more: cli("dead", verb, *arguments, "--server", shelf.url, **more)


def test_the_letters_of_a_stream_are_listed(dead, shelf):
    """One line for each, oldest first, and their number by code; entries that are no dead letters are passed over."""
    first = shelf.put(chain="parse", node="json", reason="no\nJSON")
    shelf.ask(lambda client: client.add_many(shelf.stream, [{"a": "1"}]))
    second = shelf.put(code="E711", router="r", reason="x" * 300)
    result = dead("list", shelf.stream)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"{first}  2024-01-01T00:00:00  R602  5x  parse/json  no JSON"
    assert lines[1] == f"{second}  2024-01-01T00:00:00  E711  5x  r  {'x' * 100}…"
    assert result.stderr == "2 dead letters (1 E711, 1 R602), 2 shown\n"


def test_a_list_is_cut_and_says_so(dead, shelf):
    """`--limit` bounds the lines, not what is counted."""
    for _ in range(3):
        shelf.put()
    result = dead("list", shelf.stream, "--limit", 2, "--format", "json")
    assert [line["code"] for line in json.loads(result.stdout)] == ["R602", "R602"]
    assert result.stderr == "3 dead letters (3 R602), 2 shown\n"


@pytest.mark.parametrize(
    "options, found",
    [
        (["--code", "E711"], [0]),
        (["--chain", "parse"], [1, 2]),
        (["--chain", "parse", "--node", "json"], [1]),
        (["--router", "r"], [0]),
        (["--reason", "NO json"], [1]),
        (["--within", "1h"], [0, 1, 2]),
        (["--older", "1h"], []),
        (["--older", "0s"], [0, 1, 2]),
    ],
)
def test_filters(dead, shelf, options, found):
    """Only the dead letters that fit every filter are meant."""
    ids = [
        shelf.put(code="E711", router="r"),
        shelf.put(chain="parse", node="json", reason="there is no JSON"),
        shelf.put(chain="parse", node="other"),
    ]
    result = dead("list", shelf.stream, "--format", "json", *options)
    assert [line["deadId"] for line in json.loads(result.stdout)] == [ids[index] for index in found]


def test_streams_with_dead_letters_are_listed(dead, shelf):
    """Without a stream, every stream named *.dead with its length."""
    shelf.put()
    result = dead("list", "--format", "json")
    assert {"stream": shelf.stream, "length": 1} in json.loads(result.stdout)
    assert f"        1  {shelf.stream}\n" in dead("list").stdout


def test_a_letter_is_shown_whole(dead, shelf):
    """Why it was set aside, and every field as it was, twice where it came twice."""
    id_ = shelf.put(b"a", b"1", b"a", b"\xff", reason="no luck", trace=TRACE)
    result = dead("show", shelf.stream, id_)
    assert result.exit_code == 0
    assert "reason      no luck\n" in result.stdout
    assert result.stdout.endswith("fields\n  a = 1\n  a = \\xff\n")
    [shown] = json.loads(dead("show", shelf.stream, id_, "--format", "json").stdout)
    assert (shown["deadId"], shown["trace"], shown["fields"]) == (id_, TRACE, [["a", "1"], ["a", "\\xff"]])
    missing = dead("show", shelf.stream, "1-1")
    assert (missing.exit_code, missing.stderr) == (1, f"error: {shelf.stream} has no dead letter 1-1\n")


def test_a_replay_puts_entries_back_with_their_trace(dead, shelf):
    """The fields as they were, on the stream they came from; the trace goes on; the letters are gone."""
    shelf.put(b"n", b"1", b"n", b"2", trace=TRACE)
    shelf.put(b"image", b"\xff\xfe", trace=TRACE)
    shelf.put(b"n", b"3", b"traceparent", b"theirs", trace=TRACE)
    result = dead("replay", shelf.stream, "--all")
    assert (result.exit_code, result.stderr) == (0, f"replayed 3 dead letters of {shelf.stream}\n")
    first, second, third = [fields for _, fields in shelf.entries()]
    assert first[:5] == [b"n", b"1", b"n", b"2", b"traceparent"]
    assert first[5].startswith(f"00-{TRACE}-".encode())
    assert second == [b"image", b"\xff\xfe"]
    assert third == [b"n", b"3", b"traceparent", b"theirs"]
    assert shelf.length() == 0


def test_a_replay_can_go_to_another_stream(dead, shelf):
    """Only the letters that were named, up to a limit."""
    ids = [shelf.put() for _ in range(3)]
    other = f"{shelf.requests}:2"
    result = dead("replay", shelf.stream, ids[0], ids[2], "--limit", 1, "--to-stream", other, "--format", "json")
    assert json.loads(result.stdout) == {"stream": shelf.stream, "found": 1, "sent": 1, "gone": 0, "failed": {}}
    assert (shelf.length(other), shelf.length(shelf.requests), shelf.length()) == (1, 0, 2)


def test_a_replay_that_the_server_refuses_keeps_the_letter(dead, shelf):
    """What cannot be written back stays set aside, with the server's reason."""
    id_ = shelf.put()
    shelf.ask(lambda client: client.link.call("SET", shelf.requests, "a text"))
    result = dead("replay", shelf.stream, "--all")
    assert result.exit_code == 1
    assert f"error: {id_} stays: WRONGTYPE" in result.stderr
    assert shelf.length() == 1


def test_an_entry_of_very_many_fields_is_put_back_whole(dead, shelf):
    """More fields than a script can write."""
    fields = [part for number in range(5_000) for part in (b"f%d" % (number % 3), b"%d" % number)]
    shelf.put(*fields)
    assert dead("replay", shelf.stream, "--all").exit_code == 0
    assert [entry for _, entry in shelf.entries()] == [fields]
    assert shelf.length() == 0


def test_a_rate_is_kept(dead, shelf):
    """At most so many a second."""
    for _ in range(5):
        shelf.put()
    loop = asyncio.new_event_loop()
    began = loop.time()
    assert dead("replay", shelf.stream, "--all", "--rate", 20).exit_code == 0
    assert loop.time() - began >= 0.2
    loop.close()


def test_letters_can_go_through_another_chain(dead, shelf, write):
    """Each runs through the chain here; responses are written, and what fails again stays."""
    script = (
        "if (msg.n == '2') { throw 'again'; } msg.seen = metadata.entryId; return {'msg': msg, 'metadata': metadata};"
    )
    node = {"id": "fix", "type": "jsTransform", "configuration": {"jsScript": script}}
    folder = write("chains/fixed.json", {"ruleChain": {"id": "fixed"}, "metadata": {"nodes": [node]}}).parent
    good, bad = shelf.put(b"n", b"1"), shelf.put(b"n", b"2")
    other = f"{shelf.requests}:2"
    to_chain = ("--to-chain", "fixed", "--chains", folder, "--response-stream", other)
    result = dead("replay", shelf.stream, "--all", *to_chain)
    assert result.exit_code == 1
    assert f"error: {bad} stays: " in result.stderr
    assert "again" in result.stderr
    [(_, fields)] = shelf.entries(other)
    assert fields == [b"n", b"1", b"seen", b"1700000000000-0"]
    assert good not in [id_.decode() for id_, _ in shelf.entries(shelf.stream)]
    assert shelf.length() == 1
    assert shelf.length(shelf.requests) == 0
    unknown = dead("replay", shelf.stream, "--all", "--to-chain", "fixde", "--chains", folder)
    assert (unknown.exit_code, 'no chain "fixde", only fixed' in unknown.stderr) == (2, True)


@pytest.mark.parametrize("verb", ["replay", "purge"])
def test_a_dry_run_changes_nothing(dead, shelf, verb):
    """It says how many would be meant."""
    shelf.put()
    shelf.put(code="E711")
    result = dead(verb, shelf.stream, "--code", "E711", "--dry-run")
    assert (result.exit_code, "1 dead letter of" in result.stderr) == (0, True)
    assert (shelf.length(), shelf.length(shelf.requests)) == (2, 0)


@pytest.mark.parametrize("verb", ["replay", "purge"])
def test_all_is_never_meant_by_accident(dead, shelf, verb):
    """Without ids, a filter or --all nothing is done."""
    shelf.put()
    result = dead(verb, shelf.stream)
    assert (result.exit_code, "--all" in result.stderr) == (2, True)
    assert shelf.length() == 1


def test_a_purge_asks_first(dead, shelf):
    """Letters are deleted for good after a yes, or with --yes."""
    shelf.put()
    shelf.put(code="E711")
    assert dead("purge", shelf.stream, "--all", stdin="n\n").exit_code == 1
    assert shelf.length() == 2
    assert dead("purge", shelf.stream, "--code", "E711", stdin="y\n").exit_code == 0
    assert shelf.length() == 1
    result = dead("purge", shelf.stream, "--all", "--yes", "--format", "json")
    assert json.loads(result.stdout) == {"stream": shelf.stream, "found": 1, "deleted": 1}
    assert shelf.length() == 0


def test_options_come_from_the_environment_too(dead, shelf):
    """As for every verb, with the verb below in the name."""
    shelf.put()
    shelf.put(code="E711")
    result = dead("list", shelf.stream, "--format", "json", env={"RULECHAIN_DEAD_LIST_CODE": "E711"})
    assert [line["code"] for line in json.loads(result.stdout)] == ["E711"]
