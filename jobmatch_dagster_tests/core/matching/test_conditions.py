"""What users ask of a posting: three values, and unknown never excludes."""

from decimal import Decimal
from typing import Any

import pytest

from jobmatch_dagster.core.matching.conditions import (
    FilterTable,
    PostingConditions,
    UserConditions,
    filter_code,
    verdicts_of,
    yearly_salary,
)


def _verdicts(user: UserConditions, posting: PostingConditions) -> dict[str, str]:
    return dict(verdicts_of(int(filter_code(FilterTable([posting]).verdicts(user))[0])))


@pytest.mark.parametrize(
    ("asked", "stated", "verdicts"),
    [
        ({}, {"company": "A"}, {}),
        ({"locations": ["München"]}, {"places": ["Munich, Bavaria, Germany"]}, {"location": "fits"}),
        ({"locations": ["Deutschland"]}, {"places": ["Kiel", "Germany"]}, {"location": "fits"}),
        ({"locations": ["Berlin"]}, {"places": ["Hamburg"]}, {"location": "does not fit"}),
        ({"locations": ["Berlin"]}, {"places": ["Hamburg"], "remote": True}, {"location": "fits"}),
        ({"locations": ["Berlin"]}, {}, {"location": "unknown"}),
        # A country or a region alone leaves the town open, and a town alone what it lies in.
        ({"locations": ["Berlin"]}, {"places": ["Germany"]}, {"location": "unknown"}),
        ({"locations": ["Berlin"]}, {"places": ["Bavaria, Germany"]}, {"location": "unknown"}),
        ({"locations": ["Berlin"]}, {"countries": ["Germany"]}, {"location": "unknown"}),
        (
            {"locations": ["Berlin"]},
            {"places": ["Drenthe"], "regions": ["Drenthe"], "countries": ["Netherlands"]},
            {"location": "does not fit"},
        ),
        (
            {"locations": ["Berlin"]},
            {"places": ["Munich"], "regions": ["Bavaria"], "countries": ["Germany"]},
            {"location": "does not fit"},
        ),
        ({"locations": ["Bayern"]}, {"places": ["Munich"]}, {"location": "unknown"}),
        ({"locations": ["Bayern"]}, {"countries": ["Germany"]}, {"location": "unknown"}),
        ({"locations": ["Bayern"]}, {"places": ["Hanau, Hessen"]}, {"location": "does not fit"}),
        ({"locations": ["Austria"]}, {"places": ["Graz"]}, {"location": "fits"}),
        ({"locations": ["Austria"]}, {"countries": ["Germany"]}, {"location": "does not fit"}),
        ({"locations": ["Austria", "Kiel"]}, {"countries": ["Germany"]}, {"location": "unknown"}),
        ({"needs_visa": True}, {"visa": True}, {"visa": "fits"}),
        ({"needs_visa": True}, {"visa": False}, {"visa": "does not fit"}),
        ({"needs_visa": True}, {}, {"visa": "unknown"}),
        ({"needs_visa": False}, {"visa": False}, {}),
        ({"languages": ["English"]}, {"language": "German"}, {"language": "does not fit"}),
        ({"languages": ["English", "German"]}, {"language": "German"}, {"language": "fits"}),
        ({"languages": ["English"]}, {}, {"language": "unknown"}),
        ({"excluded_companies": ["acme gmbh"]}, {"company": "ACME  GmbH"}, {"company": "does not fit"}),
        ({"excluded_companies": ["Acme"]}, {"company": "Other"}, {"company": "fits"}),
    ],
)
def test_a_condition_fits_or_not_or_is_unknown(
    asked: dict[str, Any], stated: dict[str, Any], verdicts: dict[str, str]
) -> None:
    user = UserConditions(**asked)
    assert _verdicts(user, PostingConditions(**stated)) == verdicts
    assert bool(user) == bool(verdicts)


@pytest.mark.parametrize(
    ("salary", "currency", "verdict"),
    [
        (60_000.0, "EUR", "fits"),
        (50_000.0, "EUR", "does not fit"),
        (120_000.0, "USD", "fits"),
        (30_000.0, "USD", "does not fit"),
        (60_000.0, "XAU", "unknown"),
        (None, None, "unknown"),
    ],
)
def test_a_salary_is_compared_in_the_wishs_currency(salary: float | None, currency: str | None, verdict: str) -> None:
    wish = UserConditions(min_salary=Decimal(55_000), salary_currency="EUR")
    assert _verdicts(wish, PostingConditions(yearly_salary=salary, salary_currency=currency)) == {"salary": verdict}


@pytest.mark.parametrize(("least", "verdict"), [(55_000.0, "fits"), (50_000.0, "unknown")])
def test_an_offer_from_an_amount_on_may_go_further(least: float, verdict: str) -> None:
    wish = UserConditions(min_salary=Decimal(55_000), salary_currency="EUR")
    offer = PostingConditions(yearly_salary=least, salary_is_least=True, salary_currency="EUR")
    assert _verdicts(wish, offer) == {"salary": verdict}


def test_an_amount_is_worth_what_it_is_in_a_year() -> None:
    assert yearly_salary(low=Decimal(20), high=Decimal(25), value=None, unit="HOUR") == 52_000
    assert yearly_salary(low=None, high=None, value=Decimal(4_000), unit="MONTH") == 48_000
    assert yearly_salary(low=Decimal(4_000), high=None, value=None, unit=None) is None
    assert yearly_salary(low=None, high=None, value=None, unit="YEAR") is None


_MUNICH, _AUGSBURG, _BERLIN = (48.137, 11.575), (48.371, 10.898), (52.52, 13.405)


@pytest.mark.parametrize(
    ("places", "coordinates", "verdict"),
    [
        (["Munich"], [_MUNICH], "fits"),
        (["Augsburg"], [_AUGSBURG], "fits"),
        (["Berlin"], [_BERLIN], "does not fit"),
        (["Berlin", "Augsburg"], [_BERLIN, _AUGSBURG], "fits"),
        (["Kleinkleckersdorf"], [], "unknown"),
        (["Munich"], [], "fits"),
        (None, [], "unknown"),
    ],
)
def test_a_posting_within_the_distance_fits(
    places: list[str] | None, coordinates: list[tuple[float, float]], verdict: str
) -> None:
    user = UserConditions(locations=["München"], max_km=70)
    assert _verdicts(user, PostingConditions(places=places, coordinates=coordinates)) == {"location": verdict}


@pytest.mark.parametrize(
    ("wish", "countries", "verdict"),
    [
        ("Berlin", ["Germany"], "fits"), ("Berlin", ["United States"], "does not fit"), ("Berlin", None, "fits"),
        ("DACH", ["Austria"], "fits"), ("Germany", ["United States", "Germany"], "fits"), ("Remote", ["Peru"], "fits"),
        ("Remote, Germany", ["United States"], "does not fit"),
    ],
)  # fmt: skip
def test_remote_work_fits_within_its_countries(wish: str, countries: list[str] | None, verdict: str) -> None:
    posting = PostingConditions(countries=countries, remote=True)
    assert _verdicts(UserConditions(locations=[wish]), posting) == {"location": verdict}


_FORMS = [
    "",
    " GmbH",
    " AG",
    " Aktiengesellschaft",
    " GmbH &amp; Co. KG",
    " GmbH & Co. KG",
    " SE",
    ", Inc.",
    " Ltd",
    " e.V.",
]


@pytest.mark.parametrize("asked", _FORMS)
@pytest.mark.parametrize("stated", _FORMS)
def test_a_legal_form_hides_no_excluded_company(asked: str, stated: str) -> None:
    user = UserConditions(excluded_companies=[f"Kranich Logistik{asked}"])
    assert _verdicts(user, PostingConditions(company=f"KRANICH Logistik{stated}")) == {"company": "does not fit"}
    assert _verdicts(user, PostingConditions(company=f"Kranich Bau{stated}")) == {"company": "fits"}
