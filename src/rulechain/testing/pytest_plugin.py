"""The pytest plugin: the cases of test documents beside chains are tests like any other.

Nothing of the engine is loaded until a document of that kind is collected.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rulechain.app.cases import CaseSuite

_SUFFIXES = (".test.json", ".test.yaml", ".test.yml")


class CaseFailedError(Exception):
    """A case did not end as it says."""

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__("\n".join(differences))


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, suite: "CaseSuite", number: int, **given: Any) -> None:
        super().__init__(**given)
        self._suite = suite
        self._number = number

    def runtest(self) -> None:
        """Run the case.

        Raises:
            CaseFailedError: Something differs from what it expects.
        """
        result = self._suite.run(self._number)
        if not result.passed:
            raise CaseFailedError(result.differences)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the differences alone; where they arose means nothing to the author of a chain."""
        if isinstance(excinfo.value, CaseFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the document and the name of the case."""
        return self.path, None, self.name


class CaseFile(pytest.File):
    """A test document."""

    def collect(self) -> Iterator[CaseItem]:
        """Yield its cases; none of a file of that name that belongs to something else."""
        from rulechain.app.case_documents import is_about_chains  # noqa: PLC0415 - loads the engine
        from rulechain.app.cases import CaseSuite  # noqa: PLC0415
        from rulechain.diagnostics import errors_in, render_diagnostics  # noqa: PLC0415

        if not is_about_chains(self.path):
            return
        suite = CaseSuite(self.path)
        if errors := errors_in(suite.diagnostics):
            raise self.CollectError(render_diagnostics(errors))
        for number, name in enumerate(suite.names):
            yield CaseItem.from_parent(self, name=name, suite=suite, number=number)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Collect `*.test.json` and `*.test.yaml`."""
    return CaseFile.from_parent(parent, path=file_path) if file_path.name.endswith(_SUFFIXES) else None
