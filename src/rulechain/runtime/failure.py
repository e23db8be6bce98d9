"""What failed, as a run says it; and a run whose failures concern nobody."""

import logging
import traceback
from collections.abc import Awaitable, Generator
from typing import Any

from rulechain.api import End, Outcome, Run
from rulechain.diagnostics.errors import RuleChainError
from rulechain.model import FAILURE, Message
from rulechain.plan import ChainPlan, PlannedNode

_log = logging.getLogger("rulechain.run")


def failed_run(message: Message, node_id: str, error: str) -> Run:
    """Return a run that could not begin."""
    end = End(FAILURE, message, error, node_id)
    return Run(ends=[end], completed=True, failures=[end], begun=False)


def failure_of(error: BaseException, message: Message, node: PlannedNode, plan: ChainPlan) -> Outcome:
    """Return the Failure that an exception of a node stands for."""
    if isinstance(error, RuleChainError):
        return Outcome(FAILURE, message, str(error))
    text = "".join(traceback.format_exception(error)).rstrip()
    _log.warning("node %r (%s) raised\n%s", node.id, node.type, plan.secrets.mask(text))
    return Outcome(FAILURE, message, error_text(error))


def is_outcome(result: Any) -> bool:
    """Whether a node may end with this."""
    return isinstance(result, Outcome) and isinstance(result.message, Message) and isinstance(result.relation, str)


def not_outcomes(result: Any) -> TypeError:
    """Return the error of a node that ended with something else."""
    got = repr(result) if isinstance(result, (Outcome, list, tuple)) else type(result).__name__
    return TypeError(f"a node ends with outcomes, got {got}")


def error_text(error: BaseException) -> str:
    """Return an exception as the text of an error."""
    if isinstance(error, RuleChainError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


class Forgotten(Awaitable[Run]):
    """A run that was left to itself."""

    def __init__(self, run: Awaitable[Run]) -> None:
        self._run = run

    def __await__(self) -> Generator[Any, None, Run]:
        yield from self._run.__await__()
        return Run()

    def close(self) -> None:
        """Give the run up."""
        if (close := getattr(self._run, "close", None)) is not None:
            close()
