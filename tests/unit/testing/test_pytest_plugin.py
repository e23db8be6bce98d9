"""The pytest plugin, as pytest sees it: in a process of its own."""

import json
import re
import subprocess
import sys

import pytest

from support.command import clean_environment
from support.documents import chain_document

CHAIN = chain_document(("is-hot", "exprFilter", {"expr": "msg.t > 30"}), chain_id="heat")
HOT = {"name": "hot", "message": {"data": {"t": 41}}, "ends": [{"relation": "True"}]}
COLD = {"name": "cold", "message": {"data": {"t": 3}}, "ends": [{"relation": "True"}]}


@pytest.fixture
def run_pytest(tmp_path):
    """Run pytest with the plugin alone, on files in a folder of their own."""

    def run(*arguments, **files):
        for name, value in files.items():
            text = value if isinstance(value, str) else json.dumps(value)
            (tmp_path / name.replace("_", ".")).write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", *arguments]
        plugin = [] if _is_installed() else ["-p", "rulechain.testing.pytest_plugin"]
        environment = clean_environment(COLUMNS="120")
        done = subprocess.run(
            [*command, *plugin, str(tmp_path)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
        return done.returncode, done.stdout

    return run


def _is_installed():
    from importlib.metadata import entry_points

    return any(each.value == "rulechain.testing.pytest_plugin" for each in entry_points(group="pytest11"))


def test_each_case_is_a_test(run_pytest):
    """Cases beside a chain are items with their names; what fails shows its differences and no traceback."""
    code, printed = run_pytest("-v", heat_json=CHAIN, heat_test_json={"cases": [HOT, COLD]})
    assert code == 1
    assert re.search(r"heat\.test\.json::hot PASSED", printed)
    assert re.search(r"heat\.test\.json::cold FAILED", printed)
    assert '\nthe end: relation is "False", expected "True"\n' in printed
    assert "Traceback" not in printed
    assert "runtest" not in printed


def test_cases_are_chosen_like_any_test(run_pytest):
    """`-k` works on the names of cases."""
    code, printed = run_pytest("-k", "hot", heat_json=CHAIN, heat_test_json={"cases": [HOT, COLD]})
    assert code == 0
    assert "1 passed, 1 deselected" in printed


def test_yaml_documents_are_collected_too(run_pytest):
    """A test document in YAML has the same cases."""
    yaml = "cases:\n  - name: hot\n    message: {data: {t: 41}}\n    ends: [{relation: 'True'}]\n"
    code, printed = run_pytest("-v", heat_json=CHAIN, heat_test_yaml=yaml)
    assert code == 0
    assert "heat.test.yaml::hot PASSED" in printed


def test_entries_of_routers_are_tests_too(run_pytest):
    """A case with an entry is an item like any other, also where the endpoint needs no chain."""
    router = {"id": "r", "from": {"path": "in"}, "to": {"path": "component:log", "processors": ["responseToBody"]}}
    endpoint = {"id": "e", "type": "endpoint/redis/stream", "routers": [router]}
    case = {"name": "logged", "stream": "in", "entry": {"t": "1"}, "responses": []}
    code, printed = run_pytest("-v", e_json=endpoint, e_test_json={"cases": [case, {**case, "error": "R602"}]})
    assert code == 1
    assert "e.test.json::logged PASSED" in printed
    assert "the entry does not fail, expected R602" in printed


def test_a_document_with_mistakes_is_an_error(run_pytest):
    """A case about a chain that is not there fails the collection, with place and hint."""
    code, printed = run_pytest(heat_json=CHAIN, heat_test_json={"cases": [{**HOT, "chain": "heet"}]})
    assert code == 2
    assert 'is about the chain "heet", which is not there' in printed
    assert 'did you mean "heat"?' in printed


@pytest.mark.parametrize("document", [[1], {"tests": []}, {"cases": [{"input": 1}]}, "{"])
def test_files_of_other_tools_are_left_alone(run_pytest, document):
    """A file of that name without cases, or without a chain beside it, is nobody's test."""
    code, printed = run_pytest(other_test_json=document)
    assert (code, "no tests ran" in printed) == (5, True)


def test_the_plugin_costs_nothing_where_there_are_no_cases():
    """Loading the plugin loads nothing of the engine, nor any library of its own."""
    code = (
        "import sys, pytest; before = set(sys.modules); import rulechain.testing.pytest_plugin;"
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(
        ["rulechain", "rulechain._lazy", "rulechain.testing", "rulechain.testing.pytest_plugin"]
    )


def test_the_plugin_is_an_entry_point():
    """pytest finds it in the installed distribution."""
    import tomllib

    from support.markdown import ROOT

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"rulechain": "rulechain.testing.pytest_plugin"}
