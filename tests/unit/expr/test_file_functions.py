"""`include` and `fileExists`: what they may read, and everything that they may not."""

import os

import pytest

from rulechain.diagnostics import Code
from rulechain.diagnostics.errors import ExpressionEvaluationError, ExpressionTypeError
from rulechain.expr import builtin_functions, compile_expression, compile_template, file_functions
from rulechain.expr.functions import FunctionRegistry


@pytest.fixture
def folders(tmp_path):
    """Two folders that may be read, beside a secret that may not."""
    for name in ("texts", "more"):
        (tmp_path / name).mkdir()
    (tmp_path / "texts" / "a.txt").write_text("grüße", "utf-8")
    (tmp_path / "more" / "b.txt").write_text("b")
    (tmp_path / "texts" / "inner").mkdir()
    (tmp_path / "texts" / "inner" / "c.txt").write_text("c")
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


def evaluate(folders, text, path, **settings):
    """Return what an expression gives with the folders allowed and `path` as data."""
    functions = file_functions([folders / "texts", folders / "more"], **settings)
    return compile_expression(text, functions=FunctionRegistry([*builtin_functions(), *functions])).evaluate(
        {"p": path}
    )


@pytest.mark.parametrize("text", ["include('a.txt')", "fileExists(msg.path)", "false && include('a') == ''"])
def test_they_are_off_unless_folders_are_named(text):
    """Data must not read files: without a setting such an expression does not load."""
    with pytest.raises(ExpressionTypeError) as raised:
        compile_expression(text)
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == [Code.FUNCTION_OFF]


@pytest.mark.parametrize(
    "path,content", [("a.txt", "grüße"), ("b.txt", "b"), ("inner/c.txt", "c"), ("./a.txt", "grüße")]
)
def test_files_in_the_folders_are_read(folders, path, content):
    """A relative path is looked up in each folder."""
    assert evaluate(folders, "include(p)", path) == content
    assert evaluate(folders, "fileExists(p)", path) is True


def test_an_absolute_path_into_a_folder_is_read(folders):
    """How a file of the folders is named does not matter."""
    assert evaluate(folders, "include(p)", str(folders / "texts" / "a.txt")) == "grüße"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "inner/../../secret.txt",
        "/etc/hostname",
        "http://127.0.0.1/x",
        "https://example.org/",
        "file:///etc/hostname",
        "missing.txt",
        "inner",
        "",
        "a.txt\0",
        "x" * 5000,
    ],
    ids=["up", "up and down", "absolute", "http", "https", "file URL", "missing", "folder", "empty", "nul", "long"],
)
def test_nothing_else_is_read(folders, path):
    """What cannot be had reads as the empty text, as in RuleGo."""
    assert evaluate(folders, "include(p)", path) == ""
    assert evaluate(folders, "fileExists(p)", path) is False


def test_links_out_of_the_folders_are_not_followed(folders):
    """A link is what it leads to."""
    (folders / "texts" / "link.txt").symlink_to(folders / "secret.txt")
    (folders / "texts" / "up").symlink_to(folders)
    (folders / "texts" / "loop").symlink_to("loop")
    (folders / "texts" / "across.txt").symlink_to(folders / "more" / "b.txt")
    assert [evaluate(folders, "include(p)", path) for path in ("link.txt", "up/secret.txt", "loop")] == ["", "", ""]
    assert evaluate(folders, "include(p)", "across.txt") == "b"


def test_a_fifo_is_no_file(folders):
    """Reading must never wait for somebody to write."""
    os.mkfifo(folders / "texts" / "pipe")
    assert evaluate(folders, "include(p)", "pipe") == ""


def test_a_large_file_is_refused(folders):
    """The size is bounded, and it is said so: an empty text would hide it."""
    (folders / "texts" / "large.txt").write_bytes(b"x" * 101)
    with pytest.raises(ExpressionEvaluationError, match=r"large\.txt is larger than 100 bytes"):
        evaluate(folders, "include(p)", "large.txt", max_size=100)
    assert evaluate(folders, "include(p)", "a.txt", max_size=100) == "grüße"


def test_a_file_that_cannot_be_read_is_the_empty_text(folders, monkeypatch):
    """It may vanish between the look and the reading."""
    include, _ = file_functions([folders / "texts"])
    assert include.call("a.txt") == "grüße"

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert include.call("a.txt") == ""


def test_a_path_must_be_text(folders):
    """The signature holds as for every function."""
    with pytest.raises(ExpressionEvaluationError, match="not string"):
        evaluate(folders, "include(p)", 5.0)


def test_a_folder_must_exist(tmp_path):
    """A wrong setting is found when it is made."""
    with pytest.raises(NotADirectoryError, match="nowhere"):
        file_functions([tmp_path / "nowhere"])


def test_templates_have_them_too(folders):
    """They are functions like any other."""
    registry = FunctionRegistry([*builtin_functions(), *file_functions([folders / "texts"])])
    template = compile_template("<${include('a.txt')}|${fileExists('b.txt')}>", functions=registry)
    assert template.evaluate({}) == "<grüße|false>"
