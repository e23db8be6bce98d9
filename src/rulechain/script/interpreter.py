"""One thread's JavaScript context: QuickJS with limits, the prelude and nothing else.

QuickJS contexts must never be used by two threads at once, and what they hand out must be freed by the thread that uses
them; so nothing made here leaves the interpreter but texts and truth values.
"""

import functools
import json
import re
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rulechain.diagnostics.errors import ExpressionSyntaxError
from rulechain.script.syntax import FAR, Wrapped, syntax_diagnostic, udf_diagnostic

# Words without which a script cannot leave work behind for later.
_QUEUES = re.compile(r"\b(?:async|await|Promise|import|eval|Function|constructor)\b|\\u")
_MAX_JOBS = 1000
_MEMBER = "(function (table, name) { return table[name] })"
# Looks a name up where it stands; it has none of its own that could hide one.
_FIND = "function () { try { return eval(arguments[0]) } catch {} }"
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_FAR = "\n" * FAR
_NO_NAMES = frozenset(["this", "arguments", "null", "true", "false"])


# A script behind one of the prelude's forms: texts in, a text or a truth value out.
ScriptCall = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a script may use: CPU time of the process (0 or less: no limit), memory and stack of its context."""

    timeout_s: float
    memory_bytes: int
    stack_bytes: int


class LimitError(Exception):
    """A script ran into a limit; `broken` says that its context must not be used again."""

    def __init__(self, message: str, *, broken: bool = False) -> None:
        super().__init__(message)
        self.broken = broken


class Interpreter:
    """A context with the engine's properties and user-defined functions, sealed."""

    def __init__(self, properties: str, udfs: Mapping[str, str], limits: Limits) -> None:
        # Imported on first use: the library starts a thread of its own, and many chains have no script.
        import quickjs  # noqa: PLC0415

        # A ValueError is about a text that the engine cannot take: NUL in a source, or half of a surrogate pair.
        self.failure: tuple[type[Exception], ...] = (quickjs.JSException, ValueError, LimitError)
        self._limits = limits
        self._context = context = quickjs.Context()
        context.set_memory_limit(limits.memory_bytes)
        context.set_max_stack_size(limits.stack_bytes)
        if limits.timeout_s > 0:
            context.set_time_limit(limits.timeout_s)
        table = context.eval(_prelude())
        member = context.eval(_MEMBER)
        self._publish = member(table, "publish")
        for name, source in udfs.items():
            self._define(name, source)
        # Whether user-defined functions have left the language's own objects as they were.
        self.intact: bool = member(table, "intact")()
        self._bind = member(table, "bind")
        member(table, "seal")(properties)
        self._udfs_queue = any(_QUEUES.search(source) for source in udfs.values())
        self._owners: dict[int, weakref.ref[Any]] = {}
        self.calls: dict[int, ScriptCall] = {}

    def compile(self, owner: object, key: int, form: str, wrapped: Wrapped, vars_: str) -> ScriptCall:
        """Compile a script and keep it in `calls` under its key for as long as its owner lives.

        Raises:
            ExpressionSyntaxError: The body is not that of one function (J551).
        """
        for dead in [other for other, ref in self._owners.items() if ref() is None]:
            del self._owners[dead], self.calls[dead]
        call: ScriptCall | None
        try:
            call = self._bind(form, self._context.eval(wrapped.text), vars_, wrapped.function)
            report = ""
        except self.failure as error:
            call, report = None, str(error)
        if call is None:
            raise ExpressionSyntaxError([syntax_diagnostic(report, wrapped, self._compiles)])
        if self._udfs_queue or _QUEUES.search(wrapped.body):
            call = functools.partial(self._call_and_settle, call)
        self._owners[key] = weakref.ref(owner)
        self.calls[key] = call
        return call

    def limit_error(self, error: Exception, wrapped: Wrapped) -> LimitError:
        """Return what it means that a call of a function raised `failure`."""
        first = str(error).partition("\n")[0]
        if "interrupted" in first:
            return LimitError(f"execution timeout at {wrapped.name} ({self._limits.timeout_s:g}s)")
        if "out of memory" in first or (first == "null" and "throw" not in wrapped.body):
            megabytes = self._limits.memory_bytes >> 20
            return LimitError(f"out of memory: the script used more than {megabytes} MiB", broken=True)
        if isinstance(error, LimitError):
            return error
        return LimitError(first, broken=first == "null")

    def _call_and_settle(self, call: ScriptCall, *arguments: Any) -> Any:
        """Call, then run what the script left in the job queue: nothing waits for it, but it would pile up."""
        result = call(*arguments)
        for _ in range(_MAX_JOBS):
            if not self._context.execute_pending_job():
                return result
        raise LimitError("execution timeout: the script's promises lead to ever more promises", broken=True)

    def _compiles(self, text: str) -> bool:
        try:
            self._context.eval(text)
        except self.failure:
            return False
        return True

    def _define(self, name: str, source: str) -> None:
        """Run the source of user-defined functions; a function expression gets the name it is registered under.

        It runs inside a function: only what it declares becomes global, to be sealed, and not the variables as such.
        """
        expression = f"globalThis[{json.dumps(name)}] ??= ({source.strip().rstrip(';')})"
        is_expression = self._compiles(f"(function () {{ {expression} }})")
        is_program = self._compiles(f"(function () {{ {source}\n}})")
        try:
            if is_program:
                names = sorted(set(_NAME.findall(source)) - _NO_NAMES)
                find = self._context.eval(f"{_FAR}(function () {{ {source}\n;return {_FIND} }})()")
                self._publish(find, " ".join(names))
            elif not is_expression:
                self._context.eval(source)
            if is_expression:
                self._context.eval(_FAR + expression)
        except self.failure as error:
            raise ExpressionSyntaxError([udf_diagnostic(str(error), name, source)]) from None


@functools.cache
def _prelude() -> str:
    return _FAR + Path(__file__).with_name("prelude.js").read_text(encoding="utf-8")
