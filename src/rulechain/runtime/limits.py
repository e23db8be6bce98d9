"""What keeps a run from going on for ever. RuleGo has no such limits."""

import msgspec

# A chain with cycles (`allow_cycles`) would otherwise never come back.
MAX_STEPS = 1_000_000
STEP_LIMIT = f"the run took more than {MAX_STEPS} steps"
# Branches of a run over its limits that end as failures; the others just end. There may be a million of them, and a run
# around this one would lead each of them on.
MOST_STOPPED = 100
# A level takes some ten frames of Python's stack, twenty with aspects around nodes; it has room for a thousand.
MAX_DEPTH = 40
DEPTH_LIMIT = f"chains lead into each other more than {MAX_DEPTH} deep"
# Nodes that lead into themselves twice would come to that depth 2^40 times: each time counts as so many steps.
DEPTH_STEPS = 10_000
# A run that is left to itself stays in memory until it has ended: each counts as so many steps, so that they cannot
# pile up before the limit on steps ends the run.
LEFT_STEPS = 50
# A payload that is put together of several may double in length each time. So many characters take as long as a step.
CHARACTERS_PER_STEP = 250
DEADLINE = "processing cancelled: context deadline exceeded"


# A msgspec struct because one is made per run: half the cost of a class with slots.
class Steps(msgspec.Struct, gc=False):
    """How many nodes a run and the runs inside it have entered, and how many they may."""

    taken: int = 0
    limit: int = MAX_STEPS
