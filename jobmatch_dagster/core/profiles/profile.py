"""The profile: what a CV says about a person's work, each field with the text that it was read from.

Belongs here: the shape of the profile. `cv/` reads the fields.
"""

from dataclasses import dataclass
from datetime import date

from jobmatch_dagster.core.profiles.cv.education import read_education
from jobmatch_dagster.core.profiles.cv.experience import measure_experience
from jobmatch_dagster.core.profiles.cv.industries import read_industries
from jobmatch_dagster.core.profiles.cv.profile_text import profile_text
from jobmatch_dagster.core.profiles.cv.sections import HEAD, Section, lines_of, split_sections
from jobmatch_dagster.core.profiles.cv.skills import read_skills
from jobmatch_dagster.core.profiles.cv.spoken_languages import read_languages
from jobmatch_dagster.core.profiles.cv.text_language import detect_language
from jobmatch_dagster.core.profiles.cv.titles import find_titles, seniority_of
from jobmatch_dagster.core.profiles.cv.wishes import read_arrangements, read_locations
from jobmatch_dagster.core.profiles.cv.word_lists import shortened
from jobmatch_dagster.core.profiles.document_text import plain_text

EXTRACTOR_VERSION = 7
"""Raise it with every change of what is read: profiles of an older version are read again."""

_SKILL_EVIDENCE = 40


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a CV says, with the columns of `cv_profiles`. None means that it does not say; lists are never empty.

    `evidence` has pieces of the CV for each known field, of at most 80 characters.
    """

    language: str | None
    skills: list[str] | None
    experience_years: float | None
    experience_level: str | None
    seniority: str | None
    education: list[str] | None
    languages: list[str] | None
    industries: list[str] | None
    work_arrangements: list[str] | None
    locations: list[str] | None
    evidence: dict[str, list[str]]
    embedding_text: str


def extract_profile(text: str, *, today: date) -> Profile:
    """Read a CV's text. The same text and day give the same profile; `today` is the end of ongoing periods."""
    text = plain_text(text)
    sections = split_sections(text)
    titles = find_titles(sections)
    skills = read_skills(sections)
    experience = measure_experience(
        jobs=lines_of(sections, "experience"),
        dated=_dated_lines(sections),
        stating=lines_of(sections, HEAD, "headline", "summary", "experience", "other", "wishes"),
        skills=lines_of(sections, "skills"),
        today=today,
    )
    seniority = seniority_of(titles)
    education, languages = read_education(sections), read_languages(sections)
    industries = read_industries(titles, skills.skills)
    arrangements, locations = read_arrangements(sections), read_locations(sections)
    language = detect_language(text)
    evidence = {
        "skills": shortened(skills.evidence, _SKILL_EVIDENCE),
        "experience_years": shortened(experience.evidence),
        "seniority": shortened([seniority[1]] if seniority else []),
        "education": shortened(education.evidence),
        "languages": shortened(languages.evidence),
        "industries": shortened(industries.evidence),
        "work_arrangements": shortened(arrangements.evidence),
        "locations": shortened(locations.evidence),
    }
    return Profile(
        language=language,
        skills=_list(skills.skills),
        experience_years=experience.years,
        experience_level=experience.level,
        seniority=seniority[0] if seniority else None,
        education=_list(education.values),
        languages=_list(languages.values),
        industries=_list(industries.values),
        work_arrangements=_list(arrangements.values),
        locations=_list(locations.values),
        evidence={field: pieces for field, pieces in evidence.items() if pieces},
        embedding_text=profile_text(
            titles=titles, skills=skills.skills, industries=industries.values, sections=sections
        ),
    )


def _list(values: tuple[str, ...]) -> list[str] | None:
    return list(values) or None


def _dated_lines(sections: list[Section]) -> list[str]:
    """Texts with dates of jobs: sections about experience, else text before any heading, else projects."""
    for kinds in (("experience",), (HEAD, "summary", "other"), ("projects",)):
        if texts := [section.text for section in sections if section.kind in kinds]:
            return texts
    return []
