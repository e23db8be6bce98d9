"""Run test documents of chains: each case in an engine of its own, so that none sees what another left behind."""

import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rulechain.api import NodeEvent, Run
from rulechain.app.engine import Engine
from rulechain.authoring.cases import CaseFile, CaseSettings, MessageSettings, MockSettings, decode_case_file
from rulechain.authoring.coverage import Coverage, Emission, measure
from rulechain.authoring.expectations import unmet
from rulechain.authoring.mocks import mock_component, payload_text, unknown_mocks, with_mocks
from rulechain.diagnostics import Code, Diagnostic, Location, did_you_mean, errors_in
from rulechain.graph import build_graph
from rulechain.loader import Loaded, load_documents
from rulechain.loader.read import read_file
from rulechain.model import ChainDefinition, DataType, Message

SUFFIX = ".test.json"
_EXTERNAL = "external"
_OUT = "OUT"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case: the differences in words, none when it passed."""

    name: str
    number: int
    differences: Sequence[str]
    duration_ns: int
    run: Run | None = None

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class CaseFileReport:
    """What came of a test document; with errors among the diagnostics, none of its cases ran."""

    path: Path
    results: Sequence[CaseResult] = ()
    coverage: Sequence[Coverage] = ()
    diagnostics: Sequence[Diagnostic] = ()

    @property
    def passed(self) -> bool:
        """Whether every case passed and the document is sound."""
        return not errors_in(self.diagnostics) and all(result.passed for result in self.results)


@dataclass(slots=True)
class _Emissions:
    """An observer that keeps which relations the nodes of each chain emitted."""

    by_chain: dict[str, list[Emission]] = field(default_factory=dict)

    def node_event(self, event: NodeEvent) -> None:
        if event.flow == _OUT:
            self.by_chain.setdefault(event.chain_id, []).append((event.node_id, event.relation))


def run_case_file(
    path: Path,
    *,
    reach_out: bool = False,
    wanted: Callable[[str], bool] = lambda _: True,
    properties: Mapping[str, str] | None = None,
    secret_key: str | None = None,
) -> CaseFileReport:
    """Run the cases of a test document on the chains beside it.

    Args:
        path: The document, `*.test.json`.
        reach_out: Let nodes that ask other services do so; without it they fail unless the test has a mock.
        wanted: Which cases to run, by name.
        properties: Global properties; they win over those of the document.
        secret_key: Decrypts the secrets of the chains.
    """
    case_file = decode_case_file(read_file(path))
    if not case_file.is_sound:
        return CaseFileReport(path, diagnostics=case_file.diagnostics)
    settings = case_file.settings
    chosen = {**settings.properties, **(properties or {})}
    documents = load_documents([path.parent / name for name in settings.chains] or [path.parent])
    chains = [
        Loaded(loaded.definition, loaded.diagnostics, loaded.source)
        for loaded in documents
        if isinstance(loaded.definition, ChainDefinition)
    ]
    found = [*case_file.diagnostics, *_check(case_file, chains, Engine(chosen, secret_key=secret_key))]
    if errors_in(found):
        return CaseFileReport(path, diagnostics=found)
    emissions = _Emissions()
    start = functools.partial(Engine, chosen, secret_key=secret_key, observer=emissions)
    make_engine = functools.partial(_engine, start, chains, reach_out=reach_out)
    results = [
        _run_case(case, number, functools.partial(make_engine, (*settings.mocks, *case.mocks)))
        for number, case in enumerate(settings.cases)
        if wanted(case.name)
    ]
    definitions = [loaded.definition for loaded in chains if loaded.definition is not None]
    coverage = [measure(build_graph(each), emissions.by_chain.get(each.id, ())) for each in definitions]
    return CaseFileReport(path, results, coverage, found)


def find_case_files(paths: Iterable[Path]) -> list[Path]:
    """Return the test documents among files and in folders, in order."""
    return [
        found
        for path in paths
        for found in (sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path])
        if not any(part.startswith(".") for part in found.relative_to(path).parts)
    ]


def _check(case_file: CaseFile, chains: Sequence[Loaded[ChainDefinition]], engine: Engine) -> list[Diagnostic]:
    """Return what keeps the cases from running: chains with errors, and cases and mocks about what is not there."""
    definitions = [loaded.definition for loaded in chains if loaded.definition is not None]
    ids = [definition.id for definition in definitions]
    found = list(errors_in(engine.compiler.compile_all(chains)[1]))
    if not ids:
        message = "there is no chain beside this test document"
        found.append(Diagnostic(Code.UNKNOWN_TARGET, message, Location(case_file.source, "/cases")))
    for number, case in enumerate(case_file.settings.cases):
        pointer = f"/cases/{number}"
        if not case.chain and len(ids) > 1:
            message = f'case "{case.name}" does not say which chain it is about'
            place = Location(case_file.source, pointer)
            found.append(Diagnostic(Code.UNKNOWN_TARGET, message, place, hint=f"one of {', '.join(ids)}"))
        elif case.chain and case.chain not in ids:
            message = f'case "{case.name}" is about the chain "{case.chain}", which is not there'
            place = Location(case_file.source, f"{pointer}/chain")
            found.append(Diagnostic(Code.UNKNOWN_TARGET, message, place, hint=did_you_mean(case.chain, ids)))
        found += _check_mocks(case_file, f"{pointer}/mocks", case.mocks, definitions)
    return found + _check_mocks(case_file, "/mocks", case_file.settings.mocks, definitions)


def _check_mocks(
    case_file: CaseFile, pointer: str, mocks: Sequence[MockSettings], definitions: Sequence[ChainDefinition]
) -> list[Diagnostic]:
    unknown = unknown_mocks(definitions, mocks)
    nodes = [node.id for definition in definitions for node in definition.nodes]
    return [
        Diagnostic(
            Code.UNKNOWN_NODE,
            f'there is no node "{mock.node}" to stand in for',
            Location(case_file.source, f"{pointer}/{number}/node"),
            hint=did_you_mean(mock.node, nodes),
        )
        for number, mock in enumerate(mocks)
        if mock in unknown
    ]


def _engine(
    start: Callable[..., Engine],
    chains: Sequence[Loaded[ChainDefinition]],
    mocks: Sequence[MockSettings],
    *,
    reach_out: bool,
) -> Engine:
    """Start an engine with the chains of a test, stand-ins in place."""
    engine = start(components=[mock_component()])
    external = {spec.type for spec in engine.components if spec.category == _EXTERNAL}

    def reaches_out(type_: str) -> bool:
        return not reach_out and type_ in external

    plans, _ = engine.compiler.compile_all(
        [
            replace(loaded, definition=with_mocks(loaded.definition, mocks, reaches_out))
            for loaded in chains
            if loaded.definition is not None
        ]
    )
    engine.put(plans)
    return engine


def _run_case(case: CaseSettings, number: int, make_engine: Callable[[], Engine]) -> CaseResult:
    started = time.perf_counter_ns()
    engine = make_engine()
    chain = engine.get(case.chain) if case.chain else next(iter(engine.chains.values()))
    name = case.name or f"case {number + 1}"
    if chain is None:
        return CaseResult(name, number, [f'the chain "{case.chain}" did not load'], 0)
    run = chain.run(_message(case.message), start=case.start or None, debug=True, trace=True)
    return CaseResult(name, number, unmet(case, run), time.perf_counter_ns() - started, run)


def _message(given: MessageSettings) -> Message:
    return Message(
        payload_text(given.data),
        type=given.type,
        data_type=given.data_type or DataType.JSON,
        metadata=given.metadata,
        id=given.id or None,
        ts=given.ts or None,
    )
