"""The helper that waits instead of sleeping."""

import asyncio
from itertools import count

import pytest

from support.eventually import eventually, eventually_blocking


def test_the_first_true_value_is_returned():
    """Waiting ends with the value that made it end, for plain and async conditions."""
    numbers, more = count(), count()

    async def three():
        return next(more) // 3

    async def wait():
        return await eventually(lambda: next(numbers) // 3), await eventually(three)

    assert asyncio.run(wait()) == (1, 1)
    assert eventually_blocking(lambda: next(numbers) // 6) == 1


def test_waiting_in_vain_fails_with_the_last_value():
    """What never becomes true fails the test, and tells what it was instead."""
    with pytest.raises(AssertionError, match=r"not true within 0\.01 s; the last value was \[\]"):
        asyncio.run(eventually(list, within_s=0.01))
    with pytest.raises(AssertionError, match="the last value was 0"):
        eventually_blocking(lambda: 0, within_s=0.01)
