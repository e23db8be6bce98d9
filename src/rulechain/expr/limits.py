"""The bounds that keep a hostile or machine-made expression from harming the process that reads it."""

# Characters in one expression; the longest honest ones are a few thousand.
MAX_TEXT = 100_000
# Nodes in one tree: expr-lang's own limit, so every expression it accepts is accepted here.
MAX_NODES = 10_000
# Levels of nesting after `&&` and `||` chains are flattened; every later stage recurses once or twice per level.
MAX_DEPTH = 200
# Elements that one evaluation may put into lists, maps and ranges: expr-lang's memory budget.
MAX_ELEMENTS = 1_000_000
# Predicate calls in one evaluation. expr-lang has no such limit: three nested loops over a long list run for days.
MAX_STEPS = 10_000_000
# Characters of one text that an operator or function may build.
MAX_BUILT_TEXT = 16_000_000
