"""JSON documents → definitions. Collects every problem it can find and never raises for bad input."""

from rulechain.loader.encode import encode_chain, encode_node, render_document
from rulechain.loader.load import Loaded, load_chain, load_documents, load_endpoint
from rulechain.loader.sources import DocumentSource, find_files, is_json_text, read_source

__all__ = [
    "DocumentSource",
    "Loaded",
    "encode_chain",
    "encode_node",
    "find_files",
    "is_json_text",
    "load_chain",
    "load_documents",
    "load_endpoint",
    "read_source",
    "render_document",
]
