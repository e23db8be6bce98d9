"""Whatever the input, loading gives a definition or diagnostics with places, and nothing else."""

import json
import math
from dataclasses import replace

import jsonschema
import pytest
import referencing
from hypothesis import given
from hypothesis import strategies as st

from rulechain._resources import resource_text
from rulechain.diagnostics import Code, Source, render_diagnostics
from rulechain.graph import build_graph, check_graph, dump_graph, render_mermaid
from rulechain.loader import load_chain, load_endpoint
from rulechain.loader.syntax import scan_json
from rulechain.model import ChainDefinition
from support.strategies import CHAINS, NEAR_DOCUMENTS, damaged_json

LOADERS = pytest.mark.parametrize("load", [load_chain, load_endpoint])


def lies_in(location, text):
    """Whether a place is inside of its text."""
    start, end = location.offsets
    return 0 <= start <= end <= len(text)


def parses(text):
    """Whether Python's decoder takes a text, without the constants and the infinite numbers that are no JSON."""
    try:
        json.loads(text, parse_constant=finite, parse_float=finite, parse_int=finite)
    except ValueError:
        return False
    return True


def finite(digits):
    """The number that stands there, if it is one."""
    if not math.isfinite(number := float(digits)):
        raise ValueError(digits)
    return number


@LOADERS
@given(text=st.text() | damaged_json())
def test_any_text_loads_or_is_explained(load, text):
    """No text raises: there is a definition, or an error whose place lies in the text, and all of it can be shown."""
    loaded = load("\n" + text if not text.strip() else "{" + text)
    assert (loaded.definition is None) <= bool(loaded.errors)
    assert all(lies_in(found.location, loaded.source.text) for found in loaded.diagnostics)
    assert render_diagnostics(loaded.diagnostics).count("-->") >= len(loaded.diagnostics)


@given(data=st.binary())
def test_any_bytes_load_or_are_explained(data):
    """No bytes raise."""
    loaded = load_chain(data)
    assert (loaded.definition is None) <= bool(loaded.errors)


@given(text=damaged_json())
def test_the_scanner_and_the_decoder_agree_on_what_json_is(text):
    """A fault is found exactly in the texts that Python's decoder refuses, and its place lies in the text."""
    fault = scan_json(text, depth=100).fault
    assert (fault is None) == parses(text)
    assert fault is None or 0 <= fault.span.start <= fault.span.end <= len(text)


@LOADERS
@given(value=NEAR_DOCUMENTS.filter(lambda value: isinstance(value, dict)))
def test_text_and_mapping_load_alike(load, value):
    """A document made by Python and the same document as text give equal definitions and the same findings."""
    as_text, as_value = load(json.dumps(value)), load(value)
    assert [(each.code, each.message) for each in as_text.diagnostics] == [
        (each.code, each.message) for each in as_value.diagnostics
    ]
    assert without_source(as_text.definition) == without_source(as_value.definition)


def without_source(definition):
    """The definition, its endpoints included, as if it came from nowhere."""
    if definition is None:
        return None
    if isinstance(definition, ChainDefinition):
        definition = replace(definition, endpoints=tuple(map(without_source, definition.endpoints)))
    return replace(definition, source=Source(""))


def validator(name):
    """The schema's own validator, with Go's notion of a whole number."""
    files = ("rule-chain.schema.json", "endpoint.schema.json")
    schemas = {file: json.loads(resource_text("schemas", file)) for file in files}
    resources = [(file, referencing.Resource.from_contents(schema)) for file, schema in schemas.items()]
    kind = jsonschema.validators.extend(
        jsonschema.Draft202012Validator,
        type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
            "integer", lambda _, each: type(each) is int
        ),
    )
    return kind(schemas[f"{name}.schema.json"], registry=referencing.Registry().with_resources(resources))


VALIDATORS = {load_chain: validator("rule-chain"), load_endpoint: validator("endpoint")}


@LOADERS
@given(value=NEAR_DOCUMENTS)
def test_decoder_and_schema_agree(load, value):
    """What the decoder refuses is what the schema explains, fault by fault; keys in other cases included."""
    loaded = load(json.dumps(value).encode())
    refused = [found for found in loaded.errors if found.code == Code.WRONG_TYPE]
    spelled = Code.KEY_CASE not in {found.code for found in loaded.diagnostics}
    assert loaded.definition is not None or refused
    if spelled:
        assert len(refused) == len(list(VALIDATORS[load].iter_errors(value)))


@given(document=CHAINS, allow_cycles=st.booleans())
def test_any_chain_builds_and_checks(document, allow_cycles):
    """A well-formed chain always has a graph; its checks end, and whatever they find can be shown."""
    loaded = load_chain(json.dumps(document))
    graph = build_graph(loaded.definition)
    found = check_graph(graph, allow_cycles=allow_cycles)
    assert all(lies_in(each.location, loaded.source.text) for each in found)
    assert all(
        target < len(graph.nodes) for routes in graph.routes for targets in routes.values() for target in targets
    )
    assert render_mermaid(graph).count("\n") >= len(graph.nodes)
    assert json.dumps(dump_graph(graph))


@given(document=CHAINS)
def test_a_cycle_is_found_exactly_where_there_is_one(document):
    """Taking away nodes without incoming connections until none is left succeeds exactly where no cycle is reported."""
    graph = build_graph(load_chain(document).definition)
    has_cycle = Code.CYCLE in {each.code for each in check_graph(graph)}
    left = set(range(len(graph.nodes)))
    while free := {each for each in left if not any(each in targets_of(graph, other) for other in left)}:
        left -= free
    assert has_cycle == bool(left)


def targets_of(graph, node):
    """All nodes that a node's connections lead to."""
    return {target for targets in graph.routes[node].values() for target in targets}
