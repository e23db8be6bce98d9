"""How a run differs from the default one, and what its parts share."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from rulechain.api import Observer
from rulechain.plan import ChainPlan
from rulechain.runtime.limits import Steps

_NO_VALUES: Mapping[str, Any] = MappingProxyType({})


def _find_none(_: str) -> ChainPlan | None:
    return None


class Start(NamedTuple):
    """A node to begin at; or to go on behind, as if it had ended with these relations."""

    node_id: str
    relations: tuple[str, ...] | None = None


# A msgspec struct because one is made per run inside another: a fifth of the cost of a dataclass.
class RunOptions(msgspec.Struct, frozen=True):
    """How a run differs from the default one; see `Chain.run`."""

    # Where it begins instead of the first node.
    start: tuple[Start, ...] = ()
    only_first: bool = False
    timeout_s: float | None = None
    debug: bool | None = None
    trace: bool = False
    values: Mapping[str, Any] = _NO_VALUES
    failure_ends: bool = True
    observer: Observer | None = None
    find_chain: Callable[[str], ChainPlan | None] = _find_none
    # What begins runs of other chains inside this one: `execute`, or something around it; None means `execute`.
    begin: Callable[..., Any] | None = None
    # Of a run inside another: how many lead here, and the steps that they all count.
    depth: int = 0
    steps: Steps | None = None


DEFAULT_OPTIONS = RunOptions()
