"""The place of one execution of a node in its run: `api.NodeContext`."""

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any

from rulechain.api import Run
from rulechain.model import Message

# (message, node id, chain id, whether to run that node alone)
RunInside = Callable[[Message, str, str, bool], Run | Awaitable[Run]]


@dataclass(frozen=True, slots=True)
class ExecutionContext:
    """What a node that asks for its context gets."""

    chain_id: str
    node_id: str
    from_id: str
    relation: str
    error: str | None
    run_inside: RunInside
    # What the run waits for besides its nodes.
    left: list[Awaitable[Run]]

    def run(self, message: Message, *, node: str = "", chain: str = "", only: bool = False) -> Run | Awaitable[Run]:
        """Run a message through another chain, or from another node on."""
        return self.run_inside(message, node, chain, only)

    def leave(self, run: Awaitable[Run]) -> None:
        """Let a run go on by itself."""
        self.left.append(_Forgotten(run))


class _Forgotten(Awaitable[Run]):
    """A run whose failures concern nobody."""

    def __init__(self, run: Awaitable[Run]) -> None:
        self._run = run

    def __await__(self) -> Generator[Any, None, Run]:
        yield from self._run.__await__()
        return Run()

    def close(self) -> None:
        """Give the run up."""
        if (close := getattr(self._run, "close", None)) is not None:
            close()
