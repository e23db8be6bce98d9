"""Settings that are JMESPath queries on the payload; as `fields`, and apart from it because few chains have one."""

from rulechain.api import NodeBuild
from rulechain.components.fields import Evaluate, report_moved
from rulechain.components.payload import json_value
from rulechain.diagnostics.errors import ExpressionError
from rulechain.model import Message
from rulechain.query import compile_query


def compile_jmespath_setting(text: str, node: NodeBuild, *path: str | int) -> Evaluate:
    """Compile a setting that is a JMESPath expression on the payload.

    Its function raises JsonError when the payload is not JSON, ExpressionEvaluationError when it fails on the payload.
    """
    try:
        query = compile_query(text)
    except ExpressionError as error:
        report_moved(error.diagnostics, node, *path)
        return _nothing
    node.reads_outputs(())
    return lambda message: query(json_value(message))


def _nothing(_: Message) -> None:
    return None
