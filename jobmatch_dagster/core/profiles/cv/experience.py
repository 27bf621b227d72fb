"""Years of work experience: how dated jobs, stated totals and months per skill add up.

`tenure/` reads the dates and the stated totals. The caller decides which lines are about work.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS
from jobmatch_dagster.core.profiles.cv.tenure.jobs import job_periods
from jobmatch_dagster.core.profiles.cv.tenure.periods import union_months
from jobmatch_dagster.core.profiles.cv.tenure.stated_years import durations, stated_years

_MAX_YEARS = 60
# Lower bounds in years of the vendor's levels, in their order.
_LEVEL_FROM_YEARS = (0, 2, 5, 10)
# Months per skill: "Python- Exprience - 24 months".
_AT_SKILL = re.compile(
    r"(?:experience|exprience|experince|exp\b|\w*erfahrung(?:en)?)\s*[-–:]\s*(?:(?P<under>less than 1 year)|(?P<count>\d{1,3})\s*(?:months?|monate?))",
    re.IGNORECASE,
)
_UNDER_A_YEAR_MONTHS = 6


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
    *, jobs: Sequence[str], dated: Sequence[str], stating: Sequence[str], skills: Sequence[str], today: date
) -> Experience:
    """Years of experience from lines about jobs, texts with their dates, lines that may state a total, and lists of skills.

    Dated jobs (overlaps count once) and a stated total are both lower bounds, because many CVs date only their last
    jobs. The larger one counts. Months per skill count only if there is neither.
    """
    spans = [found for text in dated for found in job_periods(text, today=today)]
    years, evidence = round(union_months(span for span, _ in spans) / 12, 1), [text for _, text in spans]
    stated = max((*stated_years(stating), *durations(jobs)), default=(0.0, ""))
    if stated[0] > years:
        years, evidence = stated[0], [stated[1]]
    if not years:
        at_skills = max((found for line in skills for found in _skill_years(line)), default=(0.0, ""))
        years, evidence = at_skills[0], [at_skills[1]]
    return Experience(years, tuple(dict.fromkeys(evidence))) if years else Experience(None)


def _skill_years(line: str) -> Iterator[tuple[float, str]]:
    for match in _AT_SKILL.finditer(line):
        months = _UNDER_A_YEAR_MONTHS if match["under"] else int(match["count"])
        yield round(min(months, _MAX_YEARS * 12) / 12, 1), line.strip()
