"""Whole documents: what loads, what does not, and which kind each is."""

import pytest

from rulechain.diagnostics import Code, Severity
from rulechain.loader import load_chain, load_documents, load_endpoint
from rulechain.model import ChainDefinition, EndpointDefinition


def codes(loaded):
    """The code of every diagnostic."""
    return [found.code for found in loaded.diagnostics]


def test_an_id_given_by_the_caller_wins():
    """`chain_id` and `endpoint_id` replace the document's id; an empty one leaves it."""
    assert load_chain({"ruleChain": {"id": "a"}}, chain_id="b").definition.id == "b"
    assert load_chain({"ruleChain": {"id": "a"}}, chain_id="").definition.id == "a"
    assert load_chain({}, chain_id="b").definition.id == "b"
    assert load_endpoint({"id": "a"}, endpoint_id="b").definition.id == "b"


def test_a_source_without_a_path_has_the_name_it_is_given():
    """Diagnostics name the source as the caller does."""
    assert str(load_chain('{"zz": 1}', name="upload 7").diagnostics[0].location) == "upload 7:1:2  (/zz)"


def test_a_disabled_chain_is_refused():
    """A disabled chain is an error that points at the switch."""
    (found,) = load_chain({"ruleChain": {"id": "a", "disabled": True}}).errors
    assert (found.code, found.location.pointer) == (Code.CHAIN_DISABLED, "/ruleChain/disabled")
    assert found.message == 'the chain "a" is disabled'


@pytest.mark.parametrize(
    "root, endpoints, is_refused",
    [(False, [{"id": "e"}], True), (None, [{"id": "e"}], True), (True, [{"id": "e"}], False), (False, [], False)],
)
def test_only_a_root_chain_may_have_endpoints(root, endpoints, is_refused):
    """Endpoints in a sub-chain are refused; an empty list is not."""
    loaded = load_chain({"ruleChain": {"root": root}, "metadata": {"endpoints": endpoints}})
    assert (Code.ENDPOINT_IN_SUB_CHAIN in codes(loaded)) == is_refused


def test_a_harmless_wrong_type_leaves_a_definition_for_further_checks():
    """A wrong flag or configuration is an error, but the rest of the chain can still be looked at."""
    loaded = load_chain({"ruleChain": {"debugMode": 1}, "metadata": {"nodes": [{"id": "a", "configuration": []}]}})
    assert codes(loaded) == [Code.WRONG_TYPE, Code.WRONG_TYPE]
    assert loaded.definition.nodes[0].id == "a"


@pytest.mark.parametrize("node", [{"id": 1}, {"type": 1}, None, "a"])
def test_a_wrong_type_in_the_structure_leaves_no_definition(node):
    """Where ids, types or lists cannot be read, later checks would report nonsense."""
    loaded = load_chain({"ruleChain": {"id": "c", "disabled": True}, "metadata": {"nodes": [node]}})
    assert loaded.definition is None
    assert codes(loaded) == [Code.WRONG_TYPE]


def test_an_unreadable_source_leaves_no_definition():
    """A text that is not JSON gives one error and nothing to go on with."""
    for load in (load_chain, load_endpoint):
        loaded = load('{"a":')
        assert (loaded.definition, codes(loaded)) == (None, [Code.JSON_SYNTAX])


def write(folder, **documents):
    """Write JSON files, named without their suffix."""
    for name, text in documents.items():
        (folder / f"{name}.json").write_text(text)


def test_documents_are_recognised_by_their_keys(tmp_path):
    """`ruleChain` or `metadata` makes a chain, `type` or `routers` an endpoint, in any case."""
    write(tmp_path, a='{"RuleChain": {}}', b='{"metadata": {}, "type": "x"}', c='{"Type": "x"}', d='{"routers": []}')
    kinds = [type(loaded.definition) for loaded in load_documents([tmp_path])]
    assert kinds == [ChainDefinition, ChainDefinition, EndpointDefinition, EndpointDefinition]


def test_another_kind_of_json_is_an_error_only_where_it_was_named(tmp_path):
    """A stray file in a folder is a warning; naming it says that it must be a document."""
    write(tmp_path, messages="[]")
    (found,) = load_documents([tmp_path])
    (named,) = load_documents([tmp_path / "messages.json"])
    assert [(each.code, each.severity) for each in (*found.diagnostics, *named.diagnostics)] == [
        (Code.NOT_A_DOCUMENT, Severity.WARNING),
        (Code.NOT_A_DOCUMENT, Severity.ERROR),
    ]


def test_files_and_folders_are_loaded_in_the_order_given(tmp_path):
    """Paths keep their order, files of a folder are sorted, and what is missing is reported in its place."""
    write(tmp_path, a='{"ruleChain": {"id": "a"}}', b='{"ruleChain": {"id": "b"}}')
    (tmp_path / "empty").mkdir()
    loaded = load_documents([tmp_path / "b.json", tmp_path / "none.json", tmp_path / "empty", tmp_path])
    assert [each.definition and each.definition.id for each in loaded] == ["b", None, None, "a", "b"]
    assert [codes(each) for each in loaded] == [[], [Code.FILE_UNREADABLE], [Code.EMPTY_FOLDER], [], []]
