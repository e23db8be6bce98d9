"""`"server": "ref://id"`: an endpoint connected as another one is, or as a name of the engine says."""

import json

import pytest

from rulechain import EndpointConfigurationError, Engine
from rulechain.app.check import check_documents
from rulechain.app.service import Service
from rulechain.connections import AddressError

TYPE = "endpoint/redis/stream"
LOGIN = {"server": "redis://h:1/2", "username": "u", "Password": "p"}


def endpoint(id_, **configuration):
    return {"id": id_, "type": TYPE, "configuration": configuration}


def settings_of(built):
    settings = built.settings
    return settings.server, settings.username, settings.password, settings.group


@pytest.fixture
def folder(tmp_path):
    """`folder(document, …)` writes documents, the first one last in the alphabet, and returns their folder."""

    def write(*documents):
        for number, document in enumerate(documents):
            (tmp_path / f"{9 - number}.json").write_text(json.dumps(document))
        return tmp_path

    return write


def test_an_endpoint_built_before_is_referred_to_by_its_id():
    """The address and the credentials are the other one's, everything else stays its own."""
    engine = Engine()
    engine.endpoint(endpoint("main", **LOGIN, groupId="theirs"))
    built = engine.endpoint(endpoint("second", server=" ref://main ", password="mine", groupId="ours"))
    assert settings_of(built) == ("redis://h:1/2", "u", "p", "ours")


def test_a_connection_of_the_engine_is_referred_to_by_its_name():
    """`engine.connections.define` takes a URL; a text that is no address is refused there."""
    engine = Engine()
    engine.connections.define("main", "redis://h:1/2")
    assert engine.endpoint(endpoint("e", server="ref://main")).settings.server == "ref://main"
    assert engine.connections.address("main").db == 2
    with pytest.raises(AddressError):
        engine.connections.define("other", "h:port")


def test_documents_refer_to_each_other_in_any_order(folder):
    """Also through one another; `check` finds nothing wrong with it."""
    documents = folder(
        endpoint("a", **LOGIN), endpoint("b", server="ref://a"), endpoint("c", server="ref://b", groupId="g")
    )
    service = Service(Engine())
    service.load([documents])
    built = {each.id: settings_of(each) for each in service.endpoints}
    assert built["c"] == ("redis://h:1/2", "u", "p", "g")
    assert built["b"] == built["a"] == ("redis://h:1/2", "u", "p", "rulego")
    assert not check_documents([documents], Engine()).failed


@pytest.mark.parametrize("server", ["ref://e", "ref://other", "ref://nobody"])
def test_a_reference_that_leads_nowhere_is_an_error(folder, server):
    """To itself, in a circle, or to nobody."""
    report = check_documents([folder(endpoint("e", server=server), endpoint("other", server="ref://e"))], Engine())
    assert {found.code for found in report.diagnostics} == {"E712"}
    with pytest.raises(EndpointConfigurationError, match="neither a shared connection nor another endpoint"):
        Engine().endpoint(endpoint("e", server=server))


def test_the_server_of_the_command_line_comes_without_the_credentials_of_the_documents(folder):
    """`--server` replaces the whole connection: a password for one server is not told to another."""
    service = Service(Engine(), server="redis://other:1")
    service.load([folder(endpoint("a", **LOGIN, db=3), endpoint("b", server="ref://a"))])
    assert {settings_of(each) for each in service.endpoints} == {("redis://other:1", None, None, "rulego")}
    assert {each.settings.db for each in service.endpoints} == {None}


async def test_an_endpoint_changes_with_the_one_it_refers_to(folder):
    """A reload that moves one endpoint to another server moves those that refer to it."""
    documents = folder(endpoint("a", server="h:1"), endpoint("b", server="ref://a"), endpoint("c", server="h:1"))
    service = Service(Engine())
    service.load([documents])
    before = {each.id: each for each in service.endpoints}
    folder(endpoint("a", server="h:2"))
    assert await service.reload([documents]) == ()
    after = {each.id: each for each in service.endpoints}
    assert after["b"].settings.server == "h:2"
    assert after["c"] is before["c"]
