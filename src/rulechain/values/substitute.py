"""`${key}` replaced from a flat map: RuleGo's SprintfDict, which `to.path` uses."""

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\$\{ *([^}]+) *\}")


def substitute_keys(pattern: str, values: Mapping[str, str]) -> str:
    """Return the pattern with each `${key}` replaced; a key that the map lacks stays as it is written."""

    def replacement(match: re.Match[str]) -> str:
        key = match[1].strip()
        return values[key] if key in values else match[0]

    return _PLACEHOLDER.sub(replacement, pattern)
