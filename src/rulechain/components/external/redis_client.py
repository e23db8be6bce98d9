"""`x/redisClient`: runs a Redis command."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.external.redis_server import RedisSettings, redis_calls
from rulechain.components.fields import compile_expression_setting
from rulechain.components.payload import payload_bytes, payload_of
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics import Code, Diagnostic
from rulechain.diagnostics.errors import NodeError
from rulechain.expr.holes import find_holes
from rulechain.model import SUCCESS, Message
from rulechain.values import to_json, to_text_strict

# Commands that reply with names and values in turn, and mean a map.
_MAPS = ((b"hgetall",), (b"config", b"get"))


@dataclass(frozen=True, slots=True)
class RedisClientSettings(RedisSettings):
    """Settings of `x/redisClient`."""

    cmd: str = setting(
        "GET",
        required=True,
        format="template",
        description="The command, which may be followed by its first arguments, separated by blanks.",
    )
    params: tuple[Any, ...] = setting(
        ("${metadata.key}",),
        format="template",
        description="The further arguments: texts, numbers, or templates, of which each gives one argument.",
    )
    params_expr: str = setting(
        "",
        format="expression",
        deprecated=True,
        description="An expression for the further arguments, a list or a single one; used when params is empty.",
    )


def _build(settings: RedisClientSettings, node: NodeBuild) -> NodeFunction:
    words = [compile_template_setting(word, node, "cmd").text for word in split_command(settings.cmd)]
    if not words:
        node.report(Diagnostic(Code.BAD_SETTING, '"cmd" is empty', node.location("cmd")))
    parameters = _parameters(settings, node)
    server = redis_calls(settings, node)

    async def run(message: Message) -> Outcome:
        command = [payload_bytes(word(message)) for word in words]
        command[0] = command[0].lower()
        command += map(_argument, parameters(message))
        async with server.use() as redis:
            reply = await redis.call(*command)
        return Outcome(SUCCESS, message.replace(data=_payload(reply, command)))

    return run


def split_command(text: str) -> list[str]:
    """Return a command's words; blanks inside `${…}` do not count, nor do those that a value brings in later."""
    words, start = [], 0
    holes = [hole.span for hole in find_holes(text)]
    for position, character in enumerate(text):
        if character.isspace() and not any(span.start <= position < span.end for span in holes):
            words.append(text[start:position])
            start = position + 1
    return [word for word in (*words, text[start:]) if word]


def _parameters(settings: RedisClientSettings, node: NodeBuild) -> Callable[[Message], Iterable[Any]]:
    if not settings.params and settings.params_expr.strip():
        evaluate = compile_expression_setting(settings.params_expr, node, "paramsExpr")
        return lambda message: _as_list(evaluate(message))
    for index, parameter in enumerate(settings.params):
        if parameter is None:
            message = f"param at index {index} is nil"
            node.report(Diagnostic(Code.BAD_SETTING, message, node.location("params", index)))
    values = [
        compile_template_setting(parameter, node, "params", index).value
        for index, parameter in enumerate(settings.params)
    ]
    return lambda message: [value(message) for value in values]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _argument(value: Any) -> bytes:
    """Return an argument's bytes, as go-redis writes a value of its type.

    Raises:
        NodeError: It is an object or a list.
    """
    if isinstance(value, bool):
        return b"1" if value else b"0"
    if isinstance(value, (dict, list, tuple)):
        kind = "map[string]interface {}" if isinstance(value, dict) else "[]interface {}"
        raise NodeError(f"redis: can't marshal {kind} (implement encoding.BinaryMarshaler)")
    return value if isinstance(value, bytes) else payload_bytes(to_text_strict(value))


def _payload(reply: Any, command: list[bytes]) -> str | bytes:
    """Return a reply as a payload: a text as it is, a list as JSON.

    Raises:
        NodeError: There is nothing.
    """
    if reply is None:
        raise NodeError("redis: nil")
    if isinstance(reply, bytes):
        return payload_of(reply)
    if not isinstance(reply, list):
        return str(reply)
    items = [_plain(item) for item in reply]
    if any(tuple(map(bytes.lower, command[: len(words)])) == words for words in _MAPS):
        return to_json(dict(zip(items[::2], items[1::2], strict=False)))
    return to_json(items)


def _plain(reply: Any) -> Any:
    if isinstance(reply, list):
        return [_plain(item) for item in reply]
    if isinstance(reply, bytes):
        return reply.decode("utf-8", "replace")
    return str(reply) if isinstance(reply, Exception) else reply


SPEC = ComponentSpec(
    type="x/redisClient",
    category="external",
    summary="Runs a command on a Redis server",
    description=(
        "The reply becomes the payload: a text or number as it is, a list as JSON, hgetall and config get as a JSON "
        "object. The command is split into words before its templates are filled in, so a value is always one "
        "argument. Without params there still is one, the metadata key named key: write [] for none. Failure when the "
        "reply is an error or nothing, and when the server cannot be reached."
    ),
    build=_build,
    settings=RedisClientSettings,
    suspends=True,
    example={
        "server": "unix:///run/redis/redis.sock",
        "cmd": "HGET",
        "params": ["device:${metadata.deviceId}", "limit"],
    },
)
