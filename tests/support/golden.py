"""Files that hold a whole expected text. `pytest --update-golden` rewrites the very file that was read.

A golden file is called `expected.<something>` and lies below tests/golden/. One that no test of a complete run reads
makes that run fail.
"""

from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden"


class Golden:
    """Compares texts with golden files, or writes them; remembers which it was asked for."""

    def __init__(self, *, update):
        self.update = update
        self.used = set()

    def __call__(self, path, actual):
        """Assert that the file at `path` holds exactly `actual`."""
        path = Path(path)
        assert path.is_relative_to(GOLDEN), f"{path} is not below tests/golden"
        assert path.name.startswith("expected."), f"{path} is not called expected.*"
        self.used.add(str(path.relative_to(GOLDEN)))
        if self.update:
            path.write_text(actual, encoding="utf-8")
        assert path.exists(), f"{path} is missing: run pytest --update-golden and read what it wrote"
        assert actual == path.read_text(encoding="utf-8")


def unused_files(used):
    """The golden files that are not among those used."""
    return sorted({str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("expected.*")} - set(used))
