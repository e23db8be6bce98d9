"""Fixtures and options of all tests; plain helpers live in support/."""

import asyncio
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.golden import Golden, unused_files


def pytest_addoption(parser):
    """Add the options of the whole suite."""
    parser.addoption("--update-golden", action="store_true", help="write what golden files should hold (never in CI)")


# Test documents with mistakes, which the package's own pytest plugin would run.
collect_ignore_glob = ["golden/invalid/*"]

# A test run says the same twice, however busy the machine is; `--hypothesis-profile=search` looks for what is new.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", settings.get_profile("search"), derandomize=True, database=None)
settings.load_profile("steady")


def pytest_configure(config):
    """Refuse to rewrite golden files where nobody reads the difference."""
    update = config.getoption("--update-golden")
    if update and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden is refused in CI: update on your machine and read the difference")
    config.stash[GOLDEN] = Golden(update=update)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test that is a coroutine function in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(scope="session")
def server_url():
    """The address of a real server: the one of RULECHAIN_TEST_REDIS_URL, else a private one for this session."""
    if url := os.environ.get("RULECHAIN_TEST_REDIS_URL"):
        yield url
        return
    from support.redis_server import start_server

    with start_server() as server:
        yield server.url


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """A wheel built from the sdist, as a release would be."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(Path(__file__).parents[1])]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture
def own_server():
    """A private server that a test may stop and start again."""
    from support.redis_server import start_server

    with start_server() as server:
        yield server


@pytest.fixture
def stream_names():
    """Names of streams and of a group that no other test uses."""
    from support.redis_server import StreamNames

    return StreamNames()


@pytest.fixture
def streams(server_url, stream_names):
    """A test's streams, endpoints on them, and a way to look at both: `async with streams: …`."""
    from support.redis_server import RedisStreams

    return RedisStreams(server_url, stream_names)


@pytest.fixture
def golden(request):
    """`golden(path, actual)` compares a text with a golden file."""
    return request.config.stash[GOLDEN]


GOLDEN = pytest.StashKey[Golden]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Collect which golden files a worker process used; one that crashed cannot tell."""
    node.config.stash[GOLDEN].used |= set(getattr(node, "workeroutput", {}).get("golden", ()))


def pytest_sessionfinish(session):
    """Fail a complete run that left a golden file unread."""
    golden = session.config.stash[GOLDEN]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["golden"] = sorted(golden.used)
    elif _is_complete(session) and (unused := unused_files(golden.used)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        session.config.get_terminal_writer().line(f"\nno test reads these golden files: {', '.join(unused)}", red=True)


def _is_complete(session):
    config = session.config
    selecting = ("keyword", "markexpr", "lf", "last_failed", "collectonly", "deselect", "stepwise")
    is_selected = any(config.getoption(name, None) for name in selecting)
    return session.exitstatus == pytest.ExitCode.OK and config.args == config.getini("testpaths") and not is_selected
