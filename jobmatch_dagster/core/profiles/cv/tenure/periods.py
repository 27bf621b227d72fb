"""Periods in the lines of a CV: from one date to another, to today, or since a date, in English, German and French.

`dates.py` reads one date, `jobs.py` decides what the time was spent on. A period is in months. Where it has two
meanings, the one that a job seeker meant is taken:

- Both months count: 03/2018 - 02/2021 is three years. A period with an end that has not come ends today.
- "May - August 2018" is of one year, "November - February 2018" begins in the year before.
- "June 15 - August 30, 2019" is of days, "Sep 15 - Aug 17" of months of 2015 and 2017.
- 2010-11 and 2016-18 are years; 2003-08 is August 2003, because 08 may be a month and is not the next year.
- "03/2018 -" at the end of a line is open, if the next line does not go on with a date.
- Two dates with blank space between them are a period if both have a month: tables lose their lines in a PDF, and some
  PDFs their dashes. Two bare years are one only below a head such as "From To".
- A date alone is a period of its own length, if it has no day: half a year for a year, as nobody dates a job's weekend.

No library reads this: `dateutil` and `dateparser` read single dates, add today's parts to what is missing, and find them
in prose at the price of milliseconds a line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from jobmatch_dagster.core.profiles.cv.tenure.date_tokens import FIRST_YEAR, Tokens, tokenize
from jobmatch_dagster.core.profiles.cv.tenure.dates import Date, full_dates, is_month_first, partial_dates

# Half-open span of months since year 0 (year * 12 + month - 1).
Span = tuple[int, int]

Form = Literal["range", "years", "since", "open", "single"]

_MAX_MONTHS = 60 * 12


@dataclass(frozen=True, slots=True)
class Period:
    """A period with its place in the text. Its form is "years" if neither end has a month, "single" if it is one date."""

    span: Span
    form: Form
    start: int
    end: int


# Patterns of the letters of `date_tokens.py`. Those of what is before a date end with \Z and look back this far.
_LOOK_BACK = 12
_DATE_BEGINS = re.compile("[Yndmsq']")
# "v2018", "9001:2008", "1-2018", "0151 2018": the number has begun before.
_PART_OF_NUMBER = re.compile(r"(?:[w9nd]|[nd9Y]['.,:/~-]|[nd9] (?:/ ?)?)\Z")
# What follows a date that is none: "2018:15", "15.2018.7"; after the last date of a range, a dash too.
_GOES_ON = re.compile(r"[:.]?[nd9Y]|/[nd9]")
_GOES_ON_AFTER_RANGE = re.compile(r"[/:.-]?[nd9Y]")
_BETWEEN = re.compile(
    r"[ .,;)*]{0,4}(?:\n ?(?=[~t]|-\n|s(?: p)? ?:))?"
    r"(?:(?P<dash>[~-]+)|(?P<bar>\|)|/(?= )|(?P<slash>/)|(?P<to>t|s(?: p)? ?:))"
    r"(?:[ :.(*tg]|s(?: p)? ?(?=:)){0,8}(?:\n[ (]*(?:[tg][ :]?){0,3})?"
)
# An arrow that `plain_text` took for a bullet: "03/2018 ➔ 02/2021".
_BETWEEN_BULLET = re.compile(r"\nB ")
_BETWEEN_AND = re.compile(" a ")
_BETWEEN_COLUMNS = re.compile(",? ")
_PRESENT_ENDS = re.compile(r"p[ *.]*(?:[,;)|\n~-]|\Z)")
_ONWARDS = re.compile(r"[ ,]{0,2}u")
_BETWEEN_WORD = re.compile(r"b (?:g )*\Z")
_SINCE = re.compile(r"c(?: g)* ?:? ?\Z")
_FROM = re.compile(r"(?:\A|\n)[ *B(-]*f:? ?(?:g )*\Z")
_LINE_BEGINS = re.compile(r"(?:\A|[\n|])[ *B(~-]*\Z")
_PLAIN_LINE_BEGINS = re.compile(r"(?:\A|[\n|])[ *(]*\Z")
_LINE_ENDS = re.compile(r"[ *).,;:]*(?:\Z|[\n|])")
_DASH_ENDS_LINE = re.compile(r"[ )*]*(?:[~-]+|t)[ *)]*(?:\Z|[\n|])")
_NUMBER_FOLLOWS = re.compile(" [nd9Y]")
_CELL_BEGINS = re.compile(r"(?:[|(,]|(?<![nd9Y])(?<![nd9Y] )[~-])[ *(]*\Z")
# "2018: März - August", "2018 (Jan - Apr)".
_YEAR_BEFORE_MONTHS = re.compile(r"Y[:,]? ?\(? ?(?=m)")
# The head of a table of periods.
_COLUMNS = re.compile(
    r"^(?:[^\d\n]{0,40}[^\w\n])?(?:from|von|start|begin|beginn|début)[^\w\n]+(?:date[^\w\n]+)?(?:to|bis|end|ende|fin)\b[^\d\n]{0,40}$",
    re.IGNORECASE | re.MULTILINE,
)
_MONTH_MAY_BEGIN = re.compile(r"(?:\A|[\n|(,:]|[bcf])[ *B(]*\Z")
_BARE = frozenset({"year", "short year"})
# Forms that are a date only beside another of the same form.
_WEAK = frozenset({"short month", "spaced month"})
# In a range within one year, the forms of the second date that go with one of the first.
_SECOND_FORMS = {
    "named day": {"named day"}, "named month": {"named month", "named day"}, "numeric month": {"numeric month"},
    "numeric day": {"numeric day"}, "quarter": {"quarter"}, "part": {"part"},
}  # fmt: skip
_Range = tuple[Date, Date | None, int]


def find_periods(text: str, *, today: date) -> list[Period]:
    """The periods of a text in order. Open periods end in the month of `today`, and none ends later."""
    tokens = tokenize(text)
    reader = _Reader(tokens, today, is_month_first(tokens), has_columns=_COLUMNS.search(text) is not None)
    return list(reader.periods())


def union_months(spans: Iterable[Span]) -> int:
    """Number of months that at least one span covers."""
    covered, reached = 0, 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


@dataclass(frozen=True)
class _Reader:
    """Reads the periods of one text. A range is its first date, its second (None: today) and the index after it."""

    tokens: Tokens
    today: date
    month_first: bool
    has_columns: bool

    def periods(self) -> Iterator[Period]:
        reached = 0
        for match in _DATE_BEGINS.finditer(self.tokens.kinds):
            at = match.start()
            if at >= reached and not self._is_after(_PART_OF_NUMBER, at):
                form, span, reached = self._period(at)
                if span:
                    begin = self._first_token(form, at)
                    yield Period(span, form, self.tokens.starts[begin], self.tokens.ends[reached - 1])

    def _period(self, at: int) -> tuple[Form, Span | None, int]:
        """The period that begins at a token, and the index after it; a date without a period is skipped as a whole."""
        for first, second, end in self._ranges(at):
            is_whole = not _GOES_ON_AFTER_RANGE.match(self.tokens.kinds, end)
            if is_whole and (span := _span(first, second, self.today)):
                return ("years" if not first.has_month and second and not second.has_month else "range"), span, end
        first_date = next(self._full(at), None)
        if first_date is None:
            return "single", None, at + 1
        if self._is_open(first_date, at):
            return "since", _span(first_date, None, self.today), first_date.end
        is_single = not first_date.has_day and first_date.form not in _WEAK and self._is_apart(first_date, at)
        return "single", _span(first_date, first_date, self.today) if is_single else None, first_date.end

    def _first_token(self, form: Form, at: int) -> int:
        """The index from which a period is shown as evidence: "since" belongs to it."""
        since = _SINCE.search(self.tokens.kinds, max(0, at - _LOOK_BACK), at) if form == "since" else None
        return since.start() if since else at

    def _ranges(self, at: int) -> Iterator[_Range]:
        partial = list(partial_dates(self.tokens, at, month_first=self.month_first))
        yield from self._of_one_year([first for first in partial if first.form == "named day"], at)
        for first in self._full(at):
            yield from self._closed(first, at)
        yield from self._of_one_year([first for first in partial if first.form != "named day"], at)
        if match := _YEAR_BEFORE_MONTHS.match(self.tokens.kinds, at):
            yield from self._after_year(self.tokens.values[at][0], match.end())

    def _closed(self, first: Date, at: int) -> Iterator[_Range]:
        """Ranges from a date with a year to one with a year, or to today."""
        kinds = self.tokens.kinds
        if match := _BETWEEN.match(kinds, first.end):
            if kinds.startswith("p", match.end()) and (not match["bar"] or _PRESENT_ENDS.match(kinds, match.end())):
                yield first, None, match.end() + 1
            seconds = [*self._full(match.end()), *self._last_digits(first, match)]
            yield from ((first, second, second.end) for second in seconds if self._fit(first, second, match))
        if (match := _BETWEEN_BULLET.match(kinds, first.end)) and self._is_after(_PLAIN_LINE_BEGINS, at):
            yield from ((first, second, second.end) for second in self._full(match.end()) if first.form == second.form)
        if (match := _BETWEEN_AND.match(kinds, first.end)) and self._is_after(_BETWEEN_WORD, at):
            yield from ((first, second, second.end) for second in self._full(match.end()))
        if match := _BETWEEN_COLUMNS.match(kinds, first.end):
            if first.has_month and _PRESENT_ENDS.match(kinds, match.end()):
                yield first, None, match.end() + 1
            for second in self._full(match.end()):
                if first.form == second.form and (self.has_columns or (first.has_month and match[0] == " ")):
                    yield first, second, second.end

    def _fit(self, first: Date, second: Date, between: re.Match[str]) -> bool:
        """Whether two dates may be a range. "10.15 - 11.45" is a time, unless both are months that have been."""
        if first.form in _WEAK or second.form in _WEAK:
            return first.form == second.form and (second.year or 0) <= self.today.year
        if between["slash"]:
            return first.form == second.form and first.form.startswith("iso")
        return not between["bar"] or first.form == second.form

    def _last_digits(self, first: Date, between: re.Match[str]) -> Iterator[Date]:
        """The second year of "2016-18" and "2010-11"; not the month of "2003-08", and no number of something else."""
        at = between.end()
        if first.form != "year" or not between["dash"] or self.tokens.kinds[at : at + 1] != "n":
            return
        year = first.year or 0
        second = year - year % 100 + self.tokens.values[at][0]
        is_apart = between[0] in {"-", "~"} or _LINE_ENDS.match(self.tokens.kinds, at + 1)
        if is_apart and year < second and (second == year + 1 or second % 100 > 12):
            yield replace(first, year=second, end=at + 1)

    def _of_one_year(self, partial: Sequence[Date], at: int) -> Iterator[_Range]:
        for first in partial:
            match = _BETWEEN.match(self.tokens.kinds, first.end)
            is_apart = first.form != "numeric month" or self._is_after(_MONTH_MAY_BEGIN, at)
            if match and not match["bar"] and is_apart:
                for second in self._full(match.end()):
                    if second.year and second.form in _SECOND_FORMS[first.form]:
                        year = second.year - 1 if first.first > second.last else second.year
                        yield replace(first, year=year), second, second.end

    def _after_year(self, year: int, at: int) -> Iterator[_Range]:
        for first in partial_dates(self.tokens, at, month_first=self.month_first):
            if match := _BETWEEN.match(self.tokens.kinds, first.end):
                for second in partial_dates(self.tokens, match.end(), month_first=self.month_first):
                    if first.form == second.form == "named month":
                        last_year = year + 1 if first.first > second.last else year
                        yield replace(first, year=year), replace(second, year=last_year), second.end

    def _is_open(self, first: Date, at: int) -> bool:
        """Whether a date without an end begins a period: "since 2018", a line "from 2018", "03/2018 -"."""
        if self._is_after(_SINCE, at):
            return True
        if self._is_after(_FROM, at) and _LINE_ENDS.match(self.tokens.kinds, first.end):
            return True
        if first.form in _WEAK:
            return False
        if _ONWARDS.match(self.tokens.kinds, first.end):
            return True
        begins = first.has_month or self._is_after(_LINE_BEGINS, at)
        return begins and _DASH_ENDS_LINE.match(self.tokens.kinds, first.end) is not None

    def _is_apart(self, first: Date, at: int) -> bool:
        """Whether a date begins a line or ends one after a sign."""
        ends = _LINE_ENDS.match(self.tokens.kinds, first.end) is not None
        if _NUMBER_FOLLOWS.match(self.tokens.kinds, first.end):
            return False
        return self._is_after(_LINE_BEGINS, at) or (ends and self._is_after(_CELL_BEGINS, at))

    def _full(self, at: int) -> Iterator[Date]:
        dates = full_dates(self.tokens, at, month_first=self.month_first)
        return (found for found in dates if not _GOES_ON.match(self.tokens.kinds, found.end))

    def _is_after(self, pattern: re.Pattern[str], at: int) -> bool:
        return pattern.search(self.tokens.kinds, max(0, at - _LOOK_BACK), at) is not None


def _span(first: Date, second: Date | None, today: date) -> Span | None:
    """Both months count. If only the year is known, half of it does, or the part of it that is past."""
    first_year, last_year = first.year or 0, today.year if second is None else second.year or 0
    if not FIRST_YEAR <= first_year <= min(last_year, today.year):
        return None
    start = first_year * 12 + first.first - 1
    end = last_year * 12 + (today.month if second is None else second.last)
    if first_year == last_year and first.form in _BARE:
        both = second is not None and second.form in _BARE
        start, end = (start - 3, end + 3) if both else (first_year * 12, end)
    elif second is not None and second.form in _BARE:
        end = max(end, start + 1)
    end = min(end, today.year * 12 + today.month)
    return (start, end) if start < end <= start + _MAX_MONTHS else None
