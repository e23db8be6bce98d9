"""For the tests of those who write components: a contract to inherit, and short ways to run one message.

Needs pytest, and is the only part of the package that does. Each name is imported when it is first asked for: pytest
loads the plugin in here wherever this distribution is installed, and must not wait for an engine.
"""

from typing import TYPE_CHECKING

import pytest

from rulechain._lazy import lazy_names

if TYPE_CHECKING:
    from rulechain.testing.contract import ComponentContract
    from rulechain.testing.runs import ends_of, engine_with, run_chain, run_component
    from rulechain.testing.server import embedded_server

__all__ = [
    "ComponentContract",
    "embedded_server",
    "ends_of",
    "engine_with",
    "run_chain",
    "run_component",
]

_HOMES = {
    "contract": ("ComponentContract",),
    "runs": ("ends_of", "engine_with", "run_chain", "run_component"),
    "server": ("embedded_server",),
}

# Before the module is imported: its assertions then say what they compared, as those of a test file do.
pytest.register_assert_rewrite("rulechain.testing.contract")

__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
