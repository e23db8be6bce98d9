"""`rulechain fmt`."""

import json

from support.documents import chain_document

DOCUMENT = chain_document(("a", "log", {"jsScript": "return 'ä';"}))


def test_a_document_is_laid_out_anew_once(cli, write):
    """The file is rewritten, says the same as before, and a second time there is nothing to do."""
    path = write("chain.json", DOCUMENT)
    first, second = cli("fmt", path), cli("fmt", path)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert json.loads(path.read_text()) == DOCUMENT
    assert "changed" in first.stderr
    assert second.stderr == "1 document: 0 changed\n"


def test_check_changes_nothing_and_fails(cli, write):
    """`--check` is for continuous integration: exit code 1 while something is not laid out."""
    path = write("chain.json", DOCUMENT)
    before = path.read_bytes()
    assert cli("fmt", path.parent, "--check").exit_code == 1
    assert path.read_bytes() == before
    cli("fmt", path)
    assert cli("fmt", path.parent, "--check").exit_code == 0


def test_diff_shows_what_would_change(cli, write):
    """`--diff` prints a unified difference and changes nothing."""
    path = write("chain.json", DOCUMENT)
    result = cli("fmt", path, "--diff")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"--- {path}")
    assert "\n+" in result.stdout


def test_stdin_goes_to_stdout(cli):
    """`-` is a filter, for editors."""
    result = cli("fmt", "-", stdin='{"metadata":{},"ruleChain":{"id":"x"}}')
    assert result.stdout == '{\n  "ruleChain": {\n    "id": "x"\n  },\n  "metadata": {}\n}\n'


def test_links_and_permissions_stay(cli, write, tmp_path):
    """A document behind a link is changed where it lies, and keeps who may read it."""
    path = write("real/chain.json", DOCUMENT)
    path.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    assert cli("fmt", link).exit_code == 0
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert cli("fmt", path, "--check").exit_code == 0


def test_what_is_not_json_is_left_alone(cli, write):
    """A broken document is reported with its place, and not touched."""
    path = write("chain.json", '{"a": ')
    result = cli("fmt", path)
    assert (result.exit_code, path.read_text()) == (3, '{"a": ')
    assert "chain.json:1" in result.stderr


def test_json_lists_what_changed(cli, write):
    """`--format json` names the files for programs."""
    path = write("chain.json", DOCUMENT)
    assert json.loads(cli("fmt", path, "--check", "--format", "json").stdout) == {
        "documents": 1,
        "changed": [str(path)],
    }
