"""For the tests of those who write components: a contract to inherit, and short ways to run one message.

Needs pytest, and is the only part of the package that does.
"""

import pytest

# Before the module is imported: its assertions then say what they compared, as those of a test file do.
pytest.register_assert_rewrite("rulechain.testing.contract")

from rulechain.testing.contract import ComponentContract  # noqa: E402
from rulechain.testing.runs import ends_of, engine_with, run_chain, run_component  # noqa: E402
from rulechain.testing.server import embedded_server  # noqa: E402

__all__ = [
    "ComponentContract",
    "embedded_server",
    "ends_of",
    "engine_with",
    "run_chain",
    "run_component",
]
