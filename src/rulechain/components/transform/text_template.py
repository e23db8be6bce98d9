"""`text/template`: a Go template makes the payload."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from rulechain.api import ComponentSpec, Make, NodeBuild, NodeFunction, setting
from rulechain.components.fields import MESSAGE_ROOTS, report_moved
from rulechain.diagnostics import Code, Diagnostic
from rulechain.diagnostics.errors import ExpressionError
from rulechain.gotemplate import compile_go_template
from rulechain.model import Message

_FILE = "file:"
_SAMPLE = """"id": "{{ .id}}"
"ts": "{{ .ts}}"
"type": "{{ .type}}"
"msgType": "{{ .msgType}}"
"data": "{{ .data | escape}}"
"dataType": "{{ .dataType}}"
"""
_PARTS = {name: attrgetter(path.partition(".")[2]) for name, path in MESSAGE_ROOTS.items()}


@dataclass(frozen=True, slots=True)
class TextTemplateSettings:
    """Settings of `text/template`."""

    template: str = setting(
        _SAMPLE,
        description=(
            "A Go template over .msg, .metadata, .id, .ts, .data, .type, .dataType, .global, .vars and the ids of "
            "nodes that have run."
        ),
        required=True,
    )


def _build(settings: TextTemplateSettings, node: NodeBuild) -> NodeFunction:
    if settings.template.startswith(_FILE):
        message = f'"template" begins with "{_FILE}", and templates are not read from files'
        hint = "write the template itself here"
        node.report(Diagnostic(Code.BAD_SETTING, message, node.location("template"), hint=hint))
    try:
        template = compile_go_template(settings.template)
    except ExpressionError as error:
        report_moved(error.diagnostics, node, "template")
        return Make(lambda message: message)
    environment = _environment(node, template.reads)
    return Make(lambda message: message.replace(data=template.render(environment(message))))


def _environment(node: NodeBuild, reads: frozenset[str] | None) -> Callable[[Message], dict[str, Any]]:
    """Return what makes the values that a template reads."""

    def is_read(name: str) -> bool:
        return reads is None or name in reads

    constants = {name: value for name, value in (("global", node.properties), ("vars", node.vars)) if is_read(name)}
    parts = tuple((name, part) for name, part in _PARTS.items() if is_read(name))
    node_ids = tuple(filter(is_read, node.node_ids))
    node.reads_outputs(node_ids)

    def environment(message: Message) -> dict[str, Any]:
        values = {name: part(message) for name, part in parts}
        values.update(constants)
        if node_ids and message.outputs is not None:
            outputs = ((node_id, message.output(node_id)) for node_id in node_ids)
            values |= {node_id: output for node_id, output in outputs if output is not None}
        return values

    return environment


SPEC = ComponentSpec(
    type="text/template",
    category="transform",
    summary="Makes the payload from a Go template",
    description=(
        "The language is Go's text/template with its functions, and escape, which makes a text fit for a JSON string. "
        "A key that is not there prints <no value>. Numbers of a JSON payload are floats: compare them with 1.0, not "
        "with 1, and print them with %v. The data type stays as it is. Failure when the template cannot work on the "
        "message. Without the setting, a sample template applies, as in RuleGo."
    ),
    build=_build,
    settings=TextTemplateSettings,
    example={"template": "{{.metadata.site}}: {{range .msg.items}}{{.price}} {{end}}"},
)
