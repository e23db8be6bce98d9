"""Random expression texts, fast enough for hundreds of thousands: well-formed ones, broken ones, and plain noise."""

NAMES = ["msg", "metadata", "xs", "s", "n", "m", "nothing", "type", "a", "$env"]
MEMBERS = ["a", "b", "name", "items", "in", "not"]
UNARY = ["!", "-", "+", "not "]
BINARY = [
    *["+", "-", "*", "/", "%", "**", "^", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "and", "or", "??", "..", "in"],
    *["not in", "contains", "startsWith", "endsWith", "matches", "not contains"],
]
LITERALS = [
    *["0", "1", "2", "-1", "2.5", "1e3", "9223372036854775807", "0x1F", "1_0", "true", "false", "nil"],
    *['"a"', "'b'", '""', '"é"', "`r`", 'b"a"', '"10"', '"[ab]+"'],
]
PREDICATES = [
    *["all", "any", "none", "one", "filter", "map", "find", "findLast", "findIndex", "findLastIndex", "count", "sum"],
    *["groupBy", "sortBy", "reduce"],
]
FUNCTIONS = [
    *["len", "type", "string", "int", "float", "upper", "lower", "trim", "split", "join", "replace", "repeat", "first"],
    *["last", "get", "take", "keys", "values", "toPairs", "fromPairs", "reverse", "uniq", "concat", "flatten", "sort"],
    *["max", "min", "mean", "median", "abs", "ceil", "floor", "round", "toJSON", "fromJSON", "toBase64", "fromBase64"],
    *["indexOf", "hasPrefix", "bitand", "bitshl", "date", "duration", "now", "foo"],
]
NOISE = [
    *"(){}[]#.,;:?|&=!<>+-*/%^~@\\\"'` \n",
    "${",
    "}",
    "let ",
    "if ",
    "else ",
    "é",
    "\0",
    "\ud800",
    "//",
    "/*",
    "?.",
    "::",
]


class RandomExpressions:
    """A source of texts; the same random numbers give the same texts."""

    def __init__(self, random):
        self.random = random

    def text(self):
        """Return a text: an expression, one with a few characters changed, or noise."""
        kind = self.random.random()
        if kind < 0.6:
            return self.expression(self.random.choice([1, 2, 3, 4]))
        if kind < 0.85:
            return self.mutated(self.expression(3))
        if kind < 0.95:
            before, behind = self.random.choice(["", "a ", "${"]), self.random.choice(["", " b", "${n}"])
            return f"{before}${{{self.expression(2)}}}{behind}"
        return "".join(self.random.choices([*NOISE, *NAMES, *LITERALS, *BINARY], k=self.random.randint(0, 20)))

    def mutated(self, text):
        """Return a text with some characters dropped, doubled, swapped or put in."""
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randint(0, len(text))
            change = self.random.random()
            if change < 0.4:
                text = text[:at] + text[at + self.random.randint(1, 3) :]
            elif change < 0.8:
                text = text[:at] + self.random.choice(NOISE) + text[at:]
            else:
                text = text[:at] + text[at // 2 : at] + text[at:]
        return text

    def expression(self, depth):
        """Return a well-formed expression."""
        return self.random.choice(_LEAVES if depth <= 0 else _FORMS)(self, depth - 1)

    def several(self, depth, most=3):
        """Return some expressions with commas between."""
        return ", ".join(self.expression(depth) for _ in range(self.random.randint(0, most)))

    def predicate(self, depth):
        """Return a call of a predicate function."""
        name, choice = self.random.choice(PREDICATES), self.random.random()
        element = self.random.choice(["#", ".a", "#.b", "#index", "#acc", self.expression(depth)])
        body = f"{element} {self.random.choice(BINARY)} {self.expression(depth - 1)}" if choice < 0.7 else element
        body = f"{{{body}}}" if choice < 0.1 else body
        extra = f", {self.expression(depth - 1)}" if name in {"reduce", "sortBy"} and choice < 0.5 else ""
        collection = self.random.choice(["xs", "1..4", "msg.items", "[1, 2.5]", "s", self.expression(depth)])
        return f"{name}({collection}, {body}{extra})"

    def member(self, depth):
        """Return something with members, indexes, slices and calls behind it."""
        text = self.random.choice([*NAMES, f"({self.expression(depth)})"])
        for _ in range(self.random.randint(1, 3)):
            text += self.random.choice(
                [
                    f".{self.random.choice(MEMBERS)}",
                    f"?.{self.random.choice(MEMBERS)}",
                    f"[{self.expression(depth - 1)}]",
                    f"?.[{self.expression(depth - 1)}]",
                    f"[{self.expression(depth - 1)}:]",
                    "[1:2]",
                    ".a()",
                ]
            )
        return text


def _name(source, _):
    return source.random.choice(NAMES)


def _literal(source, _):
    return source.random.choice(LITERALS)


def _binary(source, depth):
    return f"{source.expression(depth)} {source.random.choice(BINARY)} {source.expression(depth)}"


def _unary(source, depth):
    return f"{source.random.choice(UNARY)}{source.expression(depth)}"


def _group(source, depth):
    return f"({source.expression(depth)})"


def _ternary(source, depth):
    return f"{source.expression(depth)} ? {source.expression(depth)} : {source.expression(depth)}"


def _if(source, depth):
    return f"if {source.expression(depth)} {{{source.expression(depth)}}} else {{{source.expression(depth)}}}"


def _let(source, depth):
    return f"let v = {source.expression(depth)}; {source.random.choice(['v', source.expression(depth), 'v + v'])}"


def _list(source, depth):
    return f"[{source.several(depth)}]"


def _map(source, depth):
    return f"{{a: {source.expression(depth)}, 'b': {source.expression(depth)}}}"


def _call(source, depth):
    return f"{source.random.choice(FUNCTIONS)}({source.several(depth)})"


def _pipe(source, depth):
    return f"{source.expression(depth)} | {source.random.choice(FUNCTIONS)}({source.several(depth, 1)})"


_LEAVES = [_name, _literal, _name, _literal, lambda source, _: f"{_name(source, 0)}.{source.random.choice(MEMBERS)}"]
_FORMS = [
    *[_binary, _binary, _binary, _unary, _group, _ternary, _if, _let, _list, _map, _call, _call, _pipe],
    *[RandomExpressions.predicate, RandomExpressions.predicate, RandomExpressions.member, RandomExpressions.member],
]
