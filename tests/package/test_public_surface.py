"""What `import rulechain` gives, and what it and the quick verbs do not load."""

import importlib
import json
import subprocess
import sys

import pytest

import rulechain

# Runs a command line, then prints the modules that it has loaded, one a line, on the stream that it left alone.
_MODULES_OF = """
import sys
at_first = set(sys.modules)
from rulechain.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules.keys() - at_first, sep="\\n", file=sys.stderr)
"""
# What takes its time, and what an expression or a chain of expressions has no use for.
_NEVER = ("redis", "hiredis", "jsonschema", "quickjs", "jmespath", "re2", "sqlite3", "httpx", "rich", "ctypes")
_ENGINE = ("asyncio", "importlib.metadata", "rulechain.api", "rulechain.app", "rulechain.connections")
_PARTS = (
    "rulechain.authoring.picture",
    "rulechain.cli.repl",
    "rulechain.components.external",
    "rulechain.components.scripts",
    "rulechain.connections.embedded",
    "rulechain.endpoints.redis_stream.endpoint",
    "rulechain.expr.explain",
    "rulechain.gotemplate",
    "rulechain.observe",
    "rulechain.query",
    "rulechain.script.compiled",
)


def test_every_public_name_is_there():
    """`__all__` is sorted, and each of its names can be had, from the module that defines it."""
    assert list(rulechain.__all__) == sorted(rulechain.__all__)
    homes = {name for names in rulechain._HOMES.values() for name in names}
    assert homes == set(rulechain.__all__) == set(dir(rulechain))
    assert all(getattr(rulechain, name) is not None for name in rulechain.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Engin'"):
        _ = rulechain.Engin


@pytest.mark.parametrize("package", ["rulechain.authoring", "rulechain.connections", "rulechain.testing"])
def test_packages_have_all_their_names(package):
    """Each name of a package whose names are imported late can be had, and no other."""
    module = importlib.import_module(package)
    for name in module.__all__:
        value = getattr(module, name)
        assert value.__name__ == name
        assert value.__module__.startswith(package)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'other'"):
        _ = module.other


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


def test_the_help_loads_no_engine_and_no_language():
    """`rulechain --help` loads click, and nothing of ours but the command line and diagnostics."""
    loaded = _loaded_by("--help")
    ours = {module.split(".")[1] for module in loaded if module.startswith("rulechain.")}
    assert ours == {"_lazy", "cli", "diagnostics"}
    assert not loaded & {"lark", "msgspec", *_NEVER, *_ENGINE}


def test_evaluating_an_expression_loads_no_engine():
    """`rulechain eval` loads the expression language, and nothing that chains or a session need."""
    assert not _loaded_by("eval", "1 + 1") & {*_NEVER, *_ENGINE, *_PARTS, "rulechain.loader", "rulechain.model"}


def test_checking_a_chain_loads_the_components_it_names(tmp_path):
    """`rulechain check` loads what the chain is made of: no other component, language, endpoint or service."""
    chain = tmp_path / "chain.json"
    node = {"id": "hot", "type": "exprFilter", "configuration": {"expr": "msg.temperature > 30"}}
    chain.write_text(json.dumps({"ruleChain": {"id": "c"}, "metadata": {"nodes": [node]}}))
    loaded = _loaded_by("check", str(chain))
    assert "rulechain.components.filter.expr_filter" in loaded
    assert not loaded & {*_NEVER, *_PARTS}


def _loaded_by(*arguments):
    """Return the modules that a command line has loaded when it ends."""
    command = [sys.executable, "-c", _MODULES_OF, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(ended.stderr.splitlines())
