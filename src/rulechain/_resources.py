"""Find the grammar, schema and sample files, in an installed wheel or in a checkout.

They live beside the package in the repository (`grammar/`, `schemas/`, `samples/`) and inside it in a wheel
(`rulechain/_data/`). This module alone knows that.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_data"
_CHECKOUT = _PACKAGE.parent.parent


def resource_path(*parts: str) -> Path:
    """Return the path of a data file or folder, such as `resource_path("grammar", "expr.lark")`.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    for root in (_INSTALLED, _CHECKOUT):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"rulechain's data file {'/'.join(parts)} is missing: the installation is incomplete")


def resource_text(*parts: str) -> str:
    """Return the text of a data file."""
    return resource_path(*parts).read_text(encoding="utf-8")
