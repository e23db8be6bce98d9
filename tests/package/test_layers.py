"""The architecture holds: layers, no cycles, foreign libraries at their edges, files and functions within budget."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src" / "rulechain").rglob("*.py"))


def test_import_contracts_hold():
    """Every import follows the layer contract of pyproject.toml."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_stays_within_its_budget(path):
    """A module has at most 600 lines and 60 per function, and says in its first line what it is for."""
    text = path.read_text()
    tree = ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    too_long = [node.name for node in functions if node.end_lineno - node.lineno + 1 > 60]
    assert text.count("\n") <= 600
    assert too_long == []
    assert ast.get_docstring(tree)
