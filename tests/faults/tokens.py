"""C++ as tokens, with what a reader sees at a glance: which brackets belong together, and what a brace opens.

Made for sources that clang-format has been over: a binary operator has a space on both sides, a bracket of template arguments has none.
Comments, preprocessor lines and the insides of literals are no tokens.
"""
from __future__ import annotations

import re
from dataclasses import dataclass

# Longest first. What starts with > counts as an operator only after a space; elsewhere it closes template arguments.
SYMBOLS = ["<<=", ">>=", "<=>", "->*", "...", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=",
           "^=", "->", "::"]
NAME = re.compile(r"[A-Za-z_]\w*")
NUMBER = re.compile(r"\.?\d(?:[eEpP][+-]|'(?=\w)|[\w.])*")
RAW = re.compile(r'(?:u8|[uUL])?R"([^()\\\s]*)\(')
QUOTED = re.compile(r"""(?:u8|[uUL])?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""")
SKIPPED = re.compile(r"\s+|//(?:\\\n|[^\n])*|/\*.*?\*/", re.DOTALL)
DIRECTIVE = re.compile(r"[ \t]*#(?:\\\n|[^\n])*")


@dataclass(frozen=True)
class Token:
    kind: str  # name, number, text (a string or a character) or symbol
    text: str
    start: int
    end: int


def tokens_of(source: str) -> list[Token]:
    """Raises ValueError at what is no C++."""
    tokens, at = [], 0
    while at < len(source):
        if (at == 0 or source[at - 1] == "\n") and (match := DIRECTIVE.match(source, at)) or (match := SKIPPED.match(source, at)):
            at = match.end()
            continue
        token = token_at(source, at)
        tokens.append(token)
        at = token.end
    return tokens


def token_at(source: str, at: int) -> Token:
    def made(kind: str, end: int) -> Token:
        return Token(kind, source[at:end], at, end)

    if raw := RAW.match(source, at):
        closing = f'){raw.group(1)}"'
        return made("text", source.index(closing, raw.end()) + len(closing))
    for kind, pattern in (("text", QUOTED), ("number", NUMBER), ("name", NAME)):
        if match := pattern.match(source, at):
            return made(kind, match.end())
    if source[at] == ">" and not source[at - 1].isspace():
        return made("symbol", at + 1)
    for symbol in SYMBOLS:
        if source.startswith(symbol, at):
            return made("symbol", at + len(symbol))
    if source[at] in "()[]{}<>;:,.?=+-*/%&|^~!":
        return made("symbol", at + 1)
    raise ValueError(f"expected C++, got {source[at]!r} at {at}")


class Code:
    """The tokens of one file. `partner` gives a bracket's other one; `opens` says of a brace: file, type, body, lambda or list."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = tokens_of(source)
        self.partner: dict[int, int] = {}
        self.opens: dict[int, str] = {}
        self.inside: list[int] = []  # of each token, the innermost bracket around it; -1: none
        self._pair_brackets()

    def text(self, i: int) -> str:
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def kind(self, i: int) -> str:
        return self.tokens[i].kind if 0 <= i < len(self.tokens) else ""

    def is_spaced(self, i: int) -> bool:
        """An operator between two values, not a sign, a pointer or a bracket of template arguments."""
        token = self.tokens[i]
        return self.source[token.start - 1].isspace() and self.source[token.end].isspace() if 0 < token.start and token.end < len(self.source) else False

    def brace_around(self, i: int) -> int:
        """The innermost brace around a token; -1: none."""
        at = self.inside[i]
        while at >= 0 and self.text(at) != "{":
            at = self.inside[at]
        return at

    def around(self, i: int) -> str:
        """What the innermost brace around a token opens that is not just a list of values."""
        at = self.brace_around(i)
        while at >= 0 and self.opens[at] == "list":
            at = self.brace_around(at)
        return self.opens[at] if at >= 0 else "file"

    def _pair_brackets(self) -> None:
        open_brackets: list[int] = []
        for i, token in enumerate(self.tokens):
            closing = token.text in (")", "]", "}") or token.text == ">" and not self.is_spaced(i) and self._closes_arguments(open_brackets)
            if token.kind == "symbol" and closing:
                other = open_brackets.pop()
                self.partner[i], self.partner[other] = other, i
            self.inside.append(open_brackets[-1] if open_brackets else -1)
            if token.kind == "symbol" and (token.text in ("(", "[", "{") or token.text == "<" and self._opens_arguments(i)):
                if token.text == "{":
                    self.opens[i] = self._opened_by(i)
                open_brackets.append(i)
        if open_brackets:
            raise ValueError(f"expected brackets that close, got one at {self.tokens[open_brackets[-1]].start} that does not")

    def _closes_arguments(self, open_brackets: list[int]) -> bool:
        return bool(open_brackets) and self.text(open_brackets[-1]) == "<"

    def _opens_arguments(self, i: int) -> bool:
        if self.text(i - 1) == "operator" or self.text(i - 2) == "operator":
            return False
        return self.text(i - 1) == "template" or not self.source[self.tokens[i].start - 1].isspace()

    def _opened_by(self, i: int) -> str:
        """What a brace opens, from what stands before it."""
        before = self.text(i - 1)
        header = self._header(i)
        if header and header[0] in ("namespace", "extern"):
            return "file"
        if before not in (")", "]") and any(word in ("class", "struct", "enum", "union") for word in header):
            return "type"
        if before in ("else", "do", "try"):
            return "body"
        at = self._before_specifiers(i - 1)
        if self.text(at) == "]":
            return "lambda"
        if self.text(at) == ")" and at in self.partner:
            return "lambda" if self._belongs_to_lambda(self.partner[at]) else "body"
        outer = self.brace_around(i)
        is_code = outer >= 0 and self.opens[outer] in ("body", "lambda")
        if before in (";", ":", "{", "}") and is_code:
            return "body"
        if before == "}" and header and ":" in header:  # after the members that a constructor initialises
            return "body"
        return "list"

    def _header(self, i: int) -> list[str]:
        """The words since the last statement or bracket that is still open, without what stands in closed brackets."""
        words: list[str] = []
        at = i - 1
        while at >= 0 and self.text(at) not in (";", "{", "(", ",", "["):
            if at in self.partner and self.partner[at] < at:
                if self.text(at) == "}" and self.opens[self.partner[at]] != "list":
                    break
                at = self.partner[at] - 1
                continue
            words.append(self.text(at))
            at -= 1
        return words[::-1]

    def _before_specifiers(self, i: int) -> int:
        """From the end of a function's head, back over const, noexcept and the type after an arrow."""
        at = i
        while self.kind(at) == "name" or self.text(at) in ("::", "*", "&", ">", "->"):
            if self.text(at) == ">" and at in self.partner:
                at = self.partner[at]
            elif self.text(at) == "->":
                return self._before_specifiers(at - 1)
            at -= 1
        only_specifiers = all(self.text(k) in ("const", "noexcept", "override", "final", "mutable", "constexpr") for k in range(at + 1, i + 1))
        has_arrow = any(self.text(k) == "->" for k in range(at + 1, i + 1))
        return at if only_specifiers or has_arrow else -1

    def _belongs_to_lambda(self, parenthesis: int) -> bool:
        before = parenthesis - 1
        if self.text(before) == ">" and before in self.partner:
            before = self.partner[before] - 1
        return self.text(before) == "]"
