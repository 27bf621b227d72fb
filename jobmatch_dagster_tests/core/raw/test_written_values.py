"""Amounts, units, currencies, words and markup as people write them."""

import itertools
from decimal import Decimal

import pytest

from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.raw.field_readers import UnusableValueError, read_money, read_salary_unit

_RECORD = {
    "id": "1", "title": "Koch", "organization": "Kranich", "url": "https://kranich.invalid/1",
    "date_created": "2026-09-15T08:00:00",
}  # fmt: skip
_UNITS = {
    "HOUR": ["hour", "HOURLY", "per-hour-wage", "HUR", "Stunde", "pro Stunde", "/h", "hrs"],
    "DAY": ["day", "DAILY", "Tag", "per diem"],
    "WEEK": ["week", "weekly", "pro Woche"],
    "MONTH": ["month", "MONTHLY", "MON", "Monat", "per month", "monatlich"],
    "YEAR": ["year", "YEARLY", "ANNUAL", "ANN", "per-year-salary", "Jahr", "per annum", "jährlich"],
}


def _posting(**fields: object) -> Posting:
    return normalise_record({**_RECORD, **fields})


@pytest.mark.parametrize(
    ("before", "number", "after"),
    itertools.product(
        ["", "€ ", "EUR ", "ca. "],
        ["60000", "60.000", "60,000", "60 000", "60.000,00", "60,000.00", "60k"],
        ["", " €", " EUR"],
    ),
)
def test_an_amount_is_read_in_every_spelling(before: str, number: str, after: str) -> None:
    assert read_money(f"{before}{number}{after}") == 60_000


@pytest.mark.parametrize(
    ("text", "amount"), [("15,50", "15.5"), ("15.50", "15.5"), ("0.5", "0.5"), ("1.234.567", "1234567")]
)
def test_decimals_stay_decimals(text: str, amount: str) -> None:
    assert read_money(text) == Decimal(amount)


@pytest.mark.parametrize("value", [0, 0.0, "0", "0.00", "0,00 €"])
def test_an_amount_of_zero_is_not_stated(value: object) -> None:
    assert read_money(value) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["nach Vereinbarung", "60-80", "k", "1.2.3.4", "VB"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UnusableValueError):
        read_money(text)


@pytest.mark.parametrize(("unit", "word"), [(unit, word) for unit, words in _UNITS.items() for word in words])
def test_a_unit_is_read_in_every_spelling(unit: str, word: str) -> None:
    for spelling in (word, word.upper(), f" {word.capitalize()} "):
        assert read_salary_unit(spelling) == unit


@pytest.mark.parametrize("word", ["two_weeks", "biweekly", "2 weeks", "project", "hour or day"])
def test_another_time_is_no_unit(word: str) -> None:
    with pytest.raises(UnusableValueError):
        read_salary_unit(word)


def test_bounds_the_wrong_way_round_are_put_right() -> None:
    raw = {"currency": "€", "value": {"minValue": 80_000, "maxValue": "60.000"}, "unitText": "ANNUAL"}
    posting = _posting(salary_raw=raw, ai_salary_minvalue=5_000, ai_salary_maxvalue=4_000)
    assert (posting.salary_min, posting.salary_max, posting.salary_unit) == (60_000, 80_000, "YEAR")
    assert (posting.ai_salary_minvalue, posting.ai_salary_maxvalue) == (4_000, 5_000)
    assert posting.salary_currency == "EUR"


@pytest.mark.parametrize(
    ("written", "code"), [("€", "EUR"), ("eur", "EUR"), ("£", "GBP"), ("$", "USD"), ("EUR ", "EUR")]
)
def test_a_currency_has_its_code(written: str, code: str) -> None:
    assert _posting(ai_salary_currency=written).ai_salary_currency == code


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Sales &amp; Marketing", "Sales & Marketing"),
        ("R&amp;D Engineer &#8211; Wien", "R&D Engineer – Wien"),
        ("Verk&auml;ufer", "Verkäufer"),
        ("<b>Koch</b>", "Koch"),
        ("R&D, C++ &copy-editing", "R&D, C++ &copy-editing"),
    ],
)
def test_entities_and_tags_are_decoded_once(title: str, shown: str) -> None:
    posting = _posting(title=title, organization=title)
    assert (posting.title, posting.company) == (shown, shown)
    assert posting.ad_key == _posting(title=shown, organization=shown).ad_key


@pytest.mark.parametrize(
    "html",
    [
        "<h2>Aufgaben</h2><p>Backen &amp; Verkaufen</p>",
        "&lt;h2&gt;Aufgaben&lt;/h2&gt;&lt;p&gt;Backen &amp;amp; Verkaufen&lt;/p&gt;",
    ],
)
def test_a_description_has_no_markup(html: str) -> None:
    assert (_posting(description_text=html).description or "").split("\n")[-1] == "Backen & Verkaufen"


def test_text_that_looks_like_markup_stays() -> None:
    text = "Salary > 100k and <3 meetings a day; C++ & Rust"
    assert _posting(description_text=text).description == text


def test_one_bad_item_does_not_lose_a_list() -> None:
    posting = _posting(ai_key_skills=["Python", {"name": "x"}, 3, None, "python ", "SQL", "y" * 700])
    assert posting.ai_key_skills == ["Python", "3", "SQL"]
    assert _posting(employment_type="FULL_TIME, PART_TIME").employment_type == ["FULL_TIME", "PART_TIME"]


@pytest.mark.parametrize(("level", "arrangement"), [("2 - 5", "Onsite"), ("2–5", "ON SITE"), ("2-5 ", "on-site")])
def test_a_choice_is_read_whatever_its_hyphens(level: str, arrangement: str) -> None:
    posting = _posting(ai_experience_level=level, ai_work_arrangement=arrangement)
    assert (posting.ai_experience_level, posting.ai_work_arrangement) == ("2-5", "On-site")


@pytest.mark.parametrize(
    "place",
    [
        {"address": {"addressLocality": "Berlin", "addressCountry": "DE"}},
        {"address": {"addressLocality": "Berlin", "addressCountry": {"@type": "Country", "name": "DE"}}},
        {"address": "Berlin, DE"},
        {"@type": "Place", "name": "Berlin, DE"},
        "Berlin, DE",
    ],
)
def test_a_place_is_text_object_or_nested(place: object) -> None:
    assert _posting(locations_raw=[place]).location == "Berlin, DE"


def test_an_id_may_be_a_whole_float_and_a_time_may_name_utc() -> None:
    posting = _posting(id=1862297347.0, date_posted="2026-09-15 08:00:00 UTC")
    assert posting.external_id == "1862297347"
    assert posting.date_posted is not None
    assert posting.date_posted.isoformat() == "2026-09-15T08:00:00+00:00"
