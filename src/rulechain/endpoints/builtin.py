"""The endpoint types that come with the package."""

from rulechain.api import EndpointSpec
from rulechain.endpoints.redis_stream.spec import REDIS_STREAM


def builtin_endpoints() -> list[EndpointSpec]:
    """Return the built-in endpoint types."""
    return [REDIS_STREAM]
