"""What an ad without AI fields says by itself, and German titles in English."""

import pytest

from jobmatch_dagster.core.matching.embedding_text import posting_text_to_embed, profile_text_to_embed
from jobmatch_dagster.core.matching.posting_facts import derive_facts
from jobmatch_dagster.core.vocabulary.glossary import in_english, without_gender
from jobmatch_dagster.core.vocabulary.occupations import occupations_of
from jobmatch_dagster_tests.support.pairs import make_posting


@pytest.mark.parametrize(
    ("title", "english"),
    [
        ("Vertriebsingenieur (m/w/d)", "sales engineer"),
        ("Steuerberater*in", "tax advisor"),
        ("Elektroschweißer", "electrical welder"),
        ("Bilanzbuchhalterin", "accountant"),
        ("Softwareentwickler C++", "software developer C"),
        ("Leiter Qualitätsmanagement", "head manager quality management"),
        ("Senior Backend Engineer", ""),
        ("Personal Trainer", ""),
        ("", ""),
    ],
)
def test_a_german_title_in_english(title: str, english: str) -> None:
    assert in_english(title) == english


def test_marks_of_gender_fall_away() -> None:
    for title in ("Erzieher (m/w/d)", "Erzieher:in", "Erzieher*in", "Erzieher/in", "Erzieher (gn)"):
        assert without_gender(title) == "Erzieher"


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("Rechtsanwalt (m/w/d)", "lawyer"), ("Advocate", "lawyer"), ("ETL Developer", "data engineer"),
        ("Pflegefachkraft", "nurse"), ("Platform Engineer", "DevOps"), ("Personalreferent", "human resources"),
        ("Konstrukteur", "mechanical"), ("QA Lead", "tester"), ("Koch", "cook"),
    ],
)  # fmt: skip
def test_titles_of_one_occupation_meet_across_languages(title: str, word: str) -> None:
    assert any(word in group for group in occupations_of(title))


def test_a_title_without_information_has_no_occupation() -> None:
    assert occupations_of("Heading") == ()
    assert occupations_of("Go-getter wanted") == ()


def test_facts_are_the_vendors_and_else_read() -> None:
    vendor = derive_facts(
        make_posting(
            title="Senior Data Engineer", location="Berlin", description="10 years of experience. Python, Airflow.",
            ai_key_skills=["dbt"], ai_experience_level="2-5", ai_taxonomies_a=["Technology"],
            ai_work_arrangement="On-site",
        )
    )  # fmt: skip
    assert vendor.skills == ["dbt"]
    assert vendor.experience_level == "2-5"
    assert vendor.derived is None
    words = "Mindestens 5 Jahre Berufserfahrung. Python, Airflow, SQL. Hybrides Arbeiten."
    read = derive_facts(make_posting(title="Data Engineer (m/w/d)", location="Berlin", description=words))
    assert read.skills == ["Python", "Airflow", "SQL"]
    assert (read.experience_level, read.work_arrangement) == ("5-10", "Hybrid")
    assert "Data & Analytics" in (read.industries or [])
    assert read.derived == ["skills", "experience_level", "industries", "work_arrangement"]


@pytest.mark.parametrize(
    ("title", "description", "level"),
    [
        ("Werkstudent Controlling", "", "0-2"), ("Senior Buyer", "", "5-10"), ("Buyer", "", None),
        ("Buyer", "our 25 years of experience", None), ("Buyer", "mehrjährige Berufserfahrung", "2-5"),
        ("Buyer", "3+ years of experience", "2-5"),
    ],
)  # fmt: skip
def test_the_level_an_ad_names(title: str, description: str, level: str | None) -> None:
    facts = derive_facts(make_posting(title=title, description=description))
    assert facts.experience_level == level


def test_the_embedded_text_has_a_head_and_a_body() -> None:
    words = "Du berätst im Arbeitsrecht und im Datenschutz."
    text = posting_text_to_embed(make_posting(title="Rechtsanwalt (m/w/d)", description=words))
    head, body = text.split("\n")
    assert head.startswith("Rechtsanwalt (lawyer attorney). lawyer")
    assert "Labour Law" in body
    assert "berätst" in body


def test_a_profile_without_a_title_has_no_head() -> None:
    assert profile_text_to_embed("Skills: Python, SQL. Fields: Technology") == "Skills: Python, SQL. Fields: Technology"
    assert profile_text_to_embed("Advocate. Skills: Drafting").startswith("Advocate. lawyer")
    assert profile_text_to_embed("") == ""
