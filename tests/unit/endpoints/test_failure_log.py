"""Failures of entries, as the log and the status tell them."""

from rulechain.diagnostics import Code, Diagnostic, Location, Source
from rulechain.endpoints.redis_stream.failures import FailureLog

PLACE = Location(Source("e.json"))


def test_a_failure_that_quotes_an_entry_is_cut(caplog):
    """An entry may have megabytes; a line of the log has not."""
    log = FailureLog("e")
    log.report("s", Diagnostic(Code.NODE_FAILED, "x" * 1_000_000, PLACE))
    assert len(log.last) < 1_100
    assert log.last.endswith("x… (1,000,006 characters)")
    assert len(caplog.messages[0]) < 1_200


def test_failures_of_a_kind_are_told_once_a_second(caplog):
    """Of many failures of one code on one stream the first is logged; another stream is told at once."""
    log = FailureLog("e")
    for stream in ("s", "s", "s", "t"):
        log.report(stream, Diagnostic(Code.NODE_FAILED, "no", PLACE))
    assert caplog.messages == ["e: stream s: R602: no", "e: stream t: R602: no"]
