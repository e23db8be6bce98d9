"""`transform` of a router: jmespath on a message's data."""

from collections.abc import Callable
from typing import Any

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError

from rulechain.model import DataType, Message
from rulechain.values import JsonError, to_json

Transform = Callable[[Message], Message]


class TransformError(ValueError):
    """The transform cannot work on this message; the text says why."""


class _Functions(functions.Functions):
    """jmespath's own functions; the library knows a value's type by its class name, and so not our subclasses."""

    def _convert_to_jmespath_type(self, pyobject: Any) -> str:
        return "number" if isinstance(pyobject, float) else str(super()._convert_to_jmespath_type(pyobject))  # type: ignore[misc]


def compile_transform(text: str) -> Transform:
    """Return a function that gives a message the result of a jmespath expression on its data.

    A text becomes the data as it is (dataType TEXT), anything else becomes JSON.

    Raises:
        ValueError: The text is no jmespath expression.
    """
    try:
        expression = jmespath.compile(text)
    except JMESPathError as error:
        raise ValueError(str(error).partition("\n")[0].rstrip(":")) from error
    options = jmespath.Options(custom_functions=_Functions())

    def transform(message: Message) -> Message:
        try:
            result = expression.search(message.decode(), options)
        except JsonError as error:
            raise TransformError(f"the data is not JSON: {error}") from error
        except JMESPathError as error:
            raise TransformError(str(error)) from error
        if isinstance(result, str):
            return message.replace(data=result, data_type=DataType.TEXT)
        try:
            return message.replace(data=to_json(result), data_type=DataType.JSON)
        except JsonError as error:
            raise TransformError(f"the result has no JSON form: {error}") from error

    return transform
