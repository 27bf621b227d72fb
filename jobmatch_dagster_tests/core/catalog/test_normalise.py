"""Records that become postings, and those that cannot."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobmatch_dagster.core.catalog.normalise import RecordError, normalise_page, normalise_record
from jobmatch_dagster.core.raw.fields import FIELDS
from jobmatch_dagster.core.raw.page_records import PageError

_RECORD: dict[str, Any] = {
    "id": "17",
    "title": "Data Engineer",
    "organization": "Kranich GmbH",
    "url": "https://kranich.example/17",
    "date_created": "2026-11-20T07:01:02.123",
}


def _with(**fields: Any) -> Any:
    return normalise_record({**_RECORD, **fields})


@pytest.mark.parametrize("missing", ["id", "title", "organization", "url", "date_created"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_record_without_a_needed_field_names_it(missing: str, value: Any) -> None:
    with pytest.raises(RecordError, match=missing):
        _with(**{missing: value})


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-20T07:01:02", datetime(2026, 11, 20, 7, 1, 2, tzinfo=UTC)),
        ("2026-11-20T07:01:02.1", datetime(2026, 11, 20, 7, 1, 2, 100_000, tzinfo=UTC)),
        ("2026-11-20T07:01:02.123456", datetime(2026, 11, 20, 7, 1, 2, 123_456, tzinfo=UTC)),
        ("2026-11-20T07:01:02Z", datetime(2026, 11, 20, 7, 1, 2, tzinfo=UTC)),
        ("2026-11-20T08:01:02+01:00", datetime(2026, 11, 20, 7, 1, 2, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
    ],
)
def test_times_of_every_spelling_are_utc(text: str, time: datetime) -> None:
    assert _with(date_created=text).date_created == time


@pytest.mark.parametrize("value", [None, "", [], [""], [None]])
def test_empty_lists_of_every_spelling_are_unknown(value: Any) -> None:
    assert _with(ai_key_skills=value).ai_key_skills is None


def test_ids_of_both_generations_are_the_same_text() -> None:
    assert _with(id=17).external_id == _with(id="17").external_id == "17"


def test_a_title_repeated_on_a_second_line_is_kept_once() -> None:
    assert _with(title="Data Engineer\n    Data Engineer ").title == "Data Engineer"


@pytest.mark.parametrize("word", ["", "NULL", "none", "N/A", "nan"])
def test_empty_words_of_an_address_are_left_out(word: str) -> None:
    address = {"addressLocality": "Berlin", "addressRegion": word, "addressCountry": "DE"}
    assert _with(locations_raw=[{"address": address}]).location == "Berlin, DE"


def test_a_nested_salary_becomes_numbers() -> None:
    raw = {"currency": "EUR", "value": {"minValue": 60000, "maxValue": "50000.5", "unitText": "YEAR"}}
    posting = _with(salary_raw=raw)
    assert (posting.salary_min, posting.salary_max) == (Decimal("50000.5"), Decimal(60000))
    assert (posting.salary_currency, posting.salary_unit) == ("EUR", "YEAR")


def test_education_comes_as_list_or_text() -> None:
    assert _with(ai_education_requirements="bachelor degree").ai_education_requirements == ["bachelor degree"]
    assert _with(ai_education_requirements=["bachelor degree"]).ai_education_requirements == ["bachelor degree"]


def test_an_unusable_value_is_stored_with_the_reason() -> None:
    posting = _with(ai_experience_level="11 to 14", ai_working_hours=900)
    assert posting.ai_experience_level is None
    assert posting.ai_working_hours is None
    assert set((posting.extra or {})["_unusable"]) == {"ai_experience_level", "ai_working_hours"}


def test_new_fields_are_stored_and_reported() -> None:
    page = json.dumps([{**_RECORD, "ai_brand_new": {"a": 1}}]).encode()
    content = normalise_page(page)
    assert content.unknown_fields == {"ai_brand_new": 1}
    assert (content.postings[0][1].extra or {})["ai_brand_new"] == {"a": 1}


def test_fields_about_people_are_not_stored() -> None:
    posting = _with(ai_hiring_manager_name="Eva Muster", ai_hiring_manager_email_address="eva@muster.example")
    assert "Eva" not in repr(posting)
    assert "muster.example" not in repr(posting)
    page = json.dumps([{"id": "1", "ai_hiring_manager_name": "Eva Muster"}]).encode()
    assert "Eva" not in normalise_page(page).rejected[0].record


@pytest.mark.parametrize(
    ("changes", "is_another_text"),
    [
        ({"description_text": "Build pipelines.  Find more English Speaking Jobs in Germany on Arbeitnow"}, False),
        ({"description_text": "build   pipelines."}, False),
        ({"description_text": "Build data platforms."}, True),
        ({"linkedin_org_followers": 12}, False),
        ({"title": "Senior Data Engineer"}, True),
    ],
)
def test_only_a_real_change_changes_the_text_hash(changes: dict[str, Any], is_another_text: bool) -> None:
    before = _with(description_text="Build pipelines.")
    after = _with(**{"description_text": "Build pipelines.", **changes})
    assert (before.text_hash != after.text_hash) == is_another_text


def test_the_order_of_fields_changes_nothing() -> None:
    turned = dict(reversed(list({**_RECORD, "ai_key_skills": ["A", "B"]}.items())))
    assert normalise_record(turned).record_hash == _with(ai_key_skills=["A", "B"]).record_hash


@pytest.mark.parametrize("body", [b"", b"<html>", b"[{", b'{"message": "no"}', b"7", b"null", b"\xff\xfe"])
def test_a_body_that_is_no_page_says_so(body: bytes) -> None:
    with pytest.raises(PageError):
        normalise_page(body)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


_CORRUPTIONS = _ANYTHING | st.sampled_from(
    ["", " ", "\x00", "a\x00b", "\u202eabc\u202c", "\ud800", "x" * 100_000, [""], [[]], [None], [{}], {}, -1, 1e308,
     float("inf"), True, "NULL", "[]", ["a"] * 5_000, {"a": {"a": {"a": {}}}}]
)  # fmt: skip
_NAMES = sorted({name for g1, field in FIELDS.items() for name in (g1, field.g2_name) if name})


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(_NAMES), value=_CORRUPTIONS)
def test_no_value_of_any_field_breaks_a_page(name: str, value: Any) -> None:
    _check_neighbour(name, value)


@pytest.mark.nightly
@settings(max_examples=10_000, deadline=None)
@given(name=st.sampled_from(_NAMES), value=_CORRUPTIONS)
def test_no_value_of_any_field_breaks_a_page_at_length(name: str, value: Any) -> None:
    _check_neighbour(name, value)


def _check_neighbour(name: str, value: Any) -> None:
    """A corrupted record is a posting or a rejection that names the field, and its neighbour loads."""
    page = json.dumps([{**_RECORD, name: value}, {**_RECORD, "id": "18"}], default=str).encode()
    content = normalise_page(page)
    assert len(content.postings) + len(content.rejected) == 2
    assert any(posting.external_id == "18" for _, posting in content.postings)
    for rejected in content.rejected:
        assert rejected.field == name
        assert rejected.reason
