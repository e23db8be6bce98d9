"""Diagnostics as text and as data. Whole texts of real documents are in tests/golden/invalid."""

import pytest

from rulechain.diagnostics import (
    Code,
    Diagnostic,
    Location,
    Severity,
    Source,
    Span,
    dump_diagnostic,
    errors_in,
    pointer_to,
    render_diagnostic,
    render_diagnostics,
)


def found(location, **parts):
    """A diagnostic at a place."""
    return Diagnostic(Code.UNKNOWN_NODE, "no such node", location, **parts)


def test_all_parts_are_shown_in_their_order():
    """Head, place, snippet, labels, notes and help follow each other."""
    source = Source("c.json", '{\n  "a": 1,\n  "b": 22\n}')
    diagnostic = found(
        Location(source, "/b"),
        severity=Severity.WARNING,
        hint="remove it",
        labels=((Location(source, "/a"), "first here"),),
        notes=("a fact",),
    )
    assert render_diagnostic(diagnostic) == (
        "warning[G203]: no such node\n"
        "  --> c.json:3:8  (/b)\n"
        "  |\n"
        '3 |   "b": 22\n'
        "  |        ^^\n"
        "  ::: c.json:2:8  (/a): first here\n"
        "  |\n"
        '2 |   "a": 1,\n'
        "  |        ^\n"
        "  note: a fact\n"
        "  help: remove it"
    )


def test_without_text_there_is_no_snippet():
    """A document made by Python is named with its pointer only."""
    assert render_diagnostic(found(Location(Source("<chain>"), "/a"))) == (
        "error[G203]: no such node\n  --> <chain>  (/a)"
    )


def test_tabs_keep_the_caret_under_its_character():
    """A tab before the place is a tab before the caret, however wide a terminal shows it."""
    lines = render_diagnostic(found(Location(Source("c", '{\n\t"a":\t1}'), "/a"))).splitlines()
    assert lines[-2:] == ['2 | \t"a":\t1}', "  | \t    \t^"]


def test_a_value_over_several_lines_is_marked_on_its_first():
    """The marks of an object end with the line that it begins in."""
    lines = render_diagnostic(found(Location(Source("c", '{"a": {\n"b": 1}}'), "/a"))).splitlines()
    assert lines[-2:] == ['1 | {"a": {', "  |       ^"]


@pytest.mark.parametrize("before, after", [(0, 500), (500, 0), (500, 500)])
def test_a_long_line_is_cut_around_the_place(before, after):
    """A line of a thousand characters is shown as about a hundred, with the caret still under the place."""
    text = "x" * before + "HERE" + "y" * after
    lines = render_diagnostic(found(Location(Source("c", text), span=Span(before, before + 4)))).splitlines()
    shown, marks = lines[-2][4:], lines[-1][4:]
    assert len(shown) <= 110
    assert shown[len(marks) - 4 : len(marks)] == "HERE"
    assert shown.startswith("...") == bool(before)
    assert shown.endswith("...") == bool(after)


@pytest.mark.parametrize("text, span", [("", Span(0, 0)), ("ab", Span(2, 2)), ("ab\n", Span(3, 3)), ("ab", Span(1, 9))])
def test_a_place_at_the_edge_of_the_text_has_a_caret(text, span):
    """The end of a text, and a span that reaches beyond, can be shown."""
    assert render_diagnostic(found(Location(Source("c", text), span=span))).endswith("^")


def test_many_findings_are_cut_and_counted():
    """A list shows up to a limit and says how many remain; without a limit it shows all."""
    diagnostics = [found(Location(Source(str(number)))) for number in range(5)]
    assert render_diagnostics(diagnostics, limit=2).split("\n\n")[1:] == [
        "error[G203]: no such node\n  --> 1",
        "... and 3 more",
    ]
    assert render_diagnostics(diagnostics).count("-->") == 5
    assert render_diagnostics(diagnostics, limit=5).count("more") == 0
    assert render_diagnostics([]) == ""


def test_a_finding_is_dumped_as_plain_data():
    """Tools get every part under a fixed name."""
    diagnostic = found(Location(Source("c.json", '{"a": 1}'), "/a"), hint="remove it")
    assert dump_diagnostic(diagnostic) == {
        "code": "G203",
        "severity": "error",
        "message": "no such node",
        "file": "c.json",
        "line": 1,
        "column": 7,
        "pointer": "/a",
        "hint": "remove it",
    }


def test_a_finding_can_be_moved_and_softened():
    """The same finding at another place, or as a warning, differs in nothing else."""
    diagnostic = found(Location(Source("a")), hint="h")
    moved = diagnostic.moved_to(Location(Source("b")))
    assert (moved.location.source.name, moved.hint, moved.code) == ("b", "h", diagnostic.code)
    warning = diagnostic.as_warning()
    assert (warning.severity, warning.location) == (Severity.WARNING, diagnostic.location)
    assert errors_in([diagnostic, warning]) == (diagnostic,)


def test_nothing_from_a_document_breaks_a_line_or_steers_a_terminal():
    """Control characters, direction marks and half surrogate pairs are shown as a picture of one column each."""
    diagnostic = Diagnostic(
        Code.UNKNOWN_NODE, 'no node "a\n\x1b[31m\u202e\ud800"', Location(Source("c\x07.json")), hint="not \x00 \x9b"
    )
    assert render_diagnostic(diagnostic) == (
        'error[G203]: no node "a\u240a\u241b[31m\ufffd\ufffd"\n  --> c\u2407.json\n  help: not \u2400 \ufffd'
    )


def test_a_pointer_escapes_its_keys():
    """Keys may hold what separates them; indexes are plain."""
    assert pointer_to("a/b", 0, "c~d") == "/a~1b/0/c~0d"
    assert pointer_to() == ""
