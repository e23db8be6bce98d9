"""Chains as pictures: boxes, lines, SVG, DOT and the HTML page."""

import json
import re
import xml.etree.ElementTree as ET

import pytest

from rulechain.authoring import make_picture, paint_trace, render_dot, render_page, render_svg
from rulechain.authoring.picture import BOX_HEIGHT, BOX_WIDTH
from rulechain.components.builtin import builtin_components
from rulechain.graph import build_graph
from rulechain.loader import load_chain
from support.documents import chain_document

SPECS = {spec.type: spec for spec in builtin_components()}
CATEGORIES = {spec.type: spec.category for spec in SPECS.values()}
HOSTILE = '"></script><script>alert(1)</script> & \\ \n #1; é'


def graph_of(*nodes, connections=(), **chain):
    """The graph of a chain written as in `chain_document`."""
    return build_graph(load_chain(chain_document(*nodes, connections=connections, **chain)).definition)


def picture_of(graph, paint=None):
    """A chain's picture, in the colours of the built-in components."""
    return make_picture(graph, CATEGORIES, paint)


GRAPH = graph_of(
    ("a", "exprFilter", {"expr": "true"}),
    ("b", "log"),
    ("c", "x/unknown"),
    connections=["a -True-> b", "a -Failure-> c", "a -False-> c", "b -Success-> c"],
)


def facts_of(page):
    """What a page knows of its nodes."""
    return json.loads(re.search(r'<script type="application/json" id="facts">(.*?)</script>', page, re.DOTALL)[1])


def test_a_picture_has_a_box_for_each_node_and_a_line_for_each_pair():
    """Several relations between two nodes share a line."""
    picture = picture_of(GRAPH)
    assert [(box.id, box.category, box.is_first) for box in picture.boxes] == [
        ("a", "filter", True),
        ("b", "action", False),
        ("c", "", False),
    ]
    assert [(line.start, line.to, line.relations) for line in picture.lines] == [
        ("a", "b", ("True",)),
        ("a", "c", ("Failure", "False")),
        ("b", "c", ("Success",)),
    ]


def test_everything_is_inside_the_picture():
    """No box and no line leaves the page."""
    picture = picture_of(GRAPH)
    for box in picture.boxes:
        assert 0 <= box.x <= picture.width - BOX_WIDTH
        assert 0 <= box.y <= picture.height - BOX_HEIGHT
    assert all(0 <= x <= picture.width and 0 <= y <= picture.height for line in picture.lines for x, y in line.points)


def placed(*places):
    """A chain whose nodes an editor has put at these places."""
    document = chain_document(*((str(number), "log") for number in range(len(places))))
    for node, place in zip(document["metadata"]["nodes"], places, strict=True):
        node["additionalInfo"] = dict(zip(("layoutX", "layoutY"), place, strict=False))
    return build_graph(load_chain(document).definition)


def test_nodes_stand_where_the_editor_put_them():
    """`layoutX` and `layoutY` are kept, moved together into the corner."""
    first, second = picture_of(placed((500, 90), (900, 40.5))).boxes
    assert (second.x - first.x, second.y - first.y) == (400, -49.5)


@pytest.mark.parametrize("places", [[(0, 0), (10, 10)], [(0, 0), (900,)], [(0, 0), ("a", 1)], [(0, 0), (True, 500)]])
def test_places_that_cannot_be_drawn_are_not_used(places):
    """Nodes on one another, or one without a place, are arranged anew."""
    first, second = picture_of(placed(*places)).boxes
    assert (first.x, second.x) == (second.x, first.x)
    assert abs(first.y - second.y) > BOX_HEIGHT


def test_a_long_chain_runs_from_top_to_bottom():
    """What would be too wide for a page is drawn downwards."""
    nodes = [(f"n{number}", "log") for number in range(20)]
    ways = [f"n{number} -Success-> n{number + 1}" for number in range(19)]
    picture = picture_of(graph_of(*nodes, connections=ways))
    assert picture.width < 400 < picture.height
    assert [box.y for box in picture.boxes] == sorted(box.y for box in picture.boxes)


def test_a_trace_shows_what_ran_and_what_failed():
    """Nodes and relations count how often they were taken."""
    steps = [{"node": "a", "relation": "Failure", "error": "no"}, {"node": "c", "relation": "Success", "error": None}]
    picture = picture_of(GRAPH, paint_trace(steps))
    assert [(box.count, box.has_failed) for box in picture.boxes] == [(1, True), (0, False), (1, False)]
    assert [line.count for line in picture.lines] == [0, 1, 0]
    svg = render_svg(picture)
    assert [svg.count(f'class="node{kind}"') for kind in (" first failed", " idle", " ran")] == [1, 1, 1]


def test_svg_is_xml_whatever_the_names_are():
    """Names are text, never markup; long ones are cut and kept in the tooltip."""
    graph = graph_of((HOSTILE, "log"), ("b", "x" * 50), connections=[], name=HOSTILE)
    root = ET.fromstring(render_svg(picture_of(graph)))
    names = {"svg": "http://www.w3.org/2000/svg"}
    tips = [title.text for title in root.findall(".//svg:g[@data-id]/svg:title", names)]
    assert tips == [f"{HOSTILE} (log)", f"b ({'x' * 50})"]
    assert root.findall(".//svg:script", names) == []


def test_dot_quotes_whatever_the_names_are():
    """Graphviz reads the names as they are."""
    text = render_dot(graph_of(('a"b\\', "log"), ("c", "end"), connections=["c -True-> c"]))
    assert '  "a\\"b\\\\" [label="a\\"b\\\\\\nlog", style="rounded,bold"];\n' in text
    assert '  "c" -> "c" [label="True"];\n' in text


def test_connections_to_chains_lead_to_a_box_of_their_own():
    """RuleGo's `ruleChainConnections` are drawn too."""
    document = chain_document(("a", "log"))
    document["metadata"]["ruleChainConnections"] = [{"fromId": "a", "toId": "other", "type": "Success"}]
    graph = build_graph(load_chain(document).definition)
    assert [(line.start, line.to) for line in picture_of(graph).lines] == [("a", "chain:other")]
    assert '"a" -> "chain:other" [label="Success"];' in render_dot(graph)


def test_a_page_knows_each_node_and_hides_its_secrets():
    """Configuration, connections and steps are there for a click; passwords and credentials are not."""
    configuration = {"server": "redis://joe:pw@host:1", "password": "pw", "headers": {"X-Api-Key": "pw"}, "cmd": "GET"}
    graph = graph_of(("a", "x/redisClient", configuration), ("b", "end"), connections=["a -Success-> b"])
    step = {"node": "a", "relation": "Success", "error": None, "message": {"data": "1"}}
    page = render_page(picture_of(graph, paint_trace([step])), graph, SPECS, [step])
    facts = facts_of(page)
    assert facts["a"]["configuration"] == {
        "server": "redis://***@host:1",
        "password": "***",
        "headers": {"X-Api-Key": "***"},
        "cmd": "GET",
    }
    assert facts["a"]["leaves"] == [{"relation": "Success", "to": "b"}]
    assert facts["b"]["arrives"] == [{"relation": "Success", "from": "a"}]
    assert facts["a"]["steps"] == [step]
    assert "pw" not in page


def test_a_page_needs_no_network_and_runs_no_foreign_script():
    """Nothing is fetched, and names and data cannot become code."""
    graph = graph_of((HOSTILE, "log", {"jsScript": "</script><b>"}), name=HOSTILE)
    page = render_page(picture_of(graph), graph, SPECS)
    assert page.count("<script") == 2
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)\s*=|url\((?!#)|@import|fetch\(", page)
    assert facts_of(page)[HOSTILE]["configuration"] == {"jsScript": "</script><b>"}
