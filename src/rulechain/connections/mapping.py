"""redis-py's exceptions → ours, by the first word of a reply, never by its sentence."""

import redis.exceptions as redis_errors

from rulechain.connections.errors import (
    AccessRefusedError,
    GroupExistsError,
    NoGroupError,
    NoPermissionError,
    RedirectedError,
    ReplyError,
    UnknownScriptError,
)
from rulechain.diagnostics.errors import EndpointError, EndpointUnavailableError

_BY_WORD: dict[str, type[EndpointError]] = {
    "NOGROUP": NoGroupError,
    "BUSYGROUP": GroupExistsError,
    "NOSCRIPT": UnknownScriptError,
    "NOPERM": NoPermissionError,
    "NOAUTH": AccessRefusedError,
    "WRONGPASS": AccessRefusedError,
    # Passing states of a server: starting, failing over, out of memory or disk, running a script.
    "LOADING": EndpointUnavailableError,
    "MASTERDOWN": EndpointUnavailableError,
    "CLUSTERDOWN": EndpointUnavailableError,
    "READONLY": EndpointUnavailableError,
    "NOREPLICAS": EndpointUnavailableError,
    "TRYAGAIN": EndpointUnavailableError,
    "MISCONF": EndpointUnavailableError,
    "OOM": EndpointUnavailableError,
    "BUSY": EndpointUnavailableError,
    "UNBLOCKED": EndpointUnavailableError,
}

# The library strips the first word of those replies it has a class for, and keeps it as `status_code`.
_BY_CLASS: tuple[tuple[type[Exception], type[EndpointError]], ...] = (
    (redis_errors.AuthenticationError, AccessRefusedError),
    (redis_errors.AuthenticationWrongNumberOfArgsError, AccessRefusedError),
    (redis_errors.AuthorizationError, AccessRefusedError),
    (redis_errors.ExternalAuthProviderError, AccessRefusedError),
    (redis_errors.NoScriptError, UnknownScriptError),
    (redis_errors.NoPermissionError, NoPermissionError),
    (redis_errors.ReadOnlyError, EndpointUnavailableError),
    (redis_errors.ClusterDownError, EndpointUnavailableError),
    (redis_errors.TryAgainError, EndpointUnavailableError),
    (redis_errors.ConnectionError, EndpointUnavailableError),
    (redis_errors.TimeoutError, EndpointUnavailableError),
    # The stream of replies can no longer be trusted: only a new connection helps.
    (redis_errors.InvalidResponse, EndpointUnavailableError),
)


def map_error(error: Exception, server: str) -> EndpointError:
    """Return our exception for one of redis-py's or the operating system's.

    Args:
        error: What was raised.
        server: The server's address, without credentials.
    """
    text = str(error) or ("no reply in time" if isinstance(error, TimeoutError) else type(error).__name__)
    if isinstance(error, OSError):
        return EndpointUnavailableError(f"{server}: {text}")
    if isinstance(error, redis_errors.AskError):
        asks = not isinstance(error, redis_errors.MovedError)
        told = f"{server}: the keys of slot {error.slot_id} are at {error.host}:{error.port}"
        return RedirectedError(told, error.host, error.port, asks=asks)
    word = getattr(error, "status_code", None) or text.partition(" ")[0]
    reply = text if text.startswith(word) else f"{word} {text}"
    kind = _BY_WORD.get(word) or next((ours for theirs, ours in _BY_CLASS if isinstance(error, theirs)), ReplyError)
    return kind(reply) if issubclass(kind, ReplyError) else kind(f"{server}: {text}")
