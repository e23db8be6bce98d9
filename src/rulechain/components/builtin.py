"""The components that come with the package. Importing this registers nothing."""

from rulechain.api import ComponentSpec
from rulechain.components.action import delay, exec_, fetch_node_output, functions, log
from rulechain.components.common import (
    break_,
    comment,
    end,
    for_,
    fork,
    group_action,
    inclusive,
    iterator,
    join,
    ref,
    switch,
    while_,
)
from rulechain.components.external import (
    cache_delete,
    cache_get,
    cache_set,
    db_client,
    mqtt_client,
    net,
    redis_client,
    redis_pub,
    rest_api_call,
    send_email,
    ssh,
    ws,
)
from rulechain.components.filter import (
    expr_filter,
    field_filter,
    group_filter,
    jmespath_filter,
    js_filter,
    js_switch,
    msg_type_switch,
)
from rulechain.components.flow import flow
from rulechain.components.transform import (
    expr_transform,
    jmespath_transform,
    js_transform,
    metadata_transform,
    text_template,
)


def builtin_components() -> tuple[ComponentSpec, ...]:
    """Return the specs of all built-in components, by category and type."""
    return (
        delay.SPEC,
        exec_.SPEC,
        fetch_node_output.SPEC,
        functions.SPEC,
        log.SPEC,
        break_.SPEC,
        comment.SPEC,
        end.SPEC,
        for_.SPEC,
        fork.SPEC,
        group_action.SPEC,
        inclusive.SPEC,
        iterator.SPEC,
        join.SPEC,
        ref.SPEC,
        switch.SPEC,
        while_.SPEC,
        cache_delete.SPEC,
        cache_get.SPEC,
        cache_set.SPEC,
        rest_api_call.SPEC,
        db_client.SPEC,
        send_email.SPEC,
        mqtt_client.SPEC,
        net.SPEC,
        ssh.SPEC,
        ws.SPEC,
        redis_client.SPEC,
        redis_pub.SPEC,
        expr_filter.SPEC,
        field_filter.SPEC,
        group_filter.SPEC,
        js_filter.SPEC,
        js_switch.SPEC,
        msg_type_switch.SPEC,
        jmespath_filter.SPEC,
        flow.SPEC,
        expr_transform.SPEC,
        js_transform.SPEC,
        metadata_transform.SPEC,
        text_template.SPEC,
        jmespath_transform.SPEC,
    )
