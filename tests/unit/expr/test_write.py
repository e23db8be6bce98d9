"""Trees written as text."""

import pytest

from rulechain.expr.nodes import dump_node
from rulechain.expr.parse import parse_expression
from rulechain.expr.write import write_expression

SAME = [
    *[
        "nil",
        "true",
        "false",
        "42",
        "0x2a",
        "1_000",
        "1.5",
        "5.",
        ".5",
        "1e3",
        '"a\\n\\"b"',
        'b"\\xff\\x22a"',
        "x",
        "$env",
    ],
    *["a + b * c", "(a + b) * c", "a - b - c", "a - (b - c)", "a ** b ** c", "(a ** b) ** c", "-a ** b", "(-a) ** b"],
    *["!a", "!(a && b)", "-(a + b)", "!a.b", "a && b || c", "a && (b || c)", "a || b && c", "a == b", "(a == b) == c"],
    *["(a < b) < c", "a < (b < c)", "a in b", "a not in b", "!(a in b)", "a not contains b", "a matches b"],
    *["1..3", "a..b", "1. .. 3", "a .. .b", "(1..3)[0]", "1..2 + 3", "a ?? b ?? c", "a ?? (b ?? c)", "(a + b) ?? c"],
    *[
        "(a ?? b) + c",
        "-(a ?? b)",
        "c ? a : b",
        "c ? (d ? 1 : 2) : e ? 3 : 4",
        "(c ? a : b) ? 1 : 2",
        "(c ? a : b) + 1",
    ],
    *["c ?: b", "c ? (a; b) : d", "a.b.c", "a?.b.c", "a.b()", "a?.b(1, 2)", "(1)[0]", "a[0]", "a?.[0]", "a[b ? 1 : 2]"],
    *["a[:]", "a[1:]", "a[:1]", "a[1:2]", "a?.[1:2]", "a[(b ? 1 : 2):3]", "a[1: ::f()]", '"a"[0]', "f()", "f(a, b)"],
    *["::len(a)", "filter(a, # > 1)", "filter(a, .b)", "map(a, .b.c + #index)", "map(a, {{b: .c}})", "count(a)"],
    *["reduce(a, #acc + #, 0)", "map(a, (let x = #; x))", "find(a, {{b: 1}.b})", "[]", "[1, a]", "{}", "{a: 1, b: 2}"],
    *['{"a b": 1}', '{"in": 1}', "{(a + b): 1}", '{"1.50": 1}', "let x = 1; x", "let x = (let y = 1; y); x", "a; b; c"],
    *["[(a; b)]", "(let x = 1; x) + 1", "let x = 1; a; x"],
]


@pytest.mark.parametrize("text", SAME)
def test_a_text_in_the_one_spelling_is_written_as_it_was(text):
    """Parentheses stand exactly where they are needed."""
    assert write_expression(parse_expression(text)) == text


@pytest.mark.parametrize(
    "text, written",
    [
        ("not a", "!a"),
        ("a and b or c", "a && b || c"),
        ("a ^ b", "a ** b"),
        ("1 < a < 3", "1 < a && a < 3"),
        ("if a { 1 } else if b { 2 } else { 3 }", "a ? 1 : b ? 2 : 3"),
        ("a | filter(.b) | len()", "len(filter(a, .b))"),
        ("'it\\'s'", '"it\'s"'),
        ("`raw\\d`", '"raw\\\\d"'),
        ("{'a': 1, 2: 3,}", '{a: 1, "2": 3}'),
        ("((a))", "a"),
        ("(a?.b).c", "a?.b.c"),
        ("map(a, #.b)", "map(a, .b)"),
    ],
)
def test_other_spellings_are_written_in_one(text, written):
    """What means the same is written the same, and means the same when it is read again."""
    tree = parse_expression(text)
    assert write_expression(tree) == written
    assert dump_node(parse_expression(written)) == dump_node(tree)
