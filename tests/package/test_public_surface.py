"""What `import rulechain` gives, and what it does not load."""

import subprocess
import sys

import pytest

import rulechain


def test_exported_names_are_the_visible_ones():
    """`__all__` is sorted, complete and free of modules."""
    visible = {
        name for name, value in vars(rulechain).items() if not name.startswith("_") and not isinstance(value, type(sys))
    }
    assert visible == set(rulechain.__all__)
    assert list(rulechain.__all__) == sorted(rulechain.__all__)


@pytest.mark.parametrize("module", ["lark", "jsonschema", "redis", "hiredis", "quickjs", "click", "rich"])
def test_importing_the_package_loads_no_heavy_library(module):
    """`import rulechain` leaves the libraries that only some chains need to their first use."""
    code = f"import rulechain, sys; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_loading_a_plain_chain_needs_no_redis_and_no_schema_library():
    """A chain of expressions is loaded and run without the Redis client and without the schema validator."""
    code = """
import sys, rulechain
node = {"id": "f", "type": "exprFilter", "configuration": {"expr": "true"}}
chain = rulechain.Engine().load({"metadata": {"nodes": [node]}})
assert chain.run(rulechain.Message("{}")).ends[0].relation == "True"
sys.exit(bool({"redis", "jsonschema", "quickjs"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
