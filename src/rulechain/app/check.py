"""Check documents as a set: everything `run` would find out, found without a server."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rulechain.app.case_documents import find_case_files, is_about_chains, is_case_file
from rulechain.app.cases import CaseSuite
from rulechain.app.endpoints import repeated_endpoints
from rulechain.app.engine import Engine
from rulechain.authoring.ignores import without_ignored
from rulechain.authoring.set_checks import DocumentSet, check_set
from rulechain.diagnostics import Code, Diagnostic, Severity, errors_in
from rulechain.graph import build_graph
from rulechain.loader import load_documents
from rulechain.model import EndpointDefinition


@dataclass(frozen=True, slots=True)
class CheckReport:
    """How many documents were read, and every finding in the order of the files.

    `ignored` counts the warnings that the documents ask not to hear of.
    """

    documents: int
    diagnostics: tuple[Diagnostic, ...]
    ignored: int = 0

    @property
    def failed(self) -> bool:
        """Whether some finding is an error."""
        return bool(errors_in(self.diagnostics))


def check_documents(
    paths: Iterable[str | os.PathLike[str]], engine: Engine, *, properties: Mapping[str, str] | None = None
) -> CheckReport:
    """Return every problem of the chain, endpoint and test documents at these paths, folders included.

    Args:
        paths: Files and folders.
        engine: Has the components and the endpoint types.
        properties: Global properties for test documents, beside their own; those of the engine are for the others.
    """
    tests, others = _parted(paths)
    documents = load_documents(others)
    plans, diagnostics = engine.compiler.compile_all(documents)
    standing = [
        engine.fill_in(loaded.definition)
        for loaded in documents
        if isinstance(loaded.definition, EndpointDefinition) and not loaded.errors
    ]
    embedded = [definition for plan in plans for definition in engine.plan_endpoints(plan)]
    diagnostics += repeated_endpoints(endpoint for endpoint in standing if endpoint.id)
    for number, definition in enumerate(engine.share_servers([*standing, *embedded])):
        found = engine.build_endpoint(definition)[1]
        # A chain itself loads without its endpoint, as it does in RuleGo's engine package.
        diagnostics += found if number < len(standing) else [each.as_warning() for each in found]
    graphs = [build_graph(plan.definition) for plan in plans]
    types = {node.type for graph in graphs for node in graph.nodes}
    specs = {type_: engine.components.get(type_) for type_ in types}
    diagnostics += check_set(DocumentSet(graphs, [*standing, *embedded], specs))
    definitions = [loaded.definition for loaded in documents if loaded.definition is not None]
    left, ignored = without_ignored(definitions, [_of_a_set(found) for found in diagnostics])
    left += [found for path in tests for found in _check_tests(path, properties)]
    sources = [*(loaded.source.name for loaded in documents), *map(str, tests)]
    return CheckReport(len(sources), _in_order(sources, left), ignored)


def _parted(paths: Iterable[str | os.PathLike[str]]) -> tuple[list[Path], list[Path]]:
    """Return the test documents that were named or are in folders, and the paths of everything else."""
    given = list(map(Path, paths))
    named = [path for path in given if is_case_file(path) and not path.is_dir()]
    found = find_case_files(path for path in given if path.is_dir())
    tests = dict.fromkeys([*named, *filter(is_about_chains, found)])
    return list(tests), [path for path in given if path not in named]


def _check_tests(path: Path, properties: Mapping[str, str] | None) -> Iterator[Diagnostic]:
    """Yield what is wrong in a test document itself; what is wrong in the documents it is about is found there."""
    suite = CaseSuite(path, properties=properties)
    yield from (found for found in suite.diagnostics if found.location.source.name == str(path))


def _of_a_set(found: Diagnostic) -> Diagnostic:
    """Return a finding about two documents as a warning: what is checked together need not be served together."""
    return found.as_warning() if found.code in (Code.DUPLICATE_CHAIN_ID, Code.DUPLICATE_ENDPOINT) else found


def _in_order(sources: Iterable[str], diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the findings by file, errors before warnings within one place's line."""
    files = {name: index for index, name in enumerate(sources)}

    def key(found: Diagnostic) -> tuple[int, int, bool]:
        location = found.location
        return files.get(location.source.name, len(files)), location.line or 0, found.severity is Severity.WARNING

    return tuple(sorted(dict.fromkeys(diagnostics), key=key))
