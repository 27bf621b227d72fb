"""The two gates: nothing of a person passes but words of closed lists, and no ad makes a request dear."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.enrichment.analysis import posting_to_send, profile_to_send
from jobmatch_dagster.core.enrichment.prompt import build_request
from jobmatch_dagster.core.matching.judge import ScoringRules
from jobmatch_dagster.core.matching.posting_facts import derive_facts
from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster_tests.support.pairs import analyse_pair, judge_pair, make_posting, make_profile

_POSTING = make_posting(title="Nurse", company="Clinic", ai_key_skills=["Nursing", "Kranichpflege"], description="")
_PERSON = "Quastenhuber"


@given(
    st.lists(st.sampled_from(["Nursing", "Python", _PERSON, f"Python {_PERSON}", f"{_PERSON}, 0176 5551234", ""])),
    st.sampled_from([None, "senior", _PERSON]),
    st.lists(st.sampled_from(["German", "bachelor degree", "Healthcare", "Hybrid", _PERSON])),
)
def test_no_word_of_a_cv_passes_that_is_not_on_a_list(
    skills: list[str], seniority: str | None, words: list[str]
) -> None:
    profile = make_profile(
        skills=skills, seniority=seniority, experience_level=seniority, experience_years=3, education=words,
        languages=words, industries=words, work_arrangements=words, locations=[_PERSON],
        evidence={"skills": [_PERSON]}, embedding_text=_PERSON,
    )  # fmt: skip
    analysis = analyse_pair(_POSTING, profile)
    sent = build_request(profile_to_send(profile), _sent(_POSTING), analysis.sent)
    assert _PERSON not in sent.profile + sent.pair


def _sent(posting: Posting) -> dict[str, Any]:
    return posting_to_send(posting, derive_facts(posting)).sent


def test_known_facts_pass() -> None:
    profile = make_profile(skills=["Python (5 Jahre)", "Postgres"], experience_years=6.26, languages=["German"])
    assert profile_to_send(profile) == {
        "skills": ["Python", "PostgreSQL"],
        "experience_years": 6.3,
        "languages": ["German"],
    }


def test_a_skill_that_both_name_is_named_in_the_postings_words() -> None:
    profile = make_profile(skills=["Kranichpflege", "Nursing"])
    assert analyse_pair(_POSTING, profile).sent["matching_skills"] == ["Nursing", "Kranichpflege"]
    assert "Kranichpflege" not in str(profile_to_send(profile))


def test_a_posting_is_cut_to_a_size_and_rid_of_contacts() -> None:
    posting = make_posting(
        title="Developer " + "x" * 900, company="A" * 500, description="d " * 9_000,
        ai_key_skills=[f"skill {n}" for n in range(400)], ai_keywords=["k" * 900] * 50,
        ai_core_responsibilities="Call Mr Muster, +49 30 1234567, or write to muster@firma.example. " * 40,
    )  # fmt: skip
    facts = _sent(posting)
    assert len(json.dumps(facts)) < 6_000
    assert len(facts["skills"]) == 40
    assert "1234567" not in str(facts)
    assert "@" not in str(facts)


def test_the_ads_text_is_sent_only_where_the_vendor_read_nothing() -> None:
    words = "We look for somebody who knows Python, Docker and Kafka."
    assert "Python" in _sent(make_posting(title="Dev", description=words))["text"]
    assert "text" not in _sent(make_posting(title="Dev", description=words, ai_key_skills=["Python"]))


def test_unknown_stays_unknown() -> None:
    analysis = analyse_pair(make_posting(), make_profile())
    assert analysis.percent is None
    assert analysis.sent["skill_match"] == "unknown"
    assert analysis.sent["fit"] == {}
    assert "filters" not in analysis.sent


def test_levels_far_apart_are_no_filter_in_another_field() -> None:
    posting = make_posting(ai_experience_level="10+", ai_taxonomies_a=["Healthcare"])
    near, stranger = (
        judge_pair(posting, make_profile(experience_level="0-2", industries=[industry]))
        for industry in ("Healthcare", "Software")
    )
    assert "experience" in near.unfit
    assert "experience" not in stranger.unfit
    assert stranger.parts.experience == 20


def test_the_ads_words_stand_in_for_missing_fields_as_in_the_matching() -> None:
    skills = [f"{name}, " for name in ("Python", "SQL", "Docker", "Kafka", "Java", "Linux", "Git", "Excel", "Scrum")]
    posting = make_posting(title="Senior Developer (remote)", description="".join(skills))
    sent = _sent(posting)
    assert (sent["experience_level"], sent["work_arrangement"]) == ("5-10", "Remote OK")
    assert set(analyse_pair(posting, make_profile()).sent["read_from_ad"]) >= {"experience_level", "work_arrangement"}


_LEVEL_AND_FIELD = (
    make_posting(ai_experience_level="2-5", ai_taxonomies_a=["Healthcare"]),
    make_profile(experience_level="2-5", industries=["Logistics"]),
)


def test_the_band_follows_the_other_parts_where_skills_are_unknown() -> None:
    analysis = analyse_pair(*_LEVEL_AND_FIELD)
    # (25 x 100 + 15 x 30) / 40 of the mission's weights.
    assert analysis.percent == 74
    assert analysis.sent["start_band"] == "75–84"


def test_the_band_follows_the_weights_of_the_deployment() -> None:
    analysis = analyse_pair(*_LEVEL_AND_FIELD, ScoringRules(Weights(experience=15, industry=25)))
    # (15 x 100 + 25 x 30) / 40.
    assert analysis.percent == 56


def test_a_skill_that_is_alike_by_vectors_is_related_and_not_missing() -> None:
    posting, profile = make_posting(ai_key_skills=["Zither"]), make_profile(skills=["Nursing"])
    assert analyse_pair(posting, profile).sent["missing_skills"] == ["Zither"]
    sent = analyse_pair(posting, profile, ScoringRules(similar_skills={"Nursing": ["zither"]})).sent
    assert (sent["missing_skills"], sent["related_skills"]) == ([], ["Zither ~ Nursing"])
