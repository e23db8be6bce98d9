"""Findings in the forms that code hosts read."""

import json

from rulechain.diagnostics import Code, Diagnostic, Location, Severity, Source
from rulechain.diagnostics.formats import dump_sarif, render_github

SOURCE = Source("chains/a,b.json", '{\n  "x": "wrong",\n  "y": [\n  ]\n}')
FOUND = Diagnostic(Code.BAD_SETTING, "50 % is:\nno number", Location(SOURCE, "/x"), hint="write 0.5")
SPREAD = Diagnostic(Code.UNKNOWN_KEY, "many lines", Location(SOURCE, "/y"), Severity.WARNING)
NOWHERE = Diagnostic(
    Code.FILE_UNREADABLE,
    "not there",
    Location(Source("gone.json")),
    labels=((Location(SOURCE, "/x"), "asked for here"),),
)


def test_github_shows_findings_at_their_lines():
    """Each finding is one command; what would end it early is escaped."""
    place = "file=chains/a%2Cb.json,title=P302,line=2,endLine=2,col=8,endColumn=15"
    assert list(render_github([FOUND, SPREAD, NOWHERE])) == [
        f"::error {place}::50 %25 is:%0Ano number%0Awrite 0.5",
        "::warning file=chains/a%2Cb.json,title=L106,line=3,endLine=4,col=8::many lines",
        "::error file=gone.json,title=L101::not there",
    ]


def test_sarif_has_each_finding_with_its_rule_and_place():
    """A log is version 2.1.0, names each code once, and points with lines, columns and JSON pointers."""
    log = dump_sarif([FOUND, SPREAD, NOWHERE], "1.2.3")
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["version"] == "1.2.3"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["L101", "L106", "P302"]
    first, second, third = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("P302", 2, "error")
    assert first["message"]["text"] == "50 % is:\nno number. write 0.5"
    (place,) = first["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "chains/a,b.json"},
        "region": {"startLine": 2, "startColumn": 8, "endLine": 2, "endColumn": 15},
    }
    assert place["logicalLocations"] == [{"fullyQualifiedName": "/x"}]
    assert second["level"] == "warning"
    assert "region" not in third["locations"][0]["physicalLocation"]
    assert third["relatedLocations"][0]["message"] == {"text": "asked for here"}
    json.dumps(log)
