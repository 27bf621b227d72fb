"""Two dates of a CV that are the ends of a period: what may be between them, and which of them belong together."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from jobmatch_dagster.core.profiles.cv.tenure.dates import Date, DateReader

# Patterns of the letters of `date_tokens.py`.
_BETWEEN = re.compile(
    # What closes the first date; a narrow column may break before the dash.
    r"[ .,;)*]{0,4}(?:\n ?(?=[~t]|-\n|s(?: p)? ?:))?"
    # A dash or an arrow, a cell, "to", "end date:".
    r"(?:(?P<dash>[~-]+)|(?P<bar>\|)|/(?= )|(?P<slash>/)|(?P<to>t|s(?: p)? ?:))"
    # "- until the", "| To:", a break.
    r"(?:[ :.(*tg]|s(?: p)? ?(?=:)){0,8}(?:\n[ (]*(?:[tg][ :]?){0,3})?"
)
# An arrow that `plain_text` took for a bullet, "03/2018 ➔ 02/2021", or a narrow column.
_BREAK_BETWEEN = re.compile(r"\n[B-] ")
_AND_BETWEEN = re.compile(" a ")
_BLANK_BETWEEN = re.compile(",? ")

_BETWEEN_BEFORE = re.compile(r"b (?:g )*\Z")
_LINE_BEGINS = re.compile(r"(?:\A|[\n|])[ *(]*\Z")
_NUMBER_MAY_BEGIN = re.compile(r"(?:\A|[\n|(,:]|[bcf])[ *B(]*\Z")
_LINE_ENDS = re.compile(r"[ *).,;:]*(?:\Z|[\n|])")
_PRESENT = re.compile("p")
_PRESENT_ALONE = re.compile(r"p[ *.]*(?:[,;)|\n~-]|\Z)")
# The range goes on: "2015-2019-2020".
_GOES_ON = re.compile(r"[/:.-]?[nd9Y]")
# "2018: März - August", "2018 (Jan - Apr)".
_YEAR_BEFORE_MONTHS = re.compile(r"Y[:,]? ?\(? ?(?=m)")
# In a range within one year, the forms of the second date that go with one of the first.
_SECOND_FORMS = {
    "named day": {"named day"}, "named month": {"named month", "named day"}, "numeric month": {"numeric month"},
    "numeric day": {"numeric day"}, "quarter": {"quarter"}, "part": {"part"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Range:
    """The dates from which and to which a period lasts (None: to today), and the index after its tokens."""

    first: Date
    last: Date | None
    end: int

    @property
    def has_months(self) -> bool:
        """Whether more than two years are known."""
        return self.first.has_month or self.last is None or self.last.has_month


@dataclass(frozen=True)
class RangeReader:
    """Reads the ranges of one text. With `has_columns` a table of it has a column for each end."""

    dates: DateReader
    this_year: int
    has_columns: bool

    def ranges(self, at: int) -> Iterator[Range]:
        """The ranges that may begin at a token, the most likely one first."""
        partial = list(self.dates.partial(at))
        days = [first for first in partial if first.form == "named day"]
        found = (
            *self._within_a_year(days, at),
            *(found for first in self.dates.full(at) for found in self._from(first, at)),
            *self._within_a_year((first for first in partial if first not in days), at),
            *self._after_year(at),
        )
        return (each for each in found if not self.dates.tokens.at(_GOES_ON, each.end))

    def _from(self, first: Date, at: int) -> Iterator[Range]:
        """Ranges from a date with a year to one with a year, or to today."""
        tokens = self.dates.tokens
        if between := tokens.at(_BETWEEN, first.end):
            if tokens.at(_PRESENT_ALONE if between["bar"] else _PRESENT, between.end()):
                yield Range(first, None, between.end() + 1)
            for last in (*self.dates.full(between.end()), *self._last_digits(first, between)):
                if self._belong(first, last, between):
                    yield Range(first, last, last.end)
        if (between := tokens.at(_BREAK_BETWEEN, first.end)) and tokens.before(_LINE_BEGINS, at):
            yield from (Range(first, last, last.end) for last in self._same(first, between.end()))
        if (between := tokens.at(_AND_BETWEEN, first.end)) and tokens.before(_BETWEEN_BEFORE, at):
            yield from (Range(first, last, last.end) for last in self.dates.full(between.end()))
        if between := tokens.at(_BLANK_BETWEEN, first.end):
            yield from self._beside(first, between)

    def _beside(self, first: Date, between: re.Match[str]) -> Iterator[Range]:
        """The range of two dates in a row without a sign between them."""
        if first.has_month and self.dates.tokens.at(_PRESENT_ALONE, between.end()):
            yield Range(first, None, between.end() + 1)
        if self.has_columns or (first.has_month and between[0] == " "):
            yield from (Range(first, last, last.end) for last in self._same(first, between.end()))

    def _same(self, first: Date, at: int) -> Iterator[Date]:
        return (last for last in self.dates.full(at) if last.form == first.form)

    def _belong(self, first: Date, last: Date, between: re.Match[str]) -> bool:
        """Whether two dates may be ends of one period. "10.15 - 11.45" is a time, unless both are past months."""
        if first.is_weak or last.is_weak:
            return first.form == last.form and (last.year or 0) <= self.this_year
        if between["slash"]:
            return first.form == last.form and first.form.startswith("iso")
        return not between["bar"] or first.form == last.form

    def _last_digits(self, first: Date, between: re.Match[str]) -> Iterator[Date]:
        """The second year of "2016-18" and "2010-11"; not the month of "2003-08", and no number of something else."""
        tokens, at = self.dates.tokens, between.end()
        if first.form != "year" or not between["dash"] or tokens.kinds[at : at + 1] != "n":
            return
        year = first.year or 0
        last = year - year % 100 + tokens.values[at][0]
        is_apart = between[0] in {"-", "~"} or tokens.at(_LINE_ENDS, at + 1)
        if is_apart and year < last and (last == year + 1 or last % 100 > 12):
            yield replace(first, year=last, end=at + 1)

    def _within_a_year(self, partial: Iterable[Date], at: int) -> Iterator[Range]:
        """Ranges whose first date has the year of the second, or the year before: "May - August 2018"."""
        for first in partial:
            between = self.dates.tokens.at(_BETWEEN, first.end)
            may_begin = first.form != "numeric month" or self.dates.tokens.before(_NUMBER_MAY_BEGIN, at)
            for last in self.dates.full(between.end()) if between and not between["bar"] and may_begin else ():
                if last.year and last.form in _SECOND_FORMS[first.form]:
                    year = last.year - 1 if first.first > last.last else last.year
                    yield Range(replace(first, year=year), last, last.end)

    def _after_year(self, at: int) -> Iterator[Range]:
        """Ranges of months after their year: "2018: März - August"."""
        if not (head := self.dates.tokens.at(_YEAR_BEFORE_MONTHS, at)):
            return
        year = self.dates.tokens.values[at][0]
        for first in self.dates.partial(head.end()):
            between = self.dates.tokens.at(_BETWEEN, first.end)
            for last in self.dates.partial(between.end()) if between else ():
                if first.form == last.form == "named month":
                    last_year = year + 1 if first.first > last.last else year
                    yield Range(replace(first, year=year), replace(last, year=last_year), last.end)
