"""A user's preferences: where and how they want to work, what counts in a score, how they hear of matches.

Belongs here: the shape of preferences and the parsing of what a person writes. `core/matching/conditions.py` compares
them with postings.
"""

import functools
import re
import zoneinfo
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from jobmatch_dagster.core.posting import WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.user_toml import (
    UserTomlError,
    distinct_texts,
    parse_toml,
    spoken_languages,
    texts,
    validated,
)
from jobmatch_dagster.core.vocabulary.gazetteer import find_places

_MAX_SALARY = 1_000_000_000
_MAX_KM = 20_000
_MAX_MATCHES = 100
_MAX_WEIGHT = 100
_TABLE = "weights"
_MAX_SCORE = 100
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+[A-Za-z]{2,63}")
_MAX_EMAIL_CHARACTERS = 254
DIGEST_EVERY = ("day", "hour", "never")
EXPLANATION_LANGUAGES = ("en", "de")
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_QUIET_HOURS = re.compile(rf"\s*(?P<begin>{_TIME})\s*-\s*(?P<end>{_TIME})\s*")
# What people write for the vendor's words.
_ARRANGEMENTS = {
    "remote": ("Remote OK", "Remote Solely"),
    "home office": ("Remote OK", "Remote Solely"),
    "remote only": ("Remote Solely",),
    "onsite": ("On-site",),
    "office": ("On-site",),
} | {name.casefold(): (name,) for name in WORK_ARRANGEMENTS}


class PreferencesError(UserTomlError):
    """Preferences that cannot be accepted. The message names each field and its remedy, never a value."""


def _arrangements(value: object) -> tuple[str, ...] | None:
    wanted: set[str] = set()
    for item in texts(value):
        names = _ARRANGEMENTS.get(item.casefold().replace("_", " "))
        if names is None:
            raise PreferencesError(f"must be among {', '.join(WORK_ARRANGEMENTS)} (or remote, for both remote ones)")
        wanted.update(names)
    return tuple(name for name in WORK_ARRANGEMENTS if name in wanted) or None


def _salary(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_SALARY:
        raise PreferencesError(f"must be a yearly amount from 0 to {_MAX_SALARY:,}, a number without quotes")
    return float(value)


def _whole_number(value: object, lowest: int, highest: int, *, what: str = "whole number") -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise PreferencesError(f"must be a {what} from {lowest} to {highest:,}, without quotes")
    return value


def _kilometres(value: object) -> int:
    return _whole_number(value, 1, _MAX_KM, what="whole number of kilometres")


def _currency(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{3}", value):
        raise PreferencesError('must be a currency code of three letters, such as "EUR"')
    return value.upper()


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise PreferencesError("must be true or false, without quotes")
    return value


def _weight(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_WEIGHT:
        raise PreferencesError(f"must be a number from 0 to {_MAX_WEIGHT}, without quotes")
    return round(float(value), 2)


def _every(value: object) -> str:
    if value not in DIGEST_EVERY:
        raise PreferencesError(f"must be one of {', '.join(DIGEST_EVERY)}")
    return str(value)


def _matches(value: object) -> int:
    return _whole_number(value, 1, _MAX_MATCHES)


def _score(value: object) -> int:
    return _whole_number(value, 0, _MAX_SCORE)


def _channels(value: object) -> tuple[str, ...] | None:
    names = distinct_texts(value)
    if names and not all(_CHANNEL.fullmatch(name) for name in names):
        raise PreferencesError('must be names of channels, such as ["files", "mail"]')
    return names


def _email(value: object) -> str:
    known = isinstance(value, str) and len(value) <= _MAX_EMAIL_CHARACTERS and _EMAIL.fullmatch(value)
    if not known or not isinstance(value, str):
        raise PreferencesError("must be one mail address in plain letters, name@host")
    return value


def _quiet_hours(value: object) -> str:
    found = _QUIET_HOURS.fullmatch(value) if isinstance(value, str) else None
    if not found or found["begin"] == found["end"]:
        raise PreferencesError('must be two times of the day that differ, such as "22:00-07:00"')
    return f"{found['begin']}-{found['end']}"


@functools.cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _time_zone(value: object) -> str:
    if not isinstance(value, str) or value not in _time_zones():
        raise PreferencesError('must be the name of a time zone, such as "Europe/Berlin"')
    return value


def _explanation_language(value: object) -> str:
    if value not in EXPLANATION_LANGUAGES:
        raise PreferencesError(f"must be one of {', '.join(EXPLANATION_LANGUAGES)}")
    return str(value)


class Preferences(BaseModel):
    """The columns of `user_preferences` that a user sets, field for field. None: the user does not mind.

    Names are kept once each, in the spelling that comes first; an empty list is None. A minimum salary needs its
    currency and the other way round; quiet hours need a time zone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    locations: Annotated[tuple[str, ...] | None, BeforeValidator(distinct_texts)] = None
    max_km: Annotated[int | None, BeforeValidator(_kilometres)] = None
    work_arrangements: Annotated[tuple[str, ...] | None, BeforeValidator(_arrangements)] = None
    min_salary: Annotated[float | None, BeforeValidator(_salary)] = None
    salary_currency: Annotated[str | None, BeforeValidator(_currency)] = None
    needs_visa: Annotated[bool | None, BeforeValidator(_yes_or_no)] = None
    languages: Annotated[tuple[str, ...] | None, BeforeValidator(spoken_languages)] = None
    excluded_companies: Annotated[tuple[str, ...] | None, BeforeValidator(distinct_texts)] = None
    skills_weight: Annotated[float | None, BeforeValidator(_weight)] = None
    experience_weight: Annotated[float | None, BeforeValidator(_weight)] = None
    industry_weight: Annotated[float | None, BeforeValidator(_weight)] = None
    work_arrangement_weight: Annotated[float | None, BeforeValidator(_weight)] = None
    semantic_weight: Annotated[float | None, BeforeValidator(_weight)] = None
    digest_every: Annotated[str | None, BeforeValidator(_every)] = None
    digest_max_matches: Annotated[int | None, BeforeValidator(_matches)] = None
    digest_min_score: Annotated[int | None, BeforeValidator(_score)] = None
    digest_channels: Annotated[tuple[str, ...] | None, BeforeValidator(_channels)] = None
    email: Annotated[str | None, BeforeValidator(_email)] = None
    quiet_hours: Annotated[str | None, BeforeValidator(_quiet_hours)] = None
    time_zone: Annotated[str | None, BeforeValidator(_time_zone)] = None
    explanation_language: Annotated[str | None, BeforeValidator(_explanation_language)] = None

    @property
    def language_of_reasons(self) -> str:
        """The language that the user asks for, else the first."""
        return self.explanation_language or EXPLANATION_LANGUAGES[0]

    @model_validator(mode="after")
    def _distance_has_towns(self) -> "Preferences":
        if self.max_km is not None and not any(
            place.coordinates for name in self.locations or () for place in find_places(name)
        ):
            raise PreferencesError("max_km: needs a known town in locations to measure from, such as Berlin")
        return self

    @model_validator(mode="after")
    def _amount_has_currency(self) -> "Preferences":
        if (self.min_salary is None) != (self.salary_currency is None):
            missing = "min_salary" if self.min_salary is None else "salary_currency"
            raise PreferencesError(f"{missing}: missing; an amount needs its currency, and a currency its amount")
        return self

    @model_validator(mode="after")
    def _quiet_hours_have_a_zone(self) -> "Preferences":
        if self.quiet_hours is not None and self.time_zone is None:
            raise PreferencesError('time_zone: missing; quiet_hours need one, such as "Europe/Berlin"')
        return self

    @model_validator(mode="after")
    def _something_counts(self) -> "Preferences":
        if all(getattr(self, f"{part}_weight") == 0 for part in WEIGHTED_PARTS):
            raise PreferencesError("weights: all are 0; give one of them a number above 0")
        return self

    def as_row(self) -> dict[str, Any]:
        """Values by column; lists where the column is an array."""
        return self.model_dump(mode="json")


PREFERENCES_FIELDS = tuple(Preferences.model_fields)
WEIGHTED_PARTS = tuple(name.removesuffix("_weight") for name in PREFERENCES_FIELDS if name.endswith("_weight"))
"""The parts of a score, in their order."""


def parse_preferences(content: bytes) -> Preferences:
    """Preferences from the content of a TOML file (`preferences.toml`).

    Raises:
        PreferencesError: if it is not TOML, or naming every field that is wrong.
    """
    values = parse_toml(content, about="preferences", example='locations = ["Berlin"]', error=PreferencesError)
    return validate_preferences(values)


def validate_preferences(values: Mapping[str, Any]) -> Preferences:
    """Preferences from values by field name; a field that is missing does not matter to the user.

    `weights` may be a table of weights by part, as in the file.

    Raises:
        PreferencesError: naming every field that is wrong.
    """
    return validated(Preferences, _with_weights(values), error=PreferencesError)


def _with_weights(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values with the table `weights` as fields of their own."""
    if _TABLE not in values:
        return values
    table = values[_TABLE]
    if not isinstance(table, Mapping) or not set(table) <= set(WEIGHTED_PARTS):
        parts = ", ".join(WEIGHTED_PARTS)
        raise PreferencesError(f"{_TABLE}: must be lines such as skills = 60 below [{_TABLE}], of {parts}")
    fields = {f"{part}_weight": weight for part, weight in table.items()}
    if twice := sorted(set(fields) & set(values)):
        raise PreferencesError(f"{twice[0]}: is in [{_TABLE}] too; leave it in one of the two")
    return {name: value for name, value in values.items() if name != _TABLE} | fields
