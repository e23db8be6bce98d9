"""What goes wrong while a script runs.

A script that does not compile raises `ExpressionSyntaxError`, as any text does: callers treat the languages alike.
"""

from collections.abc import Sequence

from rulechain.diagnostics import Code, Diagnostic, Location, Source
from rulechain.diagnostics.errors import ExpressionEvaluationError


class ScriptError(ExpressionEvaluationError):
    """A script threw, or ran into a limit; `str()` is the text it threw, or `TypeError: …` for an error object.

    Chains find that text in the metadata key `errorMsg`.
    """

    def __init__(self, message: str, script: str = "") -> None:
        super().__init__(message)
        self.args = (message, script)
        self.script = script

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:  # type: ignore[override]
        """The failure as one finding in the script."""
        return (Diagnostic(Code.SCRIPT_FAILED, self.message, Location(Source("<script>", self.script))),)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.message, self.script)
