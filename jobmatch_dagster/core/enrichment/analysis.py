"""What is sent of a profile and a posting.

Belongs here: the two filters. Of a person only words of closed lists are sent: skills of the skill table, levels,
industries, languages. Anything else in a CV, for instance a name or a school among its skills, is never sent. Of a
posting the structured fields are sent, cleaned and cut. Text that reads like an instruction is not sent, and a posting
with such text anywhere is judged without its prose. How the pair fits is the judgement of `matching/judge.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobmatch_dagster.core.columns import PostingToSend, ProfileToSend
from jobmatch_dagster.core.contacts import remove_contacts
from jobmatch_dagster.core.enrichment.injection import signs, visible
from jobmatch_dagster.core.enrichment.prompt import score_band
from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.core.matching.judge import Judgement, PairFacts, ProfileFacts, ScoringRules, judge
from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES, WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.cv.word_lists import word_list
from jobmatch_dagster.core.text import clean_line
from jobmatch_dagster.core.vocabulary.skill_match import SkillMatch
from jobmatch_dagster.core.vocabulary.skill_search import find_skills
from jobmatch_dagster.core.vocabulary.skill_table import canonical

# Enough for a judgement; a longer list or text is cut, so that no posting makes a request expensive.
_MAX_SKILLS, _MAX_KEYWORDS = 40, 15
_MAX_NAME_CHARACTERS, _MAX_TITLE_CHARACTERS = 60, 160
_MAX_SUMMARY_CHARACTERS, _MAX_EXCERPT_CHARACTERS = 600, 1_200
_MAX_PROFILE_SKILLS = 80

# The user's own conditions that are sent. A place would split the answer of a cluster, and who needs a visa reveals a
# person's nationality.
_FILTERS_SENT = ("salary", "language", "company")
_VERDICTS = {"fits": "passed", "unknown": "unknown", "does not fit": "not passed"}


@dataclass(frozen=True)
class SentPosting:
    """What is sent of a posting, and the signs that kept its prose out."""

    sent: JsonObject
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """The pre-calculated match analysis as it is sent, and the percent that the band depends on."""

    sent: JsonObject
    percent: float | None


def profile_to_send(profile: ProfileToSend) -> JsonObject:
    """What is sent of a profile: values of closed lists and a number of years."""
    years = profile.experience_years
    facts = {
        "skills": _known_skills(profile.skills)[:_MAX_PROFILE_SKILLS],
        "experience_years": round(float(years), 1) if years is not None else None,
        "experience_level": _one_of(profile.experience_level, EXPERIENCE_LEVELS),
        "seniority": _one_of(profile.seniority, word_list("titles")["seniority"]),
        "education": _all_of(profile.education, word_list("education")),
        "languages": _all_of(profile.languages, word_list("languages")["names"]),
        "industries": _all_of(profile.industries, INDUSTRIES),
        "work_arrangements": _all_of(profile.work_arrangements, WORK_ARRANGEMENTS),
    }
    return _filled(facts)


def posting_to_send(posting: PostingToSend, facts: PostingFacts) -> SentPosting:
    """What is sent of a posting: structured fields, and prose only without signs of prompt injection.

    The ad's own text is sent in one case: the vendor read nothing out of it. No place is sent, so that one answer
    serves all towns of a cluster.
    """
    prose = (posting.ai_core_responsibilities, posting.ai_requirements_summary)
    texts = [posting.title, posting.company, posting.description, *prose]
    lists = [*(posting.ai_key_skills or ()), *(posting.ai_keywords or ())]
    found = sorted({sign for text in (*texts, *lists) for sign in signs(text)})
    sent = {
        "title": _clean(posting.title, _MAX_TITLE_CHARACTERS),
        "company": _clean(posting.company, _MAX_NAME_CHARACTERS),
        "skills": _names(facts.skills, _MAX_SKILLS),
        "keywords": _new_names(posting.ai_keywords, facts.skills),
        "experience_level": _one_of(facts.experience_level, EXPERIENCE_LEVELS),
        "work_arrangement": _one_of(facts.work_arrangement, WORK_ARRANGEMENTS),
        "industries": _all_of(facts.industries, INDUSTRIES),
        "education": _names(posting.ai_education_requirements, _MAX_KEYWORDS),
        "language": _clean(posting.ai_job_language, _MAX_NAME_CHARACTERS),
    }
    if not found:
        sent["responsibilities"] = _clean(posting.ai_core_responsibilities, _MAX_SUMMARY_CHARACTERS)
        sent["requirements"] = _clean(posting.ai_requirements_summary, _MAX_SUMMARY_CHARACTERS)
        if not (posting.ai_key_skills or any(prose)):
            sent["text"] = _clean(posting.description, _MAX_EXCERPT_CHARACTERS)
    return SentPosting(_filled(sent), tuple(found))


def analyse(
    profile: ProfileFacts, posting: PostingFacts, rules: ScoringRules, filters: Mapping[str, str] | None = None
) -> Analysis:
    """Describe the judgement of a pair, part by part; only what the filters let through is named.

    Its skills, parts and filters are those of the match. The likeness of the texts is left out: the band follows the
    skills, and where those are unknown the other parts.

    Args:
        profile: what is compared of the profile.
        posting: what is compared of the posting.
        rules: what the deployment scores by.
        filters: verdicts on what the user asks for (`user_job_matches.filters`).
    """
    judgement = judge(PairFacts(profile, posting), rules)
    percent = _percent(judgement)
    skills = judgement.skills
    sent: JsonObject = {
        "skill_match": skills.summary,
        "matching_skills": _names(skills.matching, _MAX_SKILLS),
        "related_skills": _related(skills),
        "missing_skills": _names(skills.missing, _MAX_SKILLS),
        # Without the levels, which profile and posting have, and without verdicts on them: no pair that fails is kept.
        "fit": {name: score for name, score in _fits(judgement).items() if score is not None},
        "start_band": "{}–{}".format(*score_band(percent)),
    }
    conditions = {name: _VERDICTS[filters[name]] for name in _FILTERS_SENT if filters and name in filters}
    read_from_ad = [name for name in posting.derived or () if name != "skills"]
    # An empty list of skills says that there is none; these two say nothing where they are empty.
    return Analysis({**sent, **_filled({"filters": conditions, "read_from_ad": read_from_ad})}, percent)


def _fits(judgement: Judgement) -> dict[str, int | None]:
    """Fit of each part but the skills, 0 to 100; None if unknown."""
    parts = judgement.parts
    return {"experience": parts.experience, "industry": parts.industry, "work_arrangement": parts.work_arrangement}


def _percent(judgement: Judgement) -> float | None:
    """Share of the posting's skills that the CV shows, in percent, without related ones; where unknown, the score."""
    skills = judgement.skills
    return 100 * len(skills.matching) / skills.asked if skills.asked else judgement.score


def _related(skills: SkillMatch) -> list[str]:
    """Skills that a related skill of the CV answers, with that skill."""
    return [
        f"{name} ~ {canonical(hit.cv_skill)}"
        for hit in skills.hits
        if hit.credit < 1.0
        for name in _names([hit.job_skill], 1)
    ]


def _known_skills(surfaces: Sequence[str] | None) -> list[str]:
    """Names of the skill table found in these surfaces; the rest of the text is left out."""
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


def _one_of(value: str | None, allowed: Sequence[str] | Mapping[str, object]) -> str | None:
    return value if value in allowed else None


def _all_of(values: Sequence[str] | None, allowed: Sequence[str] | Mapping[str, object]) -> list[str]:
    return [value for value in values or () if value in allowed]


def _filled(facts: JsonObject) -> JsonObject:
    return {name: value for name, value in facts.items() if value not in (None, [], {}, "")}
