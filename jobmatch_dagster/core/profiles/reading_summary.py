"""What was read from a CV, in counts, dates and names of the project's own tables: never a word of the CV."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from jobmatch_dagster.core.profiles.cv.tenure.periods import find_periods
from jobmatch_dagster.core.vocabulary.skill_table import name_in_table

_MOST_SKILLS = 30


@dataclass(frozen=True)
class ReadProfile:
    """A stored profile, as far as it is summed up. None is unknown.

    `periods` are the pieces of the CV that the years were read from.
    """

    skills: Sequence[str] | None
    experience_years: float | None
    experience_level: str | None
    seniority: str | None
    education: Sequence[str] | None
    languages: Sequence[str] | None
    industries: Sequence[str] | None
    periods: Sequence[str]


def reading_summary(profile: ReadProfile, *, today: date) -> dict[str, str | int | float]:
    """The profile by name; `unknown` where the CV does not say.

    Skills are named where the skill table has them; others, which are words of the CV, are counted.
    """
    skills = profile.skills or ()
    known = list(dict.fromkeys(name for name in map(name_in_table, skills) if name))
    shown = known[:_MOST_SKILLS]
    more = f" and {len(known) - len(shown)} more" if len(known) > len(shown) else ""
    return {
        "skills": len(skills),
        "skills_of_the_table": (", ".join(shown) + more) or "none",
        "skills_not_in_the_table": sum(name_in_table(skill) is None for skill in skills),
        "experience_years": "unknown" if profile.experience_years is None else profile.experience_years,
        "experience_periods": ", ".join(_periods(profile.periods, today)) or "none dated",
        "experience_level": profile.experience_level or "unknown",
        "seniority": profile.seniority or "unknown",
        "education": _named(profile.education),
        "languages": _named(profile.languages),
        "industries": _named(profile.industries),
    }


def _periods(pieces: Sequence[str], today: date) -> list[str]:
    """The dates alone, as months: `2019-09 to 2022-02`."""
    found = {period.span for piece in pieces for period in find_periods(piece, today=today)}
    return [f"{_month(start)} to {_month(end - 1)}" for start, end in sorted(found)]


def _month(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _named(values: Sequence[str] | None) -> str:
    return ", ".join(values) if values else "unknown"
