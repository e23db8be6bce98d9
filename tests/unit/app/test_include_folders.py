"""`Engine(include_folders=…)`: which files expressions of chains and routers may read, and that nothing else may."""

import pytest

import rulechain as rc
from rulechain.api import Headers, Inbound
from rulechain.diagnostics import Code
from support.documents import chain_document

READ = 'include("site.txt")'


@pytest.fixture
def folder(tmp_path):
    """A folder that may be read, beside a secret that may not; `..` and links lead to it."""
    (tmp_path / "secret.txt").write_text("secret")
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "site.txt").write_text("north")
    (allowed / "link.txt").symlink_to(tmp_path / "secret.txt")
    (allowed / "up").symlink_to(tmp_path)
    return allowed


@pytest.fixture
def engine(folder):
    """An engine that may read the folder; its function `north` says in the metadata that it was called."""
    called = {"north": lambda message, _: rc.Outcome("Success", message.with_metadata("site", "north"))}
    return rc.Engine(include_folders=[folder], functions=called)


def end_of(engine, type_, configuration, data="{}"):
    """The single end of a message's run through a chain of one node."""
    (end,) = engine.load(chain_document(("n", type_, configuration))).run(rc.Message(data)).ends
    return end


def router_document(when="true", path="chain:c", response_topic="out"):
    """An endpoint document with one router."""
    to = {"path": path, "configuration": {"responseTopic": response_topic}}
    router = {"id": "r", "from": {"path": "in", "configuration": {"when": when}}, "to": to}
    return {"id": "e", "type": "endpoint/redis/stream", "routers": [router]}


@pytest.mark.parametrize(
    "type_, configuration",
    [
        ("exprTransform", {"mapping": {"site": READ}}),
        ("metadataTransform", {"mapping": {"site": READ}}),
        ("functions", {"functionName": f"${{{READ}}}"}),
        ("functions", {"functionName": f"no${{{READ}[2:]}}"}),
    ],
    ids=["transform", "metadata", "template", "mixed template"],
)
def test_nodes_read_files_of_the_folders(engine, type_, configuration):
    """Expressions and templates of nodes find the files of the folders that the engine names."""
    end = end_of(engine, type_, configuration)
    assert (end.relation, end.error) == ("Success", None)
    assert "north" in (end.message.metadata["site"], end.message.value.get("site"))


def test_conditions_and_ranges_read_them_too(engine, folder):
    """A filter decides by a file, and a `for` counts to the number in one."""
    (folder / "count.txt").write_text("2")
    assert end_of(engine, "exprFilter", {"expr": f'{READ} == "north" && fileExists("site.txt")'}).relation == "True"
    loop = ("loop", "for", {"range": '1..int(include("count.txt"))', "do": "round"})
    chain = engine.load(chain_document(loop, ("round", "metadataTransform", {"mapping": {"last": "_loopIndex"}})))
    (end,) = chain.run(rc.Message('{"a": 1}')).ends
    assert (end.relation, end.message.metadata["_loopIndex"], end.message.value) == ("Success", "1", {"a": 1})


def test_routers_read_files_of_the_folders(engine):
    """So do a router's condition, its target and the template of its response stream."""
    document = router_document(f'{READ} == "north"', f"chain:${{{READ} + msg.kind}}", f"${{{READ}}}-answers")
    (router,) = engine.endpoint(document).routers
    engine.load(chain_document(("n", "exprFilter", {"expr": "true"}), chain_id="north-work"))
    message = rc.Message('{"kind": "-work"}')
    inbound = Inbound(message, topic="in", headers=Headers({}), origin=message, entry_id="1-1")
    assert router.when(message, inbound) is True
    assert router.response_topic(message, inbound) == "north-answers"
    (end,) = router.execute(inbound).ends
    assert (end.relation, end.error) == ("True", None)


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "/etc/hostname",
        "link.txt",
        "up/secret.txt",
        "allowed/../../secret.txt",
        "http://127.0.0.1/",
        "file:///etc/hostname",
    ],
)
def test_nothing_beyond_the_folders_is_read(engine, path):
    """What data asks for outside of them is as if it were not there."""
    mapping = {"text": "include(msg.path)", "exists": "fileExists(msg.path)"}
    end = end_of(engine, "exprTransform", {"mapping": mapping}, rc.to_json({"path": path}))
    assert end.message.value == {"text": "", "exists": False}


def test_a_file_that_is_too_large_fails_the_node(engine, folder):
    """The size is bounded, and the node's Failure says so."""
    with (folder / "large.txt").open("wb") as file:
        file.truncate(16_000_001)
    end = end_of(engine, "exprTransform", {"expr": 'include("large.txt")'})
    assert end.relation == "Failure"
    assert "the file large.txt is larger than 16000000 bytes" in end.error


def test_without_folders_a_chain_does_not_load():
    """The finding names the setting, and stands at the call."""
    with pytest.raises(rc.ChainError) as raised:
        rc.Engine().load(rc.to_json(chain_document(("n", "exprFilter", {"expr": "include(msg.path) == ''"}))))
    (found,) = raised.value.diagnostics
    assert found.code is Code.FUNCTION_OFF
    assert "Engine(include_folders=[…])" in found.hint
    assert "--include-folder" in found.hint


def test_without_folders_a_mixed_template_warns_and_fails():
    """As with every mistake in a hole of a mixed text: RuleGo loads it."""
    chain = rc.Engine().load(chain_document(("n", "functions", {"functionName": f"no${{{READ}}}"})))
    assert [found.code for found in chain.warnings] == [Code.FUNCTION_OFF]
    (end,) = chain.run(rc.Message("{}")).ends
    assert (end.relation, "switched off" in end.error) == ("Failure", True)


@pytest.mark.parametrize(
    "document",
    [
        router_document(when="fileExists(topic)"),
        router_document(path="chain:${include(msg.kind) + ''}"),
        router_document(response_topic="${include(msg.kind)}"),
    ],
    ids=["when", "target", "response topic"],
)
def test_without_folders_a_router_is_refused(document):
    """Entries from outside reach these expressions first of all."""
    with pytest.raises(rc.EndpointConfigurationError) as raised:
        rc.Engine().endpoint(document)
    assert [found.code for found in raised.value.diagnostics] == [Code.FUNCTION_OFF]


def test_a_folder_must_exist(tmp_path):
    """A wrong setting is found when the engine is made."""
    with pytest.raises(NotADirectoryError, match="nowhere"):
        rc.Engine(include_folders=[tmp_path / "nowhere"])


def test_one_text_is_no_list_of_folders():
    """The characters of a path are not taken for folders: "/" would be one."""
    with pytest.raises(TypeError, match=r"a list of folders, not one text: '\./'"):
        rc.Engine(include_folders="./")
