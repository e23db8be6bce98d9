"""Eight typical expressions, each in the languages that can say it, and the message that they are evaluated on."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Typical(NamedTuple):
    """One expression in each language, empty where a language cannot say it; the two CELs share a text."""

    title: str
    ours: str
    go_ns: int
    jmespath: str = ""
    cel: str = ""
    rule_engine: str = ""
    zen: str = ""


MESSAGE = {
    **{f"channel{number}": float(number) for number in range(40)},
    "speed": 41.5,
    "load": 62.0,
    "nested": {"a": {"b": {"c": 7.0}}},
    "readings": [5.0, 3.0, 8.0, 1.0, 9.0, 2.0],
    "stations": [{"id": f"s{number}", "ok": number != 1, "v": 20.0 * number, "zone": "north"} for number in range(4)],
}
METADATA = {"line": "press-7", "site": "hall 3", "topic": "line.readings"}
ENVIRONMENT: Mapping[str, Any] = {
    "id": "reading-1",
    "ts": 1_700_000_000_000,
    "data": "",
    "msgType": "READING",
    "dataType": "JSON",
    "msg": MESSAGE,
    "metadata": METADATA,
    "vars": {},
}
COMPARISONS = ("one comparison", "three comparisons")
TYPICAL = (
    Typical(
        "one comparison",
        "msg.speed > 40",
        236,
        "msg.speed > `40`",
        "msg.speed > 40.0",
        "msg.speed > 40",
        "msg.speed > 40",
    ),
    Typical(
        "three comparisons",
        'msg.speed > 40 && msg.load < 70 && metadata.line == "press-7"',
        622,
        "msg.speed > `40` && msg.load < `70` && metadata.line == 'press-7'",
        'msg.speed > 40.0 && msg.load < 70.0 && metadata.line == "press-7"',
        'msg.speed > 40 and msg.load < 70 and metadata.line == "press-7"',
        zen='msg.speed > 40 and msg.load < 70 and metadata.line == "press-7"',
    ),
    Typical(
        "filter, map, count",
        "msg.stations | filter(.ok && .v > 30) | map(.id) | len()",
        1206,
        "length(msg.stations[?ok && v > `30`].id)",
        "size(msg.stations.filter(s, s.ok && s.v > 30.0).map(s, s.id))",
        "[s.id for s in msg.stations if s.ok and s.v > 30].length",
        zen="len(map(filter(msg.stations, #.ok and #.v > 30), #.id))",
    ),
    Typical(
        "text put together",
        'upper(metadata.line) + ":" + string(int(msg.speed))',
        823,
        rule_engine='metadata.line.as_upper + ":" + msg.speed.floor.to_str',
        zen='upper(metadata.line) + ":" + string(floor(msg.speed))',
    ),
    Typical(
        "optional members",
        "msg.nested?.a?.b?.c ?? 0",
        519,
        "msg.nested.a.b.c || `0`",
        "has(msg.nested) && has(msg.nested.a) && has(msg.nested.a.b) && has(msg.nested.a.b.c) ? msg.nested.a.b.c : 0.0",
        "msg.nested&.a&.b&.c ?? 0",
        zen="msg.nested.a.b.c ?? 0",
    ),
    Typical(
        "map literal",
        '{"id": id, "fast": round(msg.speed * 1.8 + 32), "alarm": msg.speed > 40}',
        1732,
        rule_engine='{"id": id, "fast": (msg.speed * 1.8 + 32.5).floor, "alarm": msg.speed > 40}',
        zen='{"id": id, "fast": floor(msg.speed * 1.8 + 32.5), "alarm": msg.speed > 40}',
    ),
    Typical(
        "list arithmetic",
        "sum(map(msg.readings, # * 2)) / len(msg.readings) + max(msg.readings)",
        2157,
        rule_engine="$sum([n * 2 for n in msg.readings]) / msg.readings.length + $max(msg.readings)",
        zen="sum(map(msg.readings, # * 2)) / len(msg.readings) + max(msg.readings)",
    ),
    Typical(
        "nested conditionals",
        'let s = msg.speed; s > 50 ? "high" : s > 40 ? "mid" : "low"',
        402,
        "msg.speed > `50` && 'high' || msg.speed > `40` && 'mid' || 'low'",
        'msg.speed > 50.0 ? "high" : msg.speed > 40.0 ? "mid" : "low"',
        'msg.speed > 50 ? "high" : (msg.speed > 40 ? "mid" : "low")',
        zen='msg.speed > 50 ? "high" : msg.speed > 40 ? "mid" : "low"',
    ),
)
