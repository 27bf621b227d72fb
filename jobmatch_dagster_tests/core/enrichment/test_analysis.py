"""The two gates: nothing of a person passes but words of closed lists, and no ad makes a request dear."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.enrichment.analysis import analyse, posting_facts, profile_facts
from jobmatch_dagster.core.enrichment.prompt import build_request

_POSTING: dict[str, Any] = {
    "title": "Nurse", "company": "Clinic", "ai_key_skills": ["Nursing", "Kranichpflege"], "description": "",
}  # fmt: skip
_PERSON = "Quastenhuber"


@given(
    st.lists(st.sampled_from(["Nursing", "Python", _PERSON, f"Python {_PERSON}", f"{_PERSON}, 0176 5551234", ""])),
    st.sampled_from([None, "senior", _PERSON]),
    st.lists(st.sampled_from(["German", "bachelor degree", "Healthcare", "Hybrid", _PERSON])),
)
def test_no_word_of_a_cv_passes_that_is_not_on_a_list(
    skills: list[str], seniority: str | None, words: list[str]
) -> None:
    profile = {
        "skills": skills, "seniority": seniority, "experience_level": seniority, "experience_years": 3,
        "education": words, "languages": words, "industries": words, "work_arrangements": words, "locations": [_PERSON],
        "evidence": {"skills": [_PERSON]}, "embedding_text": _PERSON,
    }  # fmt: skip
    sent = build_request(profile_facts(profile), posting_facts(_POSTING).sent, analyse(_POSTING, profile).sent)
    assert _PERSON not in sent.profile + sent.pair


def test_known_facts_pass() -> None:
    facts = profile_facts(
        {
            "skills": ["Python (5 Jahre)", "Postgres"],
            "experience_years": 6.26,
            "languages": ["German"],
            "education": None,
        }
    )
    assert facts == {"skills": ["Python", "PostgreSQL"], "experience_years": 6.3, "languages": ["German"]}


def test_a_skill_that_both_name_is_named_in_the_postings_words() -> None:
    profile = {"skills": ["Kranichpflege", "Nursing"]}
    assert analyse(_POSTING, profile).sent["matching_skills"] == ["Nursing", "Kranichpflege"]
    assert "Kranichpflege" not in str(profile_facts(profile))


def test_a_posting_is_cut_to_a_size_and_rid_of_contacts() -> None:
    posting = {
        "title": "Developer " + "x" * 900, "company": "A" * 500, "description": "d " * 9_000,
        "ai_key_skills": [f"skill {n}" for n in range(400)], "ai_keywords": ["k" * 900] * 50,
        "ai_core_responsibilities": "Call Mr Muster, +49 30 1234567, or write to muster@firma.example. " * 40,
    }  # fmt: skip
    facts = posting_facts(posting).sent
    assert len(json.dumps(facts)) < 6_000
    assert len(facts["skills"]) == 40
    assert "1234567" not in str(facts)
    assert "@" not in str(facts)


def test_the_ads_text_is_sent_only_where_the_vendor_read_nothing() -> None:
    bare = {"title": "Dev", "company": "C", "description": "We look for somebody who knows Python, Docker and Kafka."}
    assert "Python" in posting_facts(bare).sent["text"]
    assert "text" not in posting_facts({**bare, "ai_key_skills": ["Python"]}).sent


def test_unknown_stays_unknown() -> None:
    analysis = analyse({"title": "Helper", "description": None}, {"skills": None})
    assert analysis.percent is None
    assert analysis.sent["skill_match"] == "unknown"
    assert analysis.sent["filters"] == {"experience": "unknown", "work_arrangement": "unknown"}


def test_levels_far_apart_are_no_filter_in_another_field() -> None:
    posting = {"title": "Helper", "ai_experience_level": "10+", "ai_taxonomies_a": ["Healthcare"]}
    profile = {"experience_level": "0-2", "industries": ["Healthcare"]}
    assert analyse(posting, profile).sent["filters"]["experience"] == "not passed"
    stranger = {**profile, "industries": ["Software"]}
    assert analyse(posting, stranger).sent["filters"]["experience"] != "not passed"
    assert analyse(posting, stranger).sent["experience"]["fit"] == "20 of 100"


def test_the_ads_words_stand_in_for_missing_fields_as_in_the_matching() -> None:
    skills = [f"{name}, " for name in ("Python", "SQL", "Docker", "Kafka", "Java", "Linux", "Git", "Excel", "Scrum")]
    posting = {"title": "Senior Developer (remote)", "description": "".join(skills)}
    sent = posting_facts(posting).sent
    assert (sent["experience_level"], sent["work_arrangement"]) == ("5-10", "Remote OK")
    assert set(analyse(posting, {}).sent["read_from_ad"]) >= {"experience_level", "work_arrangement"}


def test_the_band_follows_the_other_parts_where_skills_are_unknown() -> None:
    posting = {"title": "Helper", "description": None, "ai_experience_level": "2-5", "ai_taxonomies_a": ["Healthcare"]}
    profile = {"skills": None, "experience_level": "2-5", "industries": ["Logistics"]}
    # (25 x 100 + 15 x 30) / 40 of the mission's weights.
    assert analyse(posting, profile).percent == 74
    assert analyse(posting, profile).sent["start_band"] == "75–84"
