"""`rulechain new component`: what it makes works as it is."""

import json
import subprocess
import sys

import pytest

from support.command import COMMAND, clean_environment


def python(*arguments, folder, **environment):
    """Run Python in a folder, to its end."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env=clean_environment(**environment), capture_output=True, text=True, check=False
    )


def files_below(folder):
    """The paths of all files, relative to the folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_files_are_made_and_named(cli, tmp_path):
    """A package, its test, its README and its pyproject, in a folder of their own; stdout lists them."""
    result = cli("new", "component", "acme/priceList")
    assert result.exit_code == 0
    assert files_below(tmp_path) == sorted(result.stdout.split())
    assert files_below(tmp_path / "rulechain-price-list") == [
        "README.md",
        "pyproject.toml",
        "src/rulechain_price_list/__init__.py",
        "tests/test_price_list.py",
    ]
    assert "pip install -e" in result.stderr


def test_files_as_json(cli, tmp_path):
    """The type and the files, for programs."""
    (tmp_path / "here").mkdir()
    made = json.loads(cli("new", "component", "celsius", "--dir", "here", "--format", "json").stdout)
    assert made["type"] == "x/celsius"
    assert all((tmp_path / path).is_file() for path in made["files"])
    assert files_below(tmp_path / "here")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["celsius", "x/for", "acme/HTTPCheck-2", "rc", "isinstance"])
def test_the_tests_of_what_was_made_pass(cli, tmp_path, name):
    """pytest passes on the scaffold as it is, with no warning, the contract of all components included."""
    folder = tmp_path / cli("new", "component", name).stdout.split("/")[0]
    done = python("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split(" passed")[0].split()[-1]) >= 12


@pytest.mark.slow
def test_a_broken_component_fails_its_tests(cli, tmp_path):
    """The contract of the scaffold is no decoration: a component that changes its message fails it."""
    cli("new", "component", "celsius")
    source = tmp_path / "rulechain-celsius/src/rulechain_celsius/__init__.py"
    source.write_text(source.read_text().replace("    number = ", "    message.value.clear()\n    number = "))
    done = python("-m", "pytest", "-q", "-k", "never_changed", folder=tmp_path / "rulechain-celsius")
    assert done.returncode == 1
    assert "make another message with message.replace" in done.stdout


@pytest.mark.slow
def test_once_installed_every_engine_knows_it(cli, tmp_path):
    """The entry point leads to the component: installed, it is in the catalogue and runs in a chain."""
    cli("new", "component", "celsius")
    site = tmp_path / "site"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", site]
    done = python(*install, tmp_path / "rulechain-celsius", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    path = ":".join([str(site), *sys.path])
    shown = python(*COMMAND[1:], "components", "x/celsius", folder=tmp_path, PYTHONPATH=path)
    assert "x/celsius (custom): Compare a number of the payload with a limit\n" in shown.stdout
    assert "limit  (float64, default 100.0)" in shown.stdout
    code = 'import rulechain as rc; node = {"id": "n", "type": "x/celsius"}; message = rc.Message(\'{"value": 101}\')\n'
    code += 'print(rc.Engine().load({"metadata": {"nodes": [node]}}).run(message).ends[0].relation)'
    assert python("-c", code, folder=tmp_path, PYTHONPATH=path).stdout == "High\n"


@pytest.mark.parametrize("name", ["", "9lives", "a b", "x/", "/x", "a/b/c", "über", "../x", "x/-", "a.b", "-x"])
def test_a_bad_name_is_refused(cli, tmp_path, name):
    """Exit code 2, a sentence that quotes the name, and nothing made."""
    result = cli("new", "component", "--", name)
    assert result.exit_code == 2
    assert f'"{name}" is no name for a component' in result.stderr
    assert files_below(tmp_path) == []


def test_the_type_of_another_component_is_refused(cli, tmp_path):
    """What an engine knows already cannot be made again."""
    result = cli("new", "component", "x/redisClient")
    assert result.exit_code == 2
    assert 'there is a component "x/redisClient" already' in result.stderr
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_nothing_is_overwritten(cli, tmp_path, kind):
    """A folder or file that has the name stays as it is, and so does what is in it."""
    taken = tmp_path / "rulechain-celsius"
    if kind == "folder":
        taken.mkdir()
        taken = taken / "README.md"
    taken.write_text("mine")
    result = cli("new", "component", "celsius")
    assert result.exit_code == 2
    assert "nothing is overwritten" in result.stderr
    assert files_below(tmp_path) == [str(taken.relative_to(tmp_path))]
    assert taken.read_text() == "mine"
