"""`rulechain schema`: the JSON Schema of documents and of nodes' configurations."""

from pathlib import Path

import click

from rulechain._resources import resource_text
from rulechain.app.engine import Engine
from rulechain.cli.output import plural, put, put_json, say
from rulechain.components.catalogue import configuration_schema, generated_files
from rulechain.diagnostics import did_you_mean
from rulechain.expr.reference import REFERENCE_PATH, reference_page

_FILES = {"chain": "rule-chain.schema.json", "endpoint": "endpoint.schema.json"}

_EPILOG = """\b
Examples:
  rulechain schema > rule-chain.schema.json
  rulechain schema endpoint
  rulechain schema jsFilter
"""


@click.command("schema", epilog=_EPILOG)
@click.argument("name", metavar="[chain|endpoint|TYPE]", default="chain")
@click.option(
    "--write",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Write the schemas and the reference page of all node types below this folder instead.",
)
def command(name: str, folder: Path | None) -> None:
    """Print a JSON Schema (2020-12), for editors and validators.

    Of a chain document, of an endpoint document, or of the configuration of one node TYPE.
    """
    registry = Engine().components
    if folder is not None:
        files = {**generated_files(registry), REFERENCE_PATH: reference_page()}
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        say(f"wrote {plural(len(files), 'file')} below {folder}")
    elif name in _FILES:
        put(resource_text("schemas", _FILES[name]).rstrip())
    elif name in registry:
        put_json(configuration_schema(registry.get(name)))
    else:
        known = [*_FILES, *(spec.type for spec in registry)]
        hint = did_you_mean(name, known)
        raise click.UsageError(f'there is no schema of "{name}"' + (f": {hint}" if hint else ""))
