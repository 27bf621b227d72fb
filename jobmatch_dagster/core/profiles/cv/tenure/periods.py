"""Periods in the lines of a CV: from one date to another, to today, or since a date, in English, German and French.

`dates.py` reads one date, `ranges.py` finds two that belong together, `jobs.py` decides what the time was spent on. A period is in months. Where it has two
meanings, the one that a job seeker meant is taken:

- Both months count: 03/2018 - 02/2021 is three years. A period with an end that has not come ends today.
- "May - August 2018" is of one year, "November - February 2018" begins in the year before.
- "June 15 - August 30, 2019" is of days, "Sep 15 - Aug 17" of months of 2015 and 2017.
- 2010-11 and 2016-18 are years; 2003-08 is August 2003, because 08 may be a month and is not the next year.
- "03/2018 -" at the end of a line is open, if the next line does not go on with a date.
- Two dates with blank space between them are a period if both have a month: tables lose their lines in a PDF, and some
  PDFs their dashes. Two bare years are one only below a head such as "From To".
- A date alone is a period of its own length: half a year for a year, nothing for a day.

No library reads this. `dateparser` finds one date at a time, takes "15, 2019" out of "June 15, 2019", fills what is
missing from today ("May" of "May - August 2018" becomes this year's), and needs 1 to 5 ms a line; a line takes 0.05 ms
here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from jobmatch_dagster.core.profiles.cv.tenure.date_tokens import FIRST_YEAR, Tokens
from jobmatch_dagster.core.profiles.cv.tenure.dates import Date, DateReader
from jobmatch_dagster.core.profiles.cv.tenure.ranges import RangeReader

# Half-open span of months since year 0 (year * 12 + month - 1).
Span = tuple[int, int]

# "years" is a range of which no month is known.
Form = Literal["range", "years", "since", "single"]

_MAX_MONTHS = 60 * 12

# Patterns of the letters of `date_tokens.py`.
_DATE_BEGINS = re.compile("[Yndmsq']")
# "v2018", "9001:2008", "1-2018", "0151 2018": the number has begun before.
_PART_OF_NUMBER = re.compile(r"(?:[w9nd]|[nd9Y]['.,:/~-]|[nd9] (?:/ ?)?)\Z")
_SINCE = re.compile(r"c(?: g)* ?:? ?\Z")
_ONWARDS = re.compile(r"[ ,]{0,2}u")
_LINE_FROM = re.compile(r"(?:\A|\n)[ *B(-]*f:? ?(?:g )*\Z")
_LINE_BEGINS = re.compile(r"(?:\A|[\n|])[ *B(~-]*\Z")
_LINE_ENDS = re.compile(r"[ *).,;:]*(?:\Z|[\n|])")
_DASH_ENDS_LINE = re.compile(r"[ )*]*(?:[~-]+|t)[ *)~x]*(?:\Z|[\n|])")
# A date at the end of a line is of the line if a sign parts them, and no number before the sign.
_SIGN_BEFORE = re.compile(r"(?:[|(,]|(?<![nd9Y])(?<![nd9Y] )[~-])[ *(]*\Z")
_NO_SINGLE = re.compile(" [nd9Y]|w")
# The head of a table of periods, in a line without digits.
_COLUMNS = re.compile(
    r"^(?:[^\d\n]{0,40}[^\w\n])?(?:from|von|start|begin|beginn|début)[^\w\n]+(?:date[^\w\n]+)?(?:to|bis|end|ende|fin)\b[^\d\n]{0,40}$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Period:
    """A period with its place in the text."""

    span: Span
    form: Form
    start: int
    end: int


def find_periods(text: str, *, today: date) -> list[Period]:
    """The periods of a text in order. Open periods end in the month of `today`, and none ends later."""
    dates = DateReader.of(text)
    ranges = RangeReader(dates, today.year, has_columns=_COLUMNS.search(text) is not None)
    return list(_periods(dates.tokens, dates, ranges, today))


def union_months(spans: Iterable[Span]) -> int:
    """Number of months that at least one span covers."""
    covered, reached = 0, 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def _periods(tokens: Tokens, dates: DateReader, ranges: RangeReader, today: date) -> Iterator[Period]:
    reached = 0
    for match in _DATE_BEGINS.finditer(tokens.kinds):
        at = match.start()
        if at < reached or tokens.before(_PART_OF_NUMBER, at):
            continue
        for found in ranges.ranges(at):
            if span := _span(found.first, found.last, today):
                reached = found.end
                yield Period(
                    span, "range" if found.has_months else "years", tokens.starts[at], tokens.ends[reached - 1]
                )
                break
        else:
            if only := next(dates.full(at), None):
                # A date without a period is skipped as a whole.
                reached = only.end
                yield from _of_one_date(tokens, only, at, today)


def _of_one_date(tokens: Tokens, only: Date, at: int, today: date) -> Iterator[Period]:
    """The period since a date, or the period that one date is."""
    since = tokens.before(_SINCE, at)
    if since or _is_open(tokens, only, at):
        if span := _span(only, None, today):
            yield Period(span, "since", tokens.starts[since.start() if since else at], tokens.ends[only.end - 1])
    elif not only.has_day and not only.is_weak and _is_apart(tokens, only, at) and (span := _span(only, only, today)):
        yield Period(span, "single", tokens.starts[at], tokens.ends[only.end - 1])


def _is_open(tokens: Tokens, only: Date, at: int) -> bool:
    """Whether a date without an end begins a period: a line "from 2018", "2018 onwards", "03/2018 -"."""
    if tokens.before(_LINE_FROM, at) and tokens.at(_LINE_ENDS, only.end):
        return True
    if only.is_weak:
        return False
    may_begin = only.has_month or tokens.before(_LINE_BEGINS, at)
    return tokens.at(_ONWARDS, only.end) is not None or bool(may_begin and tokens.at(_DASH_ENDS_LINE, only.end))


def _is_apart(tokens: Tokens, only: Date, at: int) -> bool:
    """Whether a date begins a line, or ends one after a sign."""
    if tokens.at(_NO_SINGLE, only.end):
        return False
    return bool(
        tokens.before(_LINE_BEGINS, at) or (tokens.at(_LINE_ENDS, only.end) and tokens.before(_SIGN_BEFORE, at))
    )


def _span(first: Date, last: Date | None, today: date) -> Span | None:
    """Both months count. If only the year is known, half of it does, or the part of it that is past."""
    first_year, last_year = first.year or 0, today.year if last is None else last.year or 0
    if not FIRST_YEAR <= first_year <= min(last_year, today.year):
        return None
    start = first_year * 12 + first.first - 1
    end = last_year * 12 + (today.month if last is None else last.last)
    if first_year == last_year and first.is_bare_year:
        both = last is not None and last.is_bare_year
        start, end = (start - 3, end + 3) if both else (first_year * 12, end)
    elif last is not None and last.is_bare_year:
        end = max(end, start + 1)
    end = min(end, today.year * 12 + today.month)
    return (start, end) if start < end <= start + _MAX_MONTHS else None
