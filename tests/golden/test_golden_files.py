"""The golden-file helper itself: it compares, rewrites what it read, and notices what nobody reads."""

import os
import subprocess
import sys

import pytest

from support import golden as module
from support.golden import Golden, unused_files


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder that stands in for tests/golden."""
    monkeypatch.setattr(module, "GOLDEN", tmp_path)
    return tmp_path


def test_a_different_text_fails(folder):
    """A golden file holds the whole text, to the last line end."""
    (folder / "expected.txt").write_text("a\n")
    Golden(update=False)(folder / "expected.txt", "a\n")
    with pytest.raises(AssertionError):
        Golden(update=False)(folder / "expected.txt", "a")


def test_a_missing_file_fails(folder):
    """A case without its golden file is not silently accepted."""
    with pytest.raises(AssertionError, match="--update-golden"):
        Golden(update=False)(folder / "expected.txt", "a")


def test_updating_rewrites_the_file_that_was_read(folder):
    """With --update-golden the very file is written, and then holds what was expected."""
    (folder / "expected.txt").write_text("old")
    Golden(update=True)(folder / "expected.txt", "new")
    assert (folder / "expected.txt").read_text() == "new"
    Golden(update=False)(folder / "expected.txt", "new")


@pytest.mark.parametrize("name", ["../expected.txt", "chain.json"])
def test_only_golden_files_can_be_rewritten(folder, name):
    """Neither a file elsewhere nor a case's input can be overwritten by mistake."""
    with pytest.raises(AssertionError):
        Golden(update=True)((folder / name).resolve(), "new")
    assert not (folder / name).exists()


def test_files_that_nobody_reads_are_noticed(folder):
    """What no test of a complete run asked for is listed."""
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "expected.txt").write_text("x")
    golden = Golden(update=False)
    golden(folder / "a" / "expected.txt", "x")
    assert unused_files(golden.used) == ["b/expected.txt"]


def test_continuous_integration_never_rewrites():
    """With CI set, --update-golden is wrong usage."""
    command = [sys.executable, "-m", "pytest", "--update-golden", "--collect-only", "-q", __file__]
    result = subprocess.run(command, env={**os.environ, "CI": "1"}, capture_output=True, text=True, check=False)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "refused in CI" in result.stderr
