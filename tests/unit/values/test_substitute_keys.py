"""`${key}` replaced from a flat map."""

import pytest

from rulechain.values import substitute_keys

VALUES = {"kind": "alarm", "a.b": "dotted", "": "empty", "nested": "${kind}", "slash": r"\1"}


@pytest.mark.parametrize(
    "pattern, text",
    [
        ("chain:${kind}", "chain:alarm"),
        ("${ kind }-${kind}", "alarm-alarm"),
        ("${a.b}", "dotted"),
        ("${missing}", "${missing}"),
        ("${}", "${}"),
        ("${kind", "${kind"),
        ("$kind {kind}", "$kind {kind}"),
        ("${nested}", "${kind}"),
        ("${slash}", r"\1"),
        ("", ""),
    ],
)
def test_each_known_key_is_replaced_once(pattern, text):
    """Blanks around a key do not count, unknown keys stay as written, values are never looked into."""
    assert substitute_keys(pattern, VALUES) == text
