"""Values of the legacy tables in all their spellings, and which of a user's decisions counts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from jobmatch_dagster.core.catalog.legacy import LegacyStatus, choose_decisions, vendor_record
from jobmatch_dagster.core.catalog.legacy_values import legacy_list, legacy_number, legacy_salary, legacy_time
from jobmatch_dagster.core.catalog.normalise import normalise_record


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ('["SAP (FI, CO)", "C++"]', ["SAP (FI, CO)", "C++"]),
        ("['Python', \"Men's wear\"]", ["Python", "Men's wear"]),
        ('{Python,"Data, big","say \\"hi\\"",NULL}', ["Python", "Data, big", 'say "hi"']),
        ("SAP (FI, CO), Excel", ["SAP (FI, CO)", "Excel"]),
        ("- Python\n• Excel", ["Python", "Excel"]),
        ("bachelor degree; master degree", ["bachelor degree", "master degree"]),
        ("[broken, list", ["[broken", "list"]),
    ],
)
def test_lists(text: str, items: list[str]) -> None:
    assert legacy_list(text) == items


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("55.000,00 €", "55000.00"), ("55,000", "55000"), ("55.000", "55000"), ("EUR 1.234.567", "1234567"),
        ("38,5", "38.5"), ("12.5", "12.5"), ("48k", "48000"), ("competitive", "competitive"), ("1 - 2", "1 - 2"),
    ],
)  # fmt: skip
def test_numbers(text: str, number: str) -> None:
    assert legacy_number(text) == number


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "unit"),
    [
        ("55.000-65.000 EUR pro Jahr", "55000", "65000", "EUR", "YEAR"),
        ("$30 an hour", "30", "30", "USD", "HOUR"),
        ("€48k – €52k", "48000", "52000", "EUR", None),
    ],
)
def test_salaries_in_words(text: str, low: str, high: str, currency: str, unit: str | None) -> None:
    assert legacy_salary(text) == {
        "currency": currency, "value": {"minValue": low, "maxValue": high, "unitText": unit}
    }  # fmt: skip


@pytest.mark.parametrize("text", ["Competitive", "", "50000", "€1, €2, €3", None])
def test_what_is_no_salary(text: str | None) -> None:
    assert legacy_salary(text) is None


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("31.01.2026", "2026-01-31T00:00:00+00:00"),
        ("31.01.2026 08:05", "2026-01-31T08:05:00+00:00"),
        ("Sat, 31 Jan 2026 08:05:00 +0100", "2026-01-31T08:05:00+01:00"),
        (1769846700, "2026-01-31T08:05:00+00:00"),
        ("1769846700000", "2026-01-31T08:05:00+00:00"),
        ("2026-01-31 08:05:00 UTC", "2026-01-31 08:05:00+00:00"),
        ("31.02.2026", "31.02.2026"),
        ("vor 3 Tagen", "vor 3 Tagen"),
    ],
)
def test_times(value: Any, iso: str) -> None:
    assert legacy_time(value) == iso


def test_a_rich_row_becomes_a_posting_without_a_users_data() -> None:
    row = {
        "id": 7, "external_id": "1701", "title": "Nurse", "company": "Klinikum", "url": "https://example.org/1",
        "location": "Berlin", "posted_date": "31.01.2026", "discovered_date": "2026-02-01T10:00:00",
        "ai_key_skills": "['Wound Care']", "ai_education_requirements": "bachelor degree", "salary": "18 € pro Stunde",
        "ai_working_hours": "38,5", "remote": 0, "match_score": 90, "status": "applied", "notes": "mine",
        "ai_salary_minvalue": "1.500,50", "lats_derived": ["52.5"], "ai_experience_level": "expert",
        "competencies": ["care"], "raw_data": {"id": "1701", "ai_keywords": ["care"], "ai_visa_sponsorship": False},
    }  # fmt: skip
    posting = normalise_record(vendor_record(row))
    assert (posting.external_id, posting.company, posting.location) == ("1701", "Klinikum", "Berlin")
    assert posting.date_posted == datetime(2026, 1, 31, tzinfo=UTC)
    assert posting.date_created == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert posting.ai_key_skills == ["Wound Care"]
    assert posting.ai_keywords == ["care"]
    assert posting.ai_education_requirements == ["bachelor degree"]
    assert (posting.salary_min, posting.salary_currency, posting.salary_unit) == (18, "EUR", "HOUR")
    assert float(posting.ai_salary_minvalue or 0) == 1500.5
    assert posting.lats_derived == [52.5]
    assert posting.remote_derived is False
    assert posting.extra is not None
    assert set(posting.extra) == {"competencies", "_unusable"}
    assert set(posting.extra["_unusable"]) == {"ai_experience_level", "ai_working_hours"}


def status(match_id: str, word: str, *, day: int | None = 1, external_id: str | None = "a") -> LegacyStatus:
    changed_at = None if day is None else datetime(2026, 1, day, tzinfo=UTC)
    return LegacyStatus(match_id, "1", external_id, word, changed_at)


def test_the_newest_decision_counts_others_have_a_reason() -> None:
    decisions = choose_decisions(
        [status("1", "saved", day=2), status("2", "Applied", day=3), status("3", "rejected", day=None),
         status("4", "new", day=9), status("5", "strange"), status("6", "saved", external_id=None),
         status("7", "saved", external_id="refused")],
        frozenset({"a"}),
    )  # fmt: skip
    outcomes = {d.found.match_id: (d.outcome, d.status) for d in decisions}
    assert outcomes == {
        "2": ("carried", "applied"), "1": ("older", None), "3": ("older", None), "5": ("left", None),
        "6": ("left", None), "7": ("left", None),
    }  # fmt: skip
    assert all((d.reason is None) == (d.outcome == "carried") for d in decisions)
