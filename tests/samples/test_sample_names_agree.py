"""Trace, coverage and graph of the samples name the same nodes and relations, with the same ids and counts."""

import functools
import json
import re
from collections import Counter

import pytest
from click.testing import CliRunner

from rulechain import Engine
from rulechain.app.cases import run_case_file
from rulechain.authoring import make_picture, paint_coverage, paint_trace, render_dot
from rulechain.authoring.coverage import dump_coverage
from rulechain.cli.root import rulechain
from rulechain.graph import build_graph
from rulechain.loader import load_chain
from support.samples import NAMES, SAMPLES, chain_documents, message_cases

CHAINS = [pytest.param(name, file, id=f"{name}/{file}") for name in NAMES for file in sorted(chain_documents(name))]
_DOT_NODE = re.compile(r'^  "([^"]+)" \[label=', re.MULTILINE)
_DOT_LINE = re.compile(r'^  "([^"]+)" -> "[^"]+" \[label="([^"]*)"', re.MULTILINE)


def graph_of(sample, file):
    """A sample's chain as a graph."""
    return build_graph(load_chain(SAMPLES / sample / file).definition)


def connected(graph):
    """Every relation that leads on from a node, as the document has them."""
    return {(each.from_id, each.relation) for each in graph.definition.connections}


@functools.cache
def coverage_of(sample, chain_id):
    """What the sample's cases went through, and their runs on that chain."""
    names = {case["name"] for case in message_cases(sample)}
    report = run_case_file(SAMPLES / sample / "cases.test.json", wanted=names.__contains__)
    (coverage,) = (each for each in report.coverage if each.chain == chain_id)
    chains = [case["chain"] for case in message_cases(sample)]
    runs = [result.run for result, chain in zip(report.results, chains, strict=True) if chain == chain_id]
    return coverage, runs


@pytest.mark.parametrize("sample, file", CHAINS)
def test_the_graph_names_what_coverage_counts(sample, file):
    """Each node and each connected relation of a chain is counted by coverage, and drawn, under the document's ids."""
    graph = graph_of(sample, file)
    coverage, _ = coverage_of(sample, graph.definition.id)
    picture = make_picture(graph, {})
    ids = [node.id for node in graph.definition.nodes]
    assert list(coverage.nodes) == [box.id for box in picture.boxes] == ids
    drawn = {(line.start, relation) for line in picture.lines for relation in line.relations}
    assert drawn == connected(graph)
    assert drawn <= coverage.relations.keys()
    assert all(node in coverage.nodes for node, _ in coverage.relations)
    dot = render_dot(graph)
    assert _DOT_NODE.findall(dot) == ids
    assert {(node, part) for node, label in _DOT_LINE.findall(dot) for part in label.split(", ")} == drawn


@pytest.mark.parametrize("sample, file", CHAINS)
def test_coverage_counts_what_traces_show(sample, file):
    """The counts of the coverage are those of the cases' traces, node by node and relation by relation."""
    graph = graph_of(sample, file)
    coverage, runs = coverage_of(sample, graph.definition.id)
    events = [event for run in runs for event in run.trace if event.chain_id == graph.definition.id]
    emitted = Counter((event.node_id, event.relation) for event in events)
    assert dict(coverage.nodes) == {node: Counter(event.node_id for event in events)[node] for node in coverage.nodes}
    assert dict(coverage.relations) == {each: emitted[each] for each in coverage.relations}
    # What is emitted and not counted leads nowhere: there the branch ends.
    assert not (emitted.keys() - coverage.relations.keys()) & connected(graph)


@pytest.mark.parametrize("sample, file", CHAINS)
def test_what_a_trace_shows_is_painted(sample, file, tmp_path):
    """A trace's steps, as the command line writes them, mark the boxes they went through and the lines they took."""
    graph = graph_of(sample, file)
    case = next(case for case in message_cases(sample) if case["chain"] == graph.definition.id)
    message = tmp_path / "message.json"
    message.write_text(json.dumps(case["message"]), encoding="utf-8")
    arguments = ["trace", str(SAMPLES / sample / file), "--message", str(message), "--format", "json"]
    steps = json.loads(CliRunner().invoke(rulechain, arguments).stdout)["steps"]
    picture = make_picture(graph, {}, paint_trace(steps))
    ran = {box.id: box.count for box in picture.boxes if box.count}
    assert ran == Counter(step["node"] for step in steps)
    taken = {(line.start, relation) for line in picture.lines if line.count for relation in line.relations}
    entered = {(step["node"], step["relation"]) for step in steps} & connected(graph)
    assert entered <= taken
    assert {node for node, _ in taken} <= ran.keys()


@pytest.mark.parametrize("sample, file", CHAINS)
def test_what_coverage_counts_is_painted(sample, file):
    """The coverage's JSON form, which `graph --coverage` reads, gives the picture the same counts."""
    graph = graph_of(sample, file)
    coverage, _ = coverage_of(sample, graph.definition.id)
    picture = make_picture(graph, {}, paint_coverage(json.loads(json.dumps(dump_coverage(coverage)))))
    assert {box.id: box.count for box in picture.boxes} == dict(coverage.nodes)
    for line in picture.lines:
        assert line.count == sum(coverage.relations[line.start, relation] for relation in line.relations)


def test_every_sample_chain_is_looked_at():
    """None is left out: the engine loads as many chains of the samples."""
    engine = Engine()
    assert len(CHAINS) == sum(len(engine.load_folder(SAMPLES / name)) for name in NAMES)
