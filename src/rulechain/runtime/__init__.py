"""From a plan and a message to a finished run."""

from rulechain.runtime.cache import MemoryCache
from rulechain.runtime.options import RunOptions
from rulechain.runtime.run import PendingRun, execute
from rulechain.runtime.store import ChainStore

__all__ = ["ChainStore", "MemoryCache", "PendingRun", "RunOptions", "execute"]
