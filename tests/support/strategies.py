"""Hypothesis strategies that several tests share."""

import json

from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT
JSON_VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20
)

# The keys of documents: a name or two of each kind of object, and all that hold further objects.
_KEYS = [
    *("ruleChain", "metadata", "nodes", "connections", "ruleChainConnections", "endpoints", "routers", "from", "to"),
    *("id", "name", "type", "fromId", "toId", "label", "path", "debugMode", "root", "disabled", "wait"),
    *("configuration", "additionalInfo", "params", "processors", "firstNodeIndex"),
]
_IDS = st.sampled_from(["a", "b", "c", "end", ""])


def _with_some_case_changed(key):
    return st.sampled_from([key, key, key, key.upper(), key.capitalize()])


# Values whose shape is near that of a document: known keys over values of any type.
NEAR_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from([0.0, 1.5]) | _IDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_KEYS).flatmap(_with_some_case_changed), inner, max_size=5)
    ),
    max_leaves=25,
)

_NODES = st.fixed_dictionaries({"id": _IDS, "type": st.sampled_from(["log", "end", "comment"])})
_CONNECTIONS = st.fixed_dictionaries(
    {"fromId": _IDS, "toId": _IDS, "type": st.sampled_from(["Success", "Failure", ""])}
)
# Well-formed chains with small ids, so that ids repeat, connections dangle and cycles close.
CHAINS = st.fixed_dictionaries(
    {
        "ruleChain": st.fixed_dictionaries({"id": _IDS}),
        "metadata": st.fixed_dictionaries(
            {
                "firstNodeIndex": st.integers(-1, 4),
                "nodes": st.lists(_NODES, max_size=5),
                "connections": st.lists(_CONNECTIONS, max_size=8),
            }
        ),
    }
)


@st.composite
def damaged_json(draw):
    """The text of a JSON value with a few characters taken out, put in or replaced."""
    text = json.dumps(draw(JSON_VALUES), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 2)))
        text = text[:start] + draw(st.text("{}[]\",:'0-.eE+tfn \\u\n\t/#", max_size=2)) + text[end:]
    return text
