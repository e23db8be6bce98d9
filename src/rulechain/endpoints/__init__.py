"""The outside world → exchange → router → chain → responses and a settlement."""

from rulechain.endpoints.router import Router

__all__ = ["Router"]
