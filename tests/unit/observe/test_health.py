"""Whether a process is alive and ready, as its endpoints tell."""

import pytest

from rulechain.api import ConnectionState, EndpointStatus
from rulechain.observe.health import liveness, readiness


def status(state=ConnectionState.CONNECTED, silence_s=1.0, message=""):
    return EndpointStatus(endpoint_id="e", state=state, silence_s=silence_s, message=message)


@pytest.mark.parametrize(
    "seen, is_alive",
    [
        (status(), True),
        (status(silence_s=None), True),
        (status(silence_s=61), False),
        (status(ConnectionState.RECONNECTING, 3600), True),
        (status(ConnectionState.DISCONNECTED, 3600), True),
    ],
    ids=["reads", "has not read yet", "stuck", "the server is away", "stopped"],
)
def test_liveness(seen, is_alive):
    """Only a reader that is connected and silent is stuck: a server that is away is no fault of the process."""
    health = liveness([status(), seen], 60)
    assert health.is_well is is_alive
    assert ("e: stuck: no reply to a read or commit for 61 s" in health.text) is not is_alive


def test_readiness():
    """Ready is when every endpoint is connected and nothing is about to stop; the reason is told."""
    away = status(ConnectionState.RECONNECTING, message="no route")
    assert readiness([status()]).is_well
    assert not readiness([status(), away]).is_well
    assert readiness([status(), away]).text == "e: connected\ne: reconnecting (no route)"
    stopping = readiness([status()], is_stopping=True)
    assert (stopping.is_well, stopping.text) == (False, "stopping\ne: connected")
