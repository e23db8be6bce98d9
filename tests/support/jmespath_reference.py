"""The jmespath library's own interpreter: what compiled queries must agree with, and expressions to try them on."""

import operator
from typing import ClassVar

import jmespath
from hypothesis import strategies as st
from jmespath.visitor import Options, TreeInterpreter

from rulechain.query.functions import RULE_FUNCTIONS


def _or_null(order):
    """The library raises TypeError where a text is compared with a number; the language says null."""

    def compare(left, right):
        try:
            return order(left, right)
        except TypeError:
            return None

    return compare


class Reference(TreeInterpreter):
    """The interpreter, with null as the order of what has none."""

    COMPARATOR_FUNC: ClassVar = TreeInterpreter.COMPARATOR_FUNC | {
        "lt": _or_null(operator.lt),
        "lte": _or_null(operator.le),
        "gt": _or_null(operator.gt),
        "gte": _or_null(operator.ge),
    }


def interpret(text, value):
    """Evaluate an expression with the library's interpreter."""
    return Reference(Options(custom_functions=RULE_FUNCTIONS)).visit(jmespath.compile(text).parsed, value)


_NAMES = st.sampled_from(["a", "b", "c", '"k 1"'])
_LITERALS = st.sampled_from(
    ["`0`", "`1`", "`2.5`", "`null`", "`true`", "`false`", '`"a"`', "'a'", "''", "`[]`", "`{}`", "`[1, 2]`"]
)
_SIGNS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
_ONE_ARGUMENT = st.sampled_from(
    [
        *["length", "to_number", "to_string", "to_array", "type", "keys", "values", "reverse", "not_null"],
        *["abs", "ceil", "floor", "sum", "avg", "max", "min", "sort"],
    ]
)
_TWO_ARGUMENTS = st.sampled_from(["contains", "starts_with", "ends_with", "not_null", "merge", "join"])
_BY = st.sampled_from(["sort_by", "min_by", "max_by"])


def _compound(inner):
    return st.one_of(
        st.builds("{}.{}".format, inner, _NAMES),
        st.builds("{} | {}".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("({} && {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} {} {})".format, inner, _SIGNS, inner),
        st.builds("{}[{}]".format, _NAMES, st.integers(-3, 3)),
        st.builds("{}[{}:{}:{}]".format, _NAMES, st.integers(-2, 2), st.integers(-2, 3), st.sampled_from([-1, 1, 2])),
        st.builds("{}[*].{}".format, _NAMES, _NAMES),
        st.builds("{}[].{}".format, _NAMES, _NAMES),
        st.builds("{}.*.{}".format, _NAMES, _NAMES),
        st.builds("{}[?{}].{}".format, _NAMES, inner, _NAMES),
        st.builds("{}[?{}] | [0]".format, _NAMES, inner),
        st.builds("{{x: {}, y: {}}}".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{}.{{x: {}}}".format, _NAMES, inner),
        st.builds("{}({})".format, _ONE_ARGUMENT, inner),
        st.builds("{}({}, {})".format, _TWO_ARGUMENTS, inner, inner),
        st.builds("{}({}, &{})".format, _BY, _NAMES, inner),
        st.builds("map(&{}, {})".format, inner, _NAMES),
    )


EXPRESSIONS = st.recursive(_NAMES | _LITERALS | st.just("@"), _compound, max_leaves=8)

_SCALARS = st.sampled_from([None, True, False, 0.0, 1.0, 2.5, -3.0, "", "a", "b", "12", "1.5", "x"])
VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "c", "k 1"]), inner, max_size=4)
    ),
    max_leaves=15,
)
