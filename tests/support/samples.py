"""The samples as data: their folders, documents, messages and cases."""

import json
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/endpoint.json"))


def endpoint_document(sample, **configuration):
    """A sample's endpoint document, with keys of its configuration overridden."""
    document = json.loads((SAMPLES / sample / "endpoint.json").read_text(encoding="utf-8"))
    return document | {"configuration": document["configuration"] | configuration}


def chain_documents(sample):
    """A sample's chain documents by file name."""
    documents = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (SAMPLES / sample).glob("*.json")}
    return {name: document for name, document in documents.items() if "ruleChain" in document}


def request_stream(sample):
    """The stream that a sample's messages are meant for."""
    return endpoint_document(sample)["routers"][0]["from"]["path"]


def messages(sample):
    """The entries in a sample's messages.jsonl."""
    lines = (SAMPLES / sample / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def cases(sample):
    """The cases of a sample's cases.test.json: messages for its chains, then entries for its router."""
    return json.loads((SAMPLES / sample / "cases.test.json").read_text(encoding="utf-8"))["cases"]


def message_cases(sample):
    """The cases whose message goes to a chain."""
    return [case for case in cases(sample) if "message" in case]


def entry_cases(sample):
    """The cases whose entry goes to the router."""
    return [case for case in cases(sample) if "entry" in case]


def is_part(part, whole):
    """Whether each key of `part` is in `whole` with the same value, at every level."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_part(value, whole[key]) for key, value in part.items())
    return part == whole
