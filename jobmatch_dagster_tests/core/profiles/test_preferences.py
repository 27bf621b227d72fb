"""What users may ask for, and what they are told when it is not understood."""

import pytest

from jobmatch_dagster.core.posting import WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.preferences import (
    Preferences,
    PreferencesError,
    check_preferences,
    read_preferences,
)


def test_a_side_file_is_read_whole() -> None:
    content = """
        locations = ["Berlin", "  Bad   Homburg ", "berlin"]
        work_arrangements = ["remote", "Hybrid"]
        min_salary = 55_000
        salary_currency = "eur"
        needs_visa = false
        languages = ["Deutsch", "en"]
        excluded_companies = "Kranich AG"
    """
    assert read_preferences(content.encode()) == Preferences(
        locations=("Berlin", "Bad Homburg"),
        work_arrangements=tuple(name for name in WORK_ARRANGEMENTS if name != "On-site"),
        min_salary=55_000.0,
        salary_currency="EUR",
        needs_visa=False,
        languages=("German", "English"),
        excluded_companies=("Kranich AG",),
    )
    assert read_preferences(b"") == Preferences()
    assert read_preferences(b"locations = []") == Preferences()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('location = ["Berlin"]', "location: no such field; did you mean locations?"),
        ("xyz = 1", "xyz: no such field; there are locations,"),
        ("locations = 7", "locations: must be a list of texts"),
        ('locations = [""]', "locations: at most 100 texts of 1 to 100 characters"),
        ('locations = ["a\\u0000b"]', "locations: holds control characters"),
        ('work_arrangements = ["somewhere"]', "work_arrangements: must be of On-site"),
        ('min_salary = "50000"\nsalary_currency = "EUR"', "min_salary: must be a yearly amount"),
        ('min_salary = -1\nsalary_currency = "EUR"', "min_salary: must be a yearly amount from 0"),
        ('min_salary = nan\nsalary_currency = "EUR"', "min_salary: must be a yearly amount"),
        ("min_salary = 50000", "salary_currency: missing"),
        ('salary_currency = "EUR"', "min_salary: missing"),
        ('salary_currency = "Euro"\nmin_salary = 1', 'salary_currency: must be a currency code of three letters'),
        ('needs_visa = "yes"', "needs_visa: must be true or false"),
        ('languages = ["Klingon"]', "languages: must be languages by their English or German name"),
        ("locations = [", "no TOML"),
        ('"\\u001b[31m" = 1', "(a field with an odd name): no such field"),
        ("a = " + "[" * 5_000, "no TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_field_and_remedy(content: str, said: str) -> None:
    with pytest.raises(PreferencesError) as caught:
        read_preferences(content.encode())
    assert said in str(caught.value)


def test_every_wrong_field_is_told_at_once_and_no_value() -> None:
    with pytest.raises(PreferencesError) as caught:
        check_preferences({"needs_visa": "Zenobia", "languages": ["Quillfeather"], "locations": 4})
    message = str(caught.value)
    assert all(field in message for field in ("needs_visa", "languages", "locations"))
    assert "Zenobia" not in message
    assert "Quillfeather" not in message


def test_what_is_no_text_or_too_large_is_refused() -> None:
    for content in (b"\xff\xfe\x00", b"#" * 100_000):
        with pytest.raises(PreferencesError):
            read_preferences(content)
