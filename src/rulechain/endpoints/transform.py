"""`transform` of a router: JMESPath on a message's data."""

from collections.abc import Callable

from rulechain.diagnostics.errors import ExpressionEvaluationError, RuleChainError
from rulechain.model import DataType, Message
from rulechain.query import compile_query
from rulechain.values import JsonError, to_json

Transform = Callable[[Message], Message]


class TransformError(RuleChainError):
    """The transform cannot work on this message; the text says why."""


def compile_transform(text: str) -> Transform:
    """Return a function that gives a message the result of a JMESPath expression on its data.

    A text becomes the data as it is (dataType TEXT), anything else becomes JSON. The function raises TransformError.

    Raises:
        ExpressionSyntaxError: The text is no JMESPath expression.
    """
    query = compile_query(text)

    def transform(message: Message) -> Message:
        try:
            result = query(message.decode())
        except JsonError as error:
            raise TransformError(f"the data is not JSON: {error}") from error
        except ExpressionEvaluationError as error:
            raise TransformError(error.message) from error
        if isinstance(result, str):
            return message.replace(data=result, data_type=DataType.TEXT)
        try:
            return message.replace(data=to_json(result), data_type=DataType.JSON)
        except JsonError as error:
            raise TransformError(f"the result has no JSON form: {error}") from error

    return transform
