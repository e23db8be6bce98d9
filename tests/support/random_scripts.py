"""Random scripts, and messages for them: the part of JavaScript that runs as Python, and what lies next to it."""

import json
import random

from rulechain.components.payload import settle_as_read
from rulechain.model import Message
from rulechain.values import StringMap

FORMS = ["truth", "texts", "change", "change", "text"]

_TEXTS = [
    *["", " ", "0", "1", "-0", " 12 ", "1e3", "0x1f", "abc", "ABC", "a,b,c", "b", "é", "É", "\u2028", "Infinity"],
    *[
        "-Infinity",
        "NaN",
        "true",
        "null",
        "12px",
        "3.14abc",
        ".5",
        "5.",
        "+7",
        "\t\n",
        "\ufeff9",
        "a$b",
        "$&",
        '"quoted"',
    ],
    *[
        "\\",
        "\x00\x1f\x7f",
        "length",
        "undefined",
        "[1,2]",
        '{"x":1,"a":[]}',
        "north",
        "10",
        "1_000",
        "1e400",
        "ﬁ",
        "😀",
        "ß",
        "toString",
        "constructor",
        "__proto__",
        "9007199254740993.00000000000000000000000000001",
    ],
]
_NUMBERS = [
    *["0", "-0", "1", "-1", "2", "3", "0.5", "1.5", "2.5", "-2.5", "0.1", "0.2", "0.30000000000000004", "35.5", "100"],
    *["255", "1e21", "1e-7", "123456789012345680000", "9007199254740992", "1e308", "5e-324", "4294967296"],
    *["2147483648", "-2147483649", "1.005", "0.000001", "1234567890123456", "12345678901234567", "0.1e-5"],
]
_KEYS = ["a", "b", "c", "n", "s", "list", "o", "10", "2", "temperature", "length", "x y"]
_METADATA_KEYS = ["k", "unit", "site", "a", "10"]
# Methods with the kinds of their arguments: a text, a small whole number, a list, anything.
_TEXT_METHODS = [
    *[("toLowerCase", ""), ("toUpperCase", ""), ("trim", ""), ("trimStart", ""), ("trimEnd", ""), ("toString", "")],
    *[("charAt", "i"), ("charCodeAt", "i"), ("includes", "t"), ("startsWith", "t"), ("endsWith", "t")],
    *[("indexOf", "t"), ("lastIndexOf", "t"), ("slice", "ii"), ("slice", "i"), ("substring", "ii"), ("substr", "ii")],
    *[("split", "t"), ("replace", "tt"), ("replaceAll", "tt"), ("padStart", "it"), ("padEnd", "i"), ("repeat", "i")],
    ("concat", "t"),
]
_LIST_METHODS = [
    *[("includes", "e"), ("indexOf", "e"), ("slice", "ii"), ("slice", "i"), ("join", "t"), ("join", "")],
    *[("concat", "l"), ("push", "e")],
]
_FUNCTIONS = [
    *[("String", 1), ("Number", 1), ("Boolean", 1), ("parseInt", 1), ("parseInt", 2), ("parseFloat", 1), ("isNaN", 1)],
    *[("isFinite", 1), ("Math.floor", 1), ("Math.ceil", 1), ("Math.round", 1), ("Math.trunc", 1), ("Math.sign", 1)],
    *[("Math.abs", 1), ("Math.sqrt", 1), ("Math.max", 2), ("Math.min", 2), ("Math.max", 0), ("Math.min", 3)],
    *[("Number.isInteger", 1), ("Number.isNaN", 1), ("Number.isFinite", 1), ("Number.isSafeInteger", 1)],
    *[("JSON.stringify", 1), ("JSON.parse", 1), ("Array.isArray", 1), ("Object.keys", 1), ("Object.values", 1)],
    *[("Object.entries", 1), ("Math.pow", 2)],
]
_BINARY = [
    *["+", "+", "+", "-", "*", "/", "%", "<", ">", "<=", ">=", "==", "!=", "===", "!==", "&", "|", "^", "<<", ">>"],
    *[">>>", "in"],
]
_CALLBACKS = ["map", "filter", "some", "every", "find", "findIndex"]


class ScriptMaker:
    """Makes scripts and messages from a source of randomness; the same seed makes the same ones."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.locals = []
        self.constants = []
        self.count = 0

    def message(self):
        """A message of any kind, mostly a JSON object whose members are of the kinds that scripts expect."""
        kind = self.random.random()
        if kind < 0.96:
            members = {key: self._json(1) for key in self.random.sample(_KEYS, self.random.randint(0, 8))}
            if kind < 0.9:
                listed = ",".join(self._json(0) for _ in range(self.random.randint(0, 4)))
                held = ",".join(
                    f'"{key}":{self._json(0)}' for key in self.random.sample("abcns", self.random.randint(0, 3))
                )
                text = json.dumps(self.random.choice(_TEXTS), ensure_ascii=False)
                members |= {"n": self.random.choice(_NUMBERS), "s": text, "list": f"[{listed}]", "o": f"{{{held}}}"}
            data = "{" + ",".join(f"{json.dumps(key)}:{value}" for key, value in members.items()) + "}"
        elif kind < 0.98:
            data = self._json(2)
        else:
            data = self.random.choice(
                ["", "{bad", "[1", '{"__proto__":1}', '{"s":"\\ud83d\\ude00"}', '{"s":"😀"}', '{"n":1e999}']
            )
        metadata = {key: self.random.choice([*_TEXTS, "half \ud800"]) for key in self._metadata_keys()}
        data_type = self.random.choice(["JSON"] * 27 + ["TEXT", "BINARY", ""])
        type_ = self.random.choice(["T"] * 6 + ["", "10", "é", "\ud800"])
        message = Message(data, type=type_, data_type=data_type, metadata=metadata, id="m", ts=1)
        if data_type != "JSON" or not isinstance(message.value, dict):
            return message
        made = self.random.random()
        if made < 0.3:
            # As endpoints make them: texts alone, and of any characters.
            texts = {key: self.random.choice(_TEXTS) for key in sorted(message.value)}
            return Message.of_object(texts, type=type_, metadata=StringMap(metadata), ts=1)
        # As nodes make them: with no text yet.
        return message.with_object(_flat(message.value)) if made < 0.6 else message

    def _metadata_keys(self):
        keys = _METADATA_KEYS if self.random.random() < 0.05 else _METADATA_KEYS[:-1]
        return self.random.sample(keys, self.random.randint(0, 3))

    def script(self, form):
        """The body of a script whose result suits a form."""
        self.locals, self.constants, self.count = [], [], 0
        lines = [self._statement(2) for _ in range(self.random.choice([0, 0, 1, 1, 2, 3, 4]))]
        lines.append(f"return {self._result(form)}")
        end = self.random.choice([";\n", ";", " ;\n", "\n"])
        # A block needs no end, and a line break may be one.
        return "".join(line + (self.random.choice(["\n", end]) if line.endswith("}") else end) for line in lines)

    def _result(self, form):
        if self.random.random() < 0.05:
            return self._expression(3)
        if form == "truth":
            return self._expression(4)
        if form == "text":
            return f"'' + {self._expression(3)}"
        if form == "texts":
            return "[" + ", ".join(self._expression(2) for _ in range(self.random.randint(0, 3))) + "]"
        if self.random.random() < 0.4:
            return "{'msg': msg, 'metadata': metadata, 'msgType': msgType}"
        if self.random.random() < 0.1:
            return self.random.choice(["{metadata: msg.o}", "{metadata: msg}", "msg", "{['meta' + 'data']: msg.o}"])
        members = [
            self.random.choice([f"msg: {self._expression(3)}", "msg", f"'msg': {self._object(3)}"]),
            self.random.choice([f"metadata: {self._object(2)}", "metadata", f"metadata: {self._expression(2)}"]),
            self.random.choice([f"msgType: {self._expression(2)}", "msgType", "msgType: 'NEW'"]),
            self.random.choice(
                [f"dataType: {self._expression(2)}", "dataType", "dataType: 'TEXT'", "['data' + 'Type']: 'JSON'"]
            ),
        ]
        return "{" + ", ".join(self.random.sample(members, self.random.randint(1, 4))) + "}"

    # ---- JSON ----

    def _json(self, depth):
        kind = self.random.random()
        if kind < 0.35:
            return self.random.choice(_NUMBERS)
        if kind < 0.6:
            return json.dumps(self.random.choice(_TEXTS), ensure_ascii=self.random.random() < 0.5)
        if kind < 0.75 or not depth:
            return self.random.choice(["null", "true", "false"])
        items = [self._json(depth - 1) for _ in range(self.random.randint(0, 4))]
        if kind < 0.9:
            return "[" + ",".join(items) + "]"
        return "{" + ",".join(f"{json.dumps(self.random.choice(_KEYS))}:{item}" for item in items) + "}"

    # ---- statements ----

    def _statement(self, depth):
        if self.random.random() < 0.25:
            return self.random.choice([self._branch, self._branch, self._scoped])(depth)
        makers = [self._declare] * 4 + [self._assign] * 6 + [self._update] * 2
        return self.random.choice([*makers, self._evaluate, self._delete, self._throw])()

    def _declare(self):
        self.count += 1
        name, keyword = f"v{self.count}", self.random.choice(["var", "let", "const"])
        if keyword != "const" and self.random.random() < 0.1:
            declared = f"{keyword} {name}"
        else:
            declared = f"{keyword} {name} = {self._expression(3)}"
        (self.constants if keyword == "const" else self.locals).append(name)
        return declared

    def _assign(self):
        if self.random.random() < 0.07:
            # Two names for one object.
            return self.random.choice(
                ["msg = metadata", "metadata = msg", "msg.o = metadata", "msg.list = [msg.o, msg.o]", "vars = msg"]
            )
        operator = self.random.choice(["=", "=", "=", "=", "+=", "-=", "*=", "/=", "%="])
        return f"{self._target()} {operator} {self._expression(3)}"

    def _target(self):
        choice = self.random.random()
        if choice < 0.4:
            return f"msg.{self._word()}"
        if choice < 0.6:
            return f"metadata.{self.random.choice(_METADATA_KEYS[:-1])}"
        if choice < 0.7:
            return f"msg[{self._text_value(1)}]"
        if choice < 0.8:
            return f"msg.o.{self._word()}"
        if choice < 0.85:
            return f"msg.list[{self.random.choice(['0', '1', 'msg.n', 'msg.list.length'])}]"
        if self.random.random() < 0.05:
            return self.random.choice(["msg", "metadata"])
        return self.random.choice([*self.locals, "msgType"])

    def _branch(self, depth):
        test, then = self._expression(3), self._scoped(depth)
        otherwise = f" else {self._scoped(depth)}" if self.random.random() < 0.5 else ""
        return f"if ({test}) {then}{otherwise}"

    def _scoped(self, depth):
        known = len(self.locals), len(self.constants)
        statements = [self._statement(depth - 1) for _ in range(self.random.randint(0, 2))] if depth else []
        if self.random.random() < 0.1:
            statements.append(f"return {self._expression(2)}")
        del self.locals[known[0] :], self.constants[known[1] :]
        return "{ " + "".join(each if each.endswith("}") else each + "; " for each in statements) + "}"

    def _update(self):
        operator = self.random.choice(["++", "--"])
        return f"{self._target()}{operator}" if self.random.random() < 0.7 else f"{operator}{self._target()}"

    def _evaluate(self):
        return f"msg.list.push({self._expression(2)})" if self.random.random() < 0.7 else "msg.s.trim()"

    def _delete(self):
        return f"delete {self.random.choice(['msg.a', 'msg.b', 'metadata.k', 'msg.o.a', 'msg[msg.s]'])}"

    def _throw(self):
        thrown = self.random.choice(["new Error(msg.s)", "msg.a", "'no'"])
        return f"if (msg.n > 2 && {self._leaf()}) {{ throw {thrown} }}"

    # ---- expressions ----

    def _expression(self, depth):
        if not depth or self.random.random() < 0.15:
            return self._leaf()
        makers = (
            [self._binary] * 5
            + [self._member] * 3
            + [self._logical, self._conditional, self._unary, self._call, self._method] * 2
        )
        makers += [self._array, self._object, self._template, self._callback, self._item, self._optional, self._grouped]
        return self.random.choice(makers)(depth)

    def _leaf(self):
        kind = self.random.random()
        if kind < 0.45:
            return self.random.choice(
                ["msg.a", "msg.b", "msg.c", "msg.n", "msg.n", "msg.s", "msg.s", f"msg.{self._word()}"]
            )
        if kind < 0.55:
            return f"metadata.{self.random.choice(_METADATA_KEYS[:-1])}"
        if kind < 0.65:
            return self.random.choice(
                ["msgType", "dataType", "undefined", "NaN", "Infinity", "null", "true", "false", "1", "2"]
            )
        if kind < 0.75 and (self.locals or self.constants):
            return self.random.choice(self.locals + self.constants)
        if kind < 0.8:
            return self.random.choice(["global.site", "vars.limit", "vars.none", "Math.PI", "global.a", "[]"])
        if kind < 0.9:
            return self.random.choice(_NUMBERS[:20]).replace("-", "- ")
        return self._text()

    def _text(self):
        text = self.random.choice(_TEXTS)
        literal = json.dumps(text, ensure_ascii=self.random.random() < 0.5).replace("\x7f", "\\x7f")
        return (
            literal if self.random.random() < 0.5 else "'" + literal[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
        )

    def _word(self):
        return self.random.choice([key for key in _KEYS if key.isidentifier()] + ["missing"])

    def _binary(self, depth):
        operator = self.random.choice(_BINARY)
        if operator == "in":
            return f"({self._text_value(1)} in msg.o)"
        return f"{self._operand(depth)} {operator} {self._operand(depth)}"

    def _operand(self, depth):
        inner = self._expression(depth - 1)
        return inner if self.random.random() < 0.3 else f"({inner})"

    def _logical(self, depth):
        return (
            f"({self._expression(depth - 1)}) {self.random.choice(['&&', '||', '??'])} ({self._expression(depth - 1)})"
        )

    def _conditional(self, depth):
        parts = [self._operand(depth) for _ in range(3)]
        return f"({parts[0]} ? {parts[1]} : {parts[2]})"

    def _unary(self, depth):
        return f"{self.random.choice(['!', '-', '+', '~', 'typeof ', '!!'])}({self._expression(depth - 1)})"

    def _member(self, depth):
        return f"msg.o.{self._word()}" if depth > 1 and self.random.random() < 0.3 else self._leaf()

    def _item(self, depth):
        base = self.random.choice(["msg", "msg.list", "msg.o", "msg.s", "metadata"])
        return f"{base}[{self._expression(depth - 1)}]"

    def _optional(self, _):
        tail = self.random.choice([f".{self._word()}", "[0]", ".trim()", "", f"?.{self._word()}"])
        return f"msg.{self._word()}?.{self._word()}{tail}" if self.random.random() < 0.8 else f"(msg?.o?.a){tail}"

    def _call(self, depth):
        name, count = self.random.choice(_FUNCTIONS)
        return f"{name}({', '.join(self._expression(depth - 1) for _ in range(count))})"

    def _method(self, depth):
        if self.random.random() < 0.1:
            return f"({self._number(depth)}).toFixed({self.random.choice(['', '0', '1', '2', '20'])})"
        if self.random.random() < 0.05:
            return f"{self.random.choice(['msg', 'msg.o', 'metadata'])}.hasOwnProperty({self._text()})"
        on_text = self.random.random() < 0.7
        name, kinds = self.random.choice(_TEXT_METHODS if on_text else _LIST_METHODS)
        base = self._text_value(depth) if on_text else self._list()
        return f"{base}.{name}({', '.join(self._argument(kind, depth) for kind in kinds)})"

    def _argument(self, kind, depth):
        if kind == "e" or self.random.random() < 0.07:
            return self._expression(depth - 1)
        if kind == "i":
            return self.random.choice(["0", "1", "2", "-1", "3.7", "10", "msg.n", "-3"])
        return self._list() if kind == "l" else self._text_value(depth)

    def _text_value(self, depth):
        choices = [
            "msg.s",
            "msg.s",
            "msgType",
            "metadata.k",
            self._text(),
            self._text(),
            self._template(1),
            f"String({self._leaf()})",
        ]
        return self.random.choice([*choices, f"({self._expression(depth - 1)})"])

    def _list(self):
        return self.random.choice(
            ["msg.list", "msg.list", "msg.s.split(',')", "[1, 'b', null, msg.a]", "Object.keys(msg.o)"]
        )

    def _number(self, depth):
        return self.random.choice(
            ["msg.n", "msg.n", "msg.n * 1.8 + 32", f"Number({self._expression(depth - 1)})", "1.005", "- 2.5"]
        )

    def _callback(self, depth):
        self.count += 1
        item, index = self.random.choice([("x", "i"), (f"x{self.count}", f"i{self.count}")])
        base = self._list()
        self.constants += [item, index]
        body = self._expression(depth - 1)
        if self.random.random() < 0.3:
            body = f"{{ if ({self._expression(1)}) return {body}; {self._effect(item, index)} return {item}; }}"
        elif body.startswith("{"):
            body = f"({body})"
        del self.constants[-2:]
        if self.random.random() < 0.1:
            return f"{base}.reduce(({item}, {index}) => {body}, {self._leaf()})"
        head = self.random.choice([f"({item}, {index})", f"({item}, {index}) "])
        return f"{base}.{self.random.choice(_CALLBACKS)}({head}=> {body})"

    def _effect(self, item, index):
        """What a callback may do to the list it is called for, and to all else."""
        effects = [f"msg.list[{index}] = {item};", f"msg.list[{index} + 1] = 'next';", "msg.list.push(1);"]
        effects += [f"msg.o.a = {item};", "delete msg.o;", f"{item}.a = 1;", f"let y{self.count} = {index};"]
        return self.random.choice([*effects, "", "", ""])

    def _array(self, depth):
        items = [self._expression(depth - 1) for _ in range(self.random.randint(0, 3))]
        if self.random.random() < 0.15:
            items.append("...msg.list")
        return "[" + ", ".join(items) + "]"

    def _object(self, depth):
        entries = []
        for _ in range(self.random.randint(0, 3)):
            key = self.random.choice(
                [self._word(), "'x y'", "10", f"[{self._expression(1)}]", "if", "...msg", "...metadata"]
            )
            entries.append(key if key.startswith("...") else f"{key}: {self._expression(max(depth - 1, 0))}")
        return "{" + ", ".join(entries) + "}" if depth == 3 else "({" + ", ".join(entries) + "})"

    def _template(self, depth):
        before, behind = self.random.choice(["", "a", "$", "é", "\\n", "{"]), self.random.choice(["", "}", "-"])
        return f"`{before}${{{self._expression(depth - 1)}}}{behind}`"

    def _grouped(self, depth):
        return f"({self._expression(depth - 1)})"


def _flat(value):
    """Those members of an object that need not be written to know how they are read, in the order of the text."""
    flat = {}
    for key in sorted(value):
        member = {key: value[key]}
        if settle_as_read(member):
            flat |= member
    return flat
