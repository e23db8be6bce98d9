"""JSON documents → definitions. Collects every problem it can find and never raises for bad input."""

from rulechain.loader.load import Loaded, load_chain, load_documents, load_endpoint
from rulechain.loader.sources import DocumentSource, find_files, is_json_text

__all__ = ["DocumentSource", "Loaded", "find_files", "is_json_text", "load_chain", "load_documents", "load_endpoint"]
