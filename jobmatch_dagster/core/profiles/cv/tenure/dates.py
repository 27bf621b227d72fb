"""One date of a CV in any form that people write, as months: the forms are a table of patterns of `date_tokens.py`.

Where a form has two meanings, the one that a job seeker meant is taken:

- 01/03/2018 has the day first, unless the text's other dates show the month first (06/15/2019; or all days are 01).
- "Sep 15" is September 2015, "Sep 15, 2019" a day.
- 2018-03 and 2018/03 are a month; 2010-11 is the years 2010 to 2011 where no other date follows (`periods.py`).
- Two digits from 60 on are years of the 20th century.
- A year without a month is its middle, so that 2015-2017 and 2017-2019 give four years.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jobmatch_dagster.core.profiles.cv.tenure.date_tokens import Tokens, Value, tokenize

_CENTURY_FROM = 60
_MID_YEAR: Value = (7, 6)
# "2016/2018", "2017/18"
_MAX_SCHOOL_YEARS = 9


@dataclass(frozen=True, slots=True)
class Date:
    """A date whose period begins with the month `first` and ends with the month `last`, and the index after its tokens.

    `form` names the row of the table; `year` is None for the first side of "May - August 2018".
    """

    form: str
    year: int | None
    first: int
    last: int
    end: int

    @property
    def has_month(self) -> bool:
        """Whether more than the year is known."""
        return self.form not in {"year", "short year", "school year"}

    @property
    def is_bare_year(self) -> bool:
        """Whether it is one year and no more."""
        return self.form in {"year", "short year"}

    @property
    def is_weak(self) -> bool:
        """Whether its form is a date only beside another date of the same form: "03 2018", "03.18"."""
        return self.form in {"spaced month", "short month"}

    @property
    def has_day(self) -> bool:
        """Whether the day is known."""
        return self.form in {"numeric day", "iso day", "named day"}


# Letters of `date_tokens.py`, and as named groups: D day, M month as a number, m as a name, s part of a year, q quarter,
# Q its number, Y year, n end of a school year; a and b are day and month in either order. Specific forms come first.
_YEAR = "(?P<Y>Y|n)"
_FULL = [
    ("iso day", r"(?P<Y>Y)(?P<sign>[-/.])(?P<M>[nd])(?P=sign)(?P<D>[nd])z?"),
    ("numeric day", rf"(?P<a>[nd])(?P<sign>[-/.]) ?(?P<b>[nd])(?P=sign) ?{_YEAR}z?"),
    ("named day", rf"(?P<D>[nd])[.o]{{0,2}}[ -]?(?P<m>m)\.?[-/, ]{{0,3}}'? ?{_YEAR}"),
    ("named day", r"(?P<m>m)\.? ?(?P<D>[nd])[o.']{0,2},? ?(?P<Y>Y)"),
    ("named day", r"(?P<m>m)\.? ?(?P<D>[nd])[o.]?,? ?'(?P<Y>n)"),
    ("named month", r"(?P<m>m)[ .,/'~-]{0,4}(?:g ){0,2}(?P<Y>Y)"),
    ("named month", r"(?P<m>m)\.?(?:[ /-]| ?' ?)?(?P<Y>n)(?![.:/-][nd9])"),
    (
        "named month",
        r"(?P<Y>Y)[-/., ]{0,2}(?P<m>m)\.?(?: ?(?P<D>[nd])[.o]?(?![./-][nd9Ym]))?(?!\.? ?'?[Yn](?![ ,.]{0,2}m))",
    ),
    ("iso month", r"(?P<Y>Y)(?:[-.]| ?/ ?)(?P<M>[nd])(?![-/.][nd9])"),
    ("numeric month", r"(?P<M>[nd]) ?[./-] ?(?P<Y>Y)(?!-[nd](?! ?[./]|-))"),
    ("numeric month", r"(?P<M>[nd])/'?(?P<Y>n)(?!/)"),
    ("short month", r"(?P<M>n)[.-](?P<Y>n)(?![.:])"),
    ("spaced month", r"(?P<M>n) (?P<Y>Y)"),
    ("quarter", rf"(?P<q>q)(?: ?[./-] ?| )?(?:g ){{0,2}}'?{_YEAR}"),
    ("quarter", r"(?P<Y>Y)[ ./-]{0,2}(?P<q>q)"),
    ("quarter", r"(?P<Q>d)[.o]{0,2} ?Q(?: ?[./-] ?| )(?:g ){0,2}(?P<Y>Y)"),
    ("part", r"(?P<s>s)[ -](?:g ){0,2}(?P<Y>Y)(?:/n)?"),
    ("school year", r"(?P<Y>Y)/(?P<n>n|Y)(?![/.])"),
    ("year", r"(?P<Y>Y)"),
    ("short year", r"'(?P<Y>n)"),
]
# The first side of a range within one year: "May - August 2018", "15.06. - 30.08.2018", "Q1 - Q3 2018".
_PARTIAL = [
    ("numeric day", r"(?P<a>[nd])(?P<sign>[./])(?P<b>[nd])\.?"),
    ("named day", r"(?P<D>[nd])[.o]{0,2} ?(?P<m>m)\.?"),
    ("named day", r"(?P<m>m)\.? ?(?P<D>[nd])o?"),
    ("named month", r"(?P<m>m)\.?"),
    ("numeric month", r"(?P<M>[nd])\.?"),
    ("quarter", r"(?P<q>q)"),
    ("quarter", r"(?P<Q>d)[.o]{0,2}(?: ?Q)?"),
    ("part", r"(?P<s>s)"),
]
_Table = list[tuple[str, re.Pattern[str]]]
# No digit follows a date directly.
_FULL_FORMS: _Table = [(form, re.compile(rf"{pattern}(?![nd9Y])")) for form, pattern in _FULL]
_PARTIAL_FORMS: _Table = [(form, re.compile(rf"{pattern}(?![nd9Y])")) for form, pattern in _PARTIAL]
# "2018:15", "15.2018.7"
_GOES_ON = re.compile(r"[:.]?[nd9Y]|/[nd9]")
_NUMERIC_DAY = re.compile(_FULL[1][1])


@dataclass(frozen=True)
class DateReader:
    """Reads the dates of one text; `month_first` says what 01/03/2018 is."""

    tokens: Tokens
    month_first: bool

    @classmethod
    def of(cls, text: str) -> "DateReader":
        """The reader of a text: all its dates together show whether the month comes first."""
        tokens = tokenize(text)
        return cls(tokens, _is_month_first(tokens))

    def full(self, at: int) -> Iterator[Date]:
        """The dates with a year that may begin at a token, the most specific one first."""
        return (date for date in self._read(_FULL_FORMS, at) if not self.tokens.at(_GOES_ON, date.end))

    def partial(self, at: int) -> Iterator[Date]:
        """The dates without a year that may begin at a token, the most specific one first."""
        return self._read(_PARTIAL_FORMS, at)

    def _read(self, table: _Table, at: int) -> Iterator[Date]:
        for form, pattern in table:
            if (match := self.tokens.at(pattern, at)) and (date := _date(form, match, self.tokens, self.month_first)):
                yield date


def _is_month_first(tokens: Tokens) -> bool:
    pairs = [
        (tokens.values[match.start("a")][0], tokens.values[match.start("b")][0])
        for match in _NUMERIC_DAY.finditer(tokens.kinds)
        if match["sign"] == "/"
    ]
    firsts, seconds = {first for first, _ in pairs}, {second for _, second in pairs}
    if any(first > 12 for first in firsts):
        return False
    return any(second > 12 for second in seconds) or (seconds == {1} and firsts != {1})


def _date(form: str, match: re.Match[str], tokens: Tokens, month_first: bool) -> Date | None:
    values = {
        name: tokens.values[match.start(name)] for name, found in match.groupdict().items() if found and name != "sign"
    }
    if "a" in values:
        swap = values["b"][0] > 12 or (month_first and match["sign"] == "/")
        values["D"], values["M"] = (values["b"], values["a"]) if swap else (values["a"], values["b"])
    year = _full_year(values["Y"][0]) if "Y" in values else None
    months = _months(values, year)
    if months is None or not 1 <= values.get("D", (1, 1))[0] <= 31:
        return None
    return Date(form, year, *months, match.end())


def _months(values: dict[str, Value], year: int | None) -> Value | None:
    for group in "msq":
        if group in values:
            return values[group]
    if "M" in values:
        return values["M"] if 1 <= values["M"][0] <= 12 else None
    if "Q" in values:
        number = values["Q"][0]
        return (3 * number - 2, 3 * number) if 1 <= number <= 4 else None
    if "n" in values and year is not None:
        last = values["n"][0]
        years = 1 if last == (year + 1) % 100 else last - year
        return (_MID_YEAR[0], _MID_YEAR[1] + 12 * years) if 1 <= years <= _MAX_SCHOOL_YEARS else None
    return _MID_YEAR


def _full_year(year: int) -> int:
    if year >= 100:
        return year
    return year + (1900 if year >= _CENTURY_FROM else 2000)
