"""The reference page of the language's functions, made from their signatures; docs/reference/functions.md is its copy.

The examples are true: a test evaluates each.
"""

from collections.abc import Iterable
from typing import NamedTuple

from rulechain.expr.functions import FunctionSpec
from rulechain.expr.functions.collection import collection_functions
from rulechain.expr.functions.convert import convert_functions
from rulechain.expr.functions.number import number_functions
from rulechain.expr.functions.text import text_functions
from rulechain.expr.functions.time import time_functions

REFERENCE_PATH = "docs/reference/functions.md"
_HEAD = """# Functions of the expression language

Generated from the functions' signatures: `make docs` writes this page, and a test fails when it is stale. The language
itself is described in [expressions.md](../expressions.md).

In a signature `?` marks what may be left out and `...` what may be repeated. Besides the types of the language there
are `number` (int or float), `numbers` (also lists of them), `convertible` (what has a number in it: also texts,
durations and months), `sized` (list, map or text) and, for results that depend on the argument, `same`, `part`, `item`
and `element`. Numbers of a message are floats.
"""
_PREDICATES_INTRO = """\
They evaluate their second argument for each element of a list: `#` is the element, `.name` its member, and in `map` and
`reduce` also `#index` its position. Braces around it allow for several steps: `map([1, 2], {let d = # * 2; d + 1})`. A
map literal stands in double braces.
"""


class Example(NamedTuple):
    """An expression, and its value as the command line shows it."""

    expression: str
    value: str


class PredicateForm(NamedTuple):
    """How a function that takes a predicate is written, and what it does."""

    signature: str
    summary: str


PREDICATE_FORMS = {
    "all": PredicateForm("all(list, predicate): bool", "Tell whether it holds for every element."),
    "any": PredicateForm("any(list, predicate): bool", "Tell whether it holds for some element."),
    "one": PredicateForm("one(list, predicate): bool", "Tell whether it holds for exactly one element."),
    "none": PredicateForm("none(list, predicate): bool", "Tell whether it holds for no element."),
    "filter": PredicateForm("filter(list, predicate): array", "Keep the elements for which it holds."),
    "map": PredicateForm("map(list, value): array", "Make a value of each element."),
    "count": PredicateForm("count(list, predicate?): int", "Count the elements for which it holds, or that are true."),
    "find": PredicateForm("find(list, predicate): any", "Take the first element for which it holds, nil without one."),
    "findIndex": PredicateForm("findIndex(list, predicate): int", "Find that element's position, nil without one."),
    "findLast": PredicateForm(
        "findLast(list, predicate): any", "Take the last element for which it holds, nil without one."
    ),
    "findLastIndex": PredicateForm(
        "findLastIndex(list, predicate): int", "Find that element's position, nil without one."
    ),
    "groupBy": PredicateForm("groupBy(list, key): map", "Collect the elements by a key made of each."),
    "sortBy": PredicateForm("sortBy(list, key, order?): array", 'Sort by a key made of each, "asc" or "desc".'),
    "sum": PredicateForm("sum(list, value?): number", "Add up the elements, or a value made of each."),
    "reduce": PredicateForm(
        "reduce(list, step, start?): any", "Fold the elements into one value; `#acc` is what there is so far."
    ),
}

EXAMPLES = {
    "type": Example("type(1.5)", '"float"'),
    "int": Example('int("42") + int(1.9)', "43"),
    "float": Example('float("1.5e3")', "1500"),
    "string": Example("string(41.5)", '"41.5"'),
    "toJSON": Example("toJSON([1, nil])", r'"[\n  1,\n  null\n]"'),
    "fromJSON": Example("fromJSON('{\"a\": [1, 2]}').a", "[1,2]"),
    "toBase64": Example('toBase64("hi")', '"aGk="'),
    "fromBase64": Example('fromBase64("aGk=")', '"hi"'),
    "len": Example('len("héllo") + len([1, 2])', "7"),
    "first": Example("first([3, 1, 2])", "3"),
    "last": Example("last([])", "nil"),
    "get": Example('get({"a": 1}, "b") ?? 0', "0"),
    "take": Example("take([3, 1, 2], 2)", "[3,1]"),
    "keys": Example('keys({"a": 1, "b": 2})', '["a","b"]'),
    "values": Example('values({"a": 1, "b": 2})', "[1,2]"),
    "toPairs": Example('toPairs({"a": 1})', '[["a",1]]'),
    "fromPairs": Example('fromPairs([["a", 1]]).a', "1"),
    "reverse": Example("reverse([3, 1, 2])", "[2,1,3]"),
    "uniq": Example('uniq([1, 1.0, "1"])', '[1,"1"]'),
    "concat": Example("concat([1], [2, 3])", "[1,2,3]"),
    "flatten": Example("flatten([1, [2, [3]]])", "[1,2,3]"),
    "sort": Example('sort([3, 1, 2], "desc")', "[3,2,1]"),
    "abs": Example("abs(-1.5)", "1.5"),
    "ceil": Example("ceil(1.2)", "2"),
    "floor": Example("floor(-1.2)", "-2"),
    "round": Example("round(2.5)", "3"),
    "max": Example("max(1, [5, 3])", "5"),
    "min": Example("min([2, 1.5])", "1.5"),
    "mean": Example("mean([1, 2, 6])", "3"),
    "median": Example("median(1, 9, 2)", "2"),
    "bitand": Example("bitand(12, 10)", "8"),
    "bitor": Example("bitor(12, 10)", "14"),
    "bitxor": Example("bitxor(12, 10)", "6"),
    "bitnand": Example("bitnand(12, 10)", "4"),
    "bitnot": Example("bitnot(5)", "-6"),
    "bitshl": Example("bitshl(1, 4)", "16"),
    "bitshr": Example("bitshr(-8, 1)", "-4"),
    "bitushr": Example("bitushr(-8, 60)", "15"),
    "trim": Example('trim("--a--", "-")', '"a"'),
    "trimPrefix": Example('trimPrefix("dev-7", "dev-")', '"7"'),
    "trimSuffix": Example('trimSuffix("7 kg", " kg")', '"7"'),
    "upper": Example('upper("abc")', '"ABC"'),
    "lower": Example('lower("ABC")', '"abc"'),
    "split": Example('split("a,b,c", ",", 2)', '["a","b,c"]'),
    "splitAfter": Example('splitAfter("a,b", ",")', '["a,","b"]'),
    "replace": Example('replace("a.b.c", ".", "/", 1)', '"a/b.c"'),
    "repeat": Example('repeat("ab", 3)', '"ababab"'),
    "join": Example('join(["a", "b"], ", ")', '"a, b"'),
    "indexOf": Example('indexOf("hello", "l")', "2"),
    "lastIndexOf": Example('lastIndexOf("hello", "l")', "3"),
    "hasPrefix": Example('hasPrefix("dev-7", "dev-")', "true"),
    "hasSuffix": Example('hasSuffix("dev-7", "dev-")', "false"),
    "now": Example('now() > date("2024-01-01")', "true"),
    "date": Example('date("02.01.2024", "02.01.2006").Year()', "2024"),
    "duration": Example('duration("1h30m").Minutes()', "90"),
    "timezone": Example('date("2024-07-01 12:00:00").In(timezone("Asia/Tokyo")).Hour()', "21"),
    "all": Example("all([1, 2], # > 0)", "true"),
    "any": Example("any([1, 2], # > 1)", "true"),
    "one": Example("one([1, 2], # > 0)", "false"),
    "none": Example("none([1, 2], # > 2)", "true"),
    "filter": Example("filter([3, 1, 2], # > 1)", "[3,2]"),
    "map": Example("map([3, 1, 2], # * 10 + #index)", "[30,11,22]"),
    "count": Example("count([3, 1, 2], # > 1)", "2"),
    "find": Example("find([3, 1, 2], # < 3)", "1"),
    "findIndex": Example("findIndex([3, 1, 2], # > 9) ?? -1", "-1"),
    "findLast": Example("findLast([3, 1, 2], # < 3)", "2"),
    "findLastIndex": Example("findLastIndex([3, 1, 2], # > 1)", "2"),
    "groupBy": Example('groupBy(["a", "bb", "c"], len(#))[1]', '["a","c"]'),
    "sortBy": Example('sortBy([{"n": 2}, {"n": 1}], .n)[0].n', "1"),
    "sum": Example('sum([{"n": 2}, {"n": 1}], .n)', "3"),
    "reduce": Example("reduce([1, 2, 3], #acc * 10 + #, 0)", "123"),
}


def reference_page() -> str:
    """Return the reference of all functions as Markdown."""
    families = {
        "Texts": text_functions(),
        "Numbers": number_functions(),
        "Lists and maps": collection_functions(),
        "Types and encodings": convert_functions(),
        "Times": time_functions(),
    }
    predicates = [_row(name, form.signature, form.summary) for name, form in PREDICATE_FORMS.items()]
    sections = [_section(title, _rows(specs)) for title, specs in families.items()]
    return "\n".join([_HEAD, _section("Predicates", predicates, _PREDICATES_INTRO), *sections])


def _rows(specs: Iterable[FunctionSpec]) -> list[str]:
    return [_row(spec.name, spec.signature, spec.summary) for spec in specs]


def _row(name: str, signature: str, summary: str) -> str:
    expression, value = EXAMPLES[name]
    return f"| `{signature}` | {summary} | `{expression}` is `{value}` |"


def _section(title: str, rows: list[str], intro: str = "") -> str:
    table = ["| function | does | example |", "|---|---|---|", *rows]
    return "\n".join([f"## {title}", "", *([intro] if intro else []), *table, ""])
