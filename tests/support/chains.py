"""Chains for endpoint tests: plain functions of a message, behind the executor that endpoints know."""

import asyncio
import inspect

from rulechain.api import End, Run
from rulechain.diagnostics.errors import UnknownTypeError
from rulechain.model import FAILURE, SUCCESS


class Chains:
    """Implements `api.ChainExecutor` over functions by chain id.

    A function returns the outcome's message, a list of them (one end each), or a `Run`; what it raises is an unhandled
    failure. It may be async.
    """

    def __init__(self, **functions):
        self.functions = functions
        self.started = []

    def execute(self, chain_id, message, start=None):
        """Run a chain."""
        function = self.functions.get(chain_id)
        if function is None:
            raise UnknownTypeError(f"chainId={chain_id} not found error", name=chain_id)
        self.started.append((chain_id, start, message))
        if inspect.iscoroutinefunction(function):
            return _wait(function, message)
        return run_of(message, lambda: function(message))

    def component(self, type_, configuration, _location):
        """Return a component: the function of its name, with the configuration as second argument."""
        function = self.functions[type_]
        return lambda message: run_of(message, lambda: function(message, configuration))


async def _wait(function, message):
    try:
        outcome = await function(message)
    except Exception as error:  # noqa: BLE001 - a chain's failure is its outcome
        return failed(message, str(error))
    return run_of(message, lambda: outcome)


def run_of(message, function):
    """Return the run that a function's outcome stands for."""
    try:
        outcome = function()
    except Exception as error:  # noqa: BLE001 - a chain's failure is its outcome
        return failed(message, str(error))
    if isinstance(outcome, Run):
        return outcome
    messages = outcome if isinstance(outcome, list) else [outcome]
    return Run([End(SUCCESS, one, None, "node") for one in messages], completed=True)


def failed(message, error):
    """Return a run that ended in an unhandled failure."""
    end = End(FAILURE, message, error, "node")
    return Run([end], completed=True, failures=[end])


def echo(message):
    """Answer with the message itself."""
    return message


def fail(message):
    """End in an unhandled failure."""
    raise ValueError("no luck")


class Gate:
    """A chain that waits until it is opened."""

    def __init__(self):
        self.opened = asyncio.Event()
        self.waiting = 0
        self.most_waiting = 0

    async def chain(self, message):
        """Wait, then answer."""
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        await self.opened.wait()
        self.waiting -= 1
        return message
