"""JavaScript for rules: functions on a message's parts, in a sealed context with limits. Knows nothing of chains."""

from rulechain.script.errors import ScriptError
from rulechain.script.runtime import Form, ScriptFunction, ScriptRuntime

__all__ = ["Form", "ScriptError", "ScriptFunction", "ScriptRuntime"]
