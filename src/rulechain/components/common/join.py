"""`join`: the branches of a chain become one again."""

from collections.abc import Sequence
from dataclasses import dataclass

from rulechain.api import Arrival, ComponentSpec, NodeBuild, NodeContext, NodeFunction, Outcome, setting
from rulechain.components.wrapped import Wrapped, merged_metadata, merged_object, wrapped_list
from rulechain.model import FAILURE, SUCCESS, DataType

DEFAULT_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class JoinSettings:
    """Settings of `join`."""

    timeout: int = setting(
        DEFAULT_TIMEOUT_S,
        description="How many seconds to wait for the other branches after the first one; 30 when not above 0.",
    )
    merge_to_map: bool = setting(
        default=False,
        description="True puts the members of all payloads into one object; false lists the messages.",
    )


class _Join:
    """The node's function; the run asks it how long to wait."""

    def __init__(self, settings: JoinSettings) -> None:
        self.timeout_s = settings.timeout if settings.timeout > 0 else DEFAULT_TIMEOUT_S
        self._payload = merged_object if settings.merge_to_map else wrapped_list

    def __call__(self, arrivals: Sequence[Arrival], timed_out: bool, context: NodeContext) -> Outcome:  # noqa: FBT001 - as the runtime calls it
        first = arrivals[0].message
        if timed_out:
            return Outcome(FAILURE, first, "context deadline exceeded")
        entries = [Wrapped(arrival.message, arrival.error, arrival.from_id) for arrival in arrivals]
        joined = first.replace(
            data=self._payload(entries, context),
            data_type=DataType.JSON.value,
            metadata=merged_metadata(first.metadata, entries),
        )
        failed = [entry for entry in entries if entry.error is not None]
        if not failed:
            return Outcome(SUCCESS, joined)
        return Outcome(FAILURE, joined, "".join(f"NodeId={entry.node_id},Err={entry.error} " for entry in failed))


def _build(settings: JoinSettings, _node: NodeBuild) -> NodeFunction:
    return _Join(settings)


SPEC = ComponentSpec(
    type="join",
    category="common",
    summary="Waits for all branches that lead here and makes one message of them",
    description=(
        'The payload becomes a JSON list with an entry {"msg", "err", "nodeId"} for each message, in the order they '
        "came; with mergeToMap one object, in which payloads that are no objects stand under the id of the node they "
        "come from. Metadata is merged; id, type and time are those of the first message. A branch that ends elsewhere "
        "is not waited for. Failure when a message came by a failure, or when time ran out: then with the first "
        "message as it is."
    ),
    build=_build,
    settings=JoinSettings,
    uses_context=True,
    joins=True,
    example={"timeout": 10, "mergeToMap": True},
)
