"""Where documents come from."""

from pathlib import Path

import pytest

from rulechain.diagnostics import Code
from rulechain.loader import find_files, is_json_text, load_chain


@pytest.mark.parametrize(
    "text", ["", " \n", "{}", "\ufeff{}", " [1]", '"a"', "-1", "12", "true", "false", " null\n", "{not json"]
)
def test_a_str_that_begins_like_json_is_a_document(text):
    """Blank texts and texts that begin as a JSON value are documents."""
    assert is_json_text(text)


@pytest.mark.parametrize("text", ["chain.json", "./{a}.json", "trueish.json", "null.json", "chains/alarm.json", "'a'"])
def test_any_other_str_is_a_path(text):
    """Everything else is a path."""
    assert not is_json_text(text)


def test_every_source_gives_the_same_chain(tmp_path):
    """Text, bytes, a mapping, a path and a path as text are all read."""
    text = '{"ruleChain": {"id": "a"}, "metadata": {"nodes": [{"id": "n", "type": "log"}]}}'
    path = tmp_path / "a.json"
    path.write_text(text)
    document = {"ruleChain": {"id": "a"}, "metadata": {"nodes": [{"id": "n", "type": "log"}]}}
    sources = [text, text.encode(), bytearray(text.encode()), document, path, str(path)]
    loaded = [load_chain(source) for source in sources]
    assert {each.definition.document["metadata"]["nodes"][0]["type"] for each in loaded} == {"log"}
    assert [each.source.name for each in loaded] == ["<chain>"] * 4 + [str(path)] * 2
    assert [each.source.text for each in loaded] == [text, text, text, None, text, text]


def test_a_file_name_that_begins_like_json_gets_an_explanation():
    """Who passes the name of a file that begins with a digit learns how to name it."""
    (found,) = load_chain("01-alarm.json").diagnostics
    assert found.code == Code.JSON_SYNTAX
    assert found.notes == (
        'a str that begins like JSON is a document; for the file of that name pass pathlib.Path("01-alarm.json")',
    )


def test_a_folder_lists_its_documents_in_order(tmp_path):
    """Subfolders count, hidden files and folders, tests, schemas and other kinds of file do not."""
    names = ["b.json", "a.json", "sub/c.json", ".hidden.json", ".git/d.json", "a.test.json", "a.schema.json", "e.yaml"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    files, diagnostics = find_files(tmp_path)
    assert [str(file.relative_to(tmp_path)) for file in files] == ["a.json", "b.json", "sub/c.json"]
    assert diagnostics == []


def test_an_empty_folder_is_a_warning(tmp_path):
    """A folder without documents is probably the wrong one."""
    files, (found,) = find_files(tmp_path)
    assert files == []
    assert found.code == Code.EMPTY_FOLDER


def test_a_missing_folder_is_an_error(tmp_path):
    """A folder that is not there is reported, and nothing else."""
    files, (found,) = find_files(Path(tmp_path, "none"))
    assert files == []
    assert found.code == Code.FILE_UNREADABLE
