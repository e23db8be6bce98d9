"""The functions of the language, by family."""

from dataclasses import replace
from functools import cache

from rulechain.expr.functions.collection import collection_functions
from rulechain.expr.functions.convert import convert_functions
from rulechain.expr.functions.files import file_functions
from rulechain.expr.functions.number import number_functions
from rulechain.expr.functions.registry import FunctionRegistry, FunctionSpec
from rulechain.expr.functions.text import text_functions
from rulechain.expr.functions.time import time_functions

__all__ = ["FunctionRegistry", "FunctionSpec", "builtin_functions", "builtin_registry", "file_functions"]


def builtin_functions() -> list[FunctionSpec]:
    """Return every function of the language that takes no predicate."""
    families = (convert_functions(), collection_functions(), number_functions(), text_functions(), time_functions())
    return [replace(spec, trusted=True) for family in families for spec in family]


@cache
def builtin_registry() -> FunctionRegistry:
    """Return the built-in functions as a registry; a pure value, so one is enough."""
    return FunctionRegistry(builtin_functions())
