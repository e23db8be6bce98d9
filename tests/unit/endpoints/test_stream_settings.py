"""What the configuration of `endpoint/redis/stream` may say, and what is said about its mistakes."""

import pytest

from rulechain.connections import ServerAddress, SharedConnections
from rulechain.diagnostics.errors import EndpointConfigurationError, EndpointError
from rulechain.endpoints import Router
from rulechain.model import RouterDefinition, RouterFrom, RouterTo
from support.chains import Chains, echo
from support.redis_server import build_endpoint

CHAINS = Chains(work=echo)


def findings(configuration=None, *routers, shared=None):
    """Return the findings as `(code, pointer, message)`."""
    try:
        _, found = build_endpoint(CHAINS, {"server": "h:1", **(configuration or {})}, routers, shared=shared)
    except EndpointConfigurationError as error:
        found = error.diagnostics
    return [(one.code, one.location.pointer, one.message) for one in found]


def router(router_id="r", path="s", to="chain:work", *, pointer="/routers/0", **parts):
    return RouterDefinition(
        router_id,
        RouterFrom(path, parts.get("from_", {}), tuple(parts.get("before", ()))),
        RouterTo(to, parts.get("to_", {}), tuple(parts.get("after", ()))),
        pointer=pointer,
    )


def test_every_key_of_the_contract_is_known():
    """A document may use all of RuleGo's keys and all of ours."""
    configuration = {
        "server": "redis://h:6379/0", "password": "p", "db": 1, "groupId": " ", "username": "u",
        "tls": {"ca": "a", "cert": "b", "key": "c", "verify": False}, "startFrom": "newest", "consumer": "c",
        "batchSize": 10, "concurrency": 20, "block": "1s", "claimIdle": "10s", "keepAlive": "3s",
        "onFailure": "ack", "maxDeliveries": 3, "backoff": "1s", "backoffMax": "5s", "deadLetter": "s.dead",
        "retention": "trim", "maxLen": 100, "responseMaxLen": 1000,
    }  # fmt: skip
    endpoint, found = build_endpoint(CHAINS, configuration)
    assert found == []
    assert endpoint.settings.group == "rulego"
    assert endpoint.settings.start_id == "$"
    assert endpoint.settings.keep_alive_s == 3


def test_dead_letters_have_a_stream():
    """By default it is named after the stream the entries come from; it must not be that stream."""
    endpoint, _ = build_endpoint(CHAINS, {"server": "h:1"})
    assert endpoint.settings.dead_letter_stream("s") == "s.dead"
    endpoint, _ = build_endpoint(CHAINS, {"server": "h:1", "deadLetter": " aside "})
    assert endpoint.settings.dead_letter_stream("s") == "aside"
    assert [found[0] for found in findings({"deadLetter": "s"}, router())] == ["P302"]


@pytest.mark.parametrize(
    "configuration,code,pointer,part",
    [
        ({"server": "redis+sentinel://h:1"}, "E706", "/configuration/server", "what the sentinels call the master"),
        ({"Server": "h:port"}, "E706", "/configuration/Server", "no server address"),
        ({"server": "ref://main"}, "E712", "/configuration/server", '"main"'),
        ({"startFrom": "yesterday"}, "P302", "/configuration/startFrom", "yesterday"),
        ({"claimIdle": "1s", "keepAlive": "2s"}, "P302", "/configuration/keepAlive", "shorter"),
        ({"claimIdle": "0s"}, "P302", "/configuration/claimIdle", "longer than nothing"),
        ({"onFailure": "explode"}, "P302", "/configuration/onFailure", "explode"),
        ({"backoff": "2m"}, "P302", "/configuration/backoff", "backoffMax"),
        ({"retention": "trim"}, "P302", "/configuration/retention", "to which length"),
        ({"batchSize": 0}, "P302", "/configuration/batchSize", "at least 1"),
        ({"groupID": "g", "consmer": "x"}, "P303", "/configuration/consmer", "consmer"),
    ],
)
def test_mistakes_in_the_configuration(configuration, code, pointer, part):
    """Each mistake is found where it is written."""
    base = {} if any(key.casefold() == "server" for key in configuration) else {"server": "h:1"}
    try:
        _, found = build_endpoint(CHAINS, {**base, **configuration})
    except EndpointConfigurationError as error:
        found = error.diagnostics
    assert [(one.code, one.location.pointer) for one in found] == [(code, pointer)]
    assert part in found[0].message


@pytest.mark.parametrize(
    "given,code,pointer",
    [
        (router(path=" , "), "E705", "/routers/0/from/path"),
        (router(before=["nope"]), "E702", "/routers/0/from/processors/0"),
        (router(before=["responseToBody"]), "E702", "/routers/0/from/processors/0"),
        (router(after=["responseToBody", "toHex"]), "E702", "/routers/0/to/processors/1"),
        (router(to="chain:"), "S409", "/routers/0/to/path"),
        (router(to="component:${x}"), "E708", "/routers/0/to/path"),
        (router(from_={"when": "1 +"}), "S401", "/routers/0/from/configuration/when"),
        (router(from_={"orderBy": "("}), "S406", "/routers/0/from/configuration/orderBy"),
        (router(from_={"transform": "a.["}), "P306", "/routers/0/from/configuration/transform"),
        (router(to_={"transform": "]"}), "P306", "/routers/0/to/configuration/transform"),
        (router(to_={"responseTopic": "${1 +}"}), "S401", "/routers/0/to/configuration/responseTopic"),
        (router(to_={"respTopic": "x"}), "P303", "/routers/0/to/configuration/respTopic"),
    ],
)
def test_mistakes_in_a_router(given, code, pointer):
    """Each mistake is found where it is written."""
    assert [(found[0], found[1]) for found in findings(None, given)] == [(code, pointer)]


def test_routers_must_not_clash():
    """An id is taken once, and several routers on one stream each need a condition."""
    assert [found[0] for found in findings(None, router(), router(path="t"))] == ["E703"]
    assert [found[0] for found in findings(None, router("a"), router("b", path="x, s"))] == ["E704"]
    when = {"when": "true"}
    assert [found[0] for found in findings(None, router("a", from_=when), router("b"))] == ["E704"]
    assert findings(None, router("a", from_=when), router("b", from_=when)) == []


def test_a_router_without_id_is_called_after_its_streams():
    """As in RuleGo, the id is derived from the path."""
    endpoint, _ = build_endpoint(CHAINS, {"server": "h:1"}, [router("")])
    assert [one.id for one in endpoint.routers] == ["s"]


def test_a_router_made_in_code_is_checked_too():
    """Its mistakes are raised by `add_router`, and it is then not there."""
    endpoint, _ = build_endpoint(CHAINS, {"server": "h:1"})
    with pytest.raises(EndpointConfigurationError, match="E705"):
        endpoint.add_router(Router("r").from_("").to("chain:work").end())
    assert endpoint.routers == ()


async def test_routers_come_before_the_start(own_server):
    """Adding one to something running raises."""
    endpoint, _ = build_endpoint(CHAINS, {"server": own_server.url}, [router()])
    async with endpoint:
        with pytest.raises(EndpointError, match="running"):
            endpoint.add_router(Router("x").from_("t").to("work").end())


def test_a_shared_connection_must_exist():
    """`ref://id` needs a connection of that id; close ones are suggested."""
    shared = SharedConnections()
    shared.define("main", ServerAddress())
    assert findings({"server": "ref://main"}, shared=shared) == []
    with pytest.raises(EndpointConfigurationError, match='did you mean "main"'):
        build_endpoint(CHAINS, {"server": "ref://mian"}, shared=shared)
