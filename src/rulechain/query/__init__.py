"""JMESPath: the query language of transforms. Knows nothing of chains or messages."""

from rulechain.query.compile import Query, compile_query
from rulechain.query.operators import is_true

__all__ = ["Query", "compile_query", "is_true"]
