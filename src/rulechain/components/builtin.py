"""The components that come with the package. Importing this registers nothing."""

from rulechain.api import ComponentSpec
from rulechain.components.action import log
from rulechain.components.common import break_, comment, end, fork, switch
from rulechain.components.filter import (
    expr_filter,
    field_filter,
    jmespath_filter,
    js_filter,
    js_switch,
    msg_type_switch,
)
from rulechain.components.transform import expr_transform, jmespath_transform, js_transform, metadata_transform


def builtin_components() -> tuple[ComponentSpec, ...]:
    """Return the specs of all built-in components, by category and type."""
    return (
        log.SPEC,
        break_.SPEC,
        comment.SPEC,
        end.SPEC,
        fork.SPEC,
        switch.SPEC,
        expr_filter.SPEC,
        field_filter.SPEC,
        js_filter.SPEC,
        js_switch.SPEC,
        msg_type_switch.SPEC,
        jmespath_filter.SPEC,
        expr_transform.SPEC,
        js_transform.SPEC,
        metadata_transform.SPEC,
        jmespath_transform.SPEC,
    )
