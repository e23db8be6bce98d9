"""The composition root: registries, services and plans put together."""

from rulechain.app.chain import Chain
from rulechain.app.engine import Engine

__all__ = ["Chain", "Engine"]
