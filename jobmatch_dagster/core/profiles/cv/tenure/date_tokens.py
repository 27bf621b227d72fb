"""A CV's text as tokens of dates: each token is one letter, so that `dates.py` and `periods.py` are patterns of letters.

    Y year of four digits   n two digits   d one digit     9 other number
    m month                 s part of a year (summer, end) q quarter (Q3)   Q the word "quarter"
    p present, today        t to, until    f from          c since          b between    a and
    u onwards               g the, of      o st, nd, th    z time of day    B bullet
    ~ dash, arrow, tilde    - hyphen       * emphasis      w other word     x anything else

Full stop, comma, semicolon, colon, slash, bar, apostrophe, brackets, blank and line break are their own letters.
"""

import functools
import re
from dataclasses import dataclass

from jobmatch_dagster.core.profiles.cv.word_lists import word_list

FIRST_YEAR, LAST_YEAR = 1950, 2099

_TOKEN = re.compile(
    r"(?P<time>(?<=\d)T\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)|(?P<number>\d+)|(?P<ordinal>(?<=\d)(?:st|nd|rd|th|er|º|°)(?![^\W\d_]))|"
    r"(?P<quarter>[QqHh][1-4](?!\w))|(?P<word>aujourd.hui|jusqu.(?:à|au)|l['’]|[^\W\d_]+)|(?P<blank>[^\S\n]+)|(?P<dots>\.{2,}|…)|(?P<sign>[\W_])"
)
# Dashes of every length (hyphen apart), the minus sign, tildes and arrows.
_DASHES = "‐‑‒–—―−~∼～〜→⇒➔➜➞➡⟶>»›"
_SIGNS = (
    {sign: sign for sign in ".,;:/|-\n"}
    | dict.fromkeys(_DASHES, "~")
    | dict.fromkeys("'’‘`´", "'")
    | dict.fromkeys("([{", "(")
    | dict.fromkeys(")]}", ")")
    | dict.fromkeys('*_"“”„', "*")
    | {"¦": "|", "•": "B"}
)
_DIGIT = re.compile(r"\d")
_WORD_KINDS = {
    "quarter": "Q", "present": "p", "to": "t", "since": "c", "from": "f", "onwards": "u", "between": "b", "and": "a", "filler": "g",
}  # fmt: skip

# First and last month of what a token names; both the same for a month and for a number.
Value = tuple[int, int]
_NO_VALUE: Value = (0, 0)


# Patterns of what is before a token end with \\Z and look back this far.
_LOOK_BACK = 12


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text's tokens: their letters as one string, what they mean, and where they begin and end in the text."""

    kinds: str
    values: tuple[Value, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def before(self, pattern: re.Pattern[str], at: int) -> re.Match[str] | None:
        """The match of a pattern that ends before a token."""
        return pattern.search(self.kinds, max(0, at - _LOOK_BACK), at)

    def at(self, pattern: re.Pattern[str], at: int) -> re.Match[str] | None:
        """The match of a pattern that begins with a token."""
        return pattern.match(self.kinds, at)


def tokenize(text: str) -> Tokens:
    """The tokens of a text. A line without a digit is one token, unless it goes on a line with one ("2018 -, today")."""
    tokens: list[tuple[str, Value, int, int]] = []
    start, open_before = 0, False
    for line in text.splitlines(keepends=True):
        has_digit = _DIGIT.search(line) is not None
        if has_digit or open_before:
            tokens.extend(_token(match) for match in _TOKEN.finditer(text, start, start + len(line)))
        else:
            if words := line.rstrip("\n"):
                tokens.append(("w", _NO_VALUE, start, start + len(words)))
            if line.endswith("\n"):
                tokens.append(("\n", _NO_VALUE, start + len(line) - 1, start + len(line)))
        start, open_before = start + len(line), has_digit
    kinds, values, starts, ends = zip(*tokens, strict=True) if tokens else ((), (), (), ())
    return Tokens("".join(kinds), values, starts, ends)


def _token(match: re.Match[str]) -> tuple[str, Value, int, int]:
    kind, value = _meaning(match.lastgroup or "", match[0])
    return kind, value, match.start(), match.end()


def _meaning(group: str, text: str) -> tuple[str, Value]:
    if group == "word":
        return _words().get(text.casefold().replace("’", "'"), ("w", _NO_VALUE))
    if group == "number":
        return _number(text)
    if group == "quarter":
        number, size = int(text[1]), 3 if text[0] in "Qq" else 6
        return ("q", (size * (number - 1) + 1, size * number)) if number * size <= 12 else ("w", _NO_VALUE)
    if group == "sign":
        return _SIGNS.get(text, "x"), _NO_VALUE
    return {"time": "z", "ordinal": "o", "blank": " ", "dots": "~"}[group], _NO_VALUE


def _number(text: str) -> tuple[str, Value]:
    if len(text) > 4:
        return "9", _NO_VALUE
    number = int(text)
    kind = {1: "d", 2: "n"}.get(len(text), "Y" if FIRST_YEAR <= number <= LAST_YEAR else "9")
    return kind, (number, number)


@functools.cache
def _words() -> dict[str, tuple[str, Value]]:
    lists = word_list("dates")
    words = {
        word.casefold(): (_WORD_KINDS[kind], _NO_VALUE) for kind, names in lists["words"].items() for word in names
    }
    words |= {
        word: ("s", (part["months"][0], part["months"][1]))
        for part in lists["parts"].values()
        for word in part["words"]
    }
    return words | {
        name: ("m", (int(number), int(number))) for number, names in lists["months"].items() for name in names
    }
