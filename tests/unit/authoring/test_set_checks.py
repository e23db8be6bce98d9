"""What is doubtful about documents together."""

import json

import pytest

from rulechain.app.check import check_documents
from rulechain.app.engine import Engine
from support.documents import chain_document

LOG = "log"


def endpoint(*routers, endpoint_id="e", **configuration):
    """An endpoint document of `(reads, leads to, answers on)` routers."""
    return {
        "id": endpoint_id,
        "type": "endpoint/redis/stream",
        "configuration": {"server": "127.0.0.1:6379", **configuration},
        "routers": [
            {
                "id": f"r{number}",
                "from": {"path": reads},
                "to": {"path": to, "configuration": {"responseTopic": answers} if answers else {}},
            }
            for number, (reads, to, answers) in enumerate(routers)
        ],
    }


@pytest.fixture
def findings(tmp_path):
    """`findings(document, …)` checks documents together and returns `(code, message)` of each finding."""

    def check(*documents):
        for number, document in enumerate(documents):
            (tmp_path / f"d{number}.json").write_text(json.dumps(document), encoding="utf-8")
        report = check_documents([tmp_path], Engine())
        return [(str(found.code), found.message) for found in report.diagnostics]

    return check


def chain(*connections, nodes="abc", chain_id="c", **types):
    """A chain of log nodes, some of other types, with these connections."""
    made = [(name, *([types[name]] if isinstance(types.get(name), str) else types.get(name, [LOG]))) for name in nodes]
    return chain_document(*made, connections=connections, chain_id=chain_id)


LINE = chain("a -Success-> b", "b -Success-> c")
FORK = chain("a -Success-> b", "a -Success-> c")


def test_sound_documents_have_no_findings(findings):
    """A chain, the endpoint that leads to it, and a chain that runs it, are as they should be."""
    caller = chain(nodes="a", chain_id="caller", a=("flow", {"targetId": "c"}))
    assert findings(LINE, caller, endpoint(("in", "chain:c", "out"))) == []


def test_a_flow_to_a_chain_that_is_not_there(findings):
    """A setting that names a chain is followed, unless it is worked out for each message."""
    document = chain(nodes="a", a=("flow", {"targetId": "d"}))
    assert findings(document) == [
        ("G212", 'node "a" leads to the chain "d", which is not among these documents'),
    ]
    assert findings(chain(nodes="a", a=("flow", {"targetId": "${metadata.next}"}))) == []


@pytest.mark.parametrize("path", ["chain:d", "d", "chain:d:start"])
def test_a_router_to_a_chain_that_is_not_there(findings, path):
    """Each way to write a target is followed; nothing is said where no chain was given to check against."""
    text = 'router "r0" leads to the chain "d", which is not among these documents'
    assert ("G212", text) in findings(LINE, endpoint(("in", path, "")))


@pytest.mark.parametrize("path", ["chain:${msg.kind}", "component:log", ""])
def test_a_target_that_is_worked_out_is_not_guessed(findings, path):
    """What depends on the message, and what is no chain, is left alone."""
    assert "G212" not in dict(findings(LINE, endpoint(("in", path, ""))))


def test_endpoints_alone_may_lead_anywhere(findings):
    """Without a chain among the documents, every target is elsewhere."""
    assert findings(endpoint(("in", "chain:d", "out"))) == []


def test_branches_that_do_not_meet_answer_twice(findings):
    """A relation with two targets, under a router that answers, is told with both places."""
    (found,) = findings(FORK, endpoint(("in", "c", "out")))
    assert found[0] == "G214"
    assert 'from node "a" on, "Success" leads to several nodes, and router "r0" answers' in found[1]


def test_branches_that_answer_once(findings):
    """A join brings branches together, an end node mutes the others, and without answers nothing is doubled."""
    joined = chain("a -Success-> b", "a -Success-> c", "b -Success-> d", "c -Success-> d", nodes="abcd", d="join")
    ended = chain("a -Success-> b", "a -Success-> c", "b -Success-> d", nodes="abcd", d="end")
    for document in (joined, ended):
        assert "G214" not in dict(findings(document, endpoint(("in", "c", "out"))))
    assert findings(FORK, endpoint(("in", "c", ""))) == []


def test_answers_that_become_requests(findings):
    """A circle of streams is found at one router or over several, and told once."""
    assert findings(endpoint(("in, other", "c", "other"))) == [
        ("E718", 'answers become requests again: "other" -> "other"')
    ]
    assert findings(endpoint(("a", "c", "b"), ("b", "c", "a"))) == [
        ("E718", 'answers become requests again: "a" -> "b" -> "a"')
    ]
    assert findings(endpoint(("a", "c", "b"), ("b", "c", "${metadata.to}"))) == []


def test_streams_of_two_servers_are_two_streams(findings):
    """The same name on another server is another stream."""
    one = endpoint(("a", "c", "b"))
    other = endpoint(("b", "c", "a"), endpoint_id="f", server="127.0.0.1:6380")
    assert findings(one, other) == []


def test_two_endpoints_in_one_group(findings):
    """Each entry goes to one of them only, unless they have groups of their own."""
    one, other = endpoint(("in", "c", "")), endpoint(("in", "c", ""), endpoint_id="f")
    text = (
        'endpoints "e" and "f" read the stream "in" in the same group "rulego", so each gets only some of its entries'
    )
    assert findings(one, other) == [("E719", text)]
    assert findings(one, endpoint(("in", "c", ""), endpoint_id="f", groupId="second")) == []


def test_a_request_to_elsewhere_that_may_fail(findings):
    """A node that asks another service needs a way to go on without it."""
    call = ("restApiCall", {"restEndpointUrlPattern": "http://localhost/"})
    text = 'node "a" asks another service, and no "Failure" leads on from it'
    assert findings(chain("a -Success-> b", nodes="ab", a=call)) == [("G213", text)]
    assert findings(chain("a -Success-> b", "a -Failure-> b", nodes="ab", a=call)) == []


def test_a_warning_can_be_ignored_where_it_is(findings):
    """A node asks not to hear of a warning; other nodes go on to have it."""
    call = ("restApiCall", {"restEndpointUrlPattern": "http://localhost/"})
    document = chain("a -Success-> b", nodes="ab", a=call, b=call)
    document["metadata"]["nodes"][0]["additionalInfo"] = {"ignore": ["G213"]}
    assert [message for _, message in findings(document)] == [
        'node "b" asks another service, and no "Failure" leads on from it'
    ]
    document["ruleChain"]["additionalInfo"] = {"ignore": ["G213"]}
    document["metadata"]["nodes"][0]["additionalInfo"] = {}
    assert findings(document) == []


def test_errors_cannot_be_ignored(findings):
    """What keeps a chain from loading is always told, and so is the ignore that does nothing."""
    document = chain(nodes="a", a="nonsense")
    document["metadata"]["nodes"][0]["additionalInfo"] = {"ignore": ["P301"]}
    assert [code for code, _ in findings(document)] == ["P301", "L114"]


def test_an_ignore_without_effect_is_told(findings):
    """A code that does not exist, and one that is not found there, do not stay unnoticed."""
    document = chain(nodes="a")
    document["metadata"]["nodes"][0]["additionalInfo"] = {"ignore": ["G999", "G213"]}
    assert findings(document) == [
        ("L114", 'there is no code "G999" to ignore'),
        ("L114", "G213 is ignored here, but there is no such warning"),
    ]
