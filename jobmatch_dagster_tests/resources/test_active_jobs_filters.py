from typing import Any

import pytest
from pydantic import ValidationError

from jobmatch_dagster.resources.active_jobs_filters import Filters


def test_defaults_are_the_missions() -> None:
    assert Filters().parameters("g1") == {
        "location_filter": "Germany",
        "description_type": "text",
        "include_ai": "true",
        "include_li": "true",
    }
    assert Filters().parameters("g2") == {
        "location": "Germany",
        "description_format": "text",
        "include_basic_organization_details": "true",
    }


@pytest.mark.parametrize(
    ("given", "g1", "g2"),
    [
        ({"industries": ["Data & Analytics", "Software"]},
         {"ai_taxonomies_a_filter": '"Data & Analytics",Software'}, {"ai_taxonomies_a": '"Data & Analytics",Software'}),
        ({"agencies": "exclude"}, {"agency": "FALSE"}, {"organization_agency": "exclude"}),
        ({"visa_sponsorship": True}, {"ai_visa_sponsorship_filter": "true"}, {"ai_visa_sponsorship": "only"}),
        ({"employees_at_least": 50, "employees_below": 200},
         {"li_organization_employees_gte": "50", "li_organization_employees_lte": "199"},
         {"organization_headcount_gte": "50", "organization_headcount_lt": "200"}),
        ({"title_advanced": "AI & ! Marketing"}, {"advanced_title_filter": "AI & ! Marketing"},
         {"title_advanced": "AI & ! Marketing"}),
        ({"sources": ["join.com", "workday"]}, {"source": "join.com,workday"}, {"source": "join.com,workday"}),
    ],
)  # fmt: skip
def test_generation_gets_its_own_spelling(given: dict[str, Any], g1: dict[str, str], g2: dict[str, str]) -> None:
    filters = Filters(**given)
    assert g1.items() <= filters.parameters("g1").items()
    assert g2.items() <= filters.parameters("g2").items()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"location": "DE"}, "full English names"), ({"location": "München"}, "full English names"),
        ({"industries": ["IT"]}, "'IT' is not a value of the API"), ({"experience_levels": ["3-4"]}, "use 0-2"),
        ({"organizations": ["Acme (Berlin)"]}, "finds nothing"),
        ({"title": "a", "title_advanced": "b"}, "cannot be combined"),
        ({"include_ai": False, "industries": ["Software"]}, "needs include_ai"),
        ({"employees_at_least": 10, "employees_below": 10}, "must be less"),
        ({"employees_at_least": -1}, "employees_at_least"),
    ],
)  # fmt: skip
def test_value_unknown_to_the_api_is_refused_with_a_reason(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Filters(**given)


def test_filter_of_the_other_generation_is_named() -> None:
    with pytest.raises(ValueError, match="languages: the g1 API has no such filter"):
        Filters(languages=["German"]).parameters("g1")
    with pytest.raises(ValueError, match="remote: the g2 API has no such filter"):
        Filters(remote=True).parameters("g2")


def test_other_filters_have_another_identity() -> None:
    assert Filters().identity() == Filters(title="").identity()
    assert Filters().identity() != Filters(location="Austria").identity()
