"""A script that does not compile is placed by characters of its own text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulechain.diagnostics import Code
from rulechain.diagnostics.errors import ExpressionSyntaxError
from rulechain.script import ScriptRuntime

# The payload is to be read as JSON.
JSON = True
RUNTIME = ScriptRuntime()


def compile_body(body):
    """Compile a body the way jsFilter does."""
    return RUNTIME.compile("Filter", ("msg", "metadata", "msgType", "dataType"), body, form="truth")


def fault(body):
    """The message of the only diagnostic, with `«»` around its place in the body."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_body(body)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == Code.SCRIPT_SYNTAX
    start, end = diagnostic.location.span
    return diagnostic.message.removeprefix(
        "the script is not valid JavaScript: "
    ), f"{body[:start]}«{body[start:end]}»{body[end:]}"


@pytest.mark.parametrize(
    "body, what, place",
    [
        ("return @;", "unexpected token in expression: '@'", "return «@»;"),
        ("let a = 1;\n  let b = @;", "unexpected token in expression: '@'", "let a = 1;\n  let b = «@»;"),
        ("let é = '😀'; return @", "unexpected token in expression: '@'", "let é = '😀'; return «@»"),
        ("return 017", "Octal literals are not allowed in strict mode", "return «017»"),
        ("await 1", "expecting ';'", "await «1»"),
        ("return {", "unexpected end of the script", "return {«»"),
        ("if (msg.a) {\n  return 1;\n", "unexpected end of the script", "if (msg.a) {\n  return 1;«»\n"),
        ("return (1", "unexpected end of the script", "return (1«»"),
        ("return 1; }", "unexpected }: it closes nothing", "return 1; «}»"),
        ("if (a) { b } }\nreturn '}'", "unexpected }: it closes nothing", "if (a) { b } «}»\nreturn '}'"),
        ("return `}` }", "unexpected }: it closes nothing", "return `}` «}»"),
        ("return '\0'", "the character U+0000 cannot stand in a script", "return '«\0»'"),
        ("return '\ud800'", "the character U+D800 cannot stand in a script", "return '«\ud800»'"),
    ],
)
def test_faults_have_a_place(body, what, place):
    """The diagnostic says what is wrong, and its span marks where in the body."""
    assert fault(body) == (what, place)


@pytest.mark.parametrize(
    "body",
    [
        "return 1; }, function () {",
        "} (0), function () {",
        "return 1;\n}\nfunction other() {\n",
        "}}), (function () { return function () {",
        "} + {",
    ],
)
def test_a_body_cannot_leave_its_function(body):
    """Text that closes the function around it is refused, whatever it makes of the rest."""
    assert fault(body)[0] == "unexpected }: it closes nothing"


@pytest.mark.parametrize(
    "body", ["", "// only a comment", "return true // end", "/* } */ return '}'", "return /}/.test('}')"]
)
def test_bodies_that_end_anywhere(body):
    """Empty bodies, comments at the end and braces inside texts are fine."""
    assert compile_body(body)("{}", JSON) in (True, False)


@settings(max_examples=60)
@given(st.text(alphabet="{}()[];,'`/*\n abc=1é😀\0\ud800", max_size=20))
def test_any_text_compiles_or_has_a_fault_inside_it(body):
    """Whatever the text, there is a function, or a diagnostic whose place lies in the text."""
    try:
        compile_body(body)
    except ExpressionSyntaxError as error:
        for diagnostic in error.diagnostics:
            assert 0 <= diagnostic.location.span.start <= diagnostic.location.span.end <= len(body)


def test_user_defined_functions_are_held_to_the_same_characters():
    """Their fault names the function and the place."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        ScriptRuntime(udfs={"f": "function f() { return '\0' }"})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message.endswith('"f" does not load: the character U+0000 cannot stand in a script')
    assert diagnostic.location.span.start == 23
