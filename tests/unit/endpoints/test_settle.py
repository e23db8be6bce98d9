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
        (Result.FILTERED, SettlePolicy(), 99, ACK),
        (Result.VANISHED, SettlePolicy(), 1, ACK),
        (Result.FAILED, SettlePolicy(), 1, RETRY),
        (Result.FAILED, SettlePolicy(on_failure=ACK), 1, ACK),
        (Result.REFUSED, SettlePolicy(), 1, RETRY),
        (Result.REFUSED, SettlePolicy(on_failure=ACK), 1, RETRY),
        (Result.REFUSED, SettlePolicy(dead_letters=True), 1, DEAD),
        (Result.FAILED, SettlePolicy(dead_letters=True), 99, RETRY),
        (Result.FAILED, SettlePolicy(max_deliveries=3, dead_letters=True), 2, RETRY),
        (Result.FAILED, SettlePolicy(max_deliveries=3, dead_letters=True), 3, DEAD),
        (Result.FAILED, SettlePolicy(max_deliveries=3), 3, RETRY),
        (Result.FAILED, SettlePolicy(on_failure=ACK, max_deliveries=3, dead_letters=True), 3, ACK),
        (Result.FAILED, SettlePolicy(on_failure=DEAD), 1, RETRY),
        (Result.FAILED, SettlePolicy(on_failure=DEAD, dead_letters=True), 1, DEAD),
    ],
)
def test_settle(result, policy, deliveries, settlement):
    """Good ends are acknowledged, failures follow the policy, and without dead letters there are none."""
    assert settle(result, policy, deliveries) is settlement


@given(
    st.sampled_from(Result),
    st.builds(
        SettlePolicy,
        on_failure=st.sampled_from(Settlement),
        max_deliveries=st.none() | st.integers(1, 10),
        dead_letters=st.booleans(),
    ),
    st.integers(1, 20),
)
def test_no_failure_is_lost(result, policy, deliveries):
    """Exactly one settlement; only what went well or is gone, or what the policy gives up by name, is acknowledged."""
    settlement = settle(result, policy, deliveries)
    well = result in (Result.DONE, Result.FILTERED, Result.VANISHED)
    given_up = result is Result.FAILED and policy.on_failure is ACK
    assert (settlement is ACK) == (well or given_up)
    assert settlement is not DEAD or policy.dead_letters
