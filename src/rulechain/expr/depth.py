"""Deeply nested expressions: how deep a tree is, and room for the stages that descend into it.

Every stage after parsing calls itself for the parts of a node. Python's limit on calls within calls is there to protect
the C stack, which calls of Python functions by Python functions do not use since Python 3.11: raising it costs memory
alone, and the depth of a tree is bounded. It is raised only while a deep tree is compiled.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rulechain.expr.nodes import Node, children

# A stage makes at most so many calls to come from a node to its part.
_CALLS = 10
# What every caller is taken to have left.
_ORDINARY = 40


class _Room:
    """How many compilations of deep trees are under way in the process, and the limit before the first of them."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.users = 0
        self.before = 0


# The limit belongs to the process, so this does too.
_ROOM = _Room()


@contextmanager
def deep_enough_for(levels: int) -> Iterator[None]:
    """Let calls nest deeply enough for a tree of so many levels."""
    if levels <= _ORDINARY:
        yield
        return
    with _ROOM.lock:
        if _ROOM.users == 0:
            _ROOM.before = sys.getrecursionlimit()
        _ROOM.users += 1
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _ROOM.before + levels * _CALLS))
    try:
        yield
    finally:
        with _ROOM.lock:
            _ROOM.users -= 1
            if _ROOM.users == 0:
                sys.setrecursionlimit(_ROOM.before)


def depth_of(root: Node) -> int:
    """Return the number of levels of a tree, without recursion."""
    depth = 0
    stack = [(root, 1)]
    while stack:
        node, level = stack.pop()
        depth = max(depth, level)
        stack.extend((child, level + 1) for child in children(node))
    return depth
