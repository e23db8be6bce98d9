"""`rulechain check`."""

import json

import pytest

from support.documents import chain_document


@pytest.fixture
def broken_chain(write):
    """A chain with an error and a warning."""
    return write(
        "broken.json",
        chain_document(
            ("a", "exprFiltr", {"expr": "true"}),
            ("b", "exprFilter", {"expr": "true", "colour": "red"}),
            connections=("a -True-> b",),
        ),
    )


@pytest.fixture
def doubtful_chain(write):
    """A chain that loads, with a warning."""
    return write("doubtful.json", chain_document(("b", "exprFilter", {"expr": "true", "colour": "red"})))


def test_a_good_document_gives_0(cli, hot_chain):
    """No findings: nothing on stdout, a summary on stderr."""
    result = cli("check", hot_chain)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "checked 1 document: no problems\n"


def test_findings_are_data_and_the_summary_is_talk(cli, broken_chain):
    """Errors and warnings go to stdout with place and hint; the exit code is 1."""
    result = cli("check", broken_chain)
    assert result.exit_code == 1
    assert "error[P301]" in result.stdout
    assert f"{broken_chain}:9:17" in result.stdout
    assert 'help: did you mean "exprFilter"?' in result.stdout
    assert "warning[P303]" in result.stdout
    assert result.stderr == "checked 1 document: 1 error and 1 warning\n"


def test_warnings_alone_give_0(cli, doubtful_chain):
    """What is doubtful loads."""
    result = cli("check", doubtful_chain)
    assert result.exit_code == 0
    assert "warning[P303]" in result.stdout


def test_strict_fails_on_warnings(cli, doubtful_chain):
    """`--strict` makes warnings fail the check."""
    assert cli("check", "--strict", doubtful_chain).exit_code == 1


def test_a_folder_is_checked_whole(cli, broken_chain, doubtful_chain, tmp_path):
    """Every document below a folder is read."""
    result = cli("check", tmp_path)
    assert result.exit_code == 1
    assert result.stderr.startswith("checked 2 documents: ")


def test_broken_json_is_a_finding(cli, write):
    """A file that is not JSON fails the check, with the place of the fault."""
    path = write("broken.json", '{\n  "ruleChain": }')
    result = cli("check", path)
    assert result.exit_code == 1
    assert f"{path}:2:16" in result.stdout


def test_a_path_that_does_not_exist_is_wrong_usage(cli):
    """The path is named and nothing is checked."""
    result = cli("check", "nowhere.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'nowhere.json' does not exist" in result.stderr


def test_no_path_is_wrong_usage(cli):
    """There is no default folder."""
    assert cli("check").exit_code == 2


def many_warnings(write, count):
    """A chain with so many warnings, and an error at its end."""
    nodes = [(f"n{number}", "exprFilter", {"expr": "true", "colour": "red"}) for number in range(count)]
    nodes.append(("last", "nonsense"))
    connections = [f"n{number} -True-> n{number + 1}" for number in range(count - 1)]
    document = chain_document(*nodes, connections=[*connections, f"n{count - 1} -True-> last"])
    return write("many.json", document)


def test_at_most_twenty_findings_are_shown_errors_first(cli, write):
    """Of many findings the errors are shown before the warnings, and the number of the rest is told."""
    result = cli("check", many_warnings(write, 30))
    assert result.stdout.count("-->") == 20
    assert result.stdout.startswith("error[P301]")
    assert result.stderr == "checked 1 document: 1 error and 30 warnings; 11 not shown, --all shows them\n"


def test_all_shows_every_finding_in_the_order_of_the_file(cli, write):
    """`--all` lifts the limit."""
    result = cli("check", "--all", many_warnings(write, 30))
    assert result.stdout.count("-->") == 31
    assert result.stdout.startswith("warning[P303]")


def test_json_has_every_finding_and_no_talk(cli, broken_chain):
    """The report as JSON is complete by itself."""
    result = cli("check", broken_chain, "--format", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert result.stderr == ""
    assert {key: report[key] for key in ("documents", "failed", "errors", "warnings")} == {
        "documents": 1,
        "failed": True,
        "errors": 1,
        "warnings": 1,
    }
    assert {found["code"] for found in report["diagnostics"]} == {"P301", "P303"}
    assert all(found["line"] for found in report["diagnostics"])


def test_properties_define_global_variables(cli, write):
    """`--property` gives what a chain calls ${global.KEY}; without it the check warns."""
    chain = write("chain.json", chain_document(("a", "exprFilter", {"expr": "'${global.site}' == 'north'"})))
    assert "P305" in cli("check", chain).stdout
    assert cli("check", chain, "--property", "site=north").stdout == ""


def test_folders_switch_on_the_functions_that_read_files(cli, write, tmp_path):
    """`--include-folder` gives expressions the files of a folder; without it they do not load."""
    chain = write("chain.json", chain_document(("a", "exprFilter", {"expr": "fileExists(msg.name)"})))
    refused = cli("check", chain)
    assert "error[T507]" in refused.stdout
    assert "--include-folder" in refused.stdout
    assert cli("check", chain, "--include-folder", tmp_path).exit_code == 0
    assert cli("check", chain, "--include-folder", chain).exit_code == 2


def test_an_endpoint_is_checked_with_its_chains(cli, write):
    """An unknown endpoint type is found, as `run` would find it."""
    path = write("endpoint.json", {"id": "e", "type": "endpoint/redis/strem", "routers": []})
    result = cli("check", path)
    assert result.exit_code == 1
    assert "error[E701]" in result.stdout


def test_github_and_sarif_have_every_finding(cli, write):
    """Both forms are for machines: complete, on stdout, with the exit code of the text form."""
    path = write("chain.json", chain_document(("a", "nonsense"), ("b", "log")))
    github = cli("check", path, "--format", "github")
    assert github.exit_code == 1
    assert [line.split(" ")[0] for line in github.stdout.splitlines()] == ["::error", "::warning"]
    sarif = cli("check", path, "--format", "sarif")
    assert sarif.exit_code == 1
    (run,) = json.loads(sarif.stdout)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["P301", "G206"]


def test_ignored_warnings_are_counted(cli, write):
    """What a document asks not to hear of is not lost sight of."""
    document = chain_document(("a", "log"), ("b", "log"))
    document["metadata"]["nodes"][1]["additionalInfo"] = {"ignore": ["G206"]}
    result = cli("check", write("chain.json", document), "--strict")
    assert (result.exit_code, result.stderr) == (0, "checked 1 document: no problems; 1 warning ignored\n")


MISTAKEN = {"cases": [{"name": "c", "chain": "nowhere", "message": {}}]}


def test_a_test_document_is_checked_too(cli, hot_chain, write):
    """Named or found in a folder, a test document is read and its mistakes are findings of its own."""
    path = write("hot.test.json", MISTAKEN)
    for given in (path, path.parent):
        result = cli("check", given)
        assert result.exit_code == 1
        assert result.stdout.count('case "c" is about the chain "nowhere", which is not there') == 1
    assert result.stderr == "checked 2 documents: 1 error\n"


def test_what_is_wrong_in_a_chain_is_told_once(cli, broken_chain, write):
    """The findings of a chain are its own, also where test documents stand beside it."""
    write("broken.test.json", {"cases": []})
    result = cli("check", broken_chain.parent)
    assert result.stderr == "checked 2 documents: 1 error and 1 warning\n"


def test_what_only_the_check_allows_is_no_mistake_of_a_test_document(cli, write, tmp_path):
    """A chain that reads files where `--include-folder` lets it is sound for its test document as well."""
    chain = write("chain.json", chain_document(("a", "exprFilter", {"expr": "fileExists(msg.name)"})))
    write("chain.test.json", {"cases": []})
    assert cli("check", chain.parent, "--include-folder", tmp_path).exit_code == 0


def test_a_test_document_of_another_tool_is_left_alone_in_a_folder(cli, hot_chain, write):
    """A file of that name without cases is none of ours, unless it is named."""
    path = write("other.test.json", {"suites": []})
    assert cli("check", hot_chain.parent).exit_code == 0
    assert "a test document is an object" in cli("check", path).stdout


def test_test_documents_see_the_properties(cli, hot_chain, write):
    """A router whose stream is a property reads that stream for the check of test cases as well."""
    router = {"id": "r", "from": {"path": "${global.in}"}, "to": {"path": "chain:hot"}}
    write("endpoint.json", {"id": "e", "type": "endpoint/redis/stream", "routers": [router]})
    path = write("hot.test.json", {"cases": [{"name": "c", "stream": "north", "entry": {"t": "1"}}]})
    assert cli("check", path, "--property", "in=north").exit_code == 0
    assert 'the stream "north", which no router here reads' in cli("check", path).stdout
