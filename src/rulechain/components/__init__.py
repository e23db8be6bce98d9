"""What a node can be: one file per component, in RuleGo's families, and the registry that holds them."""

from rulechain.components.builtin import builtin_components
from rulechain.components.registry import ComponentRegistry

__all__ = ["ComponentRegistry", "builtin_components"]
