"""`rulechain schema`: the JSON Schema of documents and of nodes' configurations."""

from pathlib import Path

import click

from rulechain.app.engine import Engine
from rulechain.app.schemas import document_schemas, schema_files
from rulechain.cli.output import plural, put_json, say
from rulechain.components.catalogue import configuration_schema, generated_files
from rulechain.diagnostics import did_you_mean
from rulechain.expr.reference import REFERENCE_PATH, reference_page

_EPILOG = """\b
Examples:
  rulechain schema > chain.schema.json
  rulechain schema endpoint
  rulechain schema jsFilter
"""


@click.command("schema", epilog=_EPILOG)
@click.argument("name", metavar="[chain|endpoint|test|TYPE]", default="chain")
@click.option(
    "--write",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Write the schemas and the reference page of all node types below this folder instead.",
)
def command(name: str, folder: Path | None) -> None:
    """Print a JSON Schema (2020-12), for editors and validators.

    Of chain, endpoint or test documents, or of the configuration of one node TYPE.
    """
    engine = Engine()
    registry, documents = engine.components, document_schemas(engine)
    if folder is not None:
        files = {**generated_files(registry), **schema_files(engine), REFERENCE_PATH: reference_page()}
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        say(f"wrote {plural(len(files), 'file')} below {folder}")
    elif name in documents:
        put_json(documents[name])
    elif name in registry:
        put_json(configuration_schema(registry.get(name)))
    else:
        known = [*documents, *(spec.type for spec in registry)]
        hint = did_you_mean(name, known)
        raise click.UsageError(f'there is no schema of "{name}"' + (f": {hint}" if hint else ""))
