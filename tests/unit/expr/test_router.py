"""Router expressions."""

import pytest

from rulechain.diagnostics import Code
from rulechain.diagnostics.errors import ExpressionError, ExpressionEvaluationError
from rulechain.expr import Target, compile_router

ENV = {"msg": {"kind": "hot", "x": True}, "type": "T"}
METADATA = {"kind": "alarm", "node": "n2", "odd": "a:b", "with space": "ws", "a.b": "dotted", "empty": ""}


@pytest.mark.parametrize(
    "text,target",
    [
        ("chain:a", Target("a")),
        ("a", Target("a")),
        ("chain:a:n1", Target("a", "n1")),
        ("a:n1", Target("a", "n1")),
        ("a:n1:ignored", Target("a", "n1")),
        ("chain:${kind}", Target("alarm")),
        ("${kind}", Target("alarm")),
        ("chain:${ kind }:${node}", Target("alarm", "n2")),
        ("x-${kind}-${node}", Target("x-alarm-n2")),
        ("${with space}", Target("ws")),
        ("${a.b}", Target("dotted")),
        ("${nosuch}", Target("${nosuch}")),
        ("${no such}", Target("${no such}")),
        ("${msg.kind}", Target("hot")),
        ("${msg.x ? 'a' : 'b'}:${upper(type)}", Target("a", "T")),
        ("chain:a:${empty}", Target("a")),
    ],
)
def test_target(text, target):
    """A hole is a metadata key first, then an expression, and stays as written when it is neither."""
    assert compile_router(text).target(ENV, METADATA) == target


def test_a_colon_in_a_value_picks_no_node():
    """What comes from data is only ever an id."""
    assert compile_router("chain:${odd}").target(ENV, METADATA) == Target("a:b")


@pytest.mark.parametrize(
    "text,static", [("chain:a:b", True), ("component:x", True), ("chain:${a}", False), ("a:${b}", False)]
)
def test_static(text, static):
    """Without holes the target can be checked at load."""
    assert compile_router(text).is_static is static


def test_a_component_is_named_by_its_type():
    """`component:` leads to a component of its own, whose type may hold a slash."""
    router = compile_router("component:x/y")
    assert (router.kind, router.component_type) == ("component", "x/y")
    assert compile_router("a").component_type is None


@pytest.mark.parametrize(
    "text,code",
    [
        ("", Code.ROUTER_SYNTAX),
        ("  ", Code.ROUTER_SYNTAX),
        ("chain:", Code.ROUTER_SYNTAX),
        ("component:", Code.ROUTER_SYNTAX),
        (":a", Code.ROUTER_SYNTAX),
        ("chain::n", Code.ROUTER_SYNTAX),
        ("component:a:b", Code.ROUTER_SYNTAX),
        ("component:${x}", Code.BAD_TARGET),
        ("chain:${1 +}", Code.EXPRESSION_SYNTAX),
        ("chain:${'a' - 1}", Code.TYPE_MISMATCH),
    ],
)
def test_mistakes_are_found_at_load(text, code):
    """Each has its code, and a place in the router's own text."""
    with pytest.raises(ExpressionError) as raised:
        compile_router(text)
    diagnostic = raised.value.diagnostics[0]
    assert diagnostic.code is code
    assert diagnostic.location.source.text == text


def test_a_hole_that_fails_fails_the_target():
    """The caller decides what becomes of the entry."""
    with pytest.raises(ExpressionEvaluationError):
        compile_router("chain:${msg.a.b}").target(ENV, METADATA)


def test_repr_names_the_text():
    """A router expression shows what it was made from."""
    assert repr(compile_router("a")) == "RouterExpression('a')"
