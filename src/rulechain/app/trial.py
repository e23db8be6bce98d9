"""A chain document on real messages with side effects off: for recording cases, and for comparing versions."""

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

from rulechain.api import Run
from rulechain.app.case_documents import read_case_file
from rulechain.app.engine import Engine
from rulechain.app.stand_ins import engine_with_stand_ins
from rulechain.authoring.cases import MockSettings
from rulechain.diagnostics import errors_in
from rulechain.diagnostics.errors import ChainError
from rulechain.loader import load_chain
from rulechain.model import Message


class Trial:
    """One version of a chain: nodes that ask other services fail or have stand-ins, and no delay is waited for.

    Args:
        path: The chain document.
        mocks: Stand-ins for nodes.
        properties: Global properties.
        secret_key: Decrypts the secrets of the chain.

    Raises:
        ChainError: The document is wrong.
    """

    def __init__(
        self,
        path: Path,
        mocks: Iterable[MockSettings] = (),
        *,
        properties: Mapping[str, str] | None = None,
        secret_key: str | None = None,
    ) -> None:
        start = functools.partial(Engine, properties, secret_key=secret_key)
        loaded = load_chain(path)
        diagnostics = start().compiler.compile(loaded).diagnostics
        if loaded.definition is None or errors_in(diagnostics):
            raise ChainError(diagnostics)
        self._engine = engine_with_stand_ins([loaded], tuple(mocks), start=start)
        (self._chain,) = self._engine.chains.values()

    @property
    def chain_id(self) -> str:
        """The chain's id."""
        return self._chain.id

    def run(self, message: Message) -> Run:
        """Run a message through the chain, traced."""
        return self._chain.run(message, trace=True)

    def close(self) -> None:
        """Give back what nodes hold."""
        self._engine.close()


def read_mocks(path: Path) -> tuple[MockSettings, ...]:
    """Return the stand-ins that a test document has for all its cases.

    Raises:
        ChainError: It is no test document.
    """
    case_file = read_case_file(path)
    if not case_file.is_sound:
        raise ChainError(case_file.diagnostics)
    return case_file.settings.mocks
