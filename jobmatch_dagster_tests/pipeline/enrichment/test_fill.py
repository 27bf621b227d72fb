"""Filling unknown fields with Claude: off by default, without personal data, accepted only with a quote."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
import pytest

from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster.core.enrichment.fill import build_fill_request, fill_fields
from jobmatch_dagster.core.profiles.cv.names import names_in
from jobmatch_dagster.core.profiles.cv.sections import split_sections
from jobmatch_dagster.core.profiles.profile import Profile, extract_profile
from jobmatch_dagster.core.profiles.redact import MARK, redact
from jobmatch_dagster.environment import environment
from jobmatch_dagster_tests.support.claude_stand_in import KEY, ClaudeStandIn
from jobmatch_dagster_tests.support.world import World

_CV = """Zenobia Quillfeather
Geboren am 3.4.1988 in Rom, Staatsangehörigkeit: italienisch, verheiratet
Lindenweg 12, 80331 München, zenobia@example.org, +49 170 5550199177, linkedin.com/in/zeno
Foto

Experience
Registered Nurse, ward of a hospital, Zenobia worked nights
Patient care, wound care
Skills
Nursing, Hygiene
Notes
I talk with patients in fluent-ish Polish and have a Bachelor of Nursing, Jagiellonian University of Krakow
"""
_SECRETS = (
    "Zenobia", "Quillfeather", "1988", "Rom,", "italienisch", "verheiratet", "Lindenweg", "80331", "example.org",
    "5550199177", "linkedin", "Jagiellonian", "Krakow",
)  # fmt: skip


def _metadata(result: dg.ExecuteInProcessResult, name: str) -> Any:
    (event,) = [event for event in result.all_events if event.event_type_value == "STEP_OUTPUT"]
    return event.step_output_data.metadata[name].value


@pytest.fixture
def claude() -> Iterator[ClaudeStandIn]:
    with ClaudeStandIn() as stand_in, environment({"ANTHROPIC_BASE_URL": stand_in.url, "ANTHROPIC_API_KEY": KEY}):
        yield stand_in


def _said(_: dict[str, Any]) -> dict[str, Any]:
    return {
        "education": [{"value": "bachelor degree", "quote": "Bachelor of Nursing"}],
        "languages": [
            {"value": "Polish", "quote": "fluent-ish polish"},
            {"value": "French", "quote": "fluent-ish Polish"},
            {"value": "Czech", "quote": "I speak Czech"},
        ],
        "industries": [{"value": "Space Travel", "quote": "wound care"}],
        "seniority": [],
        "experience_years": [{"value": 12, "quote": "worked nights"}],
    }


def test_no_personal_data_is_sent() -> None:
    redacted = redact(_CV)
    assert [secret for secret in _SECRETS if secret in redacted] == []
    for work in ("Registered Nurse", "Patient care, wound care", "Nursing, Hygiene", "Bachelor of Nursing", "Polish"):
        assert work in redacted
    assert MARK in redacted
    for line in ("Taught children of every age", "Nurse 03/2018 - 10/2026"):
        assert redact(f"Experience\n{line}") == f"Experience\n{line}"
    assert redact("Zenobia Quillfeather\nNurse in a hospital of nuns") == ""


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("Müller, Hans-Peter", "Müller Hans Peter"),
        ("Müller, Hans-Peter - Software Engineer", "Müller Hans Peter"),
        ("John Smith - Software Engineer", "John Smith"),
        ("John Smith, Software Engineer", "John Smith"),
        ("JOHN SMITH | Data Analyst", "John Smith"),
        ("John Smith – Berlin, Germany", "John Smith"),
        ("Dr. med. Anna Maria von der Heide-Schulz", "Anna Maria Heide Schulz"),
        ("Prof. Dr. Anna Schneider", "Anna Schneider"),
        ("Hans Müller (geb. Meier)", "Hans Müller Meier"),
        ("Lebenslauf\nPersönliche Daten\nHans Müller", "Hans Müller"),
        ("Resume\nCurriculum Vitae\nJohn Smith", "John Smith"),
        ("Lebenslauf von Hans Müller", "Hans Müller"),
        ("john@example.org\nJohn Smith", "John Smith"),
        ("John\nSmith", "John Smith"),
        ("Hans Koch\nhans.koch@example.org", "Hans Koch"),
        ("Personal details\nFirst name: John\nSurname: Smith", "John Smith"),
    ],
)
def test_a_name_in_any_head_is_neither_sent_nor_embedded(head: str, name: str) -> None:
    words = name.split()
    sentences = "".join(f"{word.upper()} cared for all patients of the ward\n" for word in words)
    summary = "Summary\nA nurse who looks after patients on every ward of the house\n"
    work = "Experience\n03/2018 - 10/2026 Registered Nurse\nTook care of wounds with a team of ten others\n"
    referees = "References: Dr. Mary Jones\nProf. Eve Brown, +49 170 5550199177\nSupervised by Ada Lovelace\n"
    cv = f"{head}\n{summary}{work}{sentences}{referees}Skills\nNursing, recommended by Dr. Mary Jones\n"
    embedded = extract_profile(cv, today=date(2026, 11, 20)).embedding_text
    sent = json.loads(build_fill_request(cv, ["languages"]).profile)["cv"]
    for text in (sent, embedded):
        assert [word for word in words if re.search(rf"\b{word}\b", text, re.IGNORECASE)] == []
    assert [other for other in ("Jones", "Eve", "Brown", "5550199177", "Lovelace") if other in sent] == []
    for kept in ("looks after patients", "wounds with a team", "Nursing"):
        assert kept in sent, kept
        assert kept in embedded, kept


@pytest.mark.parametrize(
    "head", ["Machine Learning, Deep Learning", "Python, Java", "Registered Nurse", "Lebenslauf", ""]
)
def test_a_head_without_a_name_removes_no_word(head: str) -> None:
    assert names_in(split_sections(f"{head}\nExperience\nNurse")) == frozenset()


def test_unknown_fields_become_a_version_and_are_paid_once(world: World, claude: ClaudeStandIn) -> None:
    claude.answer = _said
    world.reload()
    world.put_cv("zoe", _CV)
    assert world.run_sensor("cv_inbox_sensor") == 1
    # A key alone does not permit to send a CV.
    assert claude.sent == []
    with environment({"CLAUDE_FILL_PROFILES": "1"}):
        world.reload()
        run_job(world.defs, world.instance, "ingest_cv", partition_key="zoe")
        run_job(world.defs, world.instance, "ingest_cv", partition_key="zoe")
    assert len(claude.requests) == 1
    assert [secret for secret in _SECRETS if secret in json.dumps(claude.sent, ensure_ascii=False)] == []
    with world.database.begin() as connection:
        first, second = connection.exec_driver_sql("SELECT * FROM cv_profiles ORDER BY version").all()
    assert (first.education, first.languages) == (None, None)
    assert (second.education, second.languages) == (["bachelor degree"], ["Polish"])
    assert second.experience_years is None
    assert second.industries == first.industries
    assert second.evidence["languages"] == ["Claude: fluent-ish polish"]
    assert world.scalar("SELECT applied_version FROM profile_requests") == 2
    assert world.scalar("SELECT cost_usd > 0 FROM profile_requests")
    assert world.run_sensor("cv_profile_sensor") == 1


def test_match_users_fills_within_the_budget(world: World, claude: ClaudeStandIn) -> None:
    claude.answer = _said
    users = ["zoe", "zora"]
    for number, user in enumerate(users):
        world.put_cv(user, f"{_CV}\nOther\nWorks in house number {number}\n")
    config = {"ops": {"match_listed_users": {"config": {"user_keys": users}}}}
    with environment({"CLAUDE_FILL_PROFILES": "1", "CLAUDE_BUDGET_USD_PER_DAY": "0.000001"}):
        world.reload()
        assert "is used up" in _metadata(
            run_job(world.defs, world.instance, "match_users", run_config=config), "filling_note"
        )
    assert claude.requests == []
    with environment({"CLAUDE_FILL_PROFILES": "1"}):
        world.reload()
        result = run_job(world.defs, world.instance, "match_users", run_config=config)
    assert len(claude.requests) == len(users)
    assert _metadata(result, "fields_filled_by_claude") == 2 * len(users)
    assert _metadata(result, "filling_cost_usd") > 0
    # The new version has its vector and was matched.
    assert world.scalar("SELECT min(profile_version) FROM user_match_state") == 2


def test_a_refused_request_leaves_the_profile_unchanged(world: World, claude: ClaudeStandIn) -> None:
    claude.faults = [(400, {})]
    with environment({"CLAUDE_FILL_PROFILES": "1"}):
        world.reload()
        world.put_cv("zoe", _CV)
        assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.scalar("SELECT state FROM profile_requests") == "failed"
    assert world.scalar("SELECT max(version) FROM cv_profiles") == 1


@pytest.mark.parametrize("answer", ["", "[]", "{", '{"languages": "Polish"}', '{"languages": [{"value": 1}, 7, null]}'])
def test_an_answer_of_another_shape_fills_nothing(answer: str) -> None:
    empty: dict[str, Any] = dict.fromkeys(
        ("language", "skills", "experience_years", "experience_level", "seniority", "education", "languages",
         "industries", "work_arrangements", "locations")
    )  # fmt: skip
    profile = Profile(**empty, evidence={}, embedding_text="x")
    assert fill_fields(profile, ["languages"], answer, build_fill_request(_CV, ["languages"])) is None
