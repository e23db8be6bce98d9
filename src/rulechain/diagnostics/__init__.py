"""How anything wrong is described: data first, text at the edge."""

from rulechain.diagnostics.codes import Code
from rulechain.diagnostics.diagnostic import Diagnostic, Severity, errors_in
from rulechain.diagnostics.locate import pointer_to
from rulechain.diagnostics.location import Location, Source, Span
from rulechain.diagnostics.origins import endpoint_origin_hint, origin_hint
from rulechain.diagnostics.render import dump_diagnostic, render_diagnostic, render_diagnostics
from rulechain.diagnostics.suggest import closest, did_you_mean

__all__ = [
    "Code",
    "Diagnostic",
    "Location",
    "Severity",
    "Source",
    "Span",
    "closest",
    "did_you_mean",
    "dump_diagnostic",
    "endpoint_origin_hint",
    "errors_in",
    "origin_hint",
    "pointer_to",
    "render_diagnostic",
    "render_diagnostics",
]
