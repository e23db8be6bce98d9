"""The links inside the documentation lead somewhere."""

import re

import pytest

from support.markdown import ROOT, anchors, links, markdown_files


def is_internal(target):
    """Whether a link leads to a file of the project."""
    return "://" not in target and not target.startswith("mailto:")


@pytest.mark.parametrize("path", markdown_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_internal_links_lead_somewhere(path):
    """Each relative link names a file of the project, and a heading in it if it names one."""
    broken = []
    for target in filter(is_internal, links(path)):
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_the_checklists_name_files_that_exist():
    """Each file that CONTRIBUTING names is there; of a name with a blank to fill in, the folder before the blank."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:src|tests|docs|samples|grammar|schemas)/[^`]*)`", text)
    assert named
    known = [re.sub(r"/[^/]*[<*].*", "", path) for path in named]
    assert [path for path in known if not (ROOT / path).exists()] == []


def test_every_document_can_be_found_from_the_readme():
    """Following links from the README reaches every Markdown file, so that none is written for nobody."""
    documents = markdown_files()
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        targets = [(path.parent / target.partition("#")[0]).resolve() for target in filter(is_internal, links(path))]
        for target in targets:
            waiting += target.rglob("*.md") if target.is_dir() else [target] if target in documents else []
    assert [str(path.relative_to(ROOT)) for path in documents if path not in reached] == []
