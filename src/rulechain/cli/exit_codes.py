"""What the process says to its caller when it ends."""

# Everything went well; for `check`: no errors were found.
OK = 0
# The check, the chain, the expression or the delivery failed.
FAILED = 1
# The command line is wrong: unknown option, missing file, no endpoint to serve.
USAGE = 2
# A document or an expression is not valid.
INVALID = 3
# A service, such as the Redis server, can't be reached.
UNAVAILABLE = 4
# A bug in rulechain.
BUG = 70

# Ended from outside, as any program: 128 and the number of the signal.
INTERRUPTED = 130
PIPE_CLOSED = 141
