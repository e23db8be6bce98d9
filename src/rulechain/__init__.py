"""rulechain: RuleGo-format rule chains in Python, served on Redis Streams.

The names in `__all__` are the public ones; everything else is reached by its module and may change. Each is imported
when it is first asked for, so that a command line that prints its help does not wait for an engine.
"""

from typing import TYPE_CHECKING

from rulechain._lazy import lazy_names

if TYPE_CHECKING:
    from rulechain.api import Aspect, ComponentSpec, End, Outcome, Run, TraceEvent, component, setting
    from rulechain.app import Chain, Engine
    from rulechain.diagnostics import Diagnostic, Severity
    from rulechain.diagnostics.errors import (
        ChainError,
        EndpointConfigurationError,
        EndpointError,
        EndpointUnavailableError,
        ExpressionError,
        NodeError,
        RuleChainError,
        RunError,
    )
    from rulechain.endpoints import Router
    from rulechain.expr import compile_expression, compile_node_expression, compile_template
    from rulechain.model import DataType, Message
    from rulechain.values import StringMap, substitute_keys, to_json, to_text

__all__ = [
    "Aspect",
    "Chain",
    "ChainError",
    "ComponentSpec",
    "DataType",
    "Diagnostic",
    "End",
    "EndpointConfigurationError",
    "EndpointError",
    "EndpointUnavailableError",
    "Engine",
    "ExpressionError",
    "Message",
    "NodeError",
    "Outcome",
    "Router",
    "RuleChainError",
    "Run",
    "RunError",
    "Severity",
    "StringMap",
    "TraceEvent",
    "compile_expression",
    "compile_node_expression",
    "compile_template",
    "component",
    "setting",
    "substitute_keys",
    "to_json",
    "to_text",
]

_HOMES = {
    "api": ("Aspect", "ComponentSpec", "End", "Outcome", "Run", "TraceEvent", "component", "setting"),
    "app": ("Chain", "Engine"),
    "diagnostics": ("Diagnostic", "Severity"),
    "diagnostics.errors": (
        "ChainError",
        "EndpointConfigurationError",
        "EndpointError",
        "EndpointUnavailableError",
        "ExpressionError",
        "NodeError",
        "RuleChainError",
        "RunError",
    ),
    "endpoints": ("Router",),
    "expr": ("compile_expression", "compile_node_expression", "compile_template"),
    "model": ("DataType", "Message"),
    "values": ("StringMap", "substitute_keys", "to_json", "to_text"),
}


__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
