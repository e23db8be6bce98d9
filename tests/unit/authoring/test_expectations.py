"""What a run did, against what a case expects of it."""

import pytest

from rulechain.api import End, Run
from rulechain.authoring.cases import decode_case_file
from rulechain.authoring.expectations import dump_end, unmet
from rulechain.loader.read import read_mapping
from rulechain.model import Message

MESSAGE = Message('{"a":{"b":1,"c":[1,2]},"s":"x"}', type="T", metadata={"k": "v", "m": "w"})
END = End("Success", MESSAGE, None, "last")
FAILED = End("Failure", Message("plain", data_type="TEXT"), "it went wrong: no", "bad")


def case_of(*ends):
    """A case that expects these ends."""
    read = decode_case_file(read_mapping({"cases": [{"name": "c", "ends": list(ends)}]}, "<test>"))
    assert read.diagnostics == ()
    return read.settings.cases[0]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"node": "last", "relation": "Success", "type": "T", "dataType": "JSON"},
        {"data": {"a": {"b": 1}}},
        {"data": {"a": {"b": 1.0, "c": [1, 2]}}},
        {"equals": {"a": {"b": 1, "c": [1, 2]}, "s": "x"}},
        {"metadata": {"k": "v"}},
        {"holds": ["data.a.b == `1`", "metadata.k == 'v'", "error == null", "length(data.a.c) > `1`"]},
    ],
)
def test_what_is_as_expected_is_met(wanted):
    """An expectation says as much as it wants to; objects may have more keys unless they must be equal."""
    assert unmet(case_of(wanted), Run([END], completed=True)) == []


@pytest.mark.parametrize(
    "wanted, text",
    [
        ({"node": "first"}, 'the end: node is "last", expected "first"'),
        ({"relation": "True"}, 'the end: relation is "Success", expected "True"'),
        ({"type": "U"}, 'the end: type is "T", expected "U"'),
        ({"dataType": "TEXT"}, 'the end: dataType is "JSON", expected "TEXT"'),
        ({"data": {"a": {"b": 2}}}, "the end: data.a.b is 1, expected 2"),
        ({"data": {"a": {"b": True}}}, "the end: data.a.b is 1, expected true"),
        ({"data": {"a": {"d": None}}}, "the end: data.a.d is missing, expected null"),
        ({"data": {"a": {"c": [1, 3]}}}, "the end: data.a.c[1] is 2, expected 3"),
        ({"data": {"a": {"c": [1]}}}, "the end: data.a.c is [1,2], expected [1]"),
        ({"data": None}, 'the end: data is {"a":{"b":1,"c":[1,2]},"s":"x"}, expected null'),
        ({"equals": {"a": {"b": 1, "c": [1, 2]}}}, 'the end: data.s is "x", expected no such key'),
        ({"metadata": {"k": "z"}}, 'the end: metadata.k is "v", expected "z"'),
        ({"error": "no"}, 'the end: error is null, expected one with "no"'),
        ({"holds": ["data.a.b > `1`"]}, "the end: data.a.b > `1` is false"),
    ],
)
def test_each_difference_is_one_sentence(wanted, text):
    """What is not as expected is named by its place, with both values."""
    assert unmet(case_of(wanted), Run([END], completed=True)) == [text]


def test_a_failure_is_met_by_a_part_of_its_error():
    """Errors hold texts of others, so a case names the part that matters."""
    wanted = {"node": "bad", "relation": "Failure", "error": "went wrong", "data": "plain"}
    assert unmet(case_of(wanted), Run([FAILED], completed=True)) == []


def test_the_number_of_ends_is_expected_too():
    """Where there are more or fewer ends, they are listed instead of compared."""
    assert unmet(case_of({}), Run([END, FAILED], completed=True)) == [
        "expected 1 ends, got 2: last with Success, bad with Failure (it went wrong: no)"
    ]
    assert unmet(case_of({}), Run([], completed=True)) == ["expected 1 ends, got 0: none"]


def test_of_several_ends_the_differing_one_is_named():
    """Ends are numbered from 1, in their order."""
    assert unmet(case_of({}, {"node": "x"}), Run([END, FAILED], completed=True)) == [
        'end 2: node is "bad", expected "x"'
    ]


def test_a_dumped_end_is_what_a_case_would_expect():
    """What `--update` writes is met by the run it was taken from."""
    for end in (END, FAILED):
        assert unmet(case_of(dump_end(end)), Run([end], completed=True)) == []


def test_a_document_of_another_kind_is_refused():
    """What is no list of cases, and a key that is misspelt, are findings with a place."""
    assert [str(found.message) for found in decode_case_file(read_mapping({}, "<test>")).diagnostics] == [
        'a test document is an object with a list of "cases"'
    ]
    (found,) = decode_case_file(read_mapping({"cases": [{"mesage": {}}]}, "<test>")).diagnostics
    assert (found.location.pointer, found.hint) == ("/cases/0/mesage", 'did you mean "message"?')
