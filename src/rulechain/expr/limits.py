"""The bounds that keep a hostile or machine-made expression from harming the process that reads it."""

# Characters in one expression; the longest honest ones are a few thousand.
MAX_TEXT = 100_000
# Nodes in one tree: expr-lang's own limit, so every expression it accepts is accepted here.
MAX_NODES = 10_000
# Levels of nesting after `&&` and `||` chains are flattened. expr-lang has no such limit; its longest sum, of 5,000
# terms, fits (see `depth` for what the stages need).
MAX_DEPTH = 5_000
# Elements that one evaluation may put into lists, maps and ranges: expr-lang's memory budget.
MAX_ELEMENTS = 1_000_000
# Characters of a pattern, and the size of its program times the length of the text it is tried on.
MAX_PATTERN = 10_000
MAX_PATTERN_WORK = 200_000_000
# Steps of one evaluation, each about a tenth of a microsecond: elements that loops go over, what is done for each of
# them, and searches. expr-lang has no such limit: three nested loops over a long list run for days.
MAX_STEPS = 10_000_000
# Characters of one text that an operator or function may build.
MAX_BUILT_TEXT = 16_000_000
