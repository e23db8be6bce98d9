"""What chain authors work with: formatting, comparing and seeing documents. Pure functions over definitions.

Most verbs need one of these names, or none: each is imported when it is first asked for.
"""

from typing import TYPE_CHECKING

from rulechain._lazy import lazy_names

if TYPE_CHECKING:
    from rulechain.authoring.differences import Difference, compare_chains, compare_endpoints
    from rulechain.authoring.dot import render_dot
    from rulechain.authoring.layout import format_document
    from rulechain.authoring.page import render_page
    from rulechain.authoring.paint import paint_coverage, paint_trace
    from rulechain.authoring.picture import Paint, Picture, make_picture
    from rulechain.authoring.svg import render_svg

__all__ = [
    "Difference",
    "Paint",
    "Picture",
    "compare_chains",
    "compare_endpoints",
    "format_document",
    "make_picture",
    "paint_coverage",
    "paint_trace",
    "render_dot",
    "render_page",
    "render_svg",
]

_HOMES = {
    "differences": ("Difference", "compare_chains", "compare_endpoints"),
    "dot": ("render_dot",),
    "layout": ("format_document",),
    "page": ("render_page",),
    "paint": ("paint_coverage", "paint_trace"),
    "picture": ("Paint", "Picture", "make_picture"),
    "svg": ("render_svg",),
}

__getattr__ = lazy_names(__name__, _HOMES)
