"""`rulechain graph`."""

import json

import pytest

from support.browser import CHROMIUM, Page
from support.documents import chain_document


@pytest.mark.parametrize(
    "form, beginning",
    [("mermaid", "flowchart TD\n"), ("dot", "digraph chain {\n"), ("svg", "<svg "), ("html", "<!doctype")],
)
def test_a_chain_is_drawn_in_each_form(cli, hot_chain, form, beginning):
    """The picture goes to stdout, and names every node."""
    result = cli("graph", hot_chain, "--as", form)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(beginning)
    assert all(node in result.stdout for node in ("is-hot", "mark", "note"))


def test_a_run_is_painted_on_the_picture(cli, hot_chain, write):
    """What `trace` wrote goes into the page, from a file or from stdin."""
    trace = cli("trace", hot_chain, "--message", write("m.json", {"temperature": 41}), "--format", "json").stdout
    page = cli("graph", hot_chain, "--as", "html", "--trace", "-", stdin=trace).stdout
    assert page.count('class="node ran"') == 2
    assert '"temperature"' in page


def test_what_tests_went_through_is_painted(cli, hot_chain, write):
    """The coverage that `test` wrote marks nodes and relations, with the same ids as the picture and a trace."""
    write("hot.test.json", {"cases": [{"name": "c", "message": {"data": {"temperature": 41}}, "ends": [{}]}]})
    report = cli("test", hot_chain.parent, "--format", "json").stdout
    (chain,) = json.loads(report)["chains"]
    page = cli("graph", hot_chain, "--as", "svg", "--coverage", "-", stdin=report).stdout
    assert page.count('data-id="') == len(chain["nodes"])
    assert page.count('class="line taken"') == sum(each["count"] > 0 for each in chain["relations"])
    trace = cli("trace", hot_chain, "--message", write("m.json", {"temperature": 41}), "--format", "json").stdout
    assert {step["node"] for step in json.loads(trace)["steps"]} == {
        id_ for id_, count in chain["nodes"].items() if count
    }
    assert cli("graph", hot_chain, "--as", "svg", "--coverage", "-", stdin="{}").exit_code == 3


def test_a_chain_with_mistakes_is_drawn_all_the_same(cli, write):
    """The findings go to stderr, the picture to stdout."""
    result = cli("graph", write("c.json", chain_document(("a", "log"), connections=["a -Success-> nowhere"])))
    assert result.exit_code == 0
    assert "flowchart" in result.stdout


@pytest.mark.parametrize("text", ["[]", "{}", '{"steps": [{"node": 1, "relation": ""}]}', '{"steps": {"node": 1}}'])
def test_what_is_no_trace_is_refused(cli, hot_chain, write, text):
    """A file of another kind is named, with the command that writes the right one."""
    result = cli("graph", hot_chain, "--as", "svg", "--trace", write("t.json", text))
    assert result.exit_code == 3
    assert "this is no trace" in result.stderr


def test_a_trace_needs_a_form_with_colours(cli, hot_chain, write):
    """Mermaid and DOT have no place for a run."""
    assert cli("graph", hot_chain, "--trace", write("t.json", "{}")).exit_code == 2


def chain_of_sixty():
    """A chain as wide and deep as they get: three lanes of twenty, all of which can fail."""
    nodes = [(f"n{number}", "log", {"jsScript": f"return '{number}';"}) for number in range(60)]
    ways = [f"n{number} -Success-> n{number + 3}" for number in range(57)]
    failures = [f"n{number} -Failure-> n59" for number in range(0, 50, 10)]
    return chain_document(*nodes, connections=["n0 -Success-> n1", "n0 -Success-> n2", *ways, *failures])


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome is installed")
def test_the_page_of_sixty_nodes_works_in_a_browser(cli, write, tmp_path):
    """It opens without complaint, weighs little, its text is large enough, and nodes answer to clicks and search."""
    page_file = tmp_path / "chain.html"
    assert cli("graph", write("big.json", chain_of_sixty()), "--as", "html", "-o", page_file).exit_code == 0
    assert page_file.stat().st_size < 300_000
    page = Page(page_file, tmp_path / "profile")
    try:
        assert page.evaluate("document.querySelectorAll('.node').length") == 60
        assert page.evaluate("document.querySelector('.node .title').getBoundingClientRect().height") > 9
        assert page.evaluate("document.querySelector('.node.first').getBoundingClientRect().top") > 0
        click = "document.querySelector('[data-id=\"n7\"]').dispatchEvent(new MouseEvent('click', {bubbles: true}))"
        page.evaluate(click)
        panel = page.evaluate("document.querySelector('aside').innerText")
        assert "return '7';" in panel
        assert "n10" in panel
        page.evaluate("document.querySelector('aside .link').click()")
        assert page.evaluate("document.querySelector('aside h2').textContent") == "n10"
        page.evaluate(
            "(s => { s.value = \"'33'\"; s.dispatchEvent(new Event('input')); })(document.getElementById('search'))"
        )
        assert page.evaluate("document.querySelectorAll('.node:not(.dim)').length") == 1
        page.screenshot(tmp_path / "page.png")
        assert page.complaints == []
    finally:
        page.close()
