"""The periods of a CV that were spent at work: not those of studies, leave and job search, nor years of software or plans.

What a period was spent on is in its line, or in the line beside it if the line has little but the date.

- An apprenticeship, studies, school, retraining, military and civil service do not count: who asks for years of
  experience means those after training, and the degree is read as education. Internships, student jobs, a doctorate with
  a post and a traineeship count: they are jobs.
- Parental leave, a sabbatical and job search do not count. Standing in for someone on leave is a job.
- Years without months are taken as versions or plans only if the words before them say so ("strategy 2015-2030").
"""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from jobmatch_dagster.core.profiles.cv.tenure.periods import Period, Span, find_periods
from jobmatch_dagster.core.profiles.cv.titles import is_role
from jobmatch_dagster.core.profiles.cv.word_lists import word_list
from jobmatch_dagster.core.vocabulary.skill_search import find_skills

# A flattened document is one line: what is further from the date belongs to another job.
_MAX_CHARACTERS = 100
# A line with no more words beside the date, such as a place, does not say what the time was spent on.
_FEW_WORDS = 2
_WORD = re.compile(r"[^\W\d_]{2,}")
_BULLET = re.compile(r"\s*[•*+-]")
# "Contributed to the company strategy 2015-2030". Prepositions and roles ("developer 2015-2030") may be before a job.
_LOWER_NOUN = re.compile(r"\s(?!(?:from|in|of|during|for|between|the|von|vom|im|de|du|and|und)\s)[a-zäöüß]{3,}\s*\Z")
_TOOL = re.compile(r"\b(?i:with|using|mit|unter|via)\s+(?:[A-Z0-9][\w.-]*\s+){1,3}\Z")
_AND_ANOTHER = re.compile(r"\s*(?:and|und|,|;|/|&)\s*(?:[A-Z0-9][\w.-]*\s+){0,3}\Z")


def job_periods(text: str, *, today: date) -> list[tuple[Span, str]]:
    """The periods at work of a text about jobs, with their own text."""
    dated = _dated(text, find_periods(text, today=today))
    lines = _Lines(tuple(text.split("\n")), frozenset(n for d in dated for n in range(d.first_line, d.last_line + 1)))
    aside = _asides(dated)
    return [
        (d.period.span, " ".join(text[d.period.start : d.period.end].split()))
        for d in dated
        if d not in aside and _is_work(d, lines.beside(d, dated))
    ]


@dataclass(frozen=True)
class _Dated:
    """A period, the text before and after it that belongs to it, what follows it directly, and the numbers of its lines."""

    period: Period
    before: str
    after: str
    next_words: str
    first_line: int
    last_line: int

    @property
    def words(self) -> str:
        return f"{self.before}\n{self.after}"

    @property
    def is_bare(self) -> bool:
        return len(_WORD.findall(self.words)) <= _FEW_WORDS and not _names_job(self.words)


def _dated(text: str, periods: Sequence[Period]) -> list[_Dated]:
    found: list[_Dated] = []
    for line, on_line in groupby(periods, key=lambda period: text.count("\n", 0, period.start)):
        found.extend(_on_one_line(text, line, list(on_line)))
    return found


def _on_one_line(text: str, line: int, periods: Sequence[Period]) -> Iterator[_Dated]:
    """With several periods on a line, each has the text after it if the line begins with one, else the text before."""
    starts = [text.rfind("\n", 0, periods[0].start) + 1, *(period.end for period in periods[:-1])]
    line_end = text.find("\n", periods[-1].end)
    ends = [*(period.start for period in periods[1:]), line_end if line_end >= 0 else len(text)]
    begins = not _WORD.search(text, starts[0], periods[0].start)
    for period, start, end in zip(periods, starts, ends, strict=True):
        before = text[max(start, period.start - _MAX_CHARACTERS) : period.start]
        after = next_words = text[period.end : min(end, period.end + _MAX_CHARACTERS)]
        if len(periods) > 1:
            before, after = ("", after) if begins else (before, "")
        yield _Dated(period, before, after, next_words, line, line + text.count("\n", period.start, period.end))


@dataclass(frozen=True)
class _Lines:
    """The lines of a text, and the numbers of those with a period."""

    lines: tuple[str, ...]
    dated: frozenset[int]

    def beside(self, dated: _Dated, all_dated: Sequence[_Dated]) -> list[str]:
        """The lines that say what a period was spent on, if its own does not."""
        before, after = dated.first_line - 1, dated.last_line + 1
        if not dated.is_bare or not self._dates_follow(all_dated):
            two_after = dated.is_bare and self._is_plain(after) and self._is_plain(after + 1)
            return [self.lines[n] for n in (after, *([after + 1] if two_after else [])) if self._is_plain(n)]
        two_before = self._is_plain(before - 1) and not self._is_plain(before - 2)
        return [self.lines[n] for n in (before, *([before - 1] if two_before else [])) if self._is_plain(n)]

    def _dates_follow(self, all_dated: Sequence[_Dated]) -> bool:
        """Whether the first bare date of the text has a title above it: then all have."""
        first = next((d for d in all_dated if d.is_bare), None)
        return first is not None and self._is_plain(first.first_line - 1)

    def _is_plain(self, number: int) -> bool:
        return (
            0 <= number < len(self.lines)
            and number not in self.dated
            and bool(self.lines[number].strip())
            and not _BULLET.match(self.lines[number])
        )


def _asides(dated: Sequence[_Dated]) -> set[_Dated]:
    """Periods of something else: bare years of versions, plans and reports, and the time since a firm was founded."""
    found: set[_Dated] = set()
    last = None
    for d in dated:
        goes_on = last in found and last is not None and last.first_line == d.first_line
        if d.period.form == "years" and ((goes_on and _AND_ANOTHER.match(d.before)) or _is_thing(d.before)):
            found.add(d)
        if d.period.form == "since" and _patterns("no_work", "since_others").search(d.words):
            found.add(d)
        last = d
    return found


def _is_thing(before: str) -> bool:
    """Whether the words before bare years name software, a plan or a report, and no job before it."""
    for pattern in (_patterns("no_period", "things"), _TOOL):
        if thing := pattern.search(before):
            return not _names_job(before[: thing.start()])
    if product := _patterns("no_period", "products").search(before):
        # A line that begins with it may be of an employer: "Sage 2015 - 2019".
        return bool(_WORD.search(before[: product.start()])) and not _names_job(before[: product.start()])
    words = before.split()
    is_skill = len(words) > 2 and words[-1][-1].isalnum() and bool(find_skills(" ".join(words[-2:])))
    return (is_skill or _LOWER_NOUN.search(before) is not None) and not _names_job(before)


def _is_work(dated: _Dated, beside: Sequence[str]) -> bool:
    """Whether a period was spent at work; in doubt it was, unless it is a single date."""
    # "May 2013 to May 2017 B.E. Example University" in a document without line breaks.
    if _patterns("no_work", "unless_job_before").match(dated.next_words.lstrip(" :")):
        return False
    said = ""
    for piece in (dated.words, *beside):
        said = f"{said}\n{piece}"
        if _is_time_off(said) or _is_learning(said):
            return False
        if _names_job(said):
            return True
    is_school = _patterns("no_work", "unless_job").search(said) is not None
    return not is_school and dated.period.form != "single"


def _is_time_off(text: str) -> bool:
    return bool(_patterns("no_work", "always").search(text)) and not _patterns("no_work", "cover").search(text)


def _is_learning(text: str) -> bool:
    learning = _patterns("no_work", "unless_job_before").search(text)
    return learning is not None and not _names_job(text[: learning.start()])


def _names_job(text: str) -> bool:
    if _patterns("no_work", "jobs").search(text):
        return True
    return is_role(_patterns("no_work", "learners").sub(" ", text))


@functools.cache
def _patterns(table: str, name: str) -> re.Pattern[str]:
    """One pattern of a list. Those of `no_period` are the last words of a text."""
    any_of = "|".join(word_list("time_use")[table][name])
    return re.compile(rf"(?<!\w)(?:{any_of})\W*\Z" if table == "no_period" else any_of, re.IGNORECASE | re.MULTILINE)
