"""From document to plan: every fault at once, doubtful things as warnings."""

import time

import pytest

from rulechain import ChainError, ComponentSpec, Engine, Message, Outcome
from rulechain.plan import dump_plan
from support.components import COMPONENTS
from support.documents import chain_document


def codes(error):
    return [str(diagnostic.code) for diagnostic in error.diagnostics]


def test_every_fault_of_a_chain_is_reported_at_once():
    """An unknown type, a bad setting, a broken expression and a broken script give four findings."""
    document = chain_document(
        ("a", "exprFiltr", {}),
        ("b", "fieldFilter", {"checkAllKeys": "maybe"}),
        ("c", "exprFilter", {"expr": "msg.a >"}),
        ("d", "jsFilter", {"jsScript": "return ("}),
        connections=["a -Success-> b", "b -True-> c", "c -True-> d"],
    )
    with pytest.raises(ChainError) as caught:
        Engine().load(document)
    found = codes(caught.value)
    assert {"P301", "P302", "J551"} < set(found)
    assert any(code.startswith("S4") for code in found)
    assert 'did you mean "exprFilter"?' in str(caught.value)


def test_a_failed_load_leaves_the_old_chain_in_place():
    """The last good version goes on serving."""
    engine = Engine(components=COMPONENTS)
    engine.load(chain_document(("a", "t/mark")))
    with pytest.raises(ChainError):
        engine.load(chain_document(("a", "nope")))
    assert engine.get("test").run(Message("x")).ends[0].message.data == "x+"


def test_loading_an_id_again_replaces_the_chain_for_later_messages():
    """Who holds the old version keeps it."""
    engine = Engine(components=COMPONENTS)
    old = engine.load(chain_document(("a", "t/mark")))
    engine.load(chain_document(("a", "t/pass")))
    assert engine.get("test").run(Message("x")).ends[0].message.data == "x"
    assert old.run(Message("x")).ends[0].message.data == "x+"


def test_the_documents_own_id_is_an_alias_of_the_given_one():
    """As with RuleGo's New("other", …)."""
    engine = Engine(components=COMPONENTS)
    engine.load(chain_document(("a", "t/pass"), chain_id="own"), chain_id="other")
    assert engine.get("own").id == engine.get("other").id == "other"
    assert list(engine.chains) == ["other"]
    engine.remove("own")
    assert engine.get("other") is None


def test_unknown_settings_and_relations_are_warnings_with_suggestions():
    """RuleGo loads such chains, so they load; the author learns of the slip."""
    chain = Engine().load(
        chain_document(
            ("a", "exprFilter", {"expr": "true", "exprr": "x"}),
            ("b", "comment"),
            connections=["a -Sucess-> b", "a -true-> b"],
        )
    )
    texts = {(str(warning.code), warning.hint) for warning in chain.warnings}
    assert ("P303", 'did you mean "expr"?') in texts
    assert ("G209", 'did you mean "True"?') in texts


def test_undefined_variables_are_warned_of():
    """`${global.x}` that names nothing stays as it is."""
    chain = Engine({"site": "north"}).load(chain_document(("a", "log", {"jsScript": "return '${global.sitte}';"})))
    assert [(str(w.code), w.hint) for w in chain.warnings] == [("P305", 'did you mean "site"?')]


def test_settings_see_variables_of_engine_and_chain():
    """Text is filled in before settings are decoded, numbers included."""
    document = chain_document(
        ("a", "exprFilter", {"expr": "msg.t > ${vars.limit} && '${global.site}' == 'north'"}),
        configuration={"vars": {"limit": 20}},
    )
    chain = Engine({"site": "north"}).load(document)
    assert chain.run(Message('{"t": 21}')).ends[0].relation == "True"


@pytest.mark.parametrize(
    "vars_, text",
    [
        ({"a": 1.50, "b": True, "c": None, "d": {"x": [1]}}, '1.5|true||{"x":[1]}'),
        ('{"a": "1", "b": true, "c": null}', "1|||"),
        ('{"a": ', "|||"),
        (["a"], "|||"),
        (None, "|||"),
    ],
)
def test_vars_are_texts(vars_, text):
    """Members of an object become texts; a text may hold an object of texts, of which any other member is empty."""
    template = "${vars.a}|${vars.b}|${vars.c}|${vars.d}"
    node = ("n", "functions", {"functionName": "pass", "param": template})
    engine = Engine(functions={"pass": lambda message, _: Outcome("Success", message)})
    (end,) = engine.load(chain_document(node, configuration={"vars": vars_})).run(Message("{}")).ends
    assert end.message.data == text


def test_a_plan_can_be_dumped():
    """The dump names what was resolved, by id."""
    chain = Engine(components=COMPONENTS).load(
        chain_document(("a", "t/pass"), ("b", "t/wait"), ("e", "end"), connections=["a -Success-> b", "b -Success-> e"])
    )
    assert dump_plan(chain.plan) == {
        "chain": "test",
        "first": "a",
        "has_end": True,
        "nodes": [
            {"id": "a", "type": "t/pass", "routes": {"Success": ["b"]}},
            {"id": "b", "type": "t/wait", "routes": {"Success": ["e"]}, "suspends": True},
            {"id": "e", "type": "end", "routes": {}},
        ],
    }


def test_a_folder_is_loaded_whole_or_not_at_all(tmp_path):
    """Two documents with one id are an error that names both files, and nothing was loaded."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text('{"ruleChain": {"id": "same"}, "metadata": {}}')
    engine = Engine()
    with pytest.raises(ChainError, match=r"a\.json") as caught:
        engine.load_folder(tmp_path)
    assert "P307" in codes(caught.value)
    assert not engine.chains


def test_a_setting_is_located_by_its_key_as_written():
    """RuleGo reads keys in any case, so the place must be found in any case."""
    text = '{"metadata": {"nodes": [{"id": "f", "type": "exprFilter", "Configuration": {"EXPR": "msg.a >"}}]}}'
    with pytest.raises(ChainError) as caught:
        Engine().load(text)
    (error,) = (found for found in caught.value.diagnostics if found.severity == "error")
    assert error.location.column == text.index(">") + 2


def test_the_time_to_load_grows_with_the_number_of_nodes():
    """A chain of ten times the nodes takes about ten times as long, its faults included."""

    def seconds(count):
        nodes = [(f"n{number}", "comment" if number % 2 else "nope") for number in range(count)]
        connections = [f"n{number} -Tru-> m{number}" for number in range(count)]
        document = chain_document(*nodes, connections=connections)
        started = time.process_time()
        with pytest.raises(ChainError) as caught:
            Engine().load(document)
        assert len(caught.value.diagnostics) > 2 * count
        return time.process_time() - started

    seconds(100)
    assert seconds(6000) < 40 * max(seconds(600), 0.01)


def test_a_bug_in_a_components_build_is_a_finding_of_its_node(caplog):
    """Whoever wrote the chain reads which node it is; whoever wrote the component finds the traceback in the log."""

    def build(settings, node):
        return {}["missing"]

    broken = ComponentSpec(type="t/broken", category="test", summary="Fails to build", build=build)
    with pytest.raises(ChainError, match=r'component "t/broken" failed to build the node: KeyError'):
        Engine(components=[broken]).load(chain_document(("a", "t/broken")))
    assert "Traceback" in caplog.text
