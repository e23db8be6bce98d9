"""`groupAction`: several nodes side by side, then on with what they made."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeContext, NodeFunction, Outcome, Run, Steps, setting
from rulechain.components.groups import Group, node_ids_setting, timeout_setting
from rulechain.components.inner_runs import in_steps
from rulechain.components.wrapped import Wrapped, merged_metadata, merged_object, wrapped_list
from rulechain.model import FAILURE, SUCCESS, DataType, Message


@dataclass(frozen=True, slots=True)
class GroupActionSettings:
    """Settings of `groupAction`."""

    match_relation_type: str = setting(SUCCESS, description="The relation by which a node counts as done well.")
    match_num: int = setting(
        0, description="How many nodes must be done well; all of them when not above 0 or more than there are."
    )
    node_ids: tuple[str, ...] = node_ids_setting()
    timeout: int = timeout_setting()
    merge_to_map: bool = setting(
        default=False,
        description="True puts the members of all payloads into one object; false lists the messages.",
    )
    merge_metadata: bool = setting(
        default=False,
        description="True merges the metadata of the nodes also into that of a list; mergeToMap always does.",
    )


def _build(settings: GroupActionSettings, node: NodeBuild) -> NodeFunction:
    group = Group(settings.node_ids, settings.timeout, node)
    relation = settings.match_relation_type.strip() or SUCCESS
    count = len(group.node_ids)
    wanted = settings.match_num if 0 < settings.match_num <= count else count
    payload = merged_object if settings.merge_to_map else wrapped_list
    merges_metadata = settings.merge_metadata or settings.merge_to_map

    def steps(message: Message, context: NodeContext) -> Steps[Outcome]:
        runs: dict[int, Run] = {}
        matched = 0

        def take(position: int, run: Run) -> bool:
            nonlocal matched
            runs[position] = run
            matched += any(end.relation == relation for end in run.ends)
            return matched >= wanted

        yield from group.run(message, context, take)
        ends = [end for position in sorted(runs) for end in runs[position].ends]
        entries = [Wrapped(end.message, end.error, end.node_id) for end in ends]
        merged = message.replace(
            data=payload(entries, context),
            data_type=DataType.JSON.value,
            metadata=merged_metadata(message.metadata, entries) if merges_metadata else message.metadata,
        )
        return Outcome(SUCCESS if matched >= wanted else FAILURE, merged)

    return in_steps(steps)


SPEC = ComponentSpec(
    type="groupAction",
    category="common",
    summary="Runs several nodes side by side on the message and collects what they make of it",
    description=(
        "Each node runs alone, without its connections. Success as soon as enough of them ended by matchRelationType; "
        "the others come to their end, but count no more. Failure when all have ended and too few of them so, with the "
        "payload made of what there is; or when time ran out, with the message as it came in: what still runs then is "
        'stopped. The payload becomes a JSON list with an entry {"msg", "err", "nodeId"} for each node, in the order '
        "of nodeIds, and the metadata stays that of the message; with mergeToMap it becomes one object, and the "
        "metadata of all is merged."
    ),
    build=_build,
    settings=GroupActionSettings,
    uses_context=True,
    suspends=True,
    example={"nodeIds": "locate,weigh", "mergeToMap": True},
)
