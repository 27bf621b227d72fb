"""The vendor's fields: their names in both generations, and how each is read.

Put here one line per field and the readers of single values. Whole records belong in `normalise.py`.
Source of names and types: Active Jobs DB, generations G1 (2025) and G2 (June 2026).
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from jobmatch_dagster.core.html import html_text
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, SALARY_UNITS, WORK_ARRANGEMENTS
from jobmatch_dagster.core.text import clean_block, clean_line, once
from jobmatch_dagster.errors import InputError

MAX_LINE_CHARACTERS = 2_000
# PostgreSQL's GIN index takes no item of over 2,700 bytes; a character has up to four.
MAX_ITEM_CHARACTERS = 600
MAX_TEXT_CHARACTERS = 200_000
MAX_ITEMS = 1_000
MAX_JSON_CHARACTERS = 100_000
_INT4_MAX = 2**31 - 1
# Decimals have an exponent of any length; written out, a large one would fill the memory.
_MAX_DECIMALS = 20
# Beyond these the vendor's clock or the ad is wrong; PostgreSQL and JSON would take them, people would not.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_FRACTION = re.compile(r"\.(\d{1,9})(?=$|[Z+-])")
_EMPTY_WORDS = frozenset({"", "none", "null", "nan", "n/a"})

Reader = Callable[[Any], Any]


class UnusableValueError(InputError):
    """A value that is not what its field holds; the message says what is wrong and what is accepted."""


def read_id(value: Any) -> str | None:
    """An id: digits as text (G1) or an integer (G2)."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise UnusableValueError(f"{_kind(value)} instead of a string or an integer")
    text = clean_line(str(value))
    if len(text) > 100:
        raise UnusableValueError(f"{len(text)} characters; an id has at most 100")
    return text or None


def read_line(value: Any) -> str | None:
    """Text of one line, or None when it is empty or says "null"."""
    text = clean_line(_text(value)[: MAX_LINE_CHARACTERS * 4])
    if text.casefold() in _EMPTY_WORDS:
        return None
    if len(text) > MAX_LINE_CHARACTERS:
        raise UnusableValueError(f"{len(text):,} characters; at most {MAX_LINE_CHARACTERS:,} are kept")
    return text


def read_title(value: Any) -> str | None:
    """A title: line breaks and repetition out."""
    return read_line(once(_text(value)[: MAX_LINE_CHARACTERS * 4]))


def read_text(value: Any) -> str | None:
    """Text of several lines, cut at `MAX_TEXT_CHARACTERS`."""
    return clean_block(_text(value)[:MAX_TEXT_CHARACTERS]) or None


def read_html(value: Any) -> str | None:
    """Text of a web page, as `read_text` gives it."""
    try:
        return read_text("".join(html_text(_text(value))))
    except AssertionError:  # the standard library's reader asserts on broken declarations
        raise UnusableValueError("no web page") from None


def read_time(value: Any) -> datetime | None:
    """A time: ISO 8601 with 0 to 9 fraction digits, UTC when no zone is said."""
    text = clean_line(_text(value))
    if text.casefold() in _EMPTY_WORDS:
        return None
    try:
        # Python reads six fraction digits; the vendor sends anything from none to six.
        moment = datetime.fromisoformat(_FRACTION.sub(lambda m: "." + m[1][:6].ljust(6, "0"), text))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnusableValueError("no date; expected ISO 8601 such as 2026-01-31T08:00:00") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise UnusableValueError(f"year {moment.year}; expected {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment


def read_amount(value: Any) -> Decimal | None:
    """A number that is not negative, such as an amount of money."""
    if value is None or (isinstance(value, str) and value.strip().casefold() in _EMPTY_WORDS):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UnusableValueError(f"{_kind(value)} instead of a number")
    try:
        number = Decimal(str(value).strip()) if not isinstance(value, str) or len(value) < 50 else Decimal("NaN")
    except InvalidOperation:
        raise UnusableValueError("text instead of a number") from None
    if not number.is_finite() or not 0 <= number < 10**15:
        raise UnusableValueError("not a number from 0 to 10^15")
    if int(number.as_tuple().exponent) < -_MAX_DECIMALS:
        raise UnusableValueError(f"more than {_MAX_DECIMALS} decimals")
    return number


def read_integer(low: int, high: int) -> Reader:
    """A reader of whole numbers from `low` to `high`."""

    def read(value: Any) -> int | None:
        number = read_amount(value)
        if number is None:
            return None
        if number != number.to_integral_value() or not low <= number <= high:
            raise UnusableValueError(f"not a whole number from {low} to {high}")
        return int(number)

    return read


def read_flag(value: Any) -> bool | None:
    """True or false, as JSON says it or in words."""
    if value is None or isinstance(value, bool):
        return value
    word = clean_line(_text(value)).casefold()
    if word in _EMPTY_WORDS:
        return None
    if word not in ("true", "false"):
        raise UnusableValueError("neither true nor false")
    return word == "true"


def read_choice(choices: tuple[str, ...]) -> Reader:
    """A reader of one of some words, in whatever case."""
    known = {choice.casefold(): choice for choice in choices}

    def read(value: Any) -> str | None:
        word = clean_line(_text(value)).casefold()
        if word in _EMPTY_WORDS:
            return None
        if word not in known:
            raise UnusableValueError(f"none of {', '.join(choices)}")
        return known[word]

    return read


def read_list(value: Any) -> list[str] | None:
    """A list of lines without blanks and repetitions; a bare string is a list of one."""
    if value is None:
        return None
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise UnusableValueError(f"{_kind(value)} instead of a list of strings")
    if len(items) > MAX_ITEMS:
        raise UnusableValueError(f"{len(items):,} items; at most {MAX_ITEMS:,} are kept")
    if any(not isinstance(item, str | None) for item in items):
        raise UnusableValueError("a list with items that are no strings")
    lines = dict.fromkeys(line for item in items if item is not None and (line := read_line(item)))
    if any(len(line) > MAX_ITEM_CHARACTERS for line in lines):
        raise UnusableValueError(f"an item of over {MAX_ITEM_CHARACTERS} characters")
    return list(lines) or None


def read_places(value: Any) -> list[str] | None:
    """Places as strings (as sent) or as {city, admin, country} (as documented)."""
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        value = [
            ", ".join(str(item[part]) for part in ("city", "admin", "country") if item.get(part)) for item in value
        ]
    return read_list(value)


def read_coordinates(limit: float) -> Reader:
    """A reader of a list of degrees between -limit and limit, in the order given."""

    def read(value: Any) -> list[float] | None:
        if value is None:
            return None
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise UnusableValueError("no list of degrees")
        if any(isinstance(item, bool) or not isinstance(item, int | float) for item in value):
            raise UnusableValueError("a list with items that are no numbers")
        degrees = [float(item) if abs(item) <= limit else math.nan for item in value]
        if any(math.isnan(item) for item in degrees):
            raise UnusableValueError(f"degrees beyond {limit:g}")
        return degrees or None

    return read


def read_json(kind: type) -> Reader:
    """A reader of nested JSON (dict or list), cleaned so that PostgreSQL's jsonb takes it."""

    def read(value: Any) -> Any:
        if value is None or value in ("", [], {}):
            return None
        if not isinstance(value, kind):
            raise UnusableValueError(f"{_kind(value)} instead of a {_kind(kind())}")
        return storable(value)

    return read


def storable(value: Any) -> Any:
    """Any JSON value as PostgreSQL's jsonb can hold it: text cleaned, NaN and infinity out, size bounded."""
    cleaned = _storable(value, depth=0)
    if len(json.dumps(cleaned)) > MAX_JSON_CHARACTERS:
        raise UnusableValueError(f"more than {MAX_JSON_CHARACTERS:,} characters of JSON")
    return cleaned


def _storable(value: Any, depth: int) -> Any:
    if depth > 20:
        raise UnusableValueError("nested deeper than 20 levels")
    if isinstance(value, str):
        return clean_block(value[:MAX_TEXT_CHARACTERS])
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {clean_line(str(key))[:200]: _storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item, depth + 1) for item in value]
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnusableValueError(f"{_kind(value)} instead of a string")
    return value


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


_COUNT = read_integer(0, _INT4_MAX)

# Field of the record in G1 -> (field in G2 where it is another, column of `jobs`, reader).
FIELDS: dict[str, tuple[str | None, str, Reader]] = {
    "id": (None, "external_id", read_id),
    "title": (None, "title", read_title),
    "organization": (None, "company", read_line),
    "url": (None, "url", read_line),
    "date_created": (None, "date_created", read_time),
    "date_posted": (None, "date_posted", read_time),
    "date_validthrough": ("date_valid_through", "date_validthrough", read_time),
    "date_modified": (None, "date_modified", read_time),
    "modified_fields": (None, "modified_fields", read_list),
    "description_text": (None, "description", read_text),
    "description_html": (None, "description", read_html),
    "source": (None, "source", read_line),
    "source_type": (None, "source_type", read_line),
    "source_domain": (None, "source_domain", read_line),
    "organization_url": (None, "organization_url", read_line),
    "organization_logo": (None, "organization_logo", read_line),
    "domain_derived": (None, "domain_derived", read_line),
    "employment_type": (None, "employment_type", read_list),
    "locations_raw": ("locations", "locations_raw", read_json(list)),
    "locations_alt_raw": ("locations_alt", "locations_alt_raw", read_list),
    "location_type": (None, "location_type", read_line),
    "location_requirements_raw": ("location_requirements", "location_requirements_raw", read_json(list)),
    "cities_derived": (None, "cities_derived", read_list),
    "counties_derived": (None, "counties_derived", read_list),
    "regions_derived": (None, "regions_derived", read_list),
    "countries_derived": (None, "countries_derived", read_list),
    "locations_derived": (None, "locations_derived", read_places),
    "timezones_derived": (None, "timezones_derived", read_list),
    "lats_derived": (None, "lats_derived", read_coordinates(90)),
    "lngs_derived": (None, "lngs_derived", read_coordinates(180)),
    "remote_derived": (None, "remote_derived", read_flag),
    "salary_raw": ("salary", "salary_raw", read_json(dict)),
    "ai_salary_currency": (None, "ai_salary_currency", read_line),
    "ai_salary_value": (None, "ai_salary_value", read_amount),
    "ai_salary_minvalue": ("ai_salary_min_value", "ai_salary_minvalue", read_amount),
    "ai_salary_maxvalue": ("ai_salary_max_value", "ai_salary_maxvalue", read_amount),
    "ai_salary_unittext": ("ai_salary_unit_text", "ai_salary_unittext", read_choice(SALARY_UNITS)),
    "ai_benefits": (None, "ai_benefits", read_list),
    "ai_experience_level": (None, "ai_experience_level", read_choice(EXPERIENCE_LEVELS)),
    "ai_work_arrangement": (None, "ai_work_arrangement", read_choice(WORK_ARRANGEMENTS)),
    "ai_work_arrangement_office_days": (None, "ai_work_arrangement_office_days", read_integer(0, 7)),
    "ai_remote_location": (None, "ai_remote_location", read_list),
    "ai_remote_location_derived": (None, "ai_remote_location_derived", read_list),
    "ai_key_skills": (None, "ai_key_skills", read_list),
    "ai_keywords": (None, "ai_keywords", read_list),
    "ai_taxonomies_a": (None, "ai_taxonomies_a", read_list),
    "ai_core_responsibilities": (None, "ai_core_responsibilities", read_text),
    "ai_requirements_summary": (None, "ai_requirements_summary", read_text),
    "ai_education_requirements": ("ai_education", "ai_education_requirements", read_list),
    "ai_working_hours": (None, "ai_working_hours", read_integer(0, 168)),
    "ai_employment_type": (None, "ai_employment_type", read_list),
    "ai_job_language": (None, "ai_job_language", read_line),
    "ai_visa_sponsorship": (None, "ai_visa_sponsorship", read_flag),
    "linkedin_org_employees": ("org_linkedin_headcount", "linkedin_org_employees", _COUNT),
    "linkedin_org_url": ("org_linkedin_website", "linkedin_org_url", read_line),
    "linkedin_org_size": ("org_linkedin_size", "linkedin_org_size", read_line),
    "linkedin_org_slogan": ("org_linkedin_slogan", "linkedin_org_slogan", read_line),
    "linkedin_org_industry": ("org_linkedin_industry", "linkedin_org_industry", read_line),
    "linkedin_org_followers": ("org_linkedin_followers", "linkedin_org_followers", _COUNT),
    "linkedin_org_headquarters": ("org_linkedin_headquarters", "linkedin_org_headquarters", read_line),
    "linkedin_org_type": ("org_linkedin_type", "linkedin_org_type", read_line),
    "linkedin_org_foundeddate": ("org_linkedin_founded_date", "linkedin_org_foundeddate", read_line),
    "linkedin_org_specialties": ("org_linkedin_specialties", "linkedin_org_specialties", read_list),
    "linkedin_org_locations": ("org_linkedin_locations", "linkedin_org_locations", read_list),
    "linkedin_org_description": ("org_linkedin_description", "linkedin_org_description", read_text),
    "linkedin_org_recruitment_agency_derived": (
        "org_linkedin_recruitment_agency_derived", "linkedin_org_recruitment_agency_derived", read_flag,
    ),
    "linkedin_org_slug": ("org_linkedin_slug", "linkedin_org_slug", read_line),
}  # fmt: skip

REQUIRED = ("id", "title", "organization", "url", "date_created")

# Names and addresses of third persons, also in fields that are news: dropped at the door.
_PERSONAL_PREFIXES = ("ai_hiring_manager", "hiring_manager", "recruiter_")


def is_personal(name: str) -> bool:
    """Whether a field tells of the person who hires."""
    return name.strip().casefold().startswith(_PERSONAL_PREFIXES)


# Documented fields without a column: kept in `extra`, and no news.
KNOWN_EXTRA = frozenset(
    {
        "seniority", "directapply", "direct_apply", "external_apply_url", "no_jb_schema",
        "ats_duplicate", "expired", "source_slug", "org_linkedin_name", "org_logo_permalink",
    }
)  # fmt: skip
KNOWN_EXTRA_PREFIXES = ("org_crunchbase_", "classification_")
