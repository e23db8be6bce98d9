"""Every diagnostic of one document, as `rulechain check` shows them."""

from rulechain import Engine
from rulechain.app.check import check_documents
from rulechain.diagnostics import render_diagnostics


def check_document(path):
    """All diagnostics of the document at a path."""
    return check_documents([path], Engine()).diagnostics


def render_check(path, root):
    """The diagnostics of a document as text, with its path shown from `root`."""
    return render_diagnostics(check_document(path)).replace(str(root) + "/", "") + "\n"
