"""What other languages call the things that are written differently here: for hints, never for meaning."""

_LOWER_CASE = 'write "{}" in lower case'
_OPERATOR = "{0} is an operator: a {0} b"

# By name in lower case and without underscores.
FUNCTIONS = {
    **dict.fromkeys(["length", "size", "strlen", "cardinality"], "write len(…)"),
    **dict.fromkeys(["str", "tostring", "text", "totext", "tochar"], "write string(…)"),
    **dict.fromkeys(["parseint", "toint", "integer", "long", "atoi"], "write int(…)"),
    **dict.fromkeys(["number", "tonumber", "parsefloat", "tofloat", "double", "todouble", "decimal"], "write float(…)"),
    **dict.fromkeys(["toupper", "uppercase", "touppercase", "ucase"], "write upper(…)"),
    **dict.fromkeys(["tolower", "lowercase", "tolowercase", "lcase"], "write lower(…)"),
    **dict.fromkeys(["substring", "substr", "mid", "left", "right", "slice"], "slice it: text[0:3], text[-3:]"),
    **dict.fromkeys(["charat", "elementat", "nth", "at"], "index it: list[0], text[0:1]"),
    **dict.fromkeys(["avg", "average"], "write mean(…)"),
    **dict.fromkeys(["distinct", "unique", "dedupe"], "write uniq(…)"),
    **dict.fromkeys(["typeof", "kind"], "write type(…)"),
    **dict.fromkeys(["parsejson", "jsonparse", "jsondecode"], "write fromJSON(…)"),
    **dict.fromkeys(["stringify", "jsonencode", "jsonstringify"], "write toJSON(…)"),
    **dict.fromkeys(["format", "sprintf", "printf"], 'put texts together with +, as in "n: " + string(n)'),
    **dict.fromkeys(["if", "iif", "ifelse", "cond", "ternary"], "write c ? a : b"),
    **dict.fromkeys(["coalesce", "ifnull", "nvl", "isnull", "default"], "write x ?? y, or x == nil"),
    **dict.fromkeys(["exists", "has", "isset", "defined", "notnull"], 'write x != nil, or "key" in map'),
    **dict.fromkeys(["empty", "isempty", "isblank"], 'write x == "", or len(x) == 0'),
    **dict.fromkeys(["includes", "haskey", "containskey"], "write x in list, or text contains part"),
    **dict.fromkeys(["test", "match", "regexmatch", "regex"], 'write text matches "pattern"'),
    **dict.fromkeys(["pow", "power"], "write x ** y"),
    **dict.fromkeys(["mod", "modulo"], "write x % y, with whole numbers"),
    **dict.fromkeys(["tofixed"], "write round(x * 100) / 100"),
    **dict.fromkeys(["datetime", "todate", "parsedate", "strptime", "timestamp"], "write date(…)"),
    **dict.fromkeys(["foreach", "select", "collect"], "write map(list, …)"),
    **dict.fromkeys(["where", "grep"], "write filter(list, …)"),
    **dict.fromkeys(["some"], "write any(list, …)"),
    **dict.fromkeys(["every"], "write all(list, …)"),
    **dict.fromkeys(["fold", "aggregate", "inject"], "write reduce(list, …)"),
    **dict.fromkeys(["not", "and", "or"], _LOWER_CASE),
}
_OPERATORS = ("contains", "startsWith", "endsWith", "matches")
# Functions of the language that are elsewhere written behind what they work on.
WRITTEN_IN_FRONT = frozenset(
    [
        *("len", "upper", "lower", "trim", "trimPrefix", "trimSuffix", "split", "replace", "repeat", "join", "indexOf"),
        *("lastIndexOf", "hasPrefix", "hasSuffix", "string", "int", "float", "round", "floor", "ceil", "abs"),
        *("first", "last", "take", "keys", "values", "reverse", "sort", "uniq", "flatten", "concat", "min", "max"),
        *("mean", "median", "sum", "count", "filter", "map", "find", "any", "all", "none", "one", "reduce", "groupBy"),
    ]
)
_NIL = frozenset(["null", "none", "undefined", "nil"])


def foreign_function(name: str) -> str | None:
    """Return how a function that the language does not know is written here, or None."""
    folded = name.lower().replace("_", "")
    operator = next((operator for operator in _OPERATORS if operator.lower() == folded), None)
    if operator is not None:
        return _OPERATOR.format(operator)
    found = FUNCTIONS.get(folded)
    return None if found is None else found.format(folded)


def function_for_member(name: str) -> str | None:
    """Return the function to write where a member of this name was meant as a method, or None."""
    return f"write {name}(…)" if name in WRITTEN_IN_FRONT else foreign_function(name)


def foreign_name(name: str) -> str | None:
    """Return how a value is written here that other languages have a name for, or None."""
    folded = name.lower()
    if folded in _NIL:
        return "write nil"
    if folded in {"true", "false"}:
        return f"write {folded}"
    if name.startswith("$"):
        return "names are written without it, as in msg.name"
    if folded == "nan":
        return "nothing equals it: write x != x to find it"
    return None
