"""Reading JSON from text, bytes, files and mappings."""

import errno
import json

import pytest

from rulechain.diagnostics import Code, Severity
from rulechain.diagnostics.errors import InternalError
from rulechain.loader import read
from rulechain.loader.read import (
    MAX_BYTES,
    MAX_DEPTH,
    explain_unreadable,
    read_bytes,
    read_file,
    read_mapping,
    read_text,
)
from rulechain.loader.syntax import Scan


def codes(document):
    """The code of every diagnostic."""
    return [diagnostic.code for diagnostic in document.diagnostics]


def test_whole_numbers_stay_whole():
    """A document's 1 is an int and its 1.0 a float, because RuleGo refuses the latter where it wants the former."""
    value = read_text('{"a": 1, "b": 1.0, "c": 1e0, "d": -0}', "x").value
    assert [type(number) for number in value.values()] == [int, float, float, int]


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400, "9" * 5000])
def test_a_number_beyond_all_floats_is_refused(number):
    """A number that no float holds is a syntax fault at its place."""
    (found,) = read_text(f'{{"a": {number}}}', "x").diagnostics
    assert (found.code, found.message, found.location.column) == (Code.JSON_SYNTAX, "this number is too large", 7)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_words_for_numbers_are_refused(word):
    """What Python's decoder takes beyond JSON is refused."""
    assert codes(read_text(f'{{"a": {word}}}', "x")) == [Code.JSON_SYNTAX]


def test_half_a_surrogate_pair_becomes_the_replacement_character():
    """Lone surrogates, escaped or not, are read as U+FFFD; whole pairs and escaped backslashes stay."""
    text = r'{"a": "\ud800x", "b": "\uD83D\uDE00", "c": "\\ud800", "d": "' + "\udc80" + '"}'
    assert read_text(text, "x").value == {"a": "\ufffdx", "b": "😀", "c": r"\ud800", "d": "\ufffd"}


def test_the_last_of_equal_keys_counts_and_each_pair_is_reported():
    """A key written twice is a warning at the later place that names the earlier one."""
    document = read_text('{"a": 1,\n "a": 2, "b": {"c": 1, "c": 2}}', "x")
    assert document.value == {"a": 2, "b": {"c": 2}}
    assert [(found.code, found.severity, found.location.line) for found in document.diagnostics] == [
        (Code.DUPLICATE_KEY, Severity.WARNING, 2),
        (Code.DUPLICATE_KEY, Severity.WARNING, 2),
    ]
    assert document.diagnostics[0].labels[0][0].line == 1


def test_duplicate_keys_are_reported_beside_a_syntax_fault():
    """A text with a fault also tells of the duplicate keys before it."""
    assert codes(read_text('{"a": {"b": 1, "b": 2}, }', "x")) == [Code.DUPLICATE_KEY, Code.JSON_SYNTAX]


def test_a_byte_order_mark_is_part_of_bytes_but_not_of_text():
    """Bytes may begin with a byte order mark, as Windows editors write it; in a str it is a character too many."""
    assert read_bytes(b"\xef\xbb\xbf{}", "x").value == {}
    (found,) = read_text("\ufeff{}", "x").diagnostics
    assert (found.code, found.message) == (Code.JSON_SYNTAX, "the text begins with a byte order mark")


def test_bytes_that_are_not_utf8_are_read_with_a_warning():
    """A stray byte becomes U+FFFD as in Go, and the warning points at it."""
    document = read_bytes(b'{\n"a": "\xc3\xa4\xe9"}', "x")
    (found,) = document.diagnostics
    assert document.is_readable
    assert document.value == {"a": "ä\ufffd"}
    assert (found.code, found.severity) == (Code.BAD_ENCODING, Severity.WARNING)
    assert (found.location.line, found.location.column) == (2, 8)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_refused(encoding):
    """UTF-16 with its byte order mark is named; without one it is a syntax fault."""
    document = read_bytes("{}".encode(encoding), "x")
    assert codes(document) == [Code.BAD_ENCODING if encoding == "utf-16" else Code.JSON_SYNTAX]


@pytest.mark.parametrize("read", [lambda data: read_bytes(data, "x"), lambda data: read_text(data.decode(), "x")])
def test_a_document_has_a_largest_size(read):
    """One byte beyond the limit is refused before it is parsed, the limit itself is read."""
    assert read(b'"' + b"a" * (MAX_BYTES - 2) + b'"').is_readable
    assert codes(read(b'"' + b"a" * (MAX_BYTES - 1) + b'"')) == [Code.DOCUMENT_TOO_LARGE]


@pytest.mark.parametrize(
    "read", [lambda text: read_text(text, "x"), lambda text: read_mapping(json.loads(text), "x")], ids=["text", "dict"]
)
def test_nesting_has_a_largest_depth(read):
    """A document may nest as deep as the limit, and no deeper; neither ends in a recursion error."""
    assert read('{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH).is_readable
    assert codes(read('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1))) == [Code.DOCUMENT_TOO_LARGE]


def test_text_that_only_opens_brackets_is_refused_without_recursion():
    """A hundred thousand brackets are one diagnostic, at the first that is too deep."""
    (found,) = read_text("[" * 100_000, "x").diagnostics
    assert (found.code, found.location.column) == (Code.DOCUMENT_TOO_LARGE, MAX_DEPTH + 1)


def test_a_mapping_is_copied():
    """Changing the dict afterwards does not change the document."""
    original = {"ruleChain": {"id": "a"}, "list": (1, 2)}
    document = read_mapping(original, "x")
    original["ruleChain"]["id"] = "b"
    assert document.value == {"ruleChain": {"id": "a"}, "list": [1, 2]}


@pytest.mark.parametrize("foreign", [b"bytes", {1, 2}, float("nan"), object()], ids=lambda value: type(value).__name__)
def test_a_mapping_with_foreign_values_is_refused(foreign):
    """What JSON cannot hold is reported with its pointer."""
    (found,) = read_mapping({"metadata": {"a/b": [foreign]}}, "x").diagnostics
    assert (found.code, found.location.pointer) == (Code.WRONG_TYPE, "/metadata/a~1b/0")


def test_a_mapping_that_contains_itself_is_refused():
    """A dict inside itself is too deep, not an endless loop."""
    endless = {}
    endless["self"] = endless
    assert codes(read_mapping(endless, "x")) == [Code.DOCUMENT_TOO_LARGE]


def test_a_missing_file_is_reported_with_its_closest_neighbour(tmp_path):
    """A path that leads nowhere gives L101 and the name that was probably meant."""
    (tmp_path / "alarm.json").write_text("{}")
    (found,) = read_file(tmp_path / "alram.json").diagnostics
    assert found.code == Code.FILE_UNREADABLE
    assert found.message == f'there is no file "{tmp_path}/alram.json"'
    assert found.hint == f'did you mean "{tmp_path}/alarm.json"?'


def test_a_file_in_a_missing_folder_is_reported(tmp_path):
    """Where there is no folder, no neighbour can be suggested."""
    (found,) = read_file(tmp_path / "none" / "alarm.json").diagnostics
    assert (found.code, found.hint) == (Code.FILE_UNREADABLE, None)


def test_decoder_and_scanner_at_odds_are_our_bug(monkeypatch):
    """Should a text be refused for no reason that can be told, the error asks for a report."""
    monkeypatch.setattr(read, "scan_json", lambda *_, **__: Scan(None, ()))
    with pytest.raises(InternalError):
        read_text("{", "x")


def test_a_folder_is_not_a_file(tmp_path):
    """A folder in place of a file says so."""
    (found,) = read_file(tmp_path).diagnostics
    assert (found.code, found.message) == (Code.FILE_UNREADABLE, f'"{tmp_path}" is a folder, expected a file')


def test_a_path_through_a_file_is_reported(tmp_path):
    """A file in place of a folder says so."""
    (tmp_path / "a.json").write_text("{}")
    (found,) = read_file(tmp_path / "a.json" / "b.json").diagnostics
    assert "expected a folder" in found.message


@pytest.mark.parametrize("path", ["no\0path", "x" * 5000])
def test_a_name_that_no_file_can_have_is_reported(path):
    """Names that the system refuses are diagnostics too, and are shortened in them."""
    (found,) = read_file(path).diagnostics
    assert found.code == Code.FILE_UNREADABLE
    assert len(found.message) < 300
    assert found.hint == "a text that does not begin like JSON is taken for a path"


def test_missing_permission_is_named(tmp_path):
    """A file that may not be read says that, not that it is missing."""
    message, hint = explain_unreadable(tmp_path, PermissionError(errno.EACCES, "Permission denied"))
    assert (message, hint) == (f'"{tmp_path}" may not be read by this user', "change its permissions")


def test_any_other_failure_keeps_the_systems_words(tmp_path):
    """An error of the disk is told in the system's words, in our case and without its number."""
    message, _ = explain_unreadable(tmp_path, OSError(errno.EIO, "Input/output error"))
    assert message == f'"{tmp_path}" cannot be read: input/output error'
