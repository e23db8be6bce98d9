"""`cacheDelete`: forget values of the cache."""

from dataclasses import dataclass

from rulechain.api import Cache, ComponentSpec, NodeBuild, NodeFunction, Outcome
from rulechain.components.external.cache_access import off_the_loop
from rulechain.components.external.cache_keys import CacheKey, compile_keys, keys_setting
from rulechain.model import SUCCESS, Message


@dataclass(frozen=True, slots=True)
class CacheDeleteSettings:
    """Settings of `cacheDelete`."""

    keys: tuple[CacheKey, ...] = keys_setting("The keys to delete.")


def _build(settings: CacheDeleteSettings, node: NodeBuild) -> NodeFunction:
    cache = node.require(Cache)
    store = cache.store
    select = compile_keys(settings.keys, node)

    def run(message: Message) -> Outcome:
        for _, key, is_prefix in select(message):
            if is_prefix:
                store.delete_prefix(key)
            else:
                store.delete(key)
        return Outcome(SUCCESS, message)

    return off_the_loop(run, cache)


SPEC = ComponentSpec(
    type="cacheDelete",
    category="external",
    summary="Deletes keys of the cache",
    description=(
        "A key that ends with * deletes all keys that begin with the text before. A key that does not exist is no "
        "mistake. The message passes unchanged."
    ),
    build=_build,
    suspends=True,
    settings=CacheDeleteSettings,
    example={"keys": [{"level": "chain", "key": "session:${metadata.user}"}, {"level": "global", "key": "rates:*"}]},
)
