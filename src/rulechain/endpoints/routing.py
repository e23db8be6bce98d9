"""One router at work: entry → processors → chain → one response per branch end.

    when ─ transform in ─ processors ─ target ─ run ─ per end: transform out ─ processors ─ body ─ response

A router is compiled once. Its way is a generator that yields only what must be awaited: while nothing suspends, routing
an entry is plain function calls. Most routers have no processor but `responseToBody`. Theirs is a shorter way to the
same end, on which nothing is made that only processors see.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from rulechain.api import End, Exchange, Inbound, Outbound, Processor, Run, Steps, take_steps
from rulechain.diagnostics import Code, Diagnostic, Location
from rulechain.diagnostics.errors import ExpressionError, RuleChainError, RunError, UnknownTypeError
from rulechain.endpoints.respond import (
    RESPONSE_STREAM,
    RESPONSE_TOPIC,
    Response,
    payload_fields,
    response_fields,
    response_stream,
)
from rulechain.endpoints.settle import Result
from rulechain.endpoints.transform import Transform, TransformError
from rulechain.model import Message
from rulechain.values import to_text

_log = logging.getLogger("rulechain.endpoint")

# Runs whatever a router's target is, for the message as it stands after the processors.
Execute = Callable[[Inbound], Run | Awaitable[Run]]
Evaluate = Callable[[Message, Inbound], Any]


class Routed(msgspec.Struct, frozen=True):
    """How an entry's way through its router ended; of a failure, where, and which of the responses tell of it."""

    result: Result
    responses: Sequence[Response] = ()
    diagnostic: Diagnostic | None = None
    error_responses: Sequence[Response] = ()
    chain_id: str = ""
    node_id: str = ""
    # Of the span that followed the entry, if one did.
    traceparent: str = ""


FILTERED = Routed(Result.FILTERED)
DONE = Routed(Result.DONE)
_EMPTY = Outbound()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterPlan:
    """A router, compiled. What a document leaves out is None or empty."""

    id: str
    topics: tuple[str, ...]
    location: Location
    when: Evaluate | None = None
    order_by: Evaluate | None = None
    transform_in: Transform | None = None
    before: tuple[Processor, ...] = ()
    execute: Execute | None = None
    # What `execute` runs, in words: the chain's id, or a component.
    describe_target: Callable[[Inbound], str] | None = None
    transform_out: Transform | None = None
    after: tuple[Processor, ...] = ()
    response_topic: Evaluate | None = None
    # What that always gives, empty if it depends on the message.
    response_stream: str = ""
    # Whether no processor looks at what comes in or goes out, save `responseToBody`.
    is_direct: bool = False

    def takes(self, inbound: Inbound) -> bool:
        """Whether this router's `when` holds for an entry.

        Raises:
            ExpressionError: `when` cannot be evaluated on it.
        """
        return self.when is None or self.when(inbound.message, inbound) is True

    def lane(self, inbound: Inbound) -> tuple[str, str] | None:
        """Return what entries have in common that are processed one after the other, None for one that waits for none.

        Raises:
            ExpressionError: `orderBy` cannot be evaluated on it.
        """
        return None if self.order_by is None else (self.id, to_text(self.order_by(inbound.message, inbound)))

    def route(self, inbound: Inbound) -> Routed | Awaitable[Routed]:
        """Take an entry its whole way; never raises, what goes wrong is a failed `Routed`.

        Returns:
            How it ended; or, when something suspends, an awaitable of it.
        """
        return self._direct(inbound) if self.is_direct else take_steps(self._steps(inbound))

    def _direct(self, inbound: Inbound) -> Routed | Awaitable[Routed]:
        try:
            if self.transform_in is not None:
                inbound.message = self.transform_in(inbound.message)
            if self.execute is None:
                return FILTERED
            run = self.execute(inbound)
            return self._answered(inbound, run) if isinstance(run, Run) else take_steps(self._awaited(inbound, run))
        except Exception as error:  # noqa: BLE001 - as in _steps()
            return self.failure(inbound, error)

    def _awaited(self, inbound: Inbound, pending: Awaitable[Run]) -> "Steps[Routed]":
        try:
            return self._answered(inbound, (yield pending))
        except Exception as error:  # noqa: BLE001 - as in _steps()
            return self.failure(inbound, error)

    def _answered(self, inbound: Inbound, run: Run) -> Routed:
        responses: list[Response] = []
        error_responses: list[Response] = []
        # Without any of these nothing sets a body, and nothing is answered: see _answer().
        if self.after or self.response_topic is not None or self.transform_out is not None:
            for end in run.ends:
                message, error = end.message, end.error
                if self.transform_out is not None and error is None:
                    message = self.transform_out(message)
                stream = message.metadata.get(RESPONSE_TOPIC) or message.metadata.get(RESPONSE_STREAM, "")
                response = self._written(stream, message, message if error is None else error, inbound)
                if response is not None:
                    responses.append(response)
                    if error is not None:
                        error_responses.append(response)
        return self._routed(inbound, run, responses, error_responses)

    def _steps(self, inbound: Inbound) -> "Steps[Routed]":
        try:
            outbound = _EMPTY
            if self.transform_in is not None:
                inbound.message = self.transform_in(inbound.message)
            if self.before:
                outbound = Outbound()
                exchange = Exchange(inbound, outbound, self.id)
                for process in self.before:
                    if (verdict := process(exchange)) is not None and inspect.isawaitable(verdict):
                        verdict = yield verdict
                    if verdict is False:
                        return FILTERED
                if outbound.error is not None:
                    return self._failed(inbound, Code.NODE_FAILED, outbound.error)
            if self.execute is None:
                return FILTERED
            run = self.execute(inbound)
            if not isinstance(run, Run):
                run = yield run
            responses: list[Response] = []
            error_responses: list[Response] = []
            for end in run.ends:
                scoped = outbound.for_end(end.message, end.error)
                if self.transform_out is not None and end.error is None:
                    scoped.message = self.transform_out(end.message)
                if self.after:
                    exchange = Exchange(inbound, scoped, self.id)
                    for process in self.after:
                        if (verdict := process(exchange)) is not None and inspect.isawaitable(verdict):
                            verdict = yield verdict
                        if verdict is False:
                            break
                if (response := self._response(scoped, inbound)) is not None:
                    responses.append(response)
                    if end.error is not None:
                        error_responses.append(response)
            return self._routed(inbound, run, responses, error_responses)
        except Exception as error:  # noqa: BLE001 - whatever chains and processors raise fails this entry, not the endpoint
            return self.failure(inbound, error)

    def _response(self, outbound: Outbound, inbound: Inbound) -> Response | None:
        answer = self._answer(outbound)
        if answer is None:
            return None
        return self._written(response_stream(outbound), outbound.message, answer, inbound)

    def _written(
        self, stream: str, message: Message | None, answer: Message | str | bytes, inbound: Inbound
    ) -> Response | None:
        if not stream and self.response_topic is not None and message is not None:
            stream = self.response_topic(message, inbound)
        if not stream:
            return None
        if not stream.isascii():
            stream.encode()  # Half a surrogate pair, which no key can hold, fails the entry here, not its whole batch.
        return Response(stream, payload_fields(answer) if isinstance(answer, Message) else response_fields(answer))

    def _answer(self, outbound: Outbound) -> Message | str | bytes | None:
        """Return what a branch end is answered with: a message stands for its payload."""
        if outbound.answer is not None:
            return outbound.answer
        body = outbound.body
        if body is None:
            if self.response_topic is None and self.transform_out is None:
                return None
            return outbound.message if outbound.error is None else outbound.error
        if not isinstance(body, (str, bytes)):
            raise RunError(f"the body of a response is a str or bytes, and a processor set {type(body).__name__}")
        return body

    def _routed(self, inbound: Inbound, run: Run, responses: list[Response], error_responses: list[Response]) -> Routed:
        if run.failures:
            failed = run.failures[0]
            reason = _reason(failed)
            return self._failed(inbound, Code.NODE_FAILED, reason, failed.node_id, responses, error_responses)
        if not run.completed:
            return self._failed(inbound, Code.NODE_FAILED, "the run did not complete")
        if not run.ends:
            return FILTERED
        return Routed(Result.DONE, responses) if responses else DONE

    def failure(self, inbound: Inbound, error: Exception) -> Routed:
        """Return how an entry ended because of an exception."""
        if isinstance(error, UnknownTypeError):
            return self._failed(inbound, Code.UNKNOWN_CHAIN, str(error))
        if isinstance(error, TransformError):
            return self._failed(inbound, Code.EVALUATION, f"transform: {error}")
        if isinstance(error, ExpressionError):
            return self._failed(inbound, Code.EVALUATION, str(error).partition("\n")[0])
        if isinstance(error, RuleChainError):
            return self._failed(inbound, Code.NODE_FAILED, str(error))
        _log.error("router %s: an unexpected error", self.id, exc_info=error)
        kind = type(error).__name__
        return self._failed(inbound, Code.NODE_FAILED, f"{kind}: {error}" if str(error) else kind)

    def _failed(
        self,
        inbound: Inbound,
        code: Code,
        reason: str,
        node_id: str = "",
        responses: Sequence[Response] = (),
        error_responses: Sequence[Response] = (),
    ) -> Routed:
        try:
            chain_id = "" if self.describe_target is None else self.describe_target(inbound)
        except Exception:  # noqa: BLE001 - a target that cannot be evaluated is what the reason tells of
            chain_id = ""
        diagnostic = Diagnostic(code, reason, self.location)
        return Routed(Result.FAILED, responses, diagnostic, error_responses, chain_id, node_id)


class RouteSwitch:
    """The routers of one topic: the first whose `when` holds takes the entry."""

    __slots__ = ("_only", "_routers", "_topic")

    def __init__(self, topic: str, routers: tuple[RouterPlan, ...]) -> None:
        self._topic = topic
        self._routers = routers
        self._only = routers[0] if len(routers) == 1 and routers[0].when is None else None

    def choose(self, inbound: Inbound) -> RouterPlan | Routed:
        """Return the router that takes an entry, or how the entry ended because none does."""
        if self._only is not None:
            return self._only
        for router in self._routers:
            try:
                if router.takes(inbound):
                    return router
            except Exception as error:  # noqa: BLE001 - whatever it is, it fails this entry only
                return router.failure(inbound, error)
        message = f'no router of stream "{self._topic}" takes the entry: no `when` holds'
        return Routed(Result.REFUSED, (), Diagnostic(Code.NO_ROUTE, message, self._routers[0].location))


def _reason(end: End) -> str:
    return f'{end.error or "failed"} (node "{end.node_id}")' if end.node_id else end.error or "failed"
