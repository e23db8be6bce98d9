"""`cacheSet`: keep values in the cache."""

from dataclasses import dataclass
from typing import Any

from rulechain.api import Cache, ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.external.cache_access import off_the_loop
from rulechain.components.external.cache_keys import CHAIN, level_prefix
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics import Code, Diagnostic, Severity
from rulechain.diagnostics.errors import NodeError
from rulechain.expr.faults import Fault
from rulechain.expr.times import SECOND, parse_duration
from rulechain.model import SUCCESS, Message


@dataclass(frozen=True, slots=True)
class CacheItem:
    """One value to keep."""

    level: str = setting(CHAIN, description='Whose key it is: "chain" for this chain\'s own, "global" for all chains.')
    key: str = setting("", description="The key.", required=True, format="template")
    value: Any = setting(
        None,
        description="The value: a template, whose value keeps its type when it is a single ${…}, or any JSON value.",
        format="template",
    )
    ttl: str = setting("", description='How long to keep it, such as "30s", "5m" or "1h30m"; without it, for ever.')


@dataclass(frozen=True, slots=True)
class CacheSetSettings:
    """Settings of `cacheSet`."""

    items: tuple[CacheItem, ...] = setting(
        factory=lambda: (CacheItem(CHAIN, "key1", "value1", "1h"),),
        description="The values to keep, in order.",
        required=True,
        item=CacheItem,
    )


def _build(settings: CacheSetSettings, node: NodeBuild) -> NodeFunction:
    cache = node.require(Cache)
    store = cache.store
    items = tuple(
        (
            level_prefix(item.level, node, "items", index),
            compile_template_setting(item.key, node, "items", index, "key").text,
            compile_template_setting(item.value, node, "items", index, "value").value,
            _time_to_live(item.ttl, node, index),
        )
        for index, item in enumerate(settings.items)
    )

    def run(message: Message) -> Outcome:
        for prefix, key_of, value_of, ttl in items:
            key = key_of(message)
            if not key:
                raise NodeError("key is empty")
            value = value_of(message)
            if isinstance(ttl, str):
                raise NodeError(ttl)
            store.set(prefix + key, value, ttl)
        return Outcome(SUCCESS, message)

    return off_the_loop(run, cache)


def _time_to_live(text: str, node: NodeBuild, index: int) -> float | str | None:
    """Return the seconds to keep a value, None for ever; or why the text has no meaning: the node then fails."""
    try:
        seconds = parse_duration(text).nanoseconds / SECOND if text else 0.0
    except Fault as error:
        place = node.location("items", index, "ttl")
        node.report(
            Diagnostic(Code.BAD_SETTING, str(error), place, Severity.WARNING, hint='write a unit, as in "30s" or "1h"')
        )
        return str(error)
    return seconds if seconds > 0 else None


SPEC = ComponentSpec(
    type="cacheSet",
    category="external",
    summary="Keeps values in the cache",
    description=(
        "Keys of level chain belong to this chain, those of level global to all chains of the engine. The message "
        "passes unchanged. Failure when a key is empty, a template cannot be evaluated or a ttl has no meaning; items "
        "before that one stay set. Without the setting, a sample item applies, as in RuleGo."
    ),
    build=_build,
    suspends=True,
    settings=CacheSetSettings,
    example={"items": [{"level": "chain", "key": "last:${metadata.deviceId}", "value": "${msg}", "ttl": "10m"}]},
)
