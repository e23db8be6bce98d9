"""What chain authors work with: formatting, comparing and seeing documents. Pure functions over definitions."""

from rulechain.authoring.differences import Difference, compare_chains, compare_endpoints
from rulechain.authoring.layout import format_document

__all__ = ["Difference", "compare_chains", "compare_endpoints", "format_document"]
