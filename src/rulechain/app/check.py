"""Check documents as a set: everything `run` would find out, found without a server."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rulechain.app.engine import Engine, repeated_ids
from rulechain.app.endpoints import unknown_endpoint, with_variables
from rulechain.diagnostics import Diagnostic, errors_in
from rulechain.diagnostics.errors import EndpointConfigurationError, UnknownTypeError
from rulechain.loader import load_documents
from rulechain.model import ChainDefinition, EndpointDefinition


@dataclass(frozen=True, slots=True)
class CheckReport:
    """How many documents were read, and every finding in the order of the files."""

    documents: int
    diagnostics: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        """Whether some finding is an error."""
        return bool(errors_in(self.diagnostics))
