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
    # It was deleted while it was pending: there is nothing left to run.
    VANISHED = auto()
    # A run ended in an unhandled failure, or there was no such run: it may go better next time.
    FAILED = auto()
    # No router wants it, or it is no message: it will never go better.
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class SettlePolicy:
    """An endpoint's rules. Without dead letters, what would become one stays pending instead."""

    on_failure: Settlement = Settlement.RETRY
    max_deliveries: int | None = None
    dead_letters: bool = False


def settle(result: Result, policy: SettlePolicy, delivery_count: int) -> Settlement:
    """Decide what becomes of an entry."""
    match result:
        case Result.DONE | Result.FILTERED | Result.VANISHED:
            return Settlement.ACK
        case Result.REFUSED:
            wanted = Settlement.DEAD_LETTER
        case Result.FAILED:
            wanted = policy.on_failure
            if wanted is Settlement.RETRY and _is_spent(policy, delivery_count):
                wanted = Settlement.DEAD_LETTER
        case _:
            assert_never(result)
    return Settlement.RETRY if wanted is Settlement.DEAD_LETTER and not policy.dead_letters else wanted


def _is_spent(policy: SettlePolicy, delivery_count: int) -> bool:
    return policy.max_deliveries is not None and delivery_count >= policy.max_deliveries
