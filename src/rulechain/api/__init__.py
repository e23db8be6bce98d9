"""The contracts that components and endpoints are written against.

Built-in ones import this package exactly as an outsider's would.
"""

from rulechain.api.aspect import Aspect
from rulechain.api.build import Close, NodeBuild
from rulechain.api.cache import Cache, CacheStore
from rulechain.api.component import Arrival, ComponentSpec, NodeFunction, component
from rulechain.api.context import NodeContext
from rulechain.api.endpoint import (
    BuiltRouter,
    ChainExecutor,
    ComponentCall,
    ConnectionState,
    Endpoint,
    EndpointBuild,
    EndpointCounts,
    EndpointSpec,
    EndpointStatus,
    SettledEntry,
    Settlement,
)
from rulechain.api.exchange import Exchange, Headers, Inbound, Outbound, Processor
from rulechain.api.functions import HostFunction, HostFunctions
from rulechain.api.measures import EndpointMeasures, Histogram, StreamStatus
from rulechain.api.observer import EntryEnd, EntrySpan, EntryTracer, NodeEvent, Observer, RunObserver, RunSnapshot
from rulechain.api.outcome import Choose, Decide, Make, Outcome
from rulechain.api.resource import Resource
from rulechain.api.run import End, Run, TraceEvent
from rulechain.api.settings import FieldSpec, NoSettings, decode_settings, field_specs, setting
from rulechain.api.steps import PendingSteps, Steps, take_steps

__all__ = [
    "Arrival",
    "Aspect",
    "BuiltRouter",
    "Cache",
    "CacheStore",
    "ChainExecutor",
    "Choose",
    "Close",
    "ComponentCall",
    "ComponentSpec",
    "ConnectionState",
    "Decide",
    "End",
    "Endpoint",
    "EndpointBuild",
    "EndpointCounts",
    "EndpointMeasures",
    "EndpointSpec",
    "EndpointStatus",
    "EntryEnd",
    "EntrySpan",
    "EntryTracer",
    "Exchange",
    "FieldSpec",
    "Headers",
    "Histogram",
    "HostFunction",
    "HostFunctions",
    "Inbound",
    "Make",
    "NoSettings",
    "NodeBuild",
    "NodeContext",
    "NodeEvent",
    "NodeFunction",
    "Observer",
    "Outbound",
    "Outcome",
    "PendingSteps",
    "Processor",
    "Resource",
    "Run",
    "RunObserver",
    "RunSnapshot",
    "SettledEntry",
    "Settlement",
    "Steps",
    "StreamStatus",
    "TraceEvent",
    "component",
    "decode_settings",
    "field_specs",
    "setting",
    "take_steps",
]
