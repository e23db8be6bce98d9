"""From a plan and a message to a finished run."""

from rulechain.runtime.aspects import Begin, RunAspects, with_aspects
from rulechain.runtime.cache import MemoryCache
from rulechain.runtime.failure import error_text
from rulechain.runtime.options import RunOptions, Start
from rulechain.runtime.run import PendingRun, execute
from rulechain.runtime.snapshot import MODE_KEY, MODES, Snapshots
from rulechain.runtime.store import ChainStore

__all__ = [
    "MODES",
    "MODE_KEY",
    "Begin",
    "ChainStore",
    "MemoryCache",
    "PendingRun",
    "RunAspects",
    "RunOptions",
    "Snapshots",
    "Start",
    "error_text",
    "execute",
    "with_aspects",
]
