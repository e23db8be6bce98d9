"""What is doubtful about documents together: chains that are not there, answers that come twice, streams in a circle.

Everything here is a warning: what is checked together need not be served together, and targets may be worked out for
each message. Only what is written out is followed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rulechain.api import ComponentSpec, field_specs
from rulechain.authoring.streams import StreamUse, check_streams, stream_uses
from rulechain.diagnostics import Code, Diagnostic, Location, Severity, did_you_mean
from rulechain.graph import ChainGraph
from rulechain.model import FAILURE, EndpointDefinition, NodeDefinition
from rulechain.plan.reach import descendants

_EXTERNAL: Final = "external"
_TARGET_CHAIN: Final = "chain:"
_JOIN, _END = "join", "end"


@dataclass(frozen=True, slots=True)
class DocumentSet:
    """Documents that are checked together."""

    chains: Sequence[ChainGraph]
    endpoints: Sequence[EndpointDefinition]
    specs: Mapping[str, ComponentSpec]


def check_set(documents: DocumentSet) -> list[Diagnostic]:
    """Return what is doubtful about the documents as a set."""
    uses = [use for endpoint in documents.endpoints for use in stream_uses(endpoint)]
    return [
        *_check_chain_settings(documents),
        *_check_targets(documents, uses),
        *_check_answers(documents, uses),
        *check_streams(uses),
        *_check_failures(documents),
    ]


def _check_chain_settings(documents: DocumentSet) -> Iterator[Diagnostic]:
    """Find settings such as a `flow` node's `targetId` that name a chain which is not there."""
    ids = {graph.definition.id for graph in documents.chains}
    for graph in documents.chains:
        for node in graph.nodes:
            spec = documents.specs.get(node.type)
            keys = {field.key for field in field_specs(spec.settings) if field.format == "chain"} if spec else set()
            for key in keys & node.configuration.keys():
                target = node.configuration[key]
                if isinstance(target, str) and target and _is_fixed(target) and target not in ids:
                    place = Location(graph.definition.source, f"{node.pointer}/configuration/{key}")
                    yield _unknown_chain(f'node "{node.id}" leads to', target, ids, place)


def _check_targets(documents: DocumentSet, uses: Iterable[StreamUse]) -> Iterator[Diagnostic]:
    """Find routers whose target chain is not there."""
    ids = {graph.definition.id for graph in documents.chains}
    for use in uses:
        target = target_chain(use.router.to.path)
        if ids and target is not None and target not in ids:
            place = Location(use.endpoint.source, f"{use.router.pointer}/to/path")
            yield _unknown_chain(f'router "{use.router.id}" leads to', target, ids, place)


def _unknown_chain(who: str, target: str, ids: Iterable[str], place: Location) -> Diagnostic:
    message = f'{who} the chain "{target}", which is not among these documents'
    return Diagnostic(Code.UNKNOWN_TARGET, message, place, Severity.WARNING, did_you_mean(target, ids))


def _check_answers(documents: DocumentSet, uses: Iterable[StreamUse]) -> Iterator[Diagnostic]:
    """Find chains whose branches part where each end is an answer."""
    graphs = {graph.definition.id: graph for graph in documents.chains}
    for use in uses:
        graph = graphs.get(target_chain(use.router.to.path) or "")
        if graph is None or not use.answers:
            continue
        for node, relation in _partings(graph):
            message = (
                f'a request may be answered twice: from node "{node.id}" on, "{relation}" leads to several nodes, '
                f'and router "{use.router.id}" answers with the outcome of each branch'
            )
            place = Location(graph.definition.source, f"{node.pointer}/id")
            label = Location(use.endpoint.source, f"{use.router.pointer}/to/path"), "the router that answers"
            hint = "bring the branches together with a join node, or let one of them end before the others answer"
            yield Diagnostic(Code.SEVERAL_ANSWERS, message, place, Severity.WARNING, hint, (label,))


def _partings(graph: ChainGraph) -> Iterator[tuple[NodeDefinition, str]]:
    """Yield where one message becomes several that do not meet again: a relation that leads to several nodes."""
    has_ends = any(node.type == _END for node in graph.nodes)
    for number, routes in enumerate(graph.routes):
        for relation, targets in routes.items():
            branches = [descendants(graph, target) | {target} for target in dict.fromkeys(targets)]
            # Where a chain has end nodes, only what reaches one is an outcome.
            answering = [
                branch for branch in branches if not has_ends or any(graph.nodes[node].type == _END for node in branch)
            ]
            if len(answering) > 1 and not any(
                graph.nodes[node].type == _JOIN for node in frozenset.intersection(*answering)
            ):
                yield graph.nodes[number], relation


def _check_failures(documents: DocumentSet) -> Iterator[Diagnostic]:
    """Find nodes that ask another service and have no way to go on when it does not answer."""
    for graph in documents.chains:
        for node, routes in zip(graph.nodes, graph.routes, strict=True):
            spec = documents.specs.get(node.type)
            if spec is None or spec.category != _EXTERNAL or FAILURE in routes or not _can_fail(spec):
                continue
            message = f'node "{node.id}" asks another service, and no "Failure" leads on from it'
            hint = "connect Failure, or be content that the message fails and is tried again"
            place = Location(graph.definition.source, f"{node.pointer}/type")
            yield Diagnostic(Code.UNHANDLED_FAILURE, message, place, Severity.WARNING, hint)


def _can_fail(spec: ComponentSpec) -> bool:
    return spec.relations is None or FAILURE in spec.relations


def target_chain(path: str) -> str | None:
    """Return the id of the chain a router leads to; None when it is worked out for each message, or no chain."""
    if not path or not _is_fixed(path) or path.startswith("component:"):
        return None
    return path.removeprefix(_TARGET_CHAIN).partition(":")[0]


def _is_fixed(text: Any) -> bool:
    return "${" not in text
