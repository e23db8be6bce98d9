"""What Python handles of texts and lists: characters that count as in JavaScript, and sizes that need no limit.

JavaScript counts UTF-16 units.
"""

import re

# Longer texts, and lists where work or memory multiplies with them, are left to QuickJS and its limits.
LONGEST = 1 << 16
MANY = 500
_WIDE = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


def is_plain(text: str) -> bool:
    """Whether every character of a text is one UTF-16 unit that stands for itself."""
    return text.isascii() or _WIDE.search(text) is None
