"""Entries of test cases through the routers beside their document: which endpoint gets one, and what becomes of it."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from rulechain.app.engine import Engine
from rulechain.app.stand_ins import endpoint_with_stand_ins
from rulechain.authoring.answers import Answer, Written
from rulechain.authoring.cases import CaseSettings
from rulechain.diagnostics import Code, Diagnostic, Location, Source, did_you_mean, errors_in
from rulechain.endpoints.redis_stream.endpoint import RedisStreamEndpoint
from rulechain.endpoints.respond import Field, Response
from rulechain.loader import load_documents
from rulechain.model import ChainDefinition, EndpointDefinition
from rulechain.plan import ChainPlan


class _Reading(NamedTuple):
    """A router that reads a stream; its endpoint has a number."""

    endpoint: int
    router: str
    stream: str


class EntryRouters:
    """The routers of some endpoints, by the streams they read.

    Args:
        endpoints: The endpoints, each with the definition it is built of anew for each case.
        diagnostics: What keeps others from being built.
    """

    def __init__(
        self,
        endpoints: Iterable[tuple[EndpointDefinition, RedisStreamEndpoint]],
        diagnostics: Sequence[Diagnostic] = (),
    ) -> None:
        self.diagnostics = diagnostics
        self._definitions: list[EndpointDefinition] = []
        self._readings: list[_Reading] = []
        for number, (definition, endpoint) in enumerate(endpoints):
            self._definitions.append(definition)
            self._readings += [
                _Reading(number, router.id, stream) for router in endpoint.routers for stream in router.topics
            ]

    def check(self, case: CaseSettings, source: Source, pointer: str) -> Iterator[Diagnostic]:
        """Yield what keeps a case's entry from having one endpoint to go to."""
        readings = [reading for reading in self._readings if reading.stream == case.stream]
        routers = [reading.router for reading in readings]
        key, hint = "stream", None
        if not self._readings:
            message = f'case "{case.name}" has an entry, and there is no endpoint document beside this test document'
            hint = 'put the endpoint document into the same folder, or name it in "endpoints"'
        elif not readings:
            message = f'case "{case.name}" is about the stream "{case.stream}", which no router here reads'
            hint = did_you_mean(case.stream, {reading.stream for reading in self._readings})
        elif case.router is not None and case.router not in routers:
            message = f'case "{case.name}" is about the router "{case.router}", which does not read "{case.stream}"'
            key, hint = "router", did_you_mean(case.router, routers)
        elif len(self._endpoints_for(case)) > 1:
            message = f'case "{case.name}" does not say which "router" is meant: several endpoints read "{case.stream}"'
            hint = f"one of {', '.join(routers)}"
        else:
            return
        yield Diagnostic(Code.UNKNOWN_TARGET, message, Location(source, f"{pointer}/{key}"), hint=hint)

    async def answer(self, case: CaseSettings, engine: Engine) -> Answer:
        """Send the entry of a case in which `check` finds nothing to its endpoint, on an engine that is then closed."""
        (number,) = self._endpoints_for(case)
        async with engine:
            endpoint = cast("RedisStreamEndpoint", engine.build_endpoint(self._definitions[number])[0])
            tried = await endpoint.try_entry(case.stream, case.entry or {})
        return Answer(tried.router_id, [_written(each) for each in tried.responses], tried.diagnostic)

    def _endpoints_for(self, case: CaseSettings) -> set[int]:
        return {
            reading.endpoint
            for reading in self._readings
            if reading.stream == case.stream and case.router in (None, reading.router)
        }


def load_entry_routers(
    paths: Iterable[Path], plans: Iterable[ChainPlan], engine: Engine, *, reach_out: bool = False
) -> EntryRouters:
    """Load the endpoint documents at some paths, and take those of chains as well.

    Args:
        paths: Files, or folders, in which everything else is passed over.
        plans: Chains, whose own documents may have endpoints.
        engine: Has the components that routers lead to.
        reach_out: Let these components ask something outside; without it those that would do fail.
    """
    diagnostics: list[Diagnostic] = []
    definitions: list[EndpointDefinition] = []
    for loaded in load_documents(paths):
        if not isinstance(loaded.definition, ChainDefinition):
            diagnostics += loaded.errors
        if isinstance(loaded.definition, EndpointDefinition) and not loaded.errors:
            definitions.append(engine.fill_in(loaded.definition))
    for plan in plans:
        definitions += engine.plan_endpoints(plan)
    endpoints = []
    for given in definitions:
        definition = endpoint_with_stand_ins(engine, given, reach_out=reach_out)
        endpoint, found = engine.build_endpoint(definition)
        diagnostics += errors_in(found)
        if isinstance(endpoint, RedisStreamEndpoint):
            endpoints.append((definition, endpoint))
    return EntryRouters(endpoints, diagnostics)


def _written(response: Response) -> Written:
    texts = [_text(part) for part in response.fields]
    return Written(response.stream, dict(zip(texts[::2], texts[1::2], strict=True)))


def _text(part: Field) -> str:
    return part if isinstance(part, str) else part.decode("utf-8", "replace")
