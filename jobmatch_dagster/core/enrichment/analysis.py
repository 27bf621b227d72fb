"""What of a profile and a posting goes into a request, and nothing else.

Put here the two gates. Of a person only words of closed lists pass: skills of the skill table, levels, industries,
languages; whatever else a CV holds, a name or a school among its skills too, has no way through. Of a posting its
structured fields pass, cleaned and cut; text that reads like an instruction does not, and a posting with such text
anywhere is judged without the fields that are prose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobmatch_dagster.core.contacts import remove_contacts
from jobmatch_dagster.core.enrichment.injection import signs, visible
from jobmatch_dagster.core.enrichment.prompt import score_band
from jobmatch_dagster.core.matching import posting_facts as reading
from jobmatch_dagster.core.matching.scoring import (
    EXPERIENCE_FAR,
    Parts,
    Weights,
    arrangement_score,
    experience_filters,
    experience_score,
    industry_score,
    weighted_score,
)
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES, WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.cv.word_lists import word_list
from jobmatch_dagster.core.text import clean_line
from jobmatch_dagster.core.vocabulary.skills import SkillMatch, canonical, compare_skills, find_skills

# Enough for a judgement; a longer list or text is cut, so that no posting can make a request dear.
_MAX_SKILLS, _MAX_KEYWORDS, _MAX_ADDITIONAL = 40, 15, 15
_MAX_NAME_CHARACTERS, _MAX_TITLE_CHARACTERS = 60, 160
_MAX_SUMMARY_CHARACTERS, _MAX_EXCERPT_CHARACTERS = 600, 1_200
_MAX_PROFILE_SKILLS = 80

# The user's own conditions that are told. A place would split the answer of a cluster; who needs a visa tells of a
# person's nationality.
_FILTERS_SENT = ("salary", "language", "company")
_VERDICTS = {"fits": "passed", "unknown": "unknown", "does not fit": "not passed"}


@dataclass(frozen=True)
class PostingFacts:
    """What is sent of a posting, and the signs that kept its prose out."""

    sent: dict[str, Any]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """The pre-calculated match analysis as it is sent, and the percent that the band hangs on."""

    sent: dict[str, Any]
    percent: float | None


def profile_facts(profile: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent of a profile (a row of `cv_profiles`): values of closed lists and a number of years."""
    years = profile.get("experience_years")
    facts = {
        "skills": _known_skills(profile.get("skills"))[:_MAX_PROFILE_SKILLS],
        "experience_years": round(float(years), 1) if years is not None else None,
        "experience_level": _one_of(profile.get("experience_level"), EXPERIENCE_LEVELS),
        "seniority": _one_of(profile.get("seniority"), word_list("titles")["seniority"]),
        "education": _all_of(profile.get("education"), word_list("education")),
        "languages": _all_of(profile.get("languages"), word_list("languages")["names"]),
        "industries": _all_of(profile.get("industries"), INDUSTRIES),
        "work_arrangements": _all_of(profile.get("work_arrangements"), WORK_ARRANGEMENTS),
    }
    return _filled(facts)


def posting_facts(posting: Mapping[str, Any]) -> PostingFacts:
    """What is sent of a posting (a row of `jobs`): structured fields, prose only when nothing speaks against it.

    The ad's own text is sent in one case: the vendor read nothing out of it. No place is sent, so that one answer
    holds for all towns of a cluster.
    """
    facts = facts_of(posting)
    prose = {name: posting.get(name) for name in ("ai_core_responsibilities", "ai_requirements_summary")}
    texts = [posting.get("title"), posting.get("company"), posting.get("description"), *prose.values()]
    lists = [posting.get(name) or () for name in ("ai_key_skills", "ai_keywords")]
    found = sorted({sign for text in (*texts, *(item for items in lists for item in items)) for sign in signs(text)})
    sent = {
        "title": _clean(posting.get("title"), _MAX_TITLE_CHARACTERS),
        "company": _clean(posting.get("company"), _MAX_NAME_CHARACTERS),
        "skills": _names(facts.skills, _MAX_SKILLS),
        "keywords": _new_names(posting.get("ai_keywords"), facts.skills),
        "experience_level": _one_of(facts.experience_level, EXPERIENCE_LEVELS),
        "work_arrangement": _one_of(facts.work_arrangement, WORK_ARRANGEMENTS),
        "industries": _all_of(facts.industries, INDUSTRIES),
        "education": _names(posting.get("ai_education_requirements"), _MAX_KEYWORDS),
        "language": _clean(posting.get("ai_job_language"), _MAX_NAME_CHARACTERS),
    }
    if not found:
        sent["responsibilities"] = _clean(prose["ai_core_responsibilities"], _MAX_SUMMARY_CHARACTERS)
        sent["requirements"] = _clean(prose["ai_requirements_summary"], _MAX_SUMMARY_CHARACTERS)
        if not (posting.get("ai_key_skills") or any(prose.values())):
            sent["text"] = _clean(posting.get("description"), _MAX_EXCERPT_CHARACTERS)
    return PostingFacts(_filled(sent), tuple(found))


def facts_of(posting: Mapping[str, Any]) -> reading.PostingFacts:
    """What the matching compares of a posting: the `facts` that it kept, else the same reading of the ad now."""
    kept: reading.PostingFacts | None = posting.get("facts")
    return kept or reading.posting_facts(
        title=posting.get("title") or "",
        location=posting.get("location"),
        description=posting.get("description"),
        key_skills=posting.get("ai_key_skills"),
        experience_level=posting.get("ai_experience_level"),
        industries=posting.get("ai_taxonomies_a"),
        work_arrangement=posting.get("ai_work_arrangement"),
    )


def analyse(
    posting: Mapping[str, Any], profile: Mapping[str, Any], conditions: Mapping[str, str] | None = None
) -> Analysis:
    """Compare a posting with a profile, part by part, as the matching does; only what passes the gates is named.

    `conditions` are the verdicts on what the user asks for (`user_job_matches.filters`).
    """
    facts = facts_of(posting)
    derived = facts.derived or ()
    skills = compare_skills(facts.skills, profile.get("skills"))
    experience, too_far = experience_score(
        facts.experience_level, profile.get("experience_level"), read="experience_level" in derived
    )
    arrangement, no_fit = arrangement_score(facts.work_arrangement, profile.get("work_arrangements"))
    industry = industry_score(facts.industries, profile.get("industries"))
    if too_far and not experience_filters(industry):
        experience, too_far = EXPERIENCE_FAR, False
    parts = Parts(experience=experience, industry=industry, work_arrangement=arrangement)
    percent = _percent(skills)
    percent = weighted_score(parts, Weights()) if percent is None else percent
    sent = {
        "skill_match": skills.summary,
        "matching_skills": _names(skills.matching, _MAX_SKILLS),
        "related_skills": [
            f"{name} ~ {canonical(hit.cv_skill)}"
            for hit in skills.hits
            if hit.credit < 1.0
            for name in _names([hit.job_skill], 1)
        ],
        "missing_skills": _names(skills.missing, _MAX_SKILLS),
        "additional_skills": _known_skills(skills.additional)[:_MAX_ADDITIONAL],
        "experience": {
            "posting": _one_of(facts.experience_level, EXPERIENCE_LEVELS) or "unknown",
            "profile": _one_of(profile.get("experience_level"), EXPERIENCE_LEVELS) or "unknown",
            "fit": _of_100(experience),
        },
        "industry_fit": _of_100(industry),
        "work_arrangement_fit": _of_100(arrangement),
        "filters": {
            "experience": _verdict(experience, too_far),
            "work_arrangement": _verdict(arrangement, no_fit),
            **{name: _VERDICTS[conditions[name]] for name in _FILTERS_SENT if conditions and name in conditions},
        },
        "read_from_ad": [name for name in derived if name != "skills"],
        "start_band": "{}–{}".format(*score_band(percent)),
    }
    return Analysis(sent, percent)


def _percent(skills: SkillMatch) -> float | None:
    """Share of the posting's skills that the CV shows, in percent; related skills do not count."""
    if skills.share is None:
        return None
    return 100 * len(skills.matching) / (len(skills.hits) + len(skills.missing))


def _known_skills(surfaces: Sequence[str] | None) -> list[str]:
    """Names of the skill table that these surfaces hold; what else stands in them does not come along."""
    found = (canonical(known) for surface in surfaces or () for known in find_skills(surface))
    return list(dict.fromkeys(found))


def _names(values: Sequence[str] | None, most: int) -> list[str]:
    cleaned = (_clean(value, _MAX_NAME_CHARACTERS) for value in values or ())
    return list(dict.fromkeys(value for value in cleaned if value))[:most]


def _new_names(values: Sequence[str] | None, known: Sequence[str] | None) -> list[str]:
    """Names that are not among the known ones, nor industries, which are sent already."""
    seen = {value.casefold() for value in (*(known or ()), *INDUSTRIES)}
    return [name for name in _names(values, _MAX_SKILLS) if name.casefold() not in seen][:_MAX_KEYWORDS]


def _clean(text: str | None, most: int) -> str | None:
    """One line without invisible characters and contact data, cut; None for a text with a sign."""
    line = clean_line(remove_contacts(visible(text or ""), " "))
    if not line or signs(line):
        return None
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + " …"


def _one_of(value: str | None, allowed: Sequence[str] | Mapping[str, Any]) -> str | None:
    return value if value in allowed else None


def _all_of(values: Sequence[str] | None, allowed: Sequence[str] | Mapping[str, Any]) -> list[str]:
    return [value for value in values or () if value in allowed]


def _of_100(score: int | None) -> str:
    return "unknown" if score is None else f"{score} of 100"


def _verdict(score: int | None, unfit: bool) -> str:
    return "not passed" if unfit else "unknown" if score is None else "passed"


def _filled(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value not in (None, [], "")}
