"""rulechain: RuleGo-format rule chains in Python, served on Redis Streams.

The names below are the public ones; everything else is reached by its module and may change.
"""

from rulechain.api import ComponentSpec, End, Outcome, Run, TraceEvent, component, setting
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
from rulechain.endpoints.router import Router
from rulechain.expr import compile_expression, compile_node_expression, compile_template
from rulechain.model import DataType, Message
from rulechain.values import StringMap, substitute_keys, to_json, to_text

__all__ = [
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
