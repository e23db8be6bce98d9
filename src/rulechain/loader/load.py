"""Documents from outside → definitions, with everything that is wrong or doubtful about them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from rulechain.diagnostics import Code, Diagnostic, Location, Severity, Source, errors_in
from rulechain.loader.decode import Decoding, decode_chain, decode_endpoint, has_key
from rulechain.loader.read import Document, read_file
from rulechain.loader.schema import SchemaName, check_shape
from rulechain.loader.sources import DocumentSource, find_files, read_source
from rulechain.model import ChainDefinition, EndpointDefinition

T_co = TypeVar("T_co", bound=ChainDefinition | EndpointDefinition, covariant=True)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T_co]):
    """What loading a document gave.

    There may be a definition in spite of errors, so that later checks can add theirs; run it only without `errors`.
    """

    definition: T_co | None
    diagnostics: tuple[Diagnostic, ...]
    source: Source

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Those diagnostics that keep the document from running."""
        return errors_in(self.diagnostics)


def load_chain(
    source: DocumentSource, *, chain_id: str | None = None, name: str | None = None
) -> Loaded[ChainDefinition]:
    """Load a chain document; whatever is wrong with it is in the diagnostics.

    Args:
        source: JSON text, bytes, a path or a mapping; a str that does not begin like JSON is a path.
        chain_id: Replaces the document's id.
        name: What diagnostics call a source that is not a file.
    """
    return _decode_chain(read_source(source, name or "<chain>"), chain_id)


def load_endpoint(
    source: DocumentSource, *, endpoint_id: str | None = None, name: str | None = None
) -> Loaded[EndpointDefinition]:
    """Load an endpoint document; see `load_chain`."""
    return _decode_endpoint(read_source(source, name or "<endpoint>"), endpoint_id)


def load_documents(
    paths: Iterable[str | os.PathLike[str]],
) -> list[Loaded[ChainDefinition | EndpointDefinition]]:
    """Load the chain and endpoint documents at these paths, folders included, in order.

    A file that is neither is an error where it was named, and a warning where it was found in a folder.
    """
    loaded: list[Loaded[ChainDefinition | EndpointDefinition]] = []
    for path in paths:
        if not Path(path).is_dir():
            loaded.append(_load_either(path, Severity.ERROR))
            continue
        files, diagnostics = find_files(path)
        loaded += [_load_either(file, Severity.WARNING) for file in files]
        loaded += [Loaded(None, (diagnostic,), diagnostic.location.source) for diagnostic in diagnostics]
    return loaded


def _load_either(
    path: str | os.PathLike[str], severity_of_other: Severity
) -> Loaded[ChainDefinition | EndpointDefinition]:
    document = read_file(path)
    if not document.is_readable:
        return Loaded(None, document.diagnostics, document.source)
    if has_key(document.value, "ruleChain", "metadata"):
        return _decode_chain(document, None)
    if has_key(document.value, "type", "routers"):
        return _decode_endpoint(document, None)
    other = Diagnostic(
        Code.NOT_A_DOCUMENT,
        "this is neither a chain nor an endpoint document",
        Location(document.source, ""),
        severity_of_other,
        hint='a chain has "ruleChain" and "metadata", an endpoint has "type" and "routers"',
    )
    return Loaded(None, (*document.diagnostics, other), document.source)


def _decode_chain(document: Document, chain_id: str | None) -> Loaded[ChainDefinition]:
    if not document.is_readable:
        return Loaded(None, document.diagnostics, document.source)
    decoding = Decoding(document.source)
    definition = decode_chain(document.value, decoding, chain_id)
    found = [*document.diagnostics, *_shape_faults(document.value, "rule-chain", decoding), *decoding.diagnostics]
    if not decoding.is_unreadable:
        found += _check_admission(definition)
    return Loaded(None if decoding.is_unreadable else definition, tuple(found), document.source)


def _decode_endpoint(document: Document, endpoint_id: str | None) -> Loaded[EndpointDefinition]:
    if not document.is_readable:
        return Loaded(None, document.diagnostics, document.source)
    decoding = Decoding(document.source)
    definition = decode_endpoint(document.value, decoding, endpoint_id=endpoint_id)
    found = (*document.diagnostics, *_shape_faults(document.value, "endpoint", decoding), *decoding.diagnostics)
    return Loaded(None if decoding.is_unreadable else definition, found, document.source)


def _shape_faults(value: Any, schema: SchemaName, decoding: Decoding) -> list[Diagnostic]:
    return check_shape(value, schema, decoding.source) if decoding.has_wrong_type else []


def _check_admission(chain: ChainDefinition) -> list[Diagnostic]:
    """Return what forbids a well-formed chain to be loaded."""
    found = []
    if chain.disabled:
        location = Location(chain.source, "/ruleChain/disabled")
        message = f"{_named(chain)} is disabled"
        found.append(Diagnostic(Code.CHAIN_DISABLED, message, location, hint='remove "disabled", or set it to false'))
    if chain.endpoints and not chain.root:
        location = Location(chain.source, "/metadata/endpoints")
        message = f'{_named(chain)} has endpoints, which only a chain with "root": true may have'
        hint = 'write "root": true in "ruleChain", or move the endpoints to a document of their own'
        found.append(Diagnostic(Code.ENDPOINT_IN_SUB_CHAIN, message, location, hint=hint))
    return found


def _named(chain: ChainDefinition) -> str:
    return f'the chain "{chain.id}"' if chain.id else "the chain"
