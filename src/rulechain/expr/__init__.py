"""The expression language; knows nothing of chains or messages."""

from rulechain.expr.compile import CompiledExpression, compile_expression, condition_mistakes, unknown_names
from rulechain.expr.functions import FunctionRegistry, FunctionSpec, builtin_functions, file_functions
from rulechain.expr.router import RouterExpression, Target, compile_router
from rulechain.expr.scope import ENVIRONMENT, Scope
from rulechain.expr.template import Template, compile_node_expression, compile_template

__all__ = [
    "ENVIRONMENT",
    "CompiledExpression",
    "FunctionRegistry",
    "FunctionSpec",
    "RouterExpression",
    "Scope",
    "Target",
    "Template",
    "builtin_functions",
    "compile_expression",
    "compile_node_expression",
    "compile_router",
    "compile_template",
    "condition_mistakes",
    "file_functions",
    "unknown_names",
]
