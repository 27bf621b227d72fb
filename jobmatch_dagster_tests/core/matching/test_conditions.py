"""What users ask of a posting: three values, and unknown never excludes."""

from decimal import Decimal

import pytest

from jobmatch_dagster.core.matching.conditions import (
    Conditions,
    FilterTable,
    Preferences,
    filter_code,
    verdicts_of,
    yearly_salary,
)


def _verdicts(preferences: Preferences, conditions: Conditions) -> dict[str, str]:
    return dict(verdicts_of(int(filter_code(FilterTable([conditions]).verdicts(preferences))[0])))


@pytest.mark.parametrize(
    ("preferences", "conditions", "verdicts"),
    [
        (Preferences(), Conditions(company="A"), {}),
        (Preferences(locations=["München"]), Conditions(places=["Munich, Bavaria, Germany"]), {"location": "fits"}),
        (Preferences(locations=["Deutschland"]), Conditions(places=["Kiel", "Germany"]), {"location": "fits"}),
        (Preferences(locations=["Berlin"]), Conditions(places=["Hamburg"]), {"location": "does not fit"}),
        (Preferences(locations=["Berlin"]), Conditions(places=["Hamburg"], remote=True), {"location": "fits"}),
        (Preferences(locations=["Berlin"]), Conditions(), {"location": "unknown"}),
        # A country or a region alone leaves the town open, and a town alone what it lies in.
        (Preferences(locations=["Berlin"]), Conditions(places=["Germany"]), {"location": "unknown"}),
        (Preferences(locations=["Berlin"]), Conditions(places=["Bavaria, Germany"]), {"location": "unknown"}),
        (Preferences(locations=["Berlin"]), Conditions(countries=["Germany"]), {"location": "unknown"}),
        (
            Preferences(locations=["Berlin"]),
            Conditions(places=["Drenthe"], regions=["Drenthe"], countries=["Netherlands"]),
            {"location": "unknown"},
        ),
        (
            Preferences(locations=["Berlin"]),
            Conditions(places=["Munich"], regions=["Bavaria"], countries=["Germany"]),
            {"location": "does not fit"},
        ),
        (Preferences(locations=["Bayern"]), Conditions(places=["Munich"]), {"location": "unknown"}),
        (Preferences(locations=["Bayern"]), Conditions(countries=["Germany"]), {"location": "unknown"}),
        (Preferences(locations=["Bayern"]), Conditions(places=["Hanau, Hessen"]), {"location": "does not fit"}),
        (Preferences(locations=["Austria"]), Conditions(places=["Graz"]), {"location": "unknown"}),
        (Preferences(locations=["Austria"]), Conditions(countries=["Germany"]), {"location": "does not fit"}),
        (Preferences(locations=["Austria", "Kiel"]), Conditions(countries=["Germany"]), {"location": "unknown"}),
        (Preferences(needs_visa=True), Conditions(visa=True), {"visa": "fits"}),
        (Preferences(needs_visa=True), Conditions(visa=False), {"visa": "does not fit"}),
        (Preferences(needs_visa=True), Conditions(), {"visa": "unknown"}),
        (Preferences(needs_visa=False), Conditions(visa=False), {}),
        (Preferences(languages=["English"]), Conditions(language="German"), {"language": "does not fit"}),
        (Preferences(languages=["English", "German"]), Conditions(language="German"), {"language": "fits"}),
        (Preferences(languages=["English"]), Conditions(), {"language": "unknown"}),
        (Preferences(excluded_companies=["acme gmbh"]), Conditions(company="ACME  GmbH"), {"company": "does not fit"}),
        (Preferences(excluded_companies=["Acme"]), Conditions(company="Other"), {"company": "fits"}),
    ],
)
def test_a_condition_fits_or_not_or_is_unknown(
    preferences: Preferences, conditions: Conditions, verdicts: dict[str, str]
) -> None:
    assert _verdicts(preferences, conditions) == verdicts
    assert bool(preferences) == bool(verdicts)


@pytest.mark.parametrize(
    ("salary", "currency", "verdict"),
    [
        (60_000.0, "EUR", "fits"),
        (50_000.0, "EUR", "does not fit"),
        (60_000.0, "USD", "unknown"),
        (None, None, "unknown"),
    ],
)
def test_a_salary_counts_in_its_own_currency(salary: float | None, currency: str | None, verdict: str) -> None:
    wish = Preferences(min_salary=Decimal(55_000), salary_currency="EUR")
    assert _verdicts(wish, Conditions(yearly_salary=salary, salary_currency=currency)) == {"salary": verdict}


@pytest.mark.parametrize(("least", "verdict"), [(55_000.0, "fits"), (50_000.0, "unknown")])
def test_an_offer_from_an_amount_on_may_go_further(least: float, verdict: str) -> None:
    wish = Preferences(min_salary=Decimal(55_000), salary_currency="EUR")
    offer = Conditions(yearly_salary=least, salary_is_least=True, salary_currency="EUR")
    assert _verdicts(wish, offer) == {"salary": verdict}


def test_an_amount_is_worth_what_it_is_in_a_year() -> None:
    assert yearly_salary(low=Decimal(20), high=Decimal(25), value=None, unit="HOUR") == 52_000
    assert yearly_salary(low=None, high=None, value=Decimal(4_000), unit="MONTH") == 48_000
    assert yearly_salary(low=Decimal(4_000), high=None, value=None, unit=None) is None
    assert yearly_salary(low=None, high=None, value=None, unit="YEAR") is None
