"""schema.org JobPosting documents as records of the normaliser: spellings of career pages, and hostile documents."""

import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from jobmatch_dagster.core.catalog.normalise import PageContent, normalise_page
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.raw.documents import (
    Document,
    SourceNameError,
    decode_document,
    document_page,
    require_source_name,
)
from jobmatch_dagster.core.raw.job_posting import web_address

SEEN = "2026-11-20T08:00:00+00:00"
MINIMAL = {"@type": "JobPosting", "title": "Nurse", "hiringOrganization": {"name": "Klinikum Süd"}}
FULL = {
    "@context": "https://schema.org/",
    "@type": "JobPosting",
    "title": "Pflegefachkraft (m/w/d)",
    "hiringOrganization": {"@type": "Organization", "name": "Klinikum Süd", "sameAs": "https://klinikum.example"},
    "identifier": {"@type": "PropertyValue", "name": "Klinikum Süd", "value": 4711},
    "url": "/jobs/4711",
    "jobLocation": [
        {
            "@type": "Place",
            "address": {"addressLocality": "Berlin", "addressRegion": "BE", "addressCountry": "DE"},
            "geo": {"latitude": "52.5", "longitude": 13.4},
        },
        {"@type": "Place", "address": {"addressLocality": "Hamburg", "addressCountry": {"name": "Deutschland"}}},
    ],
    "baseSalary": {"currency": "EUR", "value": {"minValue": 3000, "maxValue": "3.500,50", "unitText": "MONTH"}},
    "employmentType": ["FULL_TIME", "Teilzeit"],
    "datePosted": "19.11.2026",
    "validThrough": "2026-12-31",
    "skills": "Pflege, Hygiene; Wundversorgung",
    "experienceRequirements": {"monthsOfExperience": "36"},
    "educationRequirements": {"credentialCategory": "associate degree"},
    "description": "<p>Wir &amp; Sie</p><ul><li>Pflege</li></ul><style>p {}</style>",
    "responsibilities": "Patienten begleiten",
}


def read(document: object, url: str | None = None) -> PageContent:
    text = document if isinstance(document, str) else json.dumps(document)
    return normalise_page(document_page(Document("a.html", text, url), "boards", SEEN))


def read_one(document: object, url: str | None = None) -> Posting:
    content = read(document, url)
    assert not content.rejected
    assert not content.unknown_fields
    return content.postings[0][1]


def with_(**properties: Any) -> dict[str, Any]:
    return MINIMAL | properties


def test_every_property_reaches_its_column() -> None:
    posting = read_one(FULL, "https://klinikum.example/karriere.html")
    assert posting.external_id == "boards:klinikum-süd:4711"
    assert (posting.title, posting.company) == ("Pflegefachkraft (m/w/d)", "Klinikum Süd")
    assert posting.url == "https://klinikum.example/jobs/4711"
    assert (posting.source, posting.source_domain) == ("boards", "klinikum.example")
    assert posting.organization_url == "https://klinikum.example"
    assert posting.location == "Berlin, BE, Germany; Hamburg, Germany"
    assert posting.cities_derived == ["Berlin", "Hamburg"]
    assert posting.countries_derived == ["Germany"]
    assert (posting.lats_derived, posting.lngs_derived) == ([52.5], [13.4])
    assert (posting.salary_min, posting.salary_max, posting.salary_unit) == (3000, Decimal("3500.50"), "MONTH")
    assert (posting.ai_salary_minvalue, posting.ai_salary_currency) == (3000, "EUR")
    assert posting.employment_type == ["FULL_TIME", "PART_TIME"]
    assert posting.date_created == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert posting.date_posted == datetime(2026, 11, 19, tzinfo=UTC)
    assert posting.date_validthrough == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert posting.ai_key_skills == ["Pflege", "Hygiene", "Wundversorgung"]
    assert posting.ai_experience_level == "2-5"
    assert posting.ai_education_requirements == ["associate degree"]
    assert posting.description is not None
    assert posting.description.startswith("Wir & Sie")
    assert "Responsibilities\nPatienten begleiten" in posting.description
    assert "p {}" not in posting.description


def test_what_is_not_stated_stays_unknown() -> None:
    posting = read_one(MINIMAL)
    known = {"external_id", "title", "company", "url", "date_created", "source", "source_type"}
    derived = {"record_hash", "text_hash", "ad_key"}
    assert {name for name in Posting.__slots__ if getattr(posting, name) is not None} == known | derived
    assert posting.url.startswith("urn:jobmatch:boards:")


@pytest.mark.parametrize(
    "document",
    [
        [MINIMAL],
        {"@graph": [{"@type": "WebPage"}, MINIMAL]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": MINIMAL}]},
        MINIMAL | {"@type": ["Thing", "http://schema.org/JobPosting"]},
        {"@graph": [{"@id": "#k", "@type": "Organization", "name": "Klinikum Süd"},
                    with_(hiringOrganization={"@id": "#k"})]},
        {"@type": "schema:JobPosting", "schema:title": "Nurse", "schema:hiringOrganization": "Klinikum Süd"},
        with_(hiringOrganization=["Klinikum Süd"]),
        with_(hiringOrganization={"legalName": "Klinikum Süd"}),
        with_(title={"@value": "Nurse", "@language": "en"}),
        '{"@type": "JobPosting", "title": "Nurse", "hiringOrganization": "Klinikum Süd",}',
        '{"@type": "JobPosting", "title": "Nurse\n", "hiringOrganization": "Klinikum Süd"}',
        f'<html><script type="application/ld+json">{json.dumps(MINIMAL)}</script></html>',
        f"<SCRIPT id=x TYPE='application/ld+json; charset=utf-8'>//<![CDATA[\n{json.dumps(MINIMAL)}\n//]]></SCRIPT >",
        f'<script type="application/ld+json"><!-- {json.dumps(MINIMAL)} --></script>',
        f'<script type="application/ld+json">{json.dumps(MINIMAL).replace(chr(34), "&quot;")}</script>',
        "\ufeff\n" + json.dumps(MINIMAL),
    ],
)  # fmt: skip
def test_a_posting_is_found_in_any_wrapping(document: object) -> None:
    posting = read_one(document)
    assert (posting.title, posting.company) == ("Nurse", "Klinikum Süd")


@pytest.mark.parametrize(
    ("salary", "low", "high", "currency", "unit"),
    [
        ({"currency": "EUR", "value": {"value": 20, "unitText": "HOUR"}}, 20, 20, "EUR", "HOUR"),
        (
            {"currency": "EUR", "minValue": "40000", "maxValue": 50000, "unitText": "annual"},
            40000,
            50000,
            "EUR",
            "YEAR",
        ),
        ("50-60k EUR per year", 50000, 60000, "EUR", "YEAR"),
        ("€50.000 – €60.000 pro Jahr", 50000, 60000, "EUR", "YEAR"),
        ({"currency": "USD", "value": "30 to 35 an hour"}, 30, 35, "USD", "HOUR"),
        (45000, 45000, 45000, "CHF", None),
        ([{"value": {"minValue": 0, "maxValue": 100, "unitText": "DAY"}}], None, 100, "CHF", "DAY"),
        ("Competitive", None, None, "CHF", None),
        ("", None, None, None, None),
    ],
)
def test_pay_in_its_spellings(salary: object, low: Any, high: Any, currency: str | None, unit: str | None) -> None:
    posting = read_one(with_(baseSalary=salary, salaryCurrency="CHF"))
    stated = (posting.salary_min, posting.salary_max, posting.salary_currency, posting.salary_unit)
    assert stated == (low, high, currency, unit)


def test_work_from_home_is_in_its_country() -> None:
    germany = {"@type": "Country", "name": "Deutschland"}
    posting = read_one(with_(jobLocationType="TELECOMMUTE", applicantLocationRequirements=germany))
    assert (posting.remote_derived, posting.ai_work_arrangement) == (True, "Remote Solely")
    assert (posting.countries_derived, posting.ai_remote_location) == (["Germany"], ["Deutschland"])
    assert read_one(with_(jobLocation="Musterstr. 1, Berlin")).location == "Musterstr. 1, Berlin"
    assert read_one(with_(jobLocation="Musterstr. 1, Berlin")).cities_derived is None


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-02", 2), ("2026-11-02T10:00:00Z", 2), ("2026-11-02 10:00:00 +0100", 2), ("Nov 2, 2026", 2),
        ("2 November 2026", 2), ("Mon, 02 Nov 2026 10:00:00 GMT", 2), ("1793613600", 2), (1793613600000, 2),
        ("11/02/2026", None), ("soon", None), ("99.99.2026", None),
    ],
)  # fmt: skip
def test_dates_in_their_spellings(written: object, day: int | None) -> None:
    posted = read_one(with_(datePosted=written)).date_posted
    assert (posted and posted.day) == day


def test_skills_in_sentences_are_no_skills() -> None:
    sentence = "You have worked with several databases and know how to explain what you did to others"
    posting = read_one(with_(skills=sentence))
    assert posting.ai_key_skills is None
    assert sentence in (posting.description or "")


def test_ids_are_the_employers_and_the_sources() -> None:
    here = read_one(with_(identifier="1"))
    assert here.external_id == "boards:klinikum-süd:1"
    assert read_one(with_(identifier="1", hiringOrganization="Other")).external_id != here.external_id
    by_url = read_one(with_(url="https://a.example/1#top", description="old"))
    assert by_url.external_id == read_one(with_(url="https://a.example/1", description="new")).external_id
    two = read([with_(title="A"), with_(title="B")], "https://a.example/all")
    assert len({posting.external_id for _, posting in two.postings}) == 2
    assert len(read_one(with_(identifier="x" * 500)).external_id) <= 100


@pytest.mark.parametrize("text", ["javascript:alert(1)", "file:///etc/passwd", "ftp://a.example", "//", "#top", "a b"])
def test_no_address_but_one_of_the_web(text: str) -> None:
    assert web_address(text) is None
    assert read_one(with_(url=text)).url.startswith("urn:jobmatch:")


def test_a_bad_posting_costs_the_others_nothing() -> None:
    page = (
        f'<script>var x = {json.dumps(json.dumps(MINIMAL))}</script><!-- <script type="application/ld+json">'
        f"{json.dumps(MINIMAL)}</script> -->"
        '<script type="application/ld+json">{"@type": "JobPosting", "title": </script>'
        f'<script type="application/ld+json">{json.dumps([MINIMAL, with_(title=""), with_(hiringOrganization={})])}'
        "</script>"
    )
    content = read(page)
    assert [position for position, _ in content.postings] == [1]
    assert [(bad.position, bad.field) for bad in content.rejected] == [
        (0, "(json-ld)"), (2, "title"), (3, "hiringOrganization"),
    ]  # fmt: skip
    assert all("expected" in bad.reason or "needs" in bad.reason for bad in content.rejected)
    contact = with_(title="", applicationContact={"name": "Eva Muster"})
    assert "Eva" not in read(contact).rejected[0].record


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "(document)"), ("Just a text", "(document)"), ("[]", "(document)"), ("{", "(json-ld)"),
        ("<html>" * 300_000, "(document)"), ("<script " * 240_000, "(document)"), ("<!--" * 490_000, "(document)"),
        ("<script type=application/ld+json>" * 60_000, "(document)"), ('{"a":' * 390_000, "(json-ld)"),
        ("[" * 1_900_000, "(json-ld)"), ('{"a":1' + " ,\n" * 600_000 + "}", "(json-ld)"),
        ("<link " + 'a="' * 600_000, "(document)"),
        ('<!DOCTYPE a [<!ENTITY b "' + "c" * 1_000 + '">]>' + "&b;" * 600_000, "(document)"),
        ('{"@type":"JobPosting","title":' + "9" * 1_900_000 + "}", "hiringOrganization"),
    ],
)  # fmt: skip
def test_hostile_documents_are_refused_fast(text: str, field: str) -> None:
    began = time.perf_counter()
    content = read(text)
    assert not content.postings
    assert {bad.field for bad in content.rejected} == {field}
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("text", ["<" * 1_900_000, "<p>" + "<!" * 900_000, "&lt;" * 450_000, "<a " * 600_000])
def test_hostile_descriptions_are_read_fast(text: str) -> None:
    began = time.perf_counter()
    assert read_one(with_(description=text)).title == "Nurse"
    assert time.perf_counter() - began < 5


def test_a_document_has_a_limit_of_postings() -> None:
    content = read([with_(identifier=number) for number in range(1_200)])
    assert len(content.postings) == 1_000
    assert content.rejected[0].reason.startswith("more than 1,000 postings")


def test_bytes_are_decoded_as_the_page_says() -> None:
    page = '<meta charset="iso-8859-1">Süd'
    assert decode_document("a", page.encode("latin-1")).text == page
    assert decode_document("a", "Süd".encode("utf-8-sig")).text == "Süd"
    assert decode_document("a", "Süd".encode("utf-16")).text == "Süd"
    assert decode_document("a", '<meta charset="nonsense">ü'.encode()).text.endswith("ü")
    assert "at most 2,000,000" in (decode_document("a", b" " * 2_000_001).problem or "")


@pytest.mark.parametrize("name", ["", "Boards", "1", "a:b", "a" * 31, "ü"])
def test_a_source_cannot_have_any_name(name: str) -> None:
    with pytest.raises(SourceNameError, match="no name of a source"):
        require_source_name(name)
