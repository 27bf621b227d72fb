"""Years of work experience: how dated jobs, stated totals and months per skill add up.

`periods.py` reads the dates. The caller decides which lines are about work.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS
from jobmatch_dagster.core.profiles.cv.periods import find_spans, union_months

_MAX_YEARS = 60
# Lower bounds in years of the vendor's levels, in their order.
_LEVEL_FROM_YEARS = (0, 2, 5, 10)

_NUMBER_WORDS = {
    word: number
    for number, words in enumerate(
        (
            "one ein einem einjährige", "two zwei", "three drei", "four vier", "five fünf", "six sechs", "seven sieben",
            "eight acht", "nine neun", "ten zehn", "eleven elf", "twelve zwölf",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_COUNT = rf"(?P<count>\d{{1,2}}(?:[.,]\d{{1,2}})?|\b(?:{'|'.join(_NUMBER_WORDS)}))"
_UNIT = r"(?P<unit>years?|yrs?\.?|months?|jahren?|jahre?|monaten?|monate?|jährige[rn]?)"
_AMOUNT = (
    rf"{_COUNT}\s*(?:\+|plus)?\s*-?\s*{_UNIT}(?:\s*(?:and|und|,|&)?\s*(?P<months>\d{{1,2}})\s*(?:months?|monate?n?))?"
)
_NOT_AGE = r"(?!\s*(?:old|alt\b|of age))"
_WORK = r"(?:experience|experienced|exprience|experince|exp\b|practi[cs]e|\w*erfahrung(?:en)?|berufspraxis)"
# "8 years of work experience", "experience of 8 years", "Total Experience: 5.6 years".
_STATED = (
    re.compile(rf"(?<![\d.,-]){_AMOUNT}{_NOT_AGE}\W?[^.\n•]{{0,40}}?{_WORK}", re.IGNORECASE),
    re.compile(
        rf"{_WORK}\W{{1,3}}(?:(?:of|over|for|more|than|about|around|at|least|is|in|von|über|mehr|als|seit|ca)\b\W{{0,2}}){{0,4}}{_AMOUNT}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:working|worked|practi[cs]e|tätig|work)\b[^.\n•]{{0,60}}?\b(?:past|last|for|seit|than)\s+(?:the\s+)?{_AMOUNT}",
        re.I,
    ),
)
# Years of someone else: of a company or a team, or what an ad or a client asks for.
_OTHERS = re.compile(
    r"\b(?:team of|company with|firm with|unternehmen mit|minimum|mindestens|required|client has)\b", re.I
)
_AT_SKILL = re.compile(
    rf"{_WORK}\s*[-–:]\s*(?:(?P<under>less than 1 year)|(?P<count>\d{{1,3}})\s*(?:months?|monate?))", re.IGNORECASE
)
_UNDER_A_YEAR_MONTHS = 6
# Dates in such a line are of study or play, even among jobs.
_NO_WORK = re.compile(
    r"\b(?:competition|contest|hackathon|olympiad|semester|academic year|school year|fresher|wettbewerb|schuljahr)\b",
    re.I,
)


@dataclass(frozen=True)
class Experience:
    """Years of work experience, None if the CV does not say, and the pieces of text that state them."""

    years: float | None
    evidence: tuple[str, ...] = ()

    @property
    def level(self) -> str | None:
        """The vendor's level; a posting for "2-5" asks for at least 2 and under 5 years."""
        return None if self.years is None else level_of(self.years)


def level_of(years: float) -> str:
    """The vendor's level of a number of years."""
    return [name for name, from_years in zip(EXPERIENCE_LEVELS, _LEVEL_FROM_YEARS, strict=True) if years >= from_years][
        -1
    ]


def measure_experience(
    dated: Sequence[str], stating: Sequence[str], skills: Sequence[str], *, today: date
) -> Experience:
    """Years of experience from lines about jobs, lines that may state a total, and lines with lists of skills.

    Dated jobs (overlaps count once) and a stated total are both lower bounds, because many CVs date only their last
    jobs. The larger one counts. Months per skill count only if there is neither.
    """
    work = ["\n".join(line for line in text.split("\n") if not _NO_WORK.search(line)) for text in dated]
    spans = [(span, found) for text in work for span, found in find_spans(text, today=today)]
    years, evidence = round(union_months(span for span, _ in spans) / 12, 1), [text for _, text in spans]
    stated = max((found for line in stating for found in _stated_years(line)), default=(0.0, ""))
    if stated[0] > years:
        years, evidence = stated[0], [stated[1]]
    if not years:
        at_skills = max((found for line in skills for found in _skill_years(line)), default=(0.0, ""))
        years, evidence = at_skills[0], [at_skills[1]]
    return Experience(years, tuple(dict.fromkeys(evidence))) if years else Experience(None)


def _stated_years(line: str) -> Iterator[tuple[float, str]]:
    if _OTHERS.search(line):
        return
    for pattern in _STATED:
        for match in pattern.finditer(line):
            word = match["count"].casefold()
            count = float(_NUMBER_WORDS.get(word) or word.replace(",", "."))
            in_months = match["unit"].casefold().startswith("mon")
            years = count / 12 if in_months else count + int(match["months"] or 0) / 12
            if years <= _MAX_YEARS:
                yield round(years, 1), match[0]


def _skill_years(line: str) -> Iterator[tuple[float, str]]:
    for match in _AT_SKILL.finditer(line):
        months = _UNDER_A_YEAR_MONTHS if match["under"] else int(match["count"])
        yield round(min(months, _MAX_YEARS * 12) / 12, 1), line.strip()
