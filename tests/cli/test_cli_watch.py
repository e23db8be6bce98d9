"""How `--watch` notices changes."""

import asyncio
import os

import pytest

from rulechain.cli.watch import changes, take_snapshot


async def first_change(paths, act, within_s):
    """Whether the watcher yields after `act`, which happened before its first look."""
    watching = changes(paths, take_snapshot(paths), poll_s=0.01)
    await asyncio.to_thread(act)
    noticed = asyncio.ensure_future(anext(watching))
    try:
        async with asyncio.timeout(within_s):
            await noticed
    except TimeoutError:
        return False
    finally:
        await watching.aclose()
    return True


def watched(paths, act, within_s=20.0):
    """`first_change`, run to its end."""
    return asyncio.run(first_change(paths, act, within_s))


@pytest.fixture
def folder(tmp_path):
    """A folder with one document."""
    (tmp_path / "a.json").write_text("{}")
    return tmp_path


def test_a_changed_file_is_noticed(folder):
    """New contents in a file that was named."""
    assert watched([folder / "a.json"], lambda: (folder / "a.json").write_text('{"a": 1}'))


def test_a_new_document_in_a_folder_is_noticed(folder):
    """A document that appears below a folder."""
    assert watched([folder], lambda: (folder / "b.json").write_text("{}"))


def test_a_removed_document_is_noticed(folder):
    """A document that goes."""
    assert watched([folder], (folder / "a.json").unlink)


def test_other_files_are_not_noticed(folder):
    """What is no document does not matter."""
    assert not watched([folder], lambda: (folder / "notes.txt").write_text("x"), within_s=0.5)


def test_a_swapped_symbolic_link_is_noticed(folder):
    """A link that is led elsewhere in one step, as Kubernetes does with mounted configuration, has changed."""
    for version in ("one", "two"):
        (folder / version).mkdir()
        (folder / version / "chain.json").write_text("{}")
        os.utime(folder / version / "chain.json", (1, 1))
    (folder / "data").symlink_to("one")
    (folder / "chain.json").symlink_to("data/chain.json")

    def swap():
        (folder / "data.new").symlink_to("two")
        (folder / "data.new").rename(folder / "data")

    assert watched([folder / "chain.json"], swap)
