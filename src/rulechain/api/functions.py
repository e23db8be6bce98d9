"""The functions a host application gives to the component `functions`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from rulechain.api.context import NodeContext
from rulechain.api.outcome import Outcome
from rulechain.model import Message

HostFunction = Callable[[Message, NodeContext], Outcome | Sequence[Outcome] | Awaitable[Outcome | Sequence[Outcome]]]


class HostFunctions(dict[str, HostFunction]):
    """Functions by name, as handed to the engine; a service that components may require."""

    def __init__(self, functions: Mapping[str, HostFunction] | None = None) -> None:
        super().__init__(functions or {})
