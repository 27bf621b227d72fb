"""Which own facts are accepted, what the errors say about the others, and how a profile looks with them."""

import traceback
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobmatch_dagster.core.matching.title_text import profile_title_words
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES
from jobmatch_dagster.core.profiles.own_facts import (
    OWN_FACTS_FIELDS,
    STATED,
    OwnFacts,
    OwnFactsError,
    apply_own_facts,
    parse_own_facts,
    validate_own_facts,
)
from jobmatch_dagster.core.profiles.profile import extract_profile
from jobmatch_dagster.core.vocabulary.skill_table import canonical
from jobmatch_dagster_tests.support.world import ENGINEER_CV, NURSE_CV

_WHOLE_FILE = """
    skills_added = ["SAP  FI", "sap fi", "Airway Management"]
    skills_removed = "Hygiene"
    experience_years = 12
    experience_level = "10+"
    seniority = "Senior"
    industries = ["healthcare", "Education"]
    languages = ["Deutsch", "en"]
"""
_SECRET = "Zenobiaжук"
_READING = extract_profile(NURSE_CV, today=date(2026, 11, 20))


def test_a_whole_file_is_parsed() -> None:
    facts = parse_own_facts(_WHOLE_FILE.encode())
    assert facts == OwnFacts(
        skills_added=("SAP FI", "Airway Management"),
        skills_removed=("Hygiene",),
        experience_years=12.0,
        experience_level="10+",
        seniority="senior",
        industries=("Healthcare", "Education"),
        languages=("German", "English"),
    )
    assert tuple(facts.as_row()) == OWN_FACTS_FIELDS
    assert validate_own_facts(facts.as_row() | {"skills_removed": []}).skills_removed is None
    assert parse_own_facts(b"") == parse_own_facts(b"skills_added = []") == OwnFacts()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('skill_added = ["SAP"]', "skill_added: no such field; did you mean skills_added?"),
        ("xyz = 1", "xyz: no such field; the fields are skills_added,"),
        ("skills_added = 7", "skills_added: must be a list of texts"),
        ("skills_added = {a = 1}", "skills_added: must be a list of texts"),
        ('skills_added = [""]', "skills_added: must be at most 100 texts of 1 to 100 characters"),
        (f"skills_removed = {['x'] * 101}", "skills_removed: must be at most 100 texts of 1 to 100 characters"),
        ('skills_added = ["a\\u0000b"]', "skills_added: contains control characters"),
        ('skills_added = ["js"]\nskills_removed = ["JavaScript"]', "skills_removed: names a skill of skills_added"),
        ('experience_years = "7"', "experience_years: must be a number of years from 0 to 60, without quotes"),
        ("experience_years = -1", "experience_years: must be a number of years from 0"),
        ("experience_years = nan", "experience_years: must be a number of years from 0"),
        ("experience_years = inf", "experience_years: must be a number of years from 0"),
        ("experience_years = true", "experience_years: must be a number of years from 0"),
        ("experience_years = 1e300", "experience_years: must be a number of years from 0"),
        ('experience_years = 3\nexperience_level = "10+"', "experience_level: is not the level of experience_years"),
        ('experience_level = "lots"', "experience_level: must be among 0-2, 2-5, 5-10, 10+"),
        ("experience_level = 7", "experience_level: must be among 0-2, 2-5, 5-10, 10+"),
        ('seniority = "boss"', "seniority: must be among executive, director"),
        ('industries = ["Healtcare"]', "industries: did you mean Healthcare?"),
        ('industries = ["Space Travel"]', "industries: must be among Technology,"),
        ('languages = ["Klingon"]', "languages: must be languages by their English or German name"),
        ("skills_added = [", "not TOML"),
        ('"\\u001b[31m" = 1', "(a field with an odd name): no such field"),
        ("a = " + "[" * 5_000, "not TOML"),
    ],
)
def test_an_error_names_field_and_remedy(content: str, message: str) -> None:
    with pytest.raises(OwnFactsError) as caught:
        parse_own_facts(content.encode())
    assert message in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"#" * 100_000])
def test_binary_and_large_files_are_refused(content: bytes) -> None:
    with pytest.raises(OwnFactsError, match=r"UTF-8|larger"):
        parse_own_facts(content)


_VALUES = st.recursive(
    st.sampled_from([_SECRET, f"{_SECRET}\x00", _SECRET * 30, _SECRET.encode(), None, 7, -1.5, True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just(_SECRET), inner, max_size=1),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([*OWN_FACTS_FIELDS, "\ud800"]), _VALUES))
def test_an_error_never_echoes_a_value(values: dict[str, Any]) -> None:
    with pytest.raises(OwnFactsError) as caught:
        validate_own_facts(values | {"skill_added": _SECRET})
    assert "skill_added: no such field; did you mean skills_added?" in str(caught.value)
    assert _SECRET not in "".join(traceback.format_exception(caught.value))


def test_facts_decide_their_fields_and_no_other() -> None:
    found = apply_own_facts(_READING, parse_own_facts(_WHOLE_FILE.encode()))
    profile = found.profile
    assert profile.skills is not None
    assert profile.skills[:2] == ["SAP FI", "Airway Management"]
    assert "Hygiene" not in profile.skills
    assert "Nursing" in profile.skills
    assert (profile.experience_years, profile.experience_level, profile.seniority) == (12.0, "10+", "senior")
    assert (profile.industries, profile.languages) == (["Healthcare", "Education"], ["German", "English"])
    assert found.stated == ("experience_level", "experience_years", "industries", "languages", "seniority", "skills")
    assert all(profile.evidence[name][0].startswith(STATED) for name in found.stated)
    assert profile.embedding_text.startswith("Registered Nurse. Skills: SAP FI, Airway Management, ")
    head, _, sentences = profile.embedding_text.partition(". Fields: Healthcare, Education. ")
    assert "Hygiene" not in head
    assert sentences == _READING.embedding_text.partition(". Fields: Healthcare. ")[2]
    assert (profile.education, profile.locations) == (_READING.education, _READING.locations)
    assert found.reading == _READING
    assert apply_own_facts(_READING, OwnFacts()).profile == _READING


_SKILLS = st.sampled_from(["Hygiene", "nursing", "SAP", "Python", "Docker", "JavaScript", "Welding", "an odd skill"])
_LONG_CV = "Skills\n" + ", ".join(f"Long Skill Number {number}" for number in range(60))
_READINGS = [
    extract_profile(cv, today=date(2026, 11, 20)) for cv in (NURSE_CV, ENGINEER_CV, "Ada Example\nNurse\n", _LONG_CV)
]


@settings(deadline=None)
@given(
    st.sampled_from(_READINGS),
    st.builds(
        dict,
        skills_added=st.lists(_SKILLS, max_size=4),
        skills_removed=st.lists(_SKILLS, max_size=4),
        industries=st.lists(st.sampled_from(INDUSTRIES), max_size=2),
        experience_level=st.sampled_from(EXPERIENCE_LEVELS),
    ),
)
def test_any_facts_give_a_profile_that_agrees(reading: Any, values: dict[str, Any]) -> None:
    added = {canonical(skill) for skill in values["skills_added"]}
    values["skills_removed"] = [skill for skill in values["skills_removed"] if canonical(skill) not in added]
    facts = validate_own_facts(values)
    profile = apply_own_facts(reading, facts).profile
    known = [canonical(skill) for skill in profile.skills or ()]
    assert len(known) == len(set(known))
    assert added <= set(known)
    assert not {canonical(skill) for skill in facts.skills_removed or ()} & set(known)
    assert profile.skills != []
    assert len(profile.embedding_text.split()) <= 200
    # The text lists what counts, and the titles stay the titles.
    assert profile.embedding_text.count("Skills: ") - reading.embedding_text.count("Skills: ") == (
        bool(profile.skills) - bool(reading.skills)
    )
    if profile.skills:
        assert profile.embedding_text.partition("Skills: ")[2].startswith(profile.skills[0])
    assert profile_title_words(profile.embedding_text) == profile_title_words(reading.embedding_text)
    # On top of the same reading, once or twice.
    assert apply_own_facts(apply_own_facts(reading, facts).reading, facts).profile == profile


def test_a_text_without_lists_keeps_its_title() -> None:
    reading = replace(
        _READING, skills=None, industries=None, embedding_text="Registered Nurse. I nurse and I care well"
    )
    facts = OwnFacts(skills_added=("SAP",), industries=("Education",))
    assert apply_own_facts(reading, facts).profile.embedding_text == (
        "Registered Nurse. Skills: SAP. Fields: Education. I nurse and I care well"
    )
    untitled = replace(reading, embedding_text="I care about things a lot. .NET too")
    assert apply_own_facts(untitled, facts).profile.embedding_text == (
        "Skills: SAP. Fields: Education. I care about things a lot. .NET too"
    )
