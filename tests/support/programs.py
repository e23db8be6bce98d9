"""Servers that a machine may have or not."""

import os
import shutil

import pytest

_FOLDERS = ("/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin")


def find_program(*names):
    """The path of the first of some programs; the test is skipped where there is none."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *_FOLDERS])
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    pytest.skip(f"this machine has no {names[0]}")
