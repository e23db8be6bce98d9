"""The wheel is complete: it carries grammar, schemas and samples, and works when installed elsewhere."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_wheel_holds_its_data_files(wheel):
    """Grammar, schemas, samples, the commit script and the templates of `new` travel with the package."""
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "rulechain/_data/grammar/expr.lark",
        "rulechain/_data/grammar/router.lark",
        "rulechain/_data/grammar/script.lark",
        "rulechain/_data/schemas/rule-chain.schema.json",
        "rulechain/_data/schemas/endpoint.schema.json",
        "rulechain/_data/samples/device-alarms/endpoint.json",
        "rulechain/endpoints/redis_stream/lua/commit.lua",
        "rulechain/cli/scaffold/component.py.txt",
        "rulechain/py.typed",
    ):
        assert wanted in names


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_wheel_works_installed_elsewhere(wheel, tmp_path):
    """Installed without the checkout, the command evaluates, checks its own samples and knows its schema."""
    venv.create(tmp_path / "venv", system_site_packages=True, with_pip=False)
    site = next((tmp_path / "venv" / "lib").glob("python*")) / "site-packages"
    zipfile.ZipFile(wheel).extractall(site)
    python = tmp_path / "venv" / "bin" / "python"
    # The third-party libraries come from the environment that runs the tests; the checkout must not.
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    code = f"""
import sys; sys.path = [p for p in sys.path if not p.startswith({str(ROOT)!r})] + {libraries!r}
import rulechain, rulechain._resources as resources
assert rulechain.__file__.startswith({str(site)!r}), rulechain.__file__
assert rulechain.compile_expression("1 + 2 * 3").evaluate({{}}) == 7
chains = rulechain.Engine().load_folder(resources.resource_path("samples", "device-alarms"))
assert len(chains) >= 3
assert resources.resource_path("schemas", "rule-chain.schema.json").is_file()
"""
    result = subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert result.returncode == 0, result.stderr
