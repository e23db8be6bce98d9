"""What chain authors work with: formatting, comparing and seeing documents. Pure functions over definitions."""

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
