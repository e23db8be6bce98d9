"""The stages on their own: tokens, trees, folding, the function registry and the cache of grammar tables."""

import stat
import subprocess
import sys

import pytest
from lark.exceptions import LarkError, UnexpectedToken

from rulechain import _resources
from rulechain.diagnostics import Code
from rulechain.diagnostics.errors import (
    DuplicateTypeError,
    ExpressionEvaluationError,
    ExpressionSyntaxError,
    ExpressionTypeError,
)
from rulechain.expr import compile_expression, grammar
from rulechain.expr.fold import fold_constants
from rulechain.expr.functions import FunctionRegistry, FunctionSpec, builtin_functions, builtin_registry
from rulechain.expr.holes import find_holes
from rulechain.expr.nodes import dump_node
from rulechain.expr.parse import parse_expression
from rulechain.expr.tokens import PREDICATES, tokenize


@pytest.mark.parametrize(
    "text,kinds",
    [
        ("a.in", "NAME DOT WORD"),
        ("not a not in b", "NOT NAME BINARY NAME"),
        ("x ? .5 : 1", "NAME QUESTION NUMBER _COLON NUMBER"),
        ("x?.y", "NAME OPTIONAL WORD"),
        ("1..3", "NUMBER BINARY NUMBER"),
        ("a[1]", "NAME LSQB NUMBER _RSQB"),
        ("[1]", "LBRACKET NUMBER _RSQB"),
        ("map(a, {1})", "PREDICATE _LPAR NAME _COMMA _LBLOCK NUMBER _RBRACE _RPAR"),
        ("f(a, {})", "NAME _LPAR NAME _COMMA LBRACE _RBRACE _RPAR"),
        ("a | map({1})", "NAME PIPE PREDICATE _LPAR _LBLOCK NUMBER _RBRACE _RPAR"),
        ("if a {1} else {2}", "IF NAME _LBRACE NUMBER _RBRACE _ELSE _LBRACE NUMBER _RBRACE"),
        ("b'a' b", "BYTES NAME"),
        ("1;", "NUMBER"),
        ("# // none", "HASH"),
    ],
)
def test_tokens(text, kinds):
    """Words, braces and brackets get their kind from what came before."""
    assert " ".join(lexeme.kind for lexeme in tokenize(text)) == kinds


@pytest.mark.parametrize(
    "text,tree",
    [
        ("1 + 2 * 3", "(Binary '+' (Integer 1) (Binary '*' (Integer 2) (Integer 3)))"),
        ("a || b || c", "(Logical '||' [(Name 'a') (Name 'b') (Name 'c')])"),
        ("a?.b.c", "(Chain (Member (Member (Name 'a') 'b' True) 'c'))"),
        ("x not in y", "(Unary '!' (Binary 'in' (Name 'x') (Name 'y')))"),
        ("a | f(1)", "(Call 'f' [(Name 'a') (Integer 1)])"),
        ("a[1:]", "(Slice (Name 'a') (Integer 1) None)"),
        ("true", "(Boolean True)"),
        ("{a: 1}", "(Map [(Pair (Text 'a') (Integer 1))])"),
        ("::len(x)", "(Call 'len' [(Name 'x')] True)"),
    ],
)
def test_trees(text, tree):
    """Trees have one stable text form."""
    assert dump_node(parse_expression(text)) == tree


@pytest.mark.parametrize(
    "text,tree",
    [
        ("1 + 2 * 3", "(Integer 7)"),
        ("'a' + 'b'", "(Text 'ab')"),
        ("x + (1 + 1)", "(Binary '+' (Name 'x') (Integer 2))"),
        ("-(2.5)", "(Float -2.5)"),
        ("!true", "(Boolean False)"),
        ("1 / 0", "(Float inf)"),
        ("[1 + 1, x]", "(Array [(Integer 2) (Name 'x')])"),
        ("1 < 2", "(Binary '<' (Integer 1) (Integer 2))"),
    ],
)
def test_folding(text, tree):
    """Arithmetic between literals is done at load."""
    folded, mistakes = fold_constants(parse_expression(text), text)
    assert not mistakes
    assert dump_node(folded) == tree


def test_folding_returns_the_same_tree_where_nothing_is_constant():
    """No node is copied without need."""
    root = parse_expression("a + b[c] * len(d)")
    assert fold_constants(root, "")[0] is root


def test_every_builtin_function_is_described():
    """The reference is made from these."""
    assert all(spec.summary.endswith(".") for spec in builtin_functions())
    assert not PREDICATES & set(builtin_registry().names)


def test_a_name_is_registered_once():
    """Two functions of one name are a mistake of the program, named in the error."""
    spec = FunctionSpec("f(x: any): any", lambda x: x)
    registry = FunctionRegistry([spec])
    with pytest.raises(DuplicateTypeError, match='"f" is given twice'):
        registry.adding(spec)
    assert registry.names == ("f",)
    assert [found.name for found in registry] == ["f"]


@pytest.mark.parametrize("signature", ["", "f", "f(x)", "f(x: any)", "f(x: any) -> any"])
def test_a_bad_signature_is_refused(signature):
    """A function's author learns of it at once."""
    with pytest.raises(ValueError, match="not a function signature"):
        FunctionSpec(signature, len)


@pytest.mark.parametrize(
    "text,inner",
    [
        ("a${b}c", ["b"]),
        ("${a}${b}", ["a", "b"]),
        ("${{1}}", ["{1}"]),
        ('${"}"}', ['"}"']),
        ("${'a}", ["'a"]),
        ("${", []),
    ],
)
def test_holes(text, inner):
    """A hole ends at its own brace; where quotes or braces do not pair up, at the first one."""
    assert [text[hole.inner.start : hole.inner.end] for hole in find_holes(text)] == inner


def test_grammar_tables_are_cached_for_the_user_alone(tmp_path, monkeypatch):
    """The tables are pickles, so the folder must be nobody else's to write."""
    monkeypatch.setenv(_resources.CACHE_VARIABLE, str(tmp_path / "new"))
    folder = _resources.cache_folder()
    assert folder is not None
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o777)
    assert _resources.cache_folder() is None


def test_without_a_cache_folder_the_grammar_is_built(tmp_path, monkeypatch):
    """No cache, no harm."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv(_resources.CACHE_VARIABLE, str(blocked / "below"))
    assert _resources.cache_folder() is None
    assert dump_node(grammar._build_parser("expr.lark", grammar._rules(grammar.RULES))(tokenize("1"))) == "(Integer 1)"


def test_a_broken_cache_file_is_built_anew(tmp_path, monkeypatch):
    """A truncated or foreign file never reaches the user."""
    monkeypatch.setenv(_resources.CACHE_VARIABLE, str(tmp_path / "cache"))
    for _ in range(2):
        parse = grammar._build_parser("expr.lark", grammar._rules(grammar.RULES))
        assert dump_node(parse(tokenize("1"))) == "(Integer 1)"
        for file in (tmp_path / "cache").iterdir():
            file.write_bytes(b"not a pickle")


def test_importing_the_room_does_not_load_lark():
    """Commands that compile no expression do not wait for the grammar."""
    code = "import sys, rulechain.expr; raise SystemExit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_larks_parse_errors_are_mapped():
    """The parser raises one kind of error on tokens, and it becomes a diagnostic."""
    assert issubclass(UnexpectedToken, LarkError)
    with pytest.raises(ExpressionSyntaxError):
        parse_expression(") (")
    with pytest.raises(ExpressionSyntaxError):
        parse_expression("1 2")


def test_a_pattern_put_together_from_constants_is_checked_at_load():
    """Folding shows that it is bad."""
    with pytest.raises(ExpressionTypeError) as raised:
        compile_expression('msg.name matches "[" + "a"')
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == [Code.BAD_PATTERN]
    with pytest.raises(ExpressionTypeError) as raised:
        compile_expression('(msg.name + ("a" + "b")) matches "["')
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == [Code.BAD_PATTERN]


@pytest.mark.parametrize(
    "text",
    ["foo(map(xs))", "foo(len())", "foo(filter(xs, #index > 0))", "map(xs, foo(#x))", "foo(any(xs, true, 1))"],
)
def test_what_expr_lang_does_not_look_at_loads_and_fails(text):
    """The arguments of an unknown function are not checked; the call fails when it is reached."""
    with pytest.raises(ExpressionEvaluationError):
        compile_expression(text).evaluate({"xs": [1.0]})


@pytest.mark.parametrize("text", ["let true = 1; true", "let nil = 1; 2 == 2", "let false = 1; true"])
def test_the_names_of_literals_may_be_bound(text):
    """expr-lang allows it, though nothing can ever read them."""
    assert compile_expression(text).evaluate({}) is True
