"""What `rulechain explain` says of a chain and a message, as whole texts."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from rulechain.cli.root import rulechain

FOLDER = Path(__file__).parent / "explain"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_decision_is_explained(case, golden):
    """Each decision of a run is told with its clauses, their values, and the nearest route not taken."""
    arguments = ["explain", str(case / "chain.json"), "--message", str(case / "message.json")]
    golden(case / "expected.txt", CliRunner().invoke(rulechain, arguments).stdout)
