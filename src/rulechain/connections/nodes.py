"""Nodes whose connection other nodes use by id: `dsn: "ref://id"`, of the same chain or defined for the engine."""

import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar, cast

from rulechain.api import Resource

T = TypeVar("T")


class SharedNode(NamedTuple):
    """A node's type and configuration, which says what its connection leads to."""

    type: str
    configuration: Mapping[str, Any]


class _Slot(Generic[T]):
    """A connection while anybody has a part in it; users may be in several threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._resource: Resource[T] | None = None
        self._users = 0

    def take(self, make: Callable[[], Resource[T]]) -> Resource[T]:
        """Return the connection for one more user."""
        self._resource = self._resource or make()
        self._users += 1
        return self._resource

    def give_back(self) -> Resource[T] | None:
        """Return the connection if its last user has gone: it is to be closed."""
        self._users -= 1
        resource = None if self._users else self._resource
        if resource is not None:
            self._resource = None
        return resource


class SharedNodes:
    """Nodes by id, and one connection for all that use the same one.

    It is opened for the first message of the first user, and closed with the last user.
    """

    def __init__(self, nodes: Mapping[str, SharedNode] | None = None) -> None:
        self._nodes = dict(nodes or {})
        self._slots: dict[str, _Slot[Any]] = {}

    def define(self, id_: str, node: SharedNode) -> None:
        """Name a node; users of an earlier one of this id keep its connection until they let go."""
        self._nodes[id_] = node
        self._slots.pop(id_, None)

    def remove(self, id_: str) -> None:
        """Forget a node; its users go on. An unknown id is no mistake."""
        self._nodes.pop(id_, None)
        self._slots.pop(id_, None)

    @property
    def ids(self) -> tuple[str, ...]:
        """The names, in the order they were defined."""
        return tuple(self._nodes)

    def get(self, id_: str) -> SharedNode | None:
        """Return a node, None where there is none of this id."""
        return self._nodes.get(id_)

    def share(self, id_: str, make: Callable[[], Resource[T]]) -> "Share[T]":
        """Return a part in a node's connection, which the first user's `make` makes."""
        return Share(cast("_Slot[T]", self._slots.setdefault(id_, _Slot())), make)


class ChainNodes(SharedNodes):
    """The nodes of the chain that is being compiled; goes with its plan.

    Args:
        nodes: All of them, as they are written.
        fill: Fills `${global.x}` and its like into a configuration.
    """

    def __init__(self, nodes: Mapping[str, SharedNode], fill: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        super().__init__(nodes)
        self._fill = fill

    def get(self, id_: str) -> SharedNode | None:
        """Return a node, None where there is none of this id."""
        node = super().get(id_)
        return None if node is None else node._replace(configuration=self._fill(node.configuration))


class Share(Generic[T]):
    """One node's part in a connection: taken with its first message, given back by `close`."""

    def __init__(self, slot: _Slot[T], make: Callable[[], Resource[T]]) -> None:
        self._slot = slot
        self._make = make
        self._resource: Resource[T] | None = None
        self._is_closed = False

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[T]:
        """Have the connection open while the block runs; others may use it at the same time."""
        resource = self._resource or self._take()
        if resource is None:
            # Nobody would give a part back any more: a closed one opens for each user, and closes behind it.
            resource = self._make()
            await resource.close()
        async with resource.use() as thing:
            yield thing

    async def close(self) -> None:
        """Give the part back; the last one closes the connection."""
        with self._slot.lock:
            has_part = self._resource is not None and not self._is_closed
            self._is_closed = True
            idle = self._slot.give_back() if has_part else None
        if idle is not None:
            await idle.close()

    def _take(self) -> Resource[T] | None:
        with self._slot.lock:
            if self._resource is None and not self._is_closed:
                self._resource = self._slot.take(self._make)
            return self._resource
