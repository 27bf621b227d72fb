"""What is compared of a posting: the vendor's AI fields, and where they are missing what the ad itself says.

Belongs here: how facts are derived from an ad's own words. Derived facts are marked: they may score a pair, never
exclude one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jobmatch_dagster.core.columns import PostingFields
from jobmatch_dagster.core.matching.ad_arrangement import read_arrangement
from jobmatch_dagster.core.matching.ad_level import read_level
from jobmatch_dagster.core.matching.optional_skills import optional_skills
from jobmatch_dagster.core.matching.title_text import posting_title_words
from jobmatch_dagster.core.profiles.cv.industries import read_industries
from jobmatch_dagster.core.text import sha256_hex
from jobmatch_dagster.core.vocabulary.glossary import glossary_version, in_english, without_gender
from jobmatch_dagster.core.vocabulary.occupations import occupations_version
from jobmatch_dagster.core.vocabulary.skill_match import skill_ids
from jobmatch_dagster.core.vocabulary.skill_search import find_skills
from jobmatch_dagster.core.vocabulary.skill_table import canonical, skill_table_version

_VERSION = 3
"""A change of what is read is a new version: facts of the old one are read again."""

# Most skills taken from the text of one ad: the first ones, because lists of benefits and tags come last.
_MAX_SKILLS = 25
# What a skill counts that an ad asks for, and one that it calls nice to have.
_ASKED, _OPTIONAL = 3, 1
FACT_OF_PART = {
    "skills": "skills",
    "experience": "experience_level",
    "industry": "industries",
    "work_arrangement": "work_arrangement",
}
"""For each part of a score that compares facts, the posting's fact."""


@dataclass(frozen=True, slots=True)
class PostingFacts:
    """What is compared of one posting; None where neither the vendor nor the ad says it."""

    skills: Sequence[str] | None = None
    experience_level: str | None = None
    industries: Sequence[str] | None = None
    work_arrangement: str | None = None
    derived: Sequence[str] | None = None
    """Names of the facts that were derived from the ad's text; None when all are the vendor's."""
    title_words: Sequence[str] | None = None
    """Words of the title and of the occupations that it names; None when there are none."""
    optional_skills: Sequence[str] | None = None
    """Those of the skills that the ad calls nice to have; they count a third."""

    @property
    def level_is_derived(self) -> bool:
        """Whether the level was read from the ad's text: it then lowers a score and excludes nothing."""
        return self.is_read("experience_level")

    def skill_weights(self) -> dict[str, int]:
        """What each skill counts, by its id: one that is nice to have a third of another."""
        optional = set(skill_ids(self.optional_skills))
        return {name: _OPTIONAL if name in optional else _ASKED for name in skill_ids(self.skills)}

    def is_read(self, fact: str) -> bool:
        """Whether this fact was read from the ad's text."""
        return self.derived is not None and fact in self.derived


def derive_facts(ad: PostingFields) -> PostingFacts:
    """The vendor's facts; where one is missing, what the ad's own words say."""
    text = ad.description or ""
    skills = None if ad.ai_key_skills else skills_in(ad.title, text) or None
    level = None if ad.ai_experience_level else read_level(ad.title, text)
    industries = None if ad.ai_taxonomies_a else _industries(ad.title)
    arrangement = None if ad.ai_work_arrangement else read_arrangement(ad.title, ad.location or "", text)
    derived = {
        "skills": skills, "experience_level": level, "industries": industries, "work_arrangement": arrangement
    }  # fmt: skip
    return PostingFacts(
        skills=list(ad.ai_key_skills) if ad.ai_key_skills else skills,
        experience_level=ad.ai_experience_level or level,
        industries=list(ad.ai_taxonomies_a) if ad.ai_taxonomies_a else industries,
        work_arrangement=ad.ai_work_arrangement or arrangement,
        derived=[name for name, value in derived.items() if value] or None,
        title_words=posting_title_words(ad.title) or None,
        optional_skills=optional_skills(ad.ai_key_skills or skills, text) or None,
    )


def facts_version() -> str:
    """Version of the reading and of its word lists: another list reads other facts."""
    lists = (skill_table_version(), occupations_version(), glossary_version())
    return f"{_VERSION}/{sha256_hex(repr(lists))[:8]}"


def skills_in(title: str, description: str) -> list[str]:
    """Skills of the table that the ad names, in its own spelling, those of the title first."""
    return find_skills(f"{title}\n{description}")[:_MAX_SKILLS]


def english_skills(skills: Sequence[str]) -> list[str]:
    """The table's (English) names of skills, each once."""
    return list(dict.fromkeys(canonical(skill) for skill in skills))


def _industries(title: str) -> list[str] | None:
    plain = without_gender(title)
    english = in_english(title)
    return list(read_industries([plain, *([english] if english else [])], []).values) or None
