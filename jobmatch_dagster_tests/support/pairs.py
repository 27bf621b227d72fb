"""Postings and profiles for tests, with nothing said but what a test says."""

from datetime import UTC, datetime
from typing import Any

from jobmatch_dagster.core.enrichment.analysis import Analysis, analyse
from jobmatch_dagster.core.matching.judge import Judgement, PairFacts, ScoringRules, facts_of_profile, judge
from jobmatch_dagster.core.matching.posting_facts import derive_facts
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.profiles.profile import Profile


def make_posting(**fields: Any) -> Posting:
    """A posting with these fields."""
    given = {"external_id": "1", "title": "Helper", "company": "Company", "url": "https://company.example", **fields}
    return Posting(date_created=datetime(2026, 11, 1, tzinfo=UTC), **given)


def make_profile(**fields: Any) -> Profile:
    """A profile with these fields."""
    names = (
        "language", "skills", "experience_years", "experience_level", "seniority", "education", "languages",
        "industries", "work_arrangements", "locations",
    )  # fmt: skip
    return Profile(**{**dict.fromkeys(names), "evidence": {}, "embedding_text": "", **fields})


def analyse_pair(posting: Posting, profile: Profile, rules: ScoringRules | None = None) -> Analysis:
    """The analysis of a pair as it is sent."""
    return analyse(facts_of_profile(profile), derive_facts(posting), rules or ScoringRules())


def judge_pair(posting: Posting, profile: Profile) -> Judgement:
    """The judgement of a pair without texts."""
    return judge(PairFacts(facts_of_profile(profile), derive_facts(posting)), ScoringRules())
