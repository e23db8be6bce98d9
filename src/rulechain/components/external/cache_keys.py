"""Keys of the cache, as the cache components are configured with them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from rulechain.api import NodeBuild, setting
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics import Code, Diagnostic, Severity, did_you_mean
from rulechain.model import Message

CHAIN = "chain"
GLOBAL = "global"
_EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class CacheKey:
    """One key to read or to delete."""

    level: str = setting(CHAIN, description='Whose key it is: "chain" for this chain\'s own, "global" for all chains.')
    key: str = setting(
        "",
        description="The key; with * at its end, all keys that begin with the text before.",
        required=True,
        format="template",
    )


class Selection(NamedTuple):
    """The keys that one setting names for one message, in the store's own spelling."""

    # What the store's keys have before the chain's own spelling.
    prefix: str
    key: str
    is_prefix: bool


def keys_setting(description: str) -> Any:
    """Declare the setting `keys`; RuleGo's sample applies when a chain gives none."""
    return setting(factory=lambda: (CacheKey(CHAIN, "key1"),), description=description, required=True, item=CacheKey)


def compile_keys(keys: tuple[CacheKey, ...], node: NodeBuild) -> Callable[[Message], list[Selection]]:
    """Compile the setting `keys` as a function of the message."""
    compiled = [
        (
            level_prefix(key.level, node, "keys", index),
            compile_template_setting(key.key, node, "keys", index, "key").text,
        )
        for index, key in enumerate(keys)
    ]

    def select(message: Message) -> list[Selection]:
        return [_selection(prefix, text(message)) for prefix, text in compiled]

    return select


def level_prefix(level: str, node: NodeBuild, *path: str | int) -> str:
    """Return what the store's keys of a level begin with; any level but "global" is the chain's, as in RuleGo."""
    if level == GLOBAL:
        return ""
    if level not in {CHAIN, ""}:
        message = f'"level" is "{level}", which means "{CHAIN}": it is either "{CHAIN}" or "{GLOBAL}"'
        hint = did_you_mean(level, (CHAIN, GLOBAL))
        node.report(Diagnostic(Code.BAD_SETTING, message, node.location(*path, "level"), Severity.WARNING, hint=hint))
    return f"{node.chain_id}:"


def _selection(prefix: str, key: str) -> Selection:
    if key.endswith(_EVERYTHING):
        return Selection(prefix, prefix + key.removesuffix(_EVERYTHING), is_prefix=True)
    return Selection(prefix, prefix + key, is_prefix=False)
