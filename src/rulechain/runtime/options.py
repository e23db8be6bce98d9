"""How a run differs from the default one, and what its parts share."""

from collections.abc import Callable

import msgspec

from rulechain.api import Observer
from rulechain.plan import ChainPlan


def _find_none(_: str) -> ChainPlan | None:
    return None


class Steps:
    """How many nodes a run and the runs inside it have entered."""

    __slots__ = ("taken",)

    def __init__(self) -> None:
        self.taken = 0


# A msgspec struct because one is made per run inside another: a fifth of the cost of a dataclass.
class RunOptions(msgspec.Struct, frozen=True):
    """How a run differs from the default one; see `Chain.run`."""

    start: tuple[str, ...] = ()
    only_first: bool = False
    timeout_s: float | None = None
    debug: bool | None = None
    trace: bool = False
    failure_ends: bool = True
    observer: Observer | None = None
    find_chain: Callable[[str], ChainPlan | None] = _find_none
    # Of a run inside another: how many lead here, and the steps that they all count.
    depth: int = 0
    steps: Steps | None = None


DEFAULT_OPTIONS = RunOptions()
