"""Chains come, change and go: load, replace, reload of one node, remove, folders, export."""

import json
from dataclasses import replace

import pytest

from rulechain import Aspect, ChainError, Engine, Message
from rulechain.diagnostics.errors import UnknownTypeError
from support.components import COMPONENTS
from support.documents import chain_document, ends_of

TEXT = Message("x", data_type="TEXT")
TWO = chain_document(("a", "t/mark"), ("b", "t/mark"), connections=["a -Success-> b"])


@pytest.fixture
def engine():
    return Engine(components=COMPONENTS)


def codes(caught):
    """The codes of an error's findings."""
    return [found.code for found in caught.value.diagnostics]


def write(folder, name, document):
    """Write a chain document into a folder."""
    (folder / name).write_text(json.dumps(document))


def test_loading_an_id_again_replaces_the_chain(engine):
    """The engine's chain is the new one; a `Chain` that somebody holds goes on as it was."""
    old = engine.load(TWO)
    engine.load(chain_document(("c", "t/pass")))
    assert ends_of(engine.get("test").run(TEXT)) == [("c", "Success", None)]
    assert ends_of(old.run(TEXT)) == [("b", "Success", None)]


@pytest.mark.parametrize(
    "broken", ["{bad", chain_document(("a", "t/nope")), chain_document(("a", "t/pass"), disabled=True)]
)
def test_a_broken_document_replaces_nothing(engine, broken):
    """What was loaded stays and runs."""
    engine.load(TWO)
    with pytest.raises(ChainError):
        engine.load(broken, chain_id="test")
    assert ends_of(engine.get("test").run(TEXT)) == [("b", "Success", None)]


def test_a_replaced_chain_keeps_the_id_it_was_loaded_under(engine):
    """The document's own id is an alias: nodes, cache and events go by the id it was given."""
    for _ in range(2):
        chain = engine.load(chain_document(("a", "t/context"), chain_id="theirs"), chain_id="ours")
        assert chain.run(TEXT).ends[0].message.data.startswith("ours/a")
    assert list(engine.chains) == ["ours"]
    assert engine.get("theirs").id == "ours"


def test_a_chain_that_calls_another_sees_it_come_change_and_go(engine):
    """A sub-chain is looked up for each message."""
    caller = engine.load(chain_document(("f", "flow", {"targetId": "sub", "extend": True}), chain_id="caller"))
    assert caller.run(TEXT).ends[0].error == "ruleChain id=sub not found"
    engine.load(chain_document(("a", "t/mark"), chain_id="sub"))
    assert caller.run(TEXT).ends[0].message.data == "x+"
    engine.load(chain_document(("a", "t/pass"), chain_id="sub"))
    assert caller.run(TEXT).ends[0].message.data == "x"
    engine.remove("sub")
    assert caller.run(TEXT).ends[0].error == "ruleChain id=sub not found"


def test_removing(engine):
    """A chain is forgotten by its id or an alias, with its aliases; an unknown id is no mistake."""
    engine.load(TWO, chain_id="ours")
    engine.remove("test")
    engine.remove("test")
    assert engine.get("ours") is engine.get("test") is None
    assert dict(engine.chains) == {}


@pytest.mark.parametrize("start", [None, "a", {"a": "Success"}])
def test_a_stopped_chain_turns_messages_away(engine, start):
    """Wherever they want to begin; a version that somebody holds goes on, and another stop changes nothing."""
    old = engine.load(TWO)
    engine.stop("test")
    engine.stop("test")
    engine.stop("other")
    assert ends_of(engine.get("test").run(TEXT, start=start)) == [("", "Failure", "engine is shutting down")]
    assert ends_of(old.run(TEXT)) == [("b", "Success", None)]
    assert engine.get("test").dsl() == old.dsl()


def test_a_stopped_chain_starts_when_it_is_loaded(engine, tmp_path):
    """By itself, or with the folder of its document, though that has not changed."""
    write(tmp_path, "1.json", TWO)
    for load in (lambda: engine.load(TWO), lambda: engine.load_folder(tmp_path), lambda: engine.load_folder(tmp_path)):
        engine.stop("test")
        load()
        assert ends_of(engine.get("test").run(TEXT)) == [("b", "Success", None)]


def test_a_chain_that_calls_a_stopped_one_fails(engine):
    """It is there, but takes nothing."""
    engine.load(chain_document(("a", "t/pass"), chain_id="sub"))
    caller = engine.load(chain_document(("f", "flow", {"targetId": "sub"}), chain_id="caller"))
    engine.stop("sub")
    assert ends_of(caller.run(TEXT)) == [("f", "Failure", "engine is shutting down")]


def test_one_node_is_replaced(engine):
    """The connections stay; the engine's chain and what `reload_node` gives are the new version."""
    old = engine.load(TWO)
    new = old.reload_node("a", {"type": "t/fail", "name": "breaks"})
    for chain in (new, engine.get("test")):
        assert ends_of(chain.run(TEXT)) == [("a", "Failure", "it broke")]
    assert ends_of(old.run(TEXT)) == [("b", "Success", None)]
    assert json.loads(new.dsl("a"))["name"] == "breaks"


def test_the_other_nodes_stay_as_they_are(engine):
    """Only the one node is made anew: what others hold or count goes on."""
    old = engine.load(TWO)
    new = old.reload_node("a", '{"id": "a", "type": "t/mark"}')
    assert new.plan.nodes[0].run is not old.plan.nodes[0].run
    assert new.plan.nodes[1].run is old.plan.nodes[1].run


def test_a_node_that_borrows_from_a_reloaded_one_is_made_anew(engine):
    """`ref://a` means the connection of node a as it is now."""
    document = chain_document(("a", "t/pass"), ("b", "t/pass", {"server": "ref://a"}), connections=["a -Success-> b"])
    old = engine.load(document)
    assert old.reload_node("a", {"type": "t/pass"}).plan.nodes[1].run is not old.plan.nodes[1].run


def test_reloads_of_nodes_add_up(engine):
    """Each is made of the chain as it is loaded, not of the version that is asked to do it."""
    chain = engine.load(TWO)
    chain.reload_node("a", {"type": "t/pass"})
    chain.reload_node("b", {"type": "t/pass"})
    assert engine.get("test").run(TEXT).ends[0].message.data == "x"


def test_a_broken_node_replaces_nothing(engine):
    """All findings are raised, with the place in the node; the old node goes on."""
    chain = engine.load(chain_document(("a", "exprFilter", {"expr": "true"})))
    for definition, found in (
        ({"type": "exprFilter", "configuration": {"expr": "1 +", "other": 1}}, ["P303", "S401"]),
        ({"type": "t/nope"}, ["P301"]),
        ({"id": "b", "type": "t/pass"}, ["L113"]),
        ("{bad", ["L103"]),
        ([], ["L105"]),
        ({"type": "t/pass", "configuration": []}, ["L105"]),
    ):
        with pytest.raises(ChainError) as caught:
            chain.reload_node("a", definition if not isinstance(definition, list) else "[]")
        assert codes(caught) == found
    assert ends_of(chain.run(TEXT)) == ends_of(engine.get("test").run(TEXT)) == [("a", "True", None)]


def test_a_node_that_does_not_exist_is_not_reloaded(engine):
    """Neither is one of a chain that has been removed."""
    chain = engine.load(TWO)
    with pytest.raises(ChainError, match='"aa" is not a node of the chain "test"') as caught:
        chain.reload_node("aa", {"type": "t/pass"})
    assert codes(caught) == ["G203"]
    engine.remove("test")
    with pytest.raises(ChainError, match='the chain "test" is not loaded') as caught:
        chain.reload_node("a", {"type": "t/pass"})
    assert codes(caught) == ["E709"]


def test_a_node_whose_document_an_aspect_changed_can_be_reloaded():
    """The document is then made of the chain as it is."""

    class Renaming(Aspect):
        def on_loading(self, chain):
            return replace(chain, name="renamed")

    chain = Engine(components=COMPONENTS, aspects=[Renaming()]).load(TWO).reload_node("b", {"type": "t/fail"})
    assert ends_of(chain.run(TEXT)) == [("b", "Failure", "it broke")]
    assert chain.definition.name == "renamed"


def test_keys_in_any_case_are_replaced_too(engine):
    """A document may write its keys as RuleGo allows."""
    chain = engine.load({"RuleChain": {"Id": "test"}, "Metadata": {"Nodes": [{"ID": "a", "Type": "t/pass"}]}})
    assert ends_of(chain.reload_node("a", {"ID": "a", "Type": "t/fail"}).run(TEXT)) == [("a", "Failure", "it broke")]


def test_a_folder_is_loaded_whole_or_not_at_all(engine, tmp_path):
    """The problems of all files come together."""
    write(tmp_path, "1.json", TWO)
    write(tmp_path, "2.json", chain_document(("a", "t/nope"), chain_id="second"))
    write(tmp_path, "3.json", chain_document(("a", "t/nope"), chain_id="third"))
    with pytest.raises(ChainError) as caught:
        engine.load_folder(tmp_path)
    assert codes(caught) == ["P301", "P301"]
    assert dict(engine.chains) == {}


def test_loading_a_folder_again_replaces_what_has_changed(engine, tmp_path):
    """The chains of the other documents go on with what they hold."""
    write(tmp_path, "1.json", TWO)
    write(tmp_path, "2.json", chain_document(("a", "t/pass"), chain_id="second"))
    first, second = engine.load_folder(tmp_path)
    write(tmp_path, "2.json", chain_document(("a", "t/fail"), chain_id="second"))
    again_first, again_second = engine.load_folder(tmp_path)
    assert again_first.plan is first.plan
    assert again_second.plan is not second.plan
    assert ends_of(engine.get("second").run(TEXT)) == [("a", "Failure", "it broke")]


def test_an_export_has_rulegos_shape(engine):
    """Keys in its order, defaults written out, objects of a configuration sorted, unknown keys left out."""
    document = {
        "ruleChain": {
            "id": "test",
            "other": 1,
            "configuration": {"vars": {"b": "1", "a": 2}},
            "additionalInfo": {"z": 1},
        },
        "metadata": {
            "nodes": [{"type": "t/pass", "other": 1, "configuration": {"z": "${vars.b}", "a": 1.0}}],
            "connections": [{"fromId": "x", "toId": "a", "type": "S", "label": "L"}],
        },
    }
    assert engine.load(document, chain_id="pool").dsl() == json.dumps(
        {
            "ruleChain": {
                "id": "test",
                "name": "",
                "debugMode": False,
                "root": False,
                "disabled": False,
                "configuration": {"vars": {"a": 2, "b": "1"}},
                "additionalInfo": {"z": 1},
            },
            "metadata": {
                "firstNodeIndex": 0,
                "nodes": [
                    {
                        "id": "node0",
                        "type": "t/pass",
                        "name": "",
                        "debugMode": False,
                        "configuration": {"a": 1, "z": "${vars.b}"},
                    }
                ],
                "connections": [{"fromId": "x", "toId": "a", "type": "S", "label": "L"}],
            },
        },
        indent=2,
    )


def test_lists_that_a_document_leaves_out_are_null(engine):
    """As in RuleGo; empty ones stay empty."""
    exported = json.loads(engine.load({"ruleChain": {"id": "a"}, "metadata": {"nodes": []}}).dsl())
    assert exported["metadata"] == {"firstNodeIndex": 0, "nodes": [], "connections": None}


def test_an_export_loads_as_the_same_chain(engine):
    """Endpoints and connections to chains included."""
    document = chain_document(("a", "t/pass"), connections=["a -Success-> a2"], root=True)
    document["metadata"]["ruleChainConnections"] = [{"fromId": "a", "toId": "sub", "type": "Success"}]
    document["metadata"]["endpoints"] = [
        {
            "id": "e",
            "type": "endpoint/redis/stream",
            "processors": ["p"],
            "additionalInfo": {"x": 1},
            "routers": [
                {
                    "id": "r",
                    "params": [1],
                    "from": {"path": "s", "configuration": {"when": "true"}, "processors": ["in"]},
                    "to": {"path": "test", "processors": ["out"], "wait": True},
                }
            ],
        }
    ]
    chain = engine.load(document)
    again = Engine(components=COMPONENTS).load(chain.dsl())
    assert json.loads(again.dsl()) == json.loads(chain.dsl())
    (endpoint,) = again.definition.endpoints
    assert (endpoint.routers, endpoint.processors) == (
        chain.definition.endpoints[0].routers,
        chain.definition.endpoints[0].processors,
    )


def test_an_unknown_node_is_not_exported(engine):
    """The error names the nodes there are."""
    with pytest.raises(UnknownTypeError) as caught:
        engine.load(TWO).dsl("c")
    assert caught.value.known == ("a", "b")
