"""What `import rulechain` gives, and what it does not load."""

import subprocess
import sys

import pytest

import rulechain


def test_every_public_name_is_there():
    """`__all__` is sorted, and each of its names can be had, from the module that defines it."""
    assert list(rulechain.__all__) == sorted(rulechain.__all__)
    homes = {name for names in rulechain._HOMES.values() for name in names}
    assert homes == set(rulechain.__all__) == set(dir(rulechain))
    assert all(getattr(rulechain, name) is not None for name in rulechain.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Engin'"):
        _ = rulechain.Engin


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
