"""Very many random scripts and messages: as Python and in QuickJS they give the same, to the last byte.

How many scripts is set by RULECHAIN_LONG_RUN (2,000 by default), where they start by RULECHAIN_LONG_RUN_SEED.
"""

import os

import pytest

from rulechain.values import StringMap
from support.random_scripts import FORMS, ScriptMaker
from support.script_engines import ScriptEngines

COUNT = int(os.environ.get("RULECHAIN_LONG_RUN", "2000"))
SEED = int(os.environ.get("RULECHAIN_LONG_RUN_SEED", "1"))
MESSAGES = 3


@pytest.mark.timeout(60 + COUNT // 20)
def test_both_engines_agree_on_very_many_scripts():
    """Results, errors, payload bytes and the order of metadata are the same; and a good part did run as Python."""
    engines = ScriptEngines(StringMap({"site": "north"}), StringMap({"limit": "20"}))
    in_python = 0
    for seed in range(SEED, SEED + COUNT):
        maker = ScriptMaker(seed)
        form = maker.random.choice(FORMS)
        body = maker.script(form)
        ask = engines.compile(body, form)
        if ask is None:
            continue
        for _ in range(MESSAGES):
            message = maker.message()
            answers = ask(message)
            assert answers.python == answers.quickjs, (seed, form, body, message)
            in_python += answers.in_python
    assert in_python > COUNT / 2
