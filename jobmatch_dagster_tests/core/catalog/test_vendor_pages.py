"""Pages as the vendor sends them: the invented ones, with every quirk that real pages have shown, and the real ones."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from jobmatch_dagster.core.catalog.dedupe import ad_key, group_alike
from jobmatch_dagster.core.catalog.normalise import normalise_page, normalise_record
from jobmatch_dagster.core.posting import POSTING_COLUMNS, Posting
from jobmatch_dagster.demo.corpus import to_g2
from jobmatch_dagster_tests.support.real_shape import INVENTED_PAGES, SOURCES, JobAd, days_of_ads, vendor_records

# What the vendor writes where it knows nothing.
_NOTHING = (None, "", [], [""], "None")


@pytest.mark.parametrize("source", SOURCES)
def test_a_record_becomes_a_posting_with_its_ai_fields(source: str) -> None:
    records = vendor_records(source)
    assert len(records) == 20
    for record in records:
        posting = normalise_record(record)
        assert not (posting.extra or {}).get("_unusable"), (record["id"], posting.extra)
        for name, value in record.items():
            if name.startswith("ai_") and name in POSTING_COLUMNS and value not in _NOTHING:
                assert getattr(posting, name) is not None, (record["id"], name)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "name", ["ai_key_skills", "ai_taxonomies_a", "ai_experience_level", "ai_core_responsibilities"]
)
def test_the_fields_that_matching_needs_are_filled(source: str, name: str) -> None:
    assert all(getattr(normalise_record(record), name) for record in vendor_records(source))


def test_an_invented_page_has_no_unknown_field_and_no_reject() -> None:
    for page in INVENTED_PAGES.glob("*.json"):
        content = normalise_page(page.read_bytes())
        assert not content.rejected
        assert not content.unknown_fields


@pytest.mark.parametrize(
    ("external_id", "column", "value"),
    [
        # Titles and names that are repeated or not trimmed.
        ("2239100101", "title", "Data Engineer (f/m/x)"),
        ("2239100101", "company", "Kranich Digital"),
        ("2298000307", "title", "Quality Engineer"),
        # Times without a zone, with three to six digits of a second, or with none.
        ("2239100101", "date_created", datetime(2026, 11, 20, 7, 41, 37, 356_300, tzinfo=UTC)),
        ("2239100103", "date_created", datetime(2026, 11, 20, 7, 44, 11, 933_670, tzinfo=UTC)),
        ("2239100102", "date_posted", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2298000302", "date_posted", None),
        ("2239100103", "date_validthrough", datetime(2026, 12, 20, 6, 15, 30, tzinfo=UTC)),
        ("2238700201", "modified_fields", ["description_raw", "date_posted"]),
        # Places: sorted, as objects, by country alone, or unknown.
        ("2239100102", "location", "Berlin, Berlin, Germany"),
        ("2239100105", "cities_derived", ["Leipzig", "Dresden", "Chemnitz"]),
        ("2239100105", "location", "Chemnitz, Saxony, Germany; Dresden, Saxony, Germany; Leipzig, Saxony, Germany"),
        ("2298000306", "location", "Hamburg, Germany; Norderstedt, Schleswig-Holstein, Germany"),
        ("2239100106", "location", "Germany"),
        ("2239100106", "cities_derived", None),
        ("2298000305", "location", None),
        ("2239100107", "locations_alt_raw", ["Halle (Saale), ST, Germany"]),
        # Empty words of every spelling.
        ("2239100103", "location_type", None),
        ("2238700203", "ai_work_arrangement", None),
        ("2239100106", "linkedin_org_specialties", None),
        ("2239100106", "linkedin_org_foundeddate", None),
        ("2239100105", "linkedin_org_followers", None),
        # Salaries: nested, one amount, by the hour.
        ("2239100101", "salary_min", Decimal(68_000)),
        ("2239100101", "salary_max", Decimal(68_000)),
        ("2239100107", "salary_max", Decimal("16.25")),
        ("2239100106", "ai_salary_value", Decimal(85_000)),
        ("2298000303", "ai_salary_minvalue", Decimal("38.5")),
        ("2298000305", "ai_salary_unittext", "DAY"),
        # A bare string in place of a list; combinations.
        ("2238700203", "ai_employment_type", ["FULL_TIME"]),
        ("2239100108", "ai_education_requirements", ["bachelor degree", "postgraduate degree"]),
        # The second generation: names, numbers as ids, and a field that it dropped.
        ("2298000301", "ai_education_requirements", ["postgraduate degree"]),
        ("2298000301", "linkedin_org_employees", 34),
        ("2298000301", "remote_derived", None),
        ("2298000307", "linkedin_org_slug", "br%C3%BCckner-s%C3%B6hne"),
    ],
)  # fmt: skip
def test_a_quirk_is_read_as_what_it_means(external_id: str, column: str, value: Any) -> None:
    assert getattr(_invented(external_id), column) == value


def test_a_description_in_html_becomes_text() -> None:
    description = _invented("2298000307").description or ""
    assert description.startswith("Brückner & Söhne turns and mills parts")
    assert "track(" not in description


def test_the_people_who_hire_are_dropped() -> None:
    postings = repr([normalise_record(record) for record in vendor_records("invented")])
    assert "Carmen Ejemplo" not in postings
    assert "Finance Director" not in postings


def test_both_generations_give_the_same_posting() -> None:
    first_generation = [record for record in vendor_records("invented") if isinstance(record["id"], str)]
    assert len(first_generation) == 12
    for record in first_generation:
        second = normalise_record(to_g2(record))
        changed = {name for name in POSTING_COLUMNS if getattr(normalise_record(record), name) != getattr(second, name)}
        assert changed == {"remote_derived", "record_hash"}


def test_copies_of_an_ad_are_one_group_and_other_jobs_are_not() -> None:
    (ads,) = days_of_ads("invented").values()
    # One job on two boards, one job in two towns; an agency's text for two towns is two jobs.
    assert sorted(_copies(ads)) == [["2239100101", "2239100102"], ["2239100103", "2239100104"]]


@pytest.mark.parametrize("source", SOURCES)
def test_copies_on_two_boards_are_rare_and_towns_stay_apart(source: str) -> None:
    for ads in days_of_ads(source).values():
        groups = _copies(ads)
        assert sum(len({ads[key].board for key in group}) > 1 for group in groups) == 1
        titles = [{ads[key].title for key in group} for group in groups]
        assert not any(" in " in title and len(found) > 1 for found in titles for title in found)
        assert max(map(len, groups)) <= 18


def _invented(external_id: str) -> Posting:
    return next(
        normalise_record(record) for record in vendor_records("invented") if str(record["id"]) == external_id
    )  # fmt: skip


def _copies(ads: dict[str, JobAd]) -> list[list[str]]:
    by_key: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for key, ad in ads.items():
        by_key[ad_key(ad.company, ad.title)][key] = ad.description
    return [group for texts in by_key.values() for group in group_alike(texts)]
