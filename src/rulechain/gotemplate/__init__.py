"""Go's template language (package text/template), as far as data can use it; knows nothing of chains or messages.

text ─tokens→ tokens ─parse→ tree ─compile→ functions
"""

from rulechain.gotemplate.compile import GoTemplate, compile_go_template

__all__ = ["GoTemplate", "compile_go_template"]
