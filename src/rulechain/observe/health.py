"""Whether a process is alive, and ready for work, as far as its endpoints tell: pure functions."""

from collections.abc import Iterable
from typing import NamedTuple

from rulechain.api import ConnectionState, EndpointStatus


class Health(NamedTuple):
    """A verdict, and a line for each endpoint."""

    is_well: bool
    text: str


def liveness(statuses: Iterable[EndpointStatus], stuck_after_s: float) -> Health:
    """Say whether the readers read: one that is connected, and has had no reply for so long, is stuck.

    A server that is away is no reason to be started anew: then readiness is what fails.
    """
    lines = []
    is_well = True
    for status in statuses:
        silence_s = status.silence_s or 0.0
        is_stuck = status.state is ConnectionState.CONNECTED and silence_s > stuck_after_s
        is_well = is_well and not is_stuck
        verdict = f"stuck: no reply to a read or commit for {silence_s:.0f} s" if is_stuck else "alive"
        lines.append(f"{status.endpoint_id}: {verdict}")
    return Health(is_well, "\n".join(lines))


def readiness(statuses: Iterable[EndpointStatus], *, is_stopping: bool = False) -> Health:
    """Say whether every endpoint is connected, and the process is not about to stop."""
    statuses = list(statuses)
    lines = [f"{each.endpoint_id}: {each.state}{f' ({each.message})' if each.message else ''}" for each in statuses]
    is_well = not is_stopping and all(each.state is ConnectionState.CONNECTED for each in statuses)
    return Health(is_well, "\n".join([*(["stopping"] if is_stopping else []), *lines]))
