"""What becomes of an entry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulechain.api import Settlement
from rulechain.endpoints.settle import Result, SettlePolicy, settle

ACK, RETRY, DEAD = Settlement.ACK, Settlement.RETRY, Settlement.DEAD_LETTER


@pytest.mark.parametrize(
    "result,policy,deliveries,settlement",
    [
        (Result.DONE, SettlePolicy(), 1, ACK),
        (Result.DONE, SettlePolicy(on_failure=DEAD), 99, ACK),
        (Result.FILTERED, SettlePolicy(), 99, ACK),
        (Result.FAILED, SettlePolicy(), 1, RETRY),
        (Result.FAILED, SettlePolicy(), 4, RETRY),
        (Result.FAILED, SettlePolicy(), 5, DEAD),
        (Result.FAILED, SettlePolicy(max_deliveries=1), 1, DEAD),
        (Result.FAILED, SettlePolicy(max_deliveries=3), 4, DEAD),
        (Result.FAILED, SettlePolicy(on_failure=ACK), 1, ACK),
        (Result.FAILED, SettlePolicy(on_failure=ACK), 99, ACK),
        (Result.FAILED, SettlePolicy(on_failure=DEAD), 1, DEAD),
        (Result.UNWRITTEN, SettlePolicy(), 4, RETRY),
        (Result.UNWRITTEN, SettlePolicy(), 5, DEAD),
        (Result.UNWRITTEN, SettlePolicy(on_failure=ACK), 1, RETRY),
        (Result.UNWRITTEN, SettlePolicy(on_failure=ACK), 5, DEAD),
        (Result.UNWRITTEN, SettlePolicy(on_failure=DEAD), 1, RETRY),
        (Result.REFUSED, SettlePolicy(), 1, DEAD),
        (Result.REFUSED, SettlePolicy(on_failure=ACK), 1, DEAD),
        (Result.VANISHED, SettlePolicy(on_failure=ACK), 1, DEAD),
        (Result.SPENT, SettlePolicy(on_failure=ACK), 7, DEAD),
    ],
)
def test_settle(result, policy, deliveries, settlement):
    """Good ends are acknowledged, failures follow the policy up to the last delivery, the hopeless are set aside."""
    assert settle(result, policy, deliveries) is settlement


@given(
    st.sampled_from(Result),
    st.builds(SettlePolicy, on_failure=st.sampled_from(Settlement), max_deliveries=st.integers(1, 10)),
    st.integers(1, 20),
)
def test_no_failure_is_lost(result, policy, deliveries):
    """Only what went well, or what the policy gives up by name, is acknowledged; nothing is tried for ever."""
    settlement = settle(result, policy, deliveries)
    well = result in (Result.DONE, Result.FILTERED)
    given_up = result is Result.FAILED and policy.on_failure is ACK
    assert (settlement is ACK) == (well or given_up)
    assert settlement is not RETRY or deliveries < policy.max_deliveries
