"""Run test documents of chains and routers: each case in an engine of its own, where no other left anything behind."""

import asyncio
import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rulechain.api import NodeEvent, Run
from rulechain.app.case_documents import read_case_file
from rulechain.app.engine import Engine
from rulechain.app.entry_cases import EntryRouters, load_entry_routers
from rulechain.app.stand_ins import engine_with_stand_ins
from rulechain.authoring.answers import Answer, dump_answer, unmet_answer
from rulechain.authoring.cases import CaseFile, MessageSettings, MockSettings
from rulechain.authoring.coverage import Coverage, Emission, measure
from rulechain.authoring.expectations import dump_end, unmet
from rulechain.authoring.mocks import payload_text, unknown_mocks
from rulechain.diagnostics import Code, Diagnostic, Location, did_you_mean, errors_in
from rulechain.graph import build_graph
from rulechain.loader import Loaded, load_documents
from rulechain.model import ChainDefinition, DataType, Message

_OUT = "OUT"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case: the differences in words, none when it passed. An entry has an answer, a message a run."""

    name: str
    number: int
    differences: Sequence[str]
    duration_ns: int
    run: Run | None = None
    answer: Answer | None = None

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.differences

    def as_expected(self) -> dict[str, Any]:
        """Return what came of it in the form in which a case expects it; empty when nothing ran."""
        if self.answer is not None:
            return dump_answer(self.answer)
        return {} if self.run is None else {"ends": [dump_end(end) for end in self.run.ends]}


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


class CaseSuite:
    """The cases of a test document, and the chains they are about."""

    def __init__(
        self,
        path: Path,
        *,
        reach_out: bool = False,
        properties: Mapping[str, str] | None = None,
        secret_key: str | None = None,
    ) -> None:
        """Read a test document and the chains beside it; with errors among `diagnostics` there are no cases.

        Args:
            path: The document, `*.test.json` or `*.test.yaml`.
            reach_out: Let nodes that ask other services do so; without it they fail unless the test has a mock.
            properties: Global properties; they win over those of the document.
            secret_key: Decrypts the secrets of the chains.
        """
        self.path = path
        self._reach_out = reach_out
        self._emissions = _Emissions()
        self._chains: list[Loaded[ChainDefinition]] = []
        self._routers = EntryRouters(())
        case_file = read_case_file(path)
        self._settings = case_file.settings
        chosen = {**case_file.settings.properties, **(properties or {})}
        self._start = functools.partial(Engine, chosen, secret_key=secret_key)
        self.diagnostics: Sequence[Diagnostic] = case_file.diagnostics
        if not case_file.is_sound:
            return
        self._chains = [
            Loaded(loaded.definition, loaded.diagnostics, loaded.source)
            for loaded in load_documents(self._paths(self._settings.chains))
            if isinstance(loaded.definition, ChainDefinition)
        ]
        engine = engine_with_stand_ins((), start=self._start)
        plans, found = engine.compiler.compile_all(self._chains)
        if any(case.entry is not None for case in self._settings.cases):
            self._routers = load_entry_routers(
                self._paths(self._settings.endpoints), plans, engine, reach_out=reach_out
            )
        found = [*errors_in(found), *self._routers.diagnostics, *_check(case_file, self._chains, self._routers)]
        self.diagnostics = (*case_file.diagnostics, *found)

    @property
    def names(self) -> Sequence[str]:
        """The names of the cases, in order; empty where the document has errors."""
        if errors_in(self.diagnostics):
            return ()
        return [case.name or f"case {number}" for number, case in enumerate(self._settings.cases, 1)]

    def run(self, number: int) -> CaseResult:
        """Run one case, by its position, in an engine of its own."""
        case, name = self._settings.cases[number], self.names[number]
        started = time.perf_counter_ns()
        engine = self._engine(case.mocks)
        if case.entry is not None:
            answer = asyncio.run(self._routers.answer(case, engine))
            took_ns = time.perf_counter_ns() - started
            return CaseResult(name, number, unmet_answer(case, answer), took_ns, answer=answer)
        chain = engine.get(case.chain) if case.chain else next(iter(engine.chains.values()))
        if chain is None:
            return CaseResult(name, number, [f'the chain "{case.chain}" did not load'], 0)
        with engine:
            run = chain.run(_message(case.message or MessageSettings()), start=case.start or None, trace=True)
        return CaseResult(name, number, unmet(case, run), time.perf_counter_ns() - started, run)

    def coverage(self) -> list[Coverage]:
        """Return what the cases that have run went through, chain by chain."""
        graphs = [build_graph(loaded.definition) for loaded in self._chains if loaded.definition is not None]
        return [measure(graph, self._emissions.by_chain.get(graph.definition.id, ())) for graph in graphs]

    def _paths(self, names: Sequence[str]) -> list[Path]:
        return [self.path.parent / name for name in names] or [self.path.parent]

    def _engine(self, mocks: Sequence[MockSettings] = ()) -> Engine:
        return engine_with_stand_ins(
            self._chains,
            (*self._settings.mocks, *mocks),
            reach_out=self._reach_out,
            start=functools.partial(self._start, observer=self._emissions),
        )


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
        path: The document, `*.test.json` or `*.test.yaml`.
        reach_out: Let nodes that ask other services do so; without it they fail unless the test has a mock.
        wanted: Which cases to run, by name.
        properties: Global properties; they win over those of the document.
        secret_key: Decrypts the secrets of the chains.
    """
    suite = CaseSuite(path, reach_out=reach_out, properties=properties, secret_key=secret_key)
    results = [suite.run(number) for number, name in enumerate(suite.names) if wanted(name)]
    return CaseFileReport(path, results, [] if errors_in(suite.diagnostics) else suite.coverage(), suite.diagnostics)


def _check(
    case_file: CaseFile, chains: Sequence[Loaded[ChainDefinition]], routers: EntryRouters
) -> Iterator[Diagnostic]:
    """Yield what keeps the cases from running: cases and mocks about what is not there."""
    definitions = [loaded.definition for loaded in chains if loaded.definition is not None]
    ids = [definition.id for definition in definitions]
    cases = case_file.settings.cases
    if not ids and not (cases and all(case.entry is not None for case in cases)):
        message = "there is no chain beside this test document"
        yield Diagnostic(Code.UNKNOWN_TARGET, message, Location(case_file.source, "/cases"))
    for number, case in enumerate(cases):
        pointer = f"/cases/{number}"
        if case.entry is not None:
            # Of an endpoint that cannot be built nobody knows what it would read.
            yield from () if routers.diagnostics else routers.check(case, case_file.source, pointer)
        elif not case.chain and len(ids) > 1:
            message = f'case "{case.name}" does not say which chain it is about'
            place = Location(case_file.source, pointer)
            yield Diagnostic(Code.UNKNOWN_TARGET, message, place, hint=f"one of {', '.join(ids)}")
        elif case.chain and case.chain not in ids:
            message = f'case "{case.name}" is about the chain "{case.chain}", which is not there'
            place = Location(case_file.source, f"{pointer}/chain")
            yield Diagnostic(Code.UNKNOWN_TARGET, message, place, hint=did_you_mean(case.chain, ids))
        yield from _check_mocks(case_file, f"{pointer}/mocks", case.mocks, definitions)
    yield from _check_mocks(case_file, "/mocks", case_file.settings.mocks, definitions)


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


def _message(given: MessageSettings) -> Message:
    return Message(
        payload_text(given.data),
        type=given.type,
        data_type=given.data_type or DataType.JSON,
        metadata=given.metadata,
        id=given.id or None,
        ts=given.ts or None,
    )
