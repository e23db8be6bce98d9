"""From loaded chain documents to plans, with everything that an engine adds: aspects, and checks of its own."""

import dataclasses
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rulechain.api import Aspect
from rulechain.app.aspects import altered, check_run_log, surrounded
from rulechain.app.endpoints import check_chain_endpoints
from rulechain.app.ids import repeated
from rulechain.diagnostics import Code, Diagnostic, Location, Source, errors_in
from rulechain.endpoints.registry import EndpointRegistry
from rulechain.loader import Loaded
from rulechain.model import ChainDefinition
from rulechain.plan import ChainPlan, Compiled, Services, compile_chain
from rulechain.plan.secrets import Secrets


class ChainCompiler:
    """Compiles chains for one engine, and stores nothing but their secrets."""

    def __init__(self, services: Services, endpoint_types: EndpointRegistry, aspects: Sequence[Aspect]) -> None:
        self._services = services
        self._endpoint_types = endpoint_types
        self._aspects = aspects
        # Of the chains compiled last, by id: their endpoints are built later and may use them.
        self._secrets: dict[str, Secrets] = {}

    def compile(self, loaded: Loaded[ChainDefinition], chain_id: str | None = None) -> Compiled:
        """Compile a loaded document: the plan or None, with all findings."""
        definition = loaded.definition
        if definition is None:
            return Compiled(None, loaded.diagnostics)
        named = dataclasses.replace(definition, id=chain_id or definition.id or _name_for(loaded.source))
        named, refused = altered(named, self._aspects)
        compiled = compile_chain(named, self._services)
        found = (
            *loaded.diagnostics,
            *refused,
            *compiled.diagnostics,
            *check_chain_endpoints(named, self._endpoint_types),
            *check_run_log(named),
        )
        if compiled.plan is None:
            return Compiled(None, found)
        plan, refused = surrounded(compiled.plan, self._aspects)
        found += tuple(refused)
        if errors_in(found):
            return Compiled(None, found)
        self._secrets[named.id] = plan.secrets
        return Compiled(dataclasses.replace(plan, warnings=found), found)

    def compile_all(self, documents: Iterable[Loaded[Any]]) -> tuple[list[ChainPlan], list[Diagnostic]]:
        """Compile the chains among loaded documents: their plans, and the findings of all documents."""
        plans: list[ChainPlan] = []
        diagnostics: list[Diagnostic] = []
        for loaded in documents:
            if not isinstance(loaded.definition, ChainDefinition):
                diagnostics += loaded.diagnostics
                continue
            compiled = self.compile(loaded)
            diagnostics += compiled.diagnostics
            if compiled.plan is not None:
                plans.append(compiled.plan)
        return plans, [*diagnostics, *_repeated_chains(plan.definition for plan in plans)]

    def masked(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return findings without the secrets of any chain."""
        found = list(diagnostics)
        for secrets in self._secrets.values():
            found = [secrets.mask_diagnostic(each) for each in found]
        return found


def _repeated_chains(definitions: Iterable[ChainDefinition]) -> Iterator[Diagnostic]:
    """Yield a finding for each chain whose id another document has already."""
    for definition, other in repeated(definitions):
        message = f'chain id "{definition.id}" is taken by {other.source.name}'
        yield Diagnostic(Code.DUPLICATE_CHAIN_ID, message, Location(definition.source, "/ruleChain/id"))


def _name_for(source: Source) -> str:
    """Return an id for a chain that has none: its file's name, else a new one."""
    path = Path(source.name)
    return path.stem if path.suffix == ".json" else str(uuid.uuid4())
