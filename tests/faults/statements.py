"""The statements of a block."""
from __future__ import annotations

from collections.abc import Iterator

from tokens import Code

NOT_DROPPED = ("return", "throw", "using", "const", "constexpr", "static", "auto", "goto", "thread_local", "struct", "class", "enum", "typedef",
               "template", "case", "default", "public", "private", "protected", "friend", "typename", "else")


def statements(code: Code, opening: int) -> Iterator[tuple[int, int]]:
    """First and last token of each statement directly in a block, without what is before it: if (...), else, case x:"""
    first = i = opening + 1
    while i < code.partner[opening]:
        word = code.text(i)
        if word == ";":
            yield first, i
            first = i + 1
        elif word == "{" and code.opens[i] == "body":
            i = code.partner[i]
            first = i + 1
        elif word in ("if", "for", "while", "switch", "catch"):
            while code.text(i) != "(":
                i += 1
            i = code.partner[i]
            first = i + 1
        elif word in ("else", "do", "try") or word == ":" and code.text(first) in ("case", "default", "public", "private"):
            first = i + 1
        elif code.partner.get(i, -1) > i:
            i = code.partner[i]
        i += 1


def can_be_dropped(code: Code, first: int, last: int) -> bool:
    """An expression, a break or a continue; no declaration, and no value that a function returns."""
    return first < last and (last == first + 1 or code.text(first) not in NOT_DROPPED) and not is_declaration(code, first, last)


def is_declaration(code: Code, first: int, last: int) -> bool:
    for i in range(first + 1, last):
        if code.text(i) in ("(", "=", "{", ";", "["):
            return False
        before = code.text(i - 1)
        if code.kind(i) == "name" and (code.kind(i - 1) == "name" or before in (">", "*", "&") and i - 1 > first):
            return True
        if code.text(i) == "<" and i in code.partner:
            after = code.partner[i] + 1
            if code.kind(after) == "name" or code.text(after) in ("*", "&"):
                return True
            if code.text(after) == "(":
                return False
    return False
