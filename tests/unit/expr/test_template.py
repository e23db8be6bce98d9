"""Templates and expression-valued fields."""

import pytest

from rulechain.diagnostics import Code, Location, Severity, Source, Span
from rulechain.diagnostics.errors import ExpressionError, ExpressionEvaluationError, ExpressionSyntaxError
from rulechain.expr import Scope, compile_node_expression, compile_template
from rulechain.expr.template import moved
from rulechain.values import StringMap

ENV = {
    "msg": {"count": 10.0, "name": "Ann", "tags": ["a"], "big": 1e21},
    "metadata": StringMap(site="north"),
    "id": "m1",
}


@pytest.mark.parametrize(
    "text,value",
    [
        ("plain", "plain"),
        ("${msg.count}", 10.0),
        (" ${msg.tags} ", ["a"]),
        ("${msg.missing}", None),
        ("a ${1+1} b", "a 2 b"),
        ("${metadata.site}-${id}", "north-m1"),
        ("[${msg.missing}]", "[]"),
        ("v=${msg.big}", "v=1000000000000000000000"),
        ("${msg.count} > 5", "10 > 5"),
        ("\\${msg.name}", "\\Ann"),
        ("${msg.name", "${msg.name"),
        ('${{"a": 1}.a}', 1),
        ("${filter([1, 2], {# > 1})}", [2]),
        ('x${"}"}y', "x}y"),
        ("$ {} }", "$ {} }"),
        ("it's ${msg.name}", "it's Ann"),
    ],
)
def test_value(text, value):
    """A single hole keeps its type, mixed text becomes text, a hole ends at the brace that closes it."""
    found = compile_template(text).evaluate(ENV)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    "value,shown", [("${msg.count}", "10"), ("${msg.tags}", '["a"]'), (7, "7"), ({"a": "${id}"}, '{"a":"${id}"}')]
)
def test_render_gives_the_text_form(value, shown):
    """Every template can be rendered; what is not text is constant."""
    assert compile_template(value).render(ENV) == shown


def test_constants_and_roots_are_known():
    """A caller can tell at load what a template reads."""
    assert compile_template("plain").is_constant
    assert compile_template(5).is_constant
    assert not compile_template("${1}").is_constant
    assert compile_template("${msg.a}-${metadata.b}-${msg.c}").roots == ("msg", "metadata")


@pytest.mark.parametrize("text", ["${}", "${1 +}", "${'a' + 1}"])
def test_a_single_hole_that_does_not_compile_is_refused(text):
    """Its mistake lies inside the text as written."""
    with pytest.raises(ExpressionError) as raised:
        compile_template(text)
    span = raised.value.diagnostics[0].location.span
    assert 0 <= span.start <= span.end <= len(text)


def test_a_bad_hole_of_a_mixed_text_warns_and_fails_when_rendered():
    """RuleGo loads such templates; they fail for every message."""
    template = compile_template("a${1 +}b")
    assert [d.severity for d in template.diagnostics] == [Severity.WARNING]
    assert not template.is_constant
    with pytest.raises(ExpressionEvaluationError, match="failed to compile expression '1 \\+'"):
        template.evaluate(ENV)


def test_a_failing_hole_fails_the_template():
    """No half-rendered text ever leaves a template."""
    with pytest.raises(ExpressionEvaluationError) as raised:
        compile_template("a ${msg.x.y} b").render(ENV)
    assert raised.value.span == (10, 11)


def test_a_template_takes_the_parameters_of_its_scope():
    """The engine's templates are functions of a message."""
    scope = Scope(parameters=("message",), roots={"msg": "message.value"}, fallback=None)
    template = compile_template("n=${msg.count}", scope=scope)

    class Message:
        value = ENV["msg"]

    assert template.function(Message()) == "n=10"
    assert template.evaluate(ENV) == "n=10"


@pytest.mark.parametrize(
    "text,value",
    [
        ("${msg.count} > 5", True),
        ("msg.count > ${msg.count}", False),
        ("${msg.name} + '${id}'", "Ann${id}"),
        ('"${id}"', "${id}"),
        ("msg.name", "Ann"),
        ("${filter([1, 2], {# > 1})}[0]", 2),
    ],
)
def test_node_expressions_drop_the_marks_outside_quotes(text, value):
    """`${…}` may stand around any part of an expression-valued field."""
    assert compile_node_expression(text).evaluate(ENV) == value


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_node_expression_is_refused(text):
    """A field that must be an expression cannot be blank."""
    with pytest.raises(ExpressionSyntaxError) as raised:
        compile_node_expression(text)
    assert raised.value.diagnostics[0].code is Code.EXPRESSION_EMPTY


def test_places_in_node_expressions_count_in_the_text_as_written():
    """The marks keep their room, so a caret points where the user looks."""
    with pytest.raises(ExpressionEvaluationError) as raised:
        compile_node_expression("${msg.a}.b").evaluate(ENV)
    assert (raised.value.text, raised.value.span) == ("${msg.a}.b", (9, 10))


def test_findings_move_into_the_document_they_stand_in():
    """A loader shows an expression's mistake at its place in the chain's JSON."""
    with pytest.raises(ExpressionSyntaxError) as raised:
        compile_node_expression("1 +")
    source = Source("chain.json", '{"expr": "1 +"}')
    there = moved(raised.value.diagnostics[0], source, "/expr")
    assert there.location == Location(source, "/expr", Span(3, 3))
    assert (there.location.line, there.location.column) == (1, 14)


@pytest.mark.parametrize(
    "text,value",
    [
        ("${msg.count}${msg.name}", None),
        ("${msg}.${'name'}", ExpressionSyntaxError),
        ("${1}+${1}", 2),
        ("m${'s'}", ExpressionSyntaxError),
    ],
)
def test_marks_are_dropped_without_a_blank(text, value):
    """What stands on both sides of a mark grows together, as in RuleGo: `msg.countmsg.name`."""
    if value is ExpressionSyntaxError:
        with pytest.raises(ExpressionSyntaxError):
            compile_node_expression(text)
    elif value is None:
        with pytest.raises(ExpressionEvaluationError, match="cannot fetch name from <nil>"):
            compile_node_expression(text).evaluate(ENV)
    else:
        assert compile_node_expression(text).evaluate(ENV) == value


def test_names_of_functions_are_variables_in_mixed_text():
    """There the names of the data come first, as in RuleGo, which knows them; a call is still the function."""
    env = {**ENV, "count": "10", "type": "T"}
    assert compile_template("v=${count + '!'} ${type} ${len([1])}").evaluate(env) == "v=10! T 1"
    with pytest.raises(ExpressionError):
        compile_template("${count + '!'}")


def test_a_mixed_text_is_one_function():
    """Its holes read each name once, and share one evaluation."""
    template = compile_template("${msg.a}-${msg.b}-${id}")
    assert template.roots == ("msg", "id")
    assert template.function({"msg": {"a": 1.0, "b": None}, "id": "x"}) == "1--x"


def test_warnings_of_holes_are_told():
    """A call of nothing known is doubtful in a template too."""
    for text in ("${uper(id)}", "a ${uper(id)} b"):
        assert [diagnostic.code for diagnostic in compile_template(text).diagnostics] == [Code.UNKNOWN_FUNCTION]


def test_a_long_text_may_have_short_holes():
    """What stands outside the holes is no expression, and does not count as one."""
    text = "x" * 150_000
    assert compile_template(text + "${id}").evaluate(ENV) == text + "m1"


def test_deep_holes_compile():
    """A hole may be as deep as any expression."""
    assert compile_template("a${" + "+".join(["1"] * 3000) + "}").evaluate({}) == "a3000"
