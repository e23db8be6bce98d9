"""RuleGo's own times for the same work, to hold this engine's against.

RuleGo v0.37, built with Go 1.27, on two shared cores of a cloud machine: in process with one caller that waits for each
run, over Redis Streams with 20,000 entries and the server on the same two cores. Each figure is the better one of two
series, one with both cores and one with GOMAXPROCS=1. The calibration of those minutes was 5.1 microseconds. Machines
differ, so what counts is how many calibrations a message costs there and here.
"""

CALIBRATION_US = 5.1
_IN_PROCESS_US = {"i": 4.3, "ii": 30.0, "iii": 40.0, "iv": 181.0}
_MESSAGES_PER_S = {"i": 9_700.0, "ii": 7_700.0, "iii": 6_900.0}

IN_PROCESS_COST = {chain: spent / CALIBRATION_US for chain, spent in _IN_PROCESS_US.items()}
STREAM_COST = {chain: 1e6 / rate / CALIBRATION_US for chain, rate in _MESSAGES_PER_S.items()}
