"""`x/redisPub`: publishes the payload on a Redis channel."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.external.redis_server import RedisSettings, redis_calls
from rulechain.components.payload import payload_bytes
from rulechain.components.templates import compile_template_setting
from rulechain.model import SUCCESS, Message


@dataclass(frozen=True, slots=True)
class RedisPubSettings(RedisSettings):
    """Settings of `x/redisPub`."""

    channel: str = setting("default", required=True, format="template", description="The channel.")


def _build(settings: RedisPubSettings, node: NodeBuild) -> NodeFunction:
    channel = compile_template_setting(settings.channel, node, "channel").text
    server = redis_calls(settings, node)

    async def run(message: Message) -> Outcome:
        command = (b"publish", payload_bytes(channel(message)), payload_bytes(message.data))
        async with server.use() as redis:
            receivers = await redis.call(*command)
        return Outcome(SUCCESS, message.with_metadata("result", str(receivers)))

    return run


SPEC = ComponentSpec(
    type="x/redisPub",
    category="external",
    summary="Publishes the payload on a Redis channel",
    description=(
        "The metadata key result tells how many received it; nobody is no failure. Failure when the server cannot be "
        "reached. What nobody receives is gone: to keep it, add it to a stream with x/redisClient and XADD."
    ),
    build=_build,
    settings=RedisPubSettings,
    suspends=True,
    example={"server": "unix:///run/redis/redis.sock", "channel": "alarms.${metadata.site}"},
)
