"""Where a source can be wrong by one small change, and how: every place of a file, by the kind of the change."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mutations import MESSAGES, Mutation, arguments, idle_ranges, part
from statements import can_be_dropped, statements
from tokens import Code

ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "&", "&&": "||", "||": "&&", "+=": "-=",
              "-=": "+=", "*=": "/=", "/=": "*=", "|=": "&=", "&=": "|=", "<<=": ">>=", ">>=": "<<=", "^=": "|="}
COMPARISONS = {"<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "==": ("!=",), "!=": ("==",)}
SIGNS = ("-", "!", "~")
SYMMETRIC = ("min", "max", "swap", "same_shape")
COUNTS = ("size", "numel", "count", "rank", "length", "ssize", "channels", "classes")
NO_CALLS = ("if", "for", "while", "switch", "return", "catch", "static_cast")

Found = Iterator[list[Mutation]]  # a place: the mutations of which one may be drawn


def places(source: str) -> dict[str, list[list[Mutation]]]:
    """By kind, the places of one file."""
    code = Code(source)
    idle = list(idle_ranges(code))

    def runs(mutation: Mutation) -> bool:
        return not any(begin <= mutation.start < end for begin, end in idle)

    def found(kind: Callable[[Code], Found]) -> list[list[Mutation]]:
        kept = ([mutation for mutation in place if runs(mutation)] for place in kind(code))
        return [place for place in kept if place]

    return {name: found(kind) for name, kind in KINDS.items()}


def is_code(code: Code, i: int) -> bool:
    return code.around(i) in ("body", "lambda")


def in_for_header(code: Code, i: int) -> bool:
    opening = code.inside[i]
    return opening > 0 and code.text(opening) == "(" and code.text(opening - 1) == "for"


def replacements(code: Code, i: int, kind: str, texts: tuple[str, ...] | list[str]) -> list[Mutation]:
    return [Mutation(kind, code.tokens[i].start, code.tokens[i].end, text) for text in texts]


def operators(code: Code) -> Found:
    for i, token in enumerate(code.tokens):
        if token.kind != "symbol":
            continue
        before = code.tokens[i - 1]
        if token.text in ARITHMETIC and code.is_spaced(i) and "text" not in (before.kind, code.kind(i + 1)):
            yield replacements(code, i, "operator", (ARITHMETIC[token.text],))
        elif token.text in ("++", "--") and not in_for_header(code, i):
            yield replacements(code, i, "operator", ("--" if token.text == "++" else "++",))
        elif token.text in SIGNS and not code.source[token.end].isspace() and (code.source[token.start - 1].isspace() or before.text in ("(", "[", "{")):
            yield replacements(code, i, "operator", ("",))


def comparisons(code: Code) -> Found:
    for i, token in enumerate(code.tokens):
        if token.text in COMPARISONS and code.is_spaced(i):
            yield replacements(code, i, "comparison", COMPARISONS[token.text])


def constants(code: Code) -> Found:
    for i, token in enumerate(code.tokens):
        if token.text in ("true", "false"):
            yield replacements(code, i, "constant", ("false" if token.text == "true" else "true",))
        elif token.kind == "number":
            yield replacements(code, i, "constant", other_numbers(token.text))


def other_numbers(text: str) -> list[str]:
    if whole := re.fullmatch(r"([\d']+)([uUlLzZ]*)", text):
        digits, suffix = whole.groups()
        value = int(digits.replace("'", ""))
        return [f"{value + 1}{suffix}", *([f"{value - 1}{suffix}"] if value > 0 else [])]
    if decimal := re.fullmatch(r"([\d.']+(?:[eE][+-]?\d+)?)([fFlL]?)", text):
        digits, suffix = decimal.groups()
        value = float(digits.replace("'", ""))
        return [f"{value * 2!r}{suffix}", f"{value / 2!r}{suffix}"] if value else [f"1.0{suffix}"]
    return [f"({text} * 2)", f"({text} + 1)"]


def off_by_one(code: Code) -> Found:
    def added(i: int) -> list[Mutation]:
        end = code.tokens[i].end
        return [Mutation("off by one", end, end, text) for text in (" + 1", " - 1")]

    for i, token in enumerate(code.tokens):
        if not is_code(code, i):
            continue
        if token.text == "[" and (code.kind(i - 1) == "name" or code.text(i - 1) in (")", "]")) and code.text(i - 1) not in NO_CALLS:
            inner = range(i + 1, code.partner[i])
            if inner and not any(code.kind(k) == "text" for k in inner):
                yield added(inner[-1])
        elif token.text in ("<", "<=") and code.is_spaced(i) and in_for_header(code, i):
            yield added(bound_end(code, i))
        elif token.text in COUNTS and code.text(i - 1) in (".", "->") and code.text(i + 1) == "(":
            yield added(code.partner[i + 1])


def bound_end(code: Code, i: int) -> int:
    """The last token of what a loop counts to."""
    k = i + 1
    while code.text(k) not in (";", "&&", "||", ")"):
        k = code.partner[k] + 1 if code.partner.get(k, -1) > k else k + 1
    return k - 1


def dropped_statements(code: Code) -> Found:
    for i, word in code.opens.items():
        if word in ("body", "lambda"):
            for first, last in statements(code, i):
                if can_be_dropped(code, first, last):
                    yield [Mutation("dropped statement", code.tokens[first].start, code.tokens[last].start, "")]


def exchanged_arguments(code: Code) -> Found:
    for i, token in enumerate(code.tokens):
        if token.text not in ("(", "{") or not is_code(code, i) or token.text == "{" and code.opens[i] != "list":
            continue
        if token.text == "(" and not is_call(code, i):
            continue
        parts = arguments(code, i)
        for (a, b), (c, d) in zip(parts, parts[1:]):
            texts = part(code, a, b), part(code, c, d)
            literal = a == b and code.kind(a) == "text" or c == d and code.kind(c) == "text"
            if texts[0] != texts[1] and not literal and "." not in (code.text(a), code.text(c)):
                between = code.source[code.tokens[b].end : code.tokens[c].start]
                yield [Mutation("exchanged arguments", code.tokens[a].start, code.tokens[d].end, texts[1] + between + texts[0])]


def is_call(code: Code, opening: int) -> bool:
    before = opening - 1
    if code.text(before) == ">" and before in code.partner:
        before = code.partner[before] - 1
    return code.kind(before) == "name" and code.text(before) not in (*NO_CALLS, *SYMMETRIC, *MESSAGES) or code.text(before) == ")"


def wrong_branches(code: Code) -> Found:
    for i, token in enumerate(code.tokens):
        opening = i + 2 if code.text(i + 1) == "constexpr" else i + 1
        if token.text == "if" and code.text(opening) == "(":
            yield negated(code, opening)
        elif token.text == "?":
            yield exchanged_branches(code, i)


def negated(code: Code, opening: int) -> list[Mutation]:
    inner = range(opening + 1, code.partner[opening])
    semicolons = [k for k in inner if code.text(k) == ";" and code.inside[k] == opening]
    first, last = (semicolons[-1] if semicolons else opening) + 1, inner[-1]
    if not semicolons and any(code.text(k) == "=" and code.inside[k] == opening for k in inner):
        return []  # a declaration is its own condition
    condition = part(code, first, last)
    return [Mutation("wrong branch", code.tokens[first].start, code.tokens[last].end, f"!({condition})")]


def exchanged_branches(code: Code, question: int) -> list[Mutation]:
    """Of c ? a : b, the branches."""
    k, depth = question + 1, 0
    while code.text(k) != ":" or depth > 0:
        depth += (code.text(k) == "?") - (code.text(k) == ":")
        k = code.partner[k] + 1 if code.partner.get(k, -1) > k else k + 1
    colon = k
    while k < len(code.tokens) and code.text(k) not in (";", ",", ")", "}", "]"):
        k = code.partner[k] + 1 if code.partner.get(k, -1) > k else k + 1
    one, other = part(code, question + 1, colon - 1), part(code, colon + 1, k - 1)
    if one == other:
        return []
    return [Mutation("wrong branch", code.tokens[question + 1].start, code.tokens[k - 1].end, f"{other} : {one}")]


KINDS: dict[str, Callable[[Code], Found]] = {
    "operator": operators,
    "comparison": comparisons,
    "constant": constants,
    "off by one": off_by_one,
    "dropped statement": dropped_statements,
    "exchanged arguments": exchanged_arguments,
    "wrong branch": wrong_branches,
}
