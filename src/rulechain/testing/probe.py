"""A component whose node function is watched: what it is called with, and how each call ends."""

import dataclasses
from collections.abc import Awaitable, Generator
from dataclasses import dataclass
from typing import Any

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction
from rulechain.diagnostics.errors import RuleChainError


@dataclass(eq=False, slots=True)
class Call:
    """One call of the node function, and what came of it."""

    result: Any = None
    error: BaseException | None = None
    has_ended: bool = False

    def end(self, result: Any = None, error: BaseException | None = None) -> None:
        """Take note of how it ended."""
        self.result, self.error, self.has_ended = result, error, True


class Probe:
    """Watches one component; `spec` is the component to load instead."""

    def __init__(self, spec: ComponentSpec) -> None:
        self._build_function = spec.build
        self.spec = dataclasses.replace(spec, build=self._build)
        self.calls: list[Call] = []
        # Exceptions of `build` that are nothing a component should raise.
        self.crashes: list[Exception] = []

    def _build(self, settings: Any, node: NodeBuild) -> NodeFunction:
        try:
            function = self._build_function(settings, node)
        except RuleChainError:
            raise
        except Exception as error:
            self.crashes.append(error)
            raise
        # Where `build` reported an error it may return nothing: the chain does not load.
        return function if function is None else self._watched(function)

    def _watched(self, function: NodeFunction) -> NodeFunction:
        def run(*arguments: Any) -> Any:
            call = Call()
            self.calls.append(call)
            try:
                result = function(*arguments)
            except BaseException as error:
                call.end(error=error)
                raise
            if hasattr(result, "__await__"):
                return _WatchedAwaitable(result, call)
            call.end(result)
            return result

        # The longest wait of a component that joins.
        if (timeout_s := getattr(function, "timeout_s", None)) is not None:
            run.timeout_s = timeout_s  # type: ignore[attr-defined]
        return run


class _WatchedAwaitable(Awaitable[Any]):
    """What a node function that suspends gave, watched to its end."""

    def __init__(self, awaitable: Awaitable[Any], call: Call) -> None:
        self._awaitable = awaitable
        self._call = call

    def __await__(self) -> Generator[Any, None, Any]:
        try:
            result = yield from self._awaitable.__await__()
        except BaseException as error:
            self._call.end(error=error)
            raise
        self._call.end(result)
        return result

    def close(self) -> None:
        """Give it up, as the runtime does with what will not be awaited."""
        if (close := getattr(self._awaitable, "close", None)) is not None:
            close()
