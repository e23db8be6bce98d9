"""`rulechain new`: begin something of one's own."""

import builtins
import keyword
import re
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from rulechain.app.engine import Engine
from rulechain.cli.options import format_option
from rulechain.cli.output import put, put_json, say

# Where each template goes, with the same placeholders as in it.
_FILES = {
    "pyproject.toml.txt": "pyproject.toml",
    "README.md.txt": "README.md",
    "component.py.txt": "src/$package/__init__.py",
    "test.py.txt": "tests/test_$function.py",
}
_TYPE = re.compile(r"(?:[A-Za-z][A-Za-z0-9_-]*/)?(?P<name>[A-Za-z][A-Za-z0-9_-]*)")
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
# Of components that belong to nobody else.
_PREFIX = "x/"

# What a function of this name would hide in the files that it stands in.
_TAKEN = frozenset([*keyword.kwlist, *dir(builtins), "dataclass", "ends_of", "pytest", "rc", "run_component"])

_EPILOG = """\b
Examples:
  rulechain new component celsius
  rulechain new component acme/priceList --dir components
"""


@click.group("new", epilog=_EPILOG)
def command() -> None:
    """Begin a component of your own: a package, with a test that holds it to the contract of all components."""


@command.command("component", epilog=_EPILOG)
@click.argument("name")
@click.option(
    "--dir",
    "parent",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Where to put the new folder; by default here.",
)
@format_option
def component(name: str, parent: Path, *, as_json: bool) -> None:
    """Make a distribution with the component NAME, its settings, its entry point and its test.

    NAME is the type as chains will have it, such as acme/priceList; without a slash it becomes x/NAME. Prints the files
    it made; what is there already is never touched.
    """
    names = _names(name)
    folder = parent / names["distribution"]
    made = {folder / Template(target).substitute(names): _filled(source, names) for source, target in _FILES.items()}
    try:
        folder.mkdir()
    except FileExistsError:
        raise click.UsageError(f'"{folder}" is there already, and nothing is overwritten') from None
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if as_json:
        put_json({"type": names["type"], "files": [str(path) for path in made]})
    else:
        put("\n".join(map(str, made)))
    say(f"next: cd {folder} && pip install -e '.[dev]' && pytest")


def _names(name: str) -> dict[str, str]:
    """Return every name that comes of the component's: its type, its distribution and package, what stands in them."""
    matched = _TYPE.fullmatch(name)
    words = _WORD.findall(matched["name"]) if matched else []
    if matched is None or not words:
        raise click.UsageError(
            f'"{name}" is no name for a component: expected letters, digits, "-" and "_" after a letter, '
            "and perhaps one prefix with a slash, as in acme/priceList"
        )
    type_ = name if "/" in name else _PREFIX + name
    if type_ in (registry := Engine().components):
        raise click.UsageError(f'there is a component "{type_}" already: {registry.get(type_).summary}')
    snake = "_".join(words).lower()
    camel = "".join(word.capitalize() for word in words)
    return {
        "type": type_,
        "distribution": f"rulechain-{snake.replace('_', '-')}",
        "package": f"rulechain_{snake}",
        "function": f"{snake}_" if snake in _TAKEN else snake,
        "camel": camel,
        "settings": f"{camel}Settings",
    }


def _filled(template: str, names: dict[str, str]) -> str:
    text = files("rulechain.cli").joinpath("scaffold", template).read_text(encoding="utf-8")
    return Template(text).substitute(names)
