"""What a fault in a source is, and which parts of a source are left alone."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tokens import Code

# A call of these is about a text for the reader, from this argument on: errors are asserted word for word where they matter.
MESSAGES = {"require": 1, "fail": 0}
# Whose insides have no effect when the program runs.
NOT_RUN = ("static_assert", "decltype", "sizeof", "alignas", "noexcept", "asm", "requires")


@dataclass(frozen=True)
class Mutation:
    """The characters from start to end become `text`."""

    kind: str
    start: int
    end: int
    text: str

    def applied(self, source: str) -> str:
        return source[: self.start] + self.text + source[self.end :]

    def lines(self, source: str) -> tuple[str, str]:
        """The lines that it touches, as they are and as they become, each as one."""
        first, last = source.rfind("\n", 0, self.start) + 1, source.find("\n", self.end)
        last = last if last >= 0 else len(source)
        return one_line(source[first:last]), one_line(source[first : self.start] + self.text + source[self.end : last])


def one_line(text: str) -> str:
    return " ".join(text.split())


def idle_ranges(code: Code) -> Iterator[tuple[int, int]]:
    """Characters that are not mutated: template arguments, what only the compiler reads, and the texts of errors."""
    for i, token in enumerate(code.tokens):
        if token.text == "<" and i in code.partner:
            yield token.start, code.tokens[code.partner[i]].end
        elif token.text in NOT_RUN and code.text(i + 1) in ("(", "{"):
            yield token.start, code.tokens[code.partner[i + 1]].end
        elif token.text == "[" and code.text(i + 1) == "[":
            yield token.start, code.tokens[code.partner[i]].end
        elif token.text in ("using", "concept", "throw", "namespace", "typedef", "friend"):
            yield token.start, code.tokens[statement_end(code, i)].end
        elif token.text == "operator":
            yield token.start, code.tokens[i + 1].end
        elif token.text in MESSAGES:
            yield from message_range(code, i)


def message_range(code: Code, i: int) -> Iterator[tuple[int, int]]:
    opening = i + 1
    if code.text(opening) == "<" and opening in code.partner:
        opening = code.partner[opening] + 1
    if code.text(opening) != "(":
        return
    spoken = arguments(code, opening)[MESSAGES[code.text(i)] :]
    if spoken:
        yield code.tokens[spoken[0][0]].start, code.tokens[spoken[-1][1]].end


def statement_end(code: Code, i: int) -> int:
    """The token that ends what begins at i: a semicolon, or a brace that opens."""
    while i + 1 < len(code.tokens) and code.text(i) not in (";", "{", "}"):
        i = code.partner.get(i, i) + 1 if code.partner.get(i, -1) > i else i + 1
    return i


def arguments(code: Code, opening: int) -> list[tuple[int, int]]:
    """Of a bracket that opens, first and last token of each thing between its commas."""
    parts, first, i = [], opening + 1, opening + 1
    closing = code.partner[opening]
    while i <= closing:
        if i == closing or code.text(i) == ",":
            if first < i:
                parts.append((first, i - 1))
            first = i + 1
        i = code.partner[i] + 1 if code.partner.get(i, -1) > i else i + 1
    return parts


def part(code: Code, first: int, last: int) -> str:
    return code.source[code.tokens[first].start : code.tokens[last].end]
