"""From a JSON value to definitions."""

import json

import pytest

from rulechain.diagnostics import Code
from rulechain.loader import load_chain, load_endpoint
from rulechain.model import ConnectionDefinition, NodeDefinition, RouterFrom, RouterTo

NODE = {"id": "a", "type": "log"}


def chain(**body):
    """A chain of one node, with other parts of `metadata` as given."""
    return {"ruleChain": {"id": "c"}, "metadata": {"nodes": [NODE], **body}}


def findings(loaded):
    """Code and place of every diagnostic."""
    return [(found.code, found.location.pointer) for found in loaded.diagnostics]


def test_every_key_of_a_chain_has_its_place():
    """Each key of the format arrives in the definition."""
    loaded = load_chain(
        {
            "ruleChain": {
                "id": "c",
                "name": "C",
                "debugMode": True,
                "root": True,
                "configuration": {"vars": {"k": "v"}},
                "additionalInfo": {"note": 1},
            },
            "metadata": {
                "firstNodeIndex": 1,
                "nodes": [
                    {
                        "id": "a",
                        "type": "log",
                        "name": "A",
                        "debugMode": True,
                        "configuration": {"x": 1},
                        "additionalInfo": {"layoutX": 2},
                    },
                    {"id": "b", "type": "end"},
                ],
                "connections": [{"fromId": "a", "toId": "b", "type": "Success", "label": "then"}],
                "ruleChainConnections": [{"fromId": "a", "toId": "other", "type": "Failure"}],
                "endpoints": [{"id": "e", "type": "endpoint/redis/stream"}],
            },
        }
    )
    definition = loaded.definition
    assert loaded.diagnostics == ()
    assert (definition.id, definition.name, definition.debug, definition.root) == ("c", "C", True, True)
    assert (definition.configuration, definition.additional_info) == ({"vars": {"k": "v"}}, {"note": 1})
    assert definition.first_node_index == 1
    assert definition.nodes[0] == NodeDefinition(
        "a", "log", "A", debug=True, configuration={"x": 1}, additional_info={"layoutX": 2}, pointer="/metadata/nodes/0"
    )
    assert definition.connections == (ConnectionDefinition("a", "b", "Success", "then", "/metadata/connections/0"),)
    assert definition.chain_connections[0].to_id == "other"
    assert definition.endpoints[0].pointer == "/metadata/endpoints/0"


def test_every_key_of_an_endpoint_has_its_place():
    """Each key of an endpoint document arrives in the definition."""
    loaded = load_endpoint(
        {
            "id": "e",
            "type": "endpoint/redis/stream",
            "name": "E",
            "debugMode": False,
            "configuration": {"server": "s"},
            "processors": ["p"],
            "additionalInfo": {"n": 1},
            "routers": [
                {
                    "id": "r",
                    "params": ["POST", 1],
                    "from": {"path": "in", "configuration": {"when": "true"}, "processors": ["a", None]},
                    "to": {"path": "chain:c", "configuration": {"x": 1}, "processors": ["b"], "wait": True},
                    "additionalInfo": {"m": 2},
                }
            ],
        }
    )
    definition, (router,) = loaded.definition, loaded.definition.routers
    assert loaded.diagnostics == ()
    assert (definition.id, definition.type, definition.name) == ("e", "endpoint/redis/stream", "E")
    assert (definition.configuration, definition.processors) == ({"server": "s"}, ("p",))
    assert router.from_ == RouterFrom("in", {"when": "true"}, ("a", ""))
    assert router.to == RouterTo("chain:c", {"x": 1}, ("b",), wait=True)
    assert (router.id, router.params, router.additional_info) == ("r", ("POST", 1), {"m": 2})
    assert router.pointer == "/routers/0"


@pytest.mark.parametrize(
    "text", ["null", "{}", '{"metadata": null}', '{"ruleChain": null, "metadata": {"nodes": null}}']
)
def test_null_and_nothing_are_an_empty_chain(text):
    """`null` stands for a zero value everywhere, and a chain without nodes loads."""
    loaded = load_chain(text)
    assert loaded.diagnostics == ()
    assert loaded.definition.nodes == ()


def test_null_is_the_zero_value_of_every_field():
    """A node and a connection may have null for each of their keys."""
    node = dict.fromkeys(("id", "type", "name", "debugMode", "configuration", "additionalInfo"))
    loaded = load_chain(chain(nodes=[node], connections=[dict.fromkeys(("fromId", "toId", "type", "label")), None]))
    assert loaded.diagnostics == ()
    assert loaded.definition.nodes == (NodeDefinition("node0", "", pointer="/metadata/nodes/0"),)
    assert [connection.relation for connection in loaded.definition.connections] == ["", ""]


def test_a_node_without_an_id_is_called_by_its_position():
    """Empty ids become node<index>; several of them do not clash."""
    loaded = load_chain(chain(nodes=[{"type": "log"}, NODE, {"id": "", "type": "log"}]))
    assert [node.id for node in loaded.definition.nodes] == ["node0", "a", "node2"]


def test_keys_match_in_any_case():
    """A key in another case is read, with a warning, and pointers keep its spelling."""
    loaded = load_chain({"RULECHAIN": {"Id": "c"}, "metadata": {"Nodes": [{"ID": "a", "type": "log"}]}})
    assert loaded.definition.id == "c"
    assert loaded.definition.nodes[0].pointer == "/metadata/Nodes/0"
    assert findings(loaded) == [
        (Code.KEY_CASE, "/RULECHAIN"),
        (Code.KEY_CASE, "/RULECHAIN/Id"),
        (Code.KEY_CASE, "/metadata/Nodes"),
        (Code.KEY_CASE, "/metadata/Nodes/0/ID"),
    ]


@pytest.mark.parametrize("text, expected", [('{"id": "x", "ID": "y"}', "y"), ('{"ID": "y", "id": "x"}', "x")])
def test_of_two_spellings_of_a_key_the_last_counts(text, expected):
    """As in Go's decoder, the later spelling overwrites the earlier one."""
    loaded = load_chain(f'{{"ruleChain": {text}}}')
    assert loaded.definition.id == expected
    assert Code.DUPLICATE_KEY in {found.code for found in loaded.diagnostics}


def test_configuration_keys_are_free():
    """Inside configuration, additionalInfo and params nothing is unknown and case is kept."""
    loaded = load_chain(chain(nodes=[{**NODE, "configuration": {"FromId": {"Nodes": 1}}, "additionalInfo": {"zz": 1}}]))
    assert loaded.diagnostics == ()
    assert loaded.definition.nodes[0].configuration == {"FromId": {"Nodes": 1}}


@pytest.mark.parametrize("key", ["$schema", "_note", "//", "x-owner"])
def test_notes_are_no_unknown_keys(key):
    """Keys that begin like notes are accepted silently on every level."""
    assert load_chain({key: "n", **chain(nodes=[{**NODE, key: "n"}])}).diagnostics == ()


@pytest.mark.parametrize(
    "document, pointer, hint",
    [
        ({"metadata": {"conections": []}}, "/metadata/conections", 'did you mean "connections"?'),
        ({"nodes": []}, "/nodes", '"nodes" belongs in "metadata"'),
        ({"root": True}, "/root", '"root" belongs in "ruleChain"'),
        ({"ruleChain": {"endpoints": []}}, "/ruleChain/endpoints", '"endpoints" belongs in "metadata"'),
        ({"zz": 1}, "/zz", "known here: metadata, ruleChain"),
        ({"metadata": {"nodes": [{"a/b~": 1}]}}, "/metadata/nodes/0/a~1b~0", None),
    ],
)
def test_an_unknown_key_is_a_warning_that_knows_better(document, pointer, hint):
    """An unknown key is ignored as in RuleGo; the hint says what was meant or where the key belongs."""
    loaded = load_chain(document)
    (found,) = loaded.diagnostics
    assert (found.code, found.location.pointer) == (Code.UNKNOWN_KEY, pointer)
    assert loaded.errors == ()
    assert hint is None or found.hint == hint


WRONG = [
    ({"ruleChain": {"id": 1}}, "/ruleChain/id"),
    ({"ruleChain": {"name": []}}, "/ruleChain/name"),
    ({"ruleChain": {"debugMode": "true"}}, "/ruleChain/debugMode"),
    ({"ruleChain": {"root": 1}}, "/ruleChain/root"),
    ({"ruleChain": {"disabled": "true"}}, "/ruleChain/disabled"),
    ({"ruleChain": {"configuration": []}}, "/ruleChain/configuration"),
    ({"ruleChain": {"additionalInfo": "x"}}, "/ruleChain/additionalInfo"),
    ({"ruleChain": []}, "/ruleChain"),
    ({"metadata": "x"}, "/metadata"),
    ({"metadata": {"firstNodeIndex": "0"}}, "/metadata/firstNodeIndex"),
    ({"metadata": {"firstNodeIndex": 1.0}}, "/metadata/firstNodeIndex"),
    ({"metadata": {"firstNodeIndex": True}}, "/metadata/firstNodeIndex"),
    ({"metadata": {"nodes": {}}}, "/metadata/nodes"),
    ({"metadata": {"nodes": [1]}}, "/metadata/nodes/0"),
    ({"metadata": {"nodes": [None]}}, "/metadata/nodes/0"),
    ({"metadata": {"Nodes": [{"Id": 1}]}}, "/metadata/Nodes/0/Id"),
    ({"metadata": {"nodes": [{"configuration": "x"}]}}, "/metadata/nodes/0/configuration"),
    ({"metadata": {"nodes": [{"debugMode": 1}]}}, "/metadata/nodes/0/debugMode"),
    ({"metadata": {"connections": {}}}, "/metadata/connections"),
    ({"metadata": {"connections": ["a"]}}, "/metadata/connections/0"),
    ({"metadata": {"connections": [{"type": 1}]}}, "/metadata/connections/0/type"),
    ({"metadata": {"ruleChainConnections": [{"toId": 1}]}}, "/metadata/ruleChainConnections/0/toId"),
    ({"metadata": {"endpoints": {}}}, "/metadata/endpoints"),
    ({"metadata": {"endpoints": [None]}}, "/metadata/endpoints/0"),
    ({"metadata": {"endpoints": [{"routers": [None]}]}}, "/metadata/endpoints/0/routers/0"),
    ({"metadata": {"endpoints": [{"routers": [{"from": []}]}]}}, "/metadata/endpoints/0/routers/0/from"),
    ({"metadata": {"endpoints": [{"routers": [{"params": {}}]}]}}, "/metadata/endpoints/0/routers/0/params"),
    ({"metadata": {"endpoints": [{"processors": [1]}]}}, "/metadata/endpoints/0/processors/0"),
    ([], ""),
    (True, ""),
    (7, ""),
    ("text", ""),
]


@pytest.mark.parametrize("document, pointer", WRONG, ids=[json.dumps(each[0]) for each in WRONG])
def test_a_wrong_type_is_refused(document, pointer):
    """A value of another type than Go's decoder takes is one error at its place."""
    loaded = load_chain(json.dumps(document))
    assert [(found.code, found.location.pointer) for found in loaded.errors] == [(Code.WRONG_TYPE, pointer)]
