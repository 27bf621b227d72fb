"""Which preferences are accepted, and what the errors say about the others."""

import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.posting import WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.preferences import (
    PREFERENCES_FIELDS,
    Preferences,
    PreferencesError,
    parse_preferences,
    validate_preferences,
)

_WHOLE_FILE = """
    locations = ["Berlin", "  Bad   Homburg ", "berlin"]
    work_arrangements = ["remote", "Hybrid"]
    min_salary = 55_000
    salary_currency = "eur"
    needs_visa = false
    languages = ["Deutsch", "en"]
    max_km = 40
    excluded_companies = "Kranich AG"
    digest_every = "hour"
    digest_max_matches = 5
    digest_min_score = 0
    digest_channels = ["files", "mail"]
    email = "ada+jobs@mail.example.org"
    quiet_hours = "22:00 - 07:30"
    time_zone = "Europe/Berlin"
    explanation_language = "de"
    [weights]
    skills = 60
    experience = 0
    industry = 15.5
    work_arrangement = 30
    semantic = 0.255
"""
# Two scripts in one word: no message contains it by chance.
_SECRET = "Zenobiaжук"


def test_a_whole_file_is_parsed() -> None:
    assert parse_preferences(_WHOLE_FILE.encode()) == Preferences(
        locations=("Berlin", "Bad Homburg"),
        work_arrangements=tuple(name for name in WORK_ARRANGEMENTS if name != "On-site"),
        min_salary=55_000.0,
        salary_currency="EUR",
        needs_visa=False,
        languages=("German", "English"),
        max_km=40,
        excluded_companies=("Kranich AG",),
        digest_every="hour",
        digest_max_matches=5,
        digest_min_score=0,
        digest_channels=("files", "mail"),
        email="ada+jobs@mail.example.org",
        quiet_hours="22:00-07:30",
        time_zone="Europe/Berlin",
        explanation_language="de",
        skills_weight=60.0,
        experience_weight=0.0,
        industry_weight=15.5,
        work_arrangement_weight=30.0,
        semantic_weight=0.26,
    )
    assert parse_preferences(b"") == Preferences()
    assert parse_preferences(b"locations = []") == Preferences()


def test_weights_are_a_table_of_parts() -> None:
    found = parse_preferences(b"needs_visa = true\n[weights]\nskills = 60\n")
    assert (found.skills_weight, found.industry_weight) == (60.0, None)
    assert parse_preferences(b"[weights]") == Preferences()


def test_a_row_has_lists_and_validates_to_the_same() -> None:
    preferences = parse_preferences(_WHOLE_FILE.encode())
    row = preferences.as_row()
    assert tuple(row) == PREFERENCES_FIELDS
    assert row["locations"] == ["Berlin", "Bad Homburg"]
    assert (row["min_salary"], row["needs_visa"]) == (55_000.0, False)
    assert validate_preferences(row) == preferences
    assert set(Preferences().as_row().values()) == {None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('location = ["Berlin"]', "location: no such field; did you mean locations?"),
        ("Minsalary = 7", "Minsalary: no such field; did you mean min_salary?"),
        ('explanation_language = "German"', "explanation_language: must be one of en, de"),
        ("xyz = 1", "xyz: no such field; the fields are locations,"),
        ("locations = 7", "locations: must be a list of texts"),
        ('locations = [""]', "locations: must be at most 100 texts of 1 to 100 characters"),
        ('locations = ["a\\u0000b"]', "locations: contains control characters"),
        ('work_arrangements = ["somewhere"]', "work_arrangements: must be among On-site"),
        ('min_salary = "50000"\nsalary_currency = "EUR"', "min_salary: must be a yearly amount"),
        ('min_salary = -1\nsalary_currency = "EUR"', "min_salary: must be a yearly amount from 0"),
        ('min_salary = nan\nsalary_currency = "EUR"', "min_salary: must be a yearly amount"),
        ("min_salary = 50000", "salary_currency: missing"),
        ('salary_currency = "EUR"', "min_salary: missing"),
        ('salary_currency = "Euro"\nmin_salary = 1', "salary_currency: must be a currency code of three letters"),
        ('needs_visa = "yes"', "needs_visa: must be true or false"),
        ('digest_every = "week"', "digest_every: must be one of day, hour, never"),
        ("digest_every = 1", "digest_every: must be one of day, hour, never"),
        ("digest_max_matches = 0", "digest_max_matches: must be a whole number from 1 to 100"),
        ("digest_max_matches = true", "digest_max_matches: must be a whole number from 1 to 100"),
        ("digest_max_matches = 1.5", "digest_max_matches: must be a whole number from 1 to 100"),
        ("digest_min_score = 101", "digest_min_score: must be a whole number from 0 to 100"),
        ('digest_min_score = "60"', "digest_min_score: must be a whole number from 0 to 100"),
        ('digest_channels = ["https://example.org/token"]', "digest_channels: must be names of channels"),
        ('digest_channels = ["mail team"]', "digest_channels: must be names of channels"),
        ('email = "ada"', "email: must be one mail address"),
        ('email = "ada@example.org, ben@example.org"', "email: must be one mail address"),
        ('email = "ada@example.org\\nBcc: ben@example.org"', "email: must be one mail address"),
        ('email = ["ada@example.org"]', "email: must be one mail address"),
        ('quiet_hours = "22-7"', "quiet_hours: must be two times of the day"),
        ('quiet_hours = "24:00-07:00"', "quiet_hours: must be two times of the day"),
        ('quiet_hours = "22:00-22:00"', "quiet_hours: must be two times of the day that differ"),
        ("quiet_hours = 22:00:00", "quiet_hours: must be two times of the day"),
        ('quiet_hours = "22:00-07:00"', "time_zone: missing; quiet_hours need one"),
        ('time_zone = "Berlin"', "time_zone: must be the name of a time zone"),
        ('time_zone = "../../etc/passwd"', "time_zone: must be the name of a time zone"),
        ('languages = ["Klingon"]', "languages: must be languages by their English or German name"),
        ("[weights]\nskills = -1", "skills_weight: must be a number from 0 to 100"),
        ("[weights]\nskills = 1e9", "skills_weight: must be a number from 0 to 100"),
        ("[weights]\nskills = nan", "skills_weight: must be a number from 0 to 100"),
        ("[weights]\nskills = true", "skills_weight: must be a number from 0 to 100"),
        ('[weights]\nsemantic = "60"', "semantic_weight: must be a number from 0 to 100, without quotes"),
        ("weights = 7", "weights: must be lines such as skills = 60 below [weights], of skills, experience,"),
        ("[weights]\npay = 7", "weights: must be lines such as skills = 60 below [weights], of skills, experience,"),
        ("[[weights]]\nskills = 7", "weights: must be lines such as skills = 60 below [weights]"),
        ("skills_weight = 1\n[weights]\nskills = 7", "skills_weight: is in [weights] too"),
        (
            "[weights]\nskills = 0\nexperience = 0\nindustry = 0\nwork_arrangement = 0\nsemantic = 0.001",
            "weights: all are 0; give one of them a number above 0",
        ),
        ("locations = [", "not TOML"),
        ('"\\u001b[31m" = 1', "(a field with an odd name): no such field"),
        ("a = " + "[" * 5_000, "not TOML"),
    ],
)
def test_an_error_names_field_and_remedy(content: str, message: str) -> None:
    with pytest.raises(PreferencesError) as caught:
        parse_preferences(content.encode())
    assert message in str(caught.value)


def test_an_error_names_every_wrong_field() -> None:
    with pytest.raises(PreferencesError) as caught:
        validate_preferences({"needs_visa": "maybe", "languages": ["Quillfeather"], "locations": 4, "xyz": 1})
    message = str(caught.value)
    assert all(f"{field}: " in message for field in ("needs_visa", "languages", "locations", "xyz"))


_VALUES = st.recursive(
    st.sampled_from([_SECRET, f"{_SECRET}\x00", _SECRET * 30, _SECRET.encode(), None, 7, -1.5, True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just(_SECRET), inner, max_size=1),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([*PREFERENCES_FIELDS, "\ud800"]), _VALUES))
def test_an_error_never_echoes_a_value(values: dict[str, Any]) -> None:
    with pytest.raises(PreferencesError) as caught:
        validate_preferences(values | {"location": _SECRET})
    assert "location: no such field; did you mean locations?" in str(caught.value)
    assert _SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("content", [f'locations = [7, "{_SECRET}"]', f'locations = ["{_SECRET}'])
def test_a_file_error_never_echoes_a_value(content: str) -> None:
    with pytest.raises(PreferencesError) as caught:
        parse_preferences(content.encode())
    assert _SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"#" * 100_000])
def test_binary_and_large_files_are_refused(content: bytes) -> None:
    with pytest.raises(PreferencesError, match=r"UTF-8|larger"):
        parse_preferences(content)
