"""What becomes of an entry: a pure decision, made of how it ended, the endpoint's policy and its delivery count."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from rulechain.api import Settlement


class Result(Enum):
    """How an entry's way through its router ended."""

    # The chain ended well, with responses or without.
    DONE = auto()
    # Nothing was run, or nothing came out, on purpose.
    FILTERED = auto()
    # A run ended in an unhandled failure, or there was no such run: it may go better next time.
    FAILED = auto()
    # It ended, but the server refused what was to be written: it may go better next time.
    UNWRITTEN = auto()
    # No router wants it, or it is no message: it will never go better.
    REFUSED = auto()
    # It was deleted while it was pending: there is nothing left to run.
    VANISHED = auto()
    # It was delivered too often without ever being settled: its chain may end the process that runs it.
    SPENT = auto()


@dataclass(frozen=True, slots=True)
class SettlePolicy:
    """An endpoint's rules: what an unhandled failure leads to, and after how many deliveries there is no retry."""

    on_failure: Settlement = Settlement.RETRY
    max_deliveries: int = 5


def settle(result: Result, policy: SettlePolicy, delivery_count: int) -> Settlement:
    """Decide what becomes of an entry."""
    match result:
        case Result.DONE | Result.FILTERED:
            return Settlement.ACK
        case Result.REFUSED | Result.VANISHED | Result.SPENT:
            return Settlement.DEAD_LETTER
        case Result.FAILED:
            wanted = policy.on_failure
        case Result.UNWRITTEN:
            wanted = Settlement.RETRY
        case _:
            assert_never(result)
    is_last = wanted is Settlement.RETRY and delivery_count >= policy.max_deliveries
    return Settlement.DEAD_LETTER if is_last else wanted
