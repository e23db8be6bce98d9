"""`endpoint/redis/stream`: consumer groups in, response streams out, each entry settled exactly once."""
