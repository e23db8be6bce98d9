"""What goes wrong with entries, told in the log without flooding it."""

import logging
import time

from rulechain.diagnostics import Diagnostic

_log = logging.getLogger("rulechain.endpoint")
_QUIET_S = 1.0
# What is told may quote an entry, and an entry may have megabytes.
_LONGEST = 1_000


class FailureLog:
    """Logs failures of entries: of each kind and stream at most one a second, with the number of those left out."""

    def __init__(self, endpoint_id: str) -> None:
        self.last = ""
        self._endpoint_id = endpoint_id
        # By kind and stream: when it was last told, and how many were left out since.
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def report(self, stream: str, diagnostic: Diagnostic) -> None:
        """Take note of a failed entry."""
        self.last = _shortened(f"{diagnostic.code}: {diagnostic.message}")
        key = (diagnostic.code, stream)
        now = time.monotonic()
        told_at, left_out = self._told.get(key, (-_QUIET_S, 0))
        if now - told_at < _QUIET_S:
            self._told[key] = (told_at, left_out + 1)
            return
        self._told[key] = (now, 0)
        more = f" (and {left_out} more like it)" if left_out else ""
        _log.warning("%s: stream %s: %s%s", self._endpoint_id, stream, self.last, more)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
