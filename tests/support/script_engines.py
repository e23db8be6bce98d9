"""One script in both engines: as Python with QuickJS behind it, and in QuickJS alone."""

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rulechain.api import Outcome
from rulechain.components.scripts import compile_script_setting
from rulechain.diagnostics import Location, Source
from rulechain.diagnostics.errors import RuleChainError
from rulechain.script import ScriptRuntime
from rulechain.values import EMPTY, StringMap

NAMES = {"truth": "Filter", "texts": "Switch", "change": "Transform", "text": "ToString"}


class CountingRuntime(ScriptRuntime):
    """Counts the calls that come to QuickJS."""

    calls = 0

    def compile(self, *arguments, **facts):
        function = super().compile(*arguments, **facts)
        return _Counted(self, function, function.plain)


@dataclass
class _Counted:
    runtime: CountingRuntime
    function: Any
    plain: Any

    def __call__(self, *arguments):
        self.runtime.calls += 1
        return self.function(*arguments)


@dataclass
class _Node:
    """Implements what of `api.NodeBuild` a script needs."""

    runtime: ScriptRuntime
    body: str
    vars: StringMap
    diagnostics: list = field(default_factory=list)

    def require(self, _):
        return self.runtime

    def report(self, diagnostic):
        self.diagnostics.append(diagnostic)

    def reads_outputs(self, names):
        """A script reads no node's output."""

    def location(self, *path, span=None):
        document = Source("chain.json", json.dumps({"jsScript": self.body}, indent=2))
        return Location(document, "/" + "/".join(path), span)


class Answers(NamedTuple):
    """What both engines made of a message; `in_python` says that QuickJS was not asked for the first one."""

    python: Any
    quickjs: Any
    in_python: bool


class ScriptEngines:
    """Compiles scripts in both engines, with the same properties and variables."""

    def __init__(self, properties=EMPTY, vars_=EMPTY, udfs=None):
        self.vars = vars_
        self.python = CountingRuntime(properties, udfs)
        self.quickjs = ScriptRuntime(properties, udfs, plain=False)

    def compile(self, body, form="change"):
        """Return a function from a message to `Answers`, None for a script that is not valid."""
        calls = [self._compile(runtime, body, form) for runtime in (self.python, self.quickjs)]
        if None in calls:
            assert calls == [None, None]
            return None

        def ask(message):
            before = self.python.calls
            python = answer(calls[0], message)
            in_python = self.python.calls == before
            return Answers(python, answer(calls[1], message), in_python)

        return ask

    def is_plain(self, body, form="change"):
        """Whether a script becomes a Python function."""
        return (
            self.python.compile(NAMES[form], ("msg", "metadata", "msgType", "dataType"), body, form=form).plain
            is not None
        )

    def _compile(self, runtime, body, form):
        node = _Node(runtime, body, self.vars)
        call = compile_script_setting(body, node, name=NAMES[form], form=form)
        return None if node.diagnostics else call


def answer(call, message):
    """What a call gives, with everything about a message that can be seen, as one text."""
    try:
        result = call(message)
    except RuleChainError as error:
        return f"{type(error).__name__}: {error}"
    if not isinstance(result, Outcome):
        return repr(result)
    changed = result.message
    # The value comes first: it must not depend on whether its text has been written.
    seen = changed.value, changed.data, changed.type, changed.data_type, list(changed.metadata.items()), result.error
    return repr(seen)
