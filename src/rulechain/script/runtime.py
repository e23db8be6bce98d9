"""Scripts as functions: compiled once, called per message, one JavaScript context per thread."""

import itertools
import json
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from rulechain.diagnostics import Location, Span
from rulechain.script.errors import ScriptError, ThrownAt, thrown_at
from rulechain.script.interpreter import Interpreter, Limits, ScriptCall
from rulechain.script.syntax import Wrapped, thrown_span, wrap
from rulechain.values import EMPTY, StringMap, to_json

if TYPE_CHECKING:
    from rulechain.script.compiled import PlainScript

# What a script's result is taken for: `truth` (is it `true`?), `text`, `texts` (a list of them), or `change` (an object
# that says what becomes of a message). The last three answer None when it is something else.
Form = Literal["truth", "text", "texts", "change"]
# Finds a place in a script in the document that the script comes from.
Place = Callable[[Span], Location]

_MIB = 1024 * 1024
_MOST_STACKS = 100
_keys = itertools.count()


class ScriptRuntime:
    """Compiles and runs the scripts of one engine.

    Scripts see `global` (the engine's properties), `vars` (their chain's variables) and the user-defined functions, all
    frozen, and nothing of the host. Every call is limited in time, memory and stack. The time limit counts CPU time of
    the process, so leave room for other threads; 0 turns it off.

    Args:
        properties: What scripts see as `global`.
        udfs: Sources of functions by name.
        timeout_s: The longest that a call may take.
        memory_bytes: The most memory that a thread's scripts may take together.
        stack_bytes: The deepest that calls may nest.
        plain: Whether to make Python functions of scripts that allow it; the results are the same.

    Raises:
        ExpressionSyntaxError: A user-defined function does not compile.
    """

    def __init__(
        self,
        properties: StringMap = EMPTY,
        udfs: Mapping[str, str] | None = None,
        timeout_s: float = 2.0,
        memory_bytes: int = 64 * _MIB,
        stack_bytes: int = _MIB,
        *,
        plain: bool = True,
    ) -> None:
        self._global = properties
        self._properties = to_json(properties)
        self._plain = plain
        self._udfs = dict(udfs or {})
        self._limits = Limits(timeout_s, memory_bytes, stack_bytes)
        self._threads = threading.local()
        if self._udfs:
            self._interpreter()

    def compile(
        self,
        name: str,
        parameters: tuple[str, ...],
        body: str,
        *,
        form: Form,
        vars: StringMap = EMPTY,  # noqa: A002 - the scripts' own word
        place: Place | None = None,
    ) -> "ScriptFunction":
        """Compile the body of a function.

        Args:
            name: What the function is called in errors.
            parameters: Its parameters.
            body: Its body.
            form: What its result is taken for.
            vars: The chain's variables.
            place: Finds a place of the body in its document, for the errors of calls.

        Raises:
            ExpressionSyntaxError: The body is not valid; the spans of its diagnostics count characters of the body.
        """
        function = ScriptFunction(self, self._threads, wrap(name, parameters, body), form, to_json(vars), place)
        self.bind(function)
        if self._plain and self._interpreter().intact:
            from rulechain.script.compiled import compile_plain  # noqa: PLC0415 - takes time, and many chains have no script

            # What becomes of a message is said by an object whose members have the parameters' names.
            parts = parameters if form == "change" else ()
            function.plain = compile_plain(parameters, body, self._global, vars, parts)
        return function

    def bind(self, function: "ScriptFunction") -> ScriptCall:
        """Compile a function in this thread's context."""
        return self._interpreter().compile(function, function.key, function.form, function.wrapped, function.vars)

    def failure(self, error: Exception, function: "ScriptFunction") -> ScriptError:
        """Return what to raise when a call ended in an error of the engine; a context that it broke is given up."""
        limit = self._threads.interpreter.limit_error(error, function.wrapped)
        if limit.broken:
            del self._threads.interpreter
        return ScriptError(str(limit), function.wrapped.body)

    def _interpreter(self) -> Interpreter:
        interpreter: Interpreter | None = getattr(self._threads, "interpreter", None)
        if interpreter is None:
            interpreter = self._threads.interpreter = Interpreter(self._properties, self._udfs, self._limits)
        return interpreter


class ScriptFunction:
    """A compiled script, callable from any thread.

    `plain` is the same script as a Python function, for those that allow it.
    """

    __slots__ = ("__weakref__", "_place", "_runtime", "_threads", "_thrown", "form", "key", "plain", "vars", "wrapped")

    def __init__(
        self,
        runtime: ScriptRuntime,
        threads: threading.local,
        wrapped: Wrapped,
        form: Form,
        vars_: str,
        place: Place | None,
    ) -> None:
        self._runtime = runtime
        self._threads = threads
        self.key = next(_keys)
        self.wrapped = wrapped
        self.form = form
        self.vars = vars_
        self.plain: PlainScript | None = None
        self._place = place
        # Where the script has thrown before, by the error's stack: to find a place in a document takes time.
        self._thrown: dict[str, ThrownAt] = {}

    def __call__(self, *arguments: str | bool | None) -> Any:
        """Call the script.

        Args:
            *arguments: The payload's text and whether to read it as JSON; then the metadata as JSON text, the type and
                the data type. What the script never names may be None or left out.

        Returns:
            A bool for the form `truth`, else a text as prelude.js describes it; None when the result has another form.

        Raises:
            ScriptError: The script threw, or ran into a limit.
        """
        try:
            call = self._threads.interpreter.calls[self.key]
        except (AttributeError, KeyError):
            call = self._runtime.bind(self)
        try:
            result = call(*arguments)
        except self._threads.interpreter.failure as error:
            raise self._runtime.failure(error, self) from None
        if type(result) is str and result[0] == "!":
            raise self._error(*json.loads(result[1:]))
        return result

    def _error(self, text: str, stack: str) -> ScriptError:
        at = self._thrown.get(stack)
        if at is None:
            at = self._thrown_at(stack)
            # Stacks are the script's own data: it could make ever new ones.
            if at is not None and len(self._thrown) < _MOST_STACKS:
                self._thrown[stack] = at
        return ScriptError(text, self.wrapped.body, at)

    def _thrown_at(self, stack: str) -> ThrownAt | None:
        wrapped = self.wrapped
        span = thrown_span(stack, wrapped)
        if span is None:
            return None
        return thrown_at(wrapped.body, wrapped.name, span, self._place(span) if self._place else None)
