"""A user's preferences: where, how and for how much they want to work, for whom not, and how they hear of matches.

Belongs here: the shape of preferences and the parsing of what a person writes. `core/matching/conditions.py` compares
them with postings.
"""

import difflib
import functools
import re
import tomllib
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from jobmatch_dagster.core.posting import WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.cv.word_lists import word_list
from jobmatch_dagster.core.vocabulary.gazetteer import find_places
from jobmatch_dagster.errors import InputError

MAX_FILE_BYTES = 64 * 1024
_MAX_ENTRIES = 100
_MAX_CHARACTERS = 100
_MAX_SALARY = 1_000_000_000
_MAX_KM = 20_000
_MAX_MATCHES = 100
_MAX_SCORE = 100
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+[A-Za-z]{2,63}")
_MAX_EMAIL_CHARACTERS = 254
DIGEST_EVERY = ("day", "hour", "never")
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


class PreferencesError(InputError):
    """Preferences that cannot be accepted. The message names each field and its remedy, never a value."""


def _texts(value: object) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence) or not all(isinstance(item, str) for item in values):
        raise PreferencesError('must be a list of texts, such as ["Berlin", "Hamburg"]')
    cleaned = [" ".join(item.split()) for item in values]
    if len(cleaned) > _MAX_ENTRIES or any(not 0 < len(item) <= _MAX_CHARACTERS for item in cleaned):
        raise PreferencesError(f"must be at most {_MAX_ENTRIES} texts of 1 to {_MAX_CHARACTERS} characters each")
    if any(not item.isprintable() for item in cleaned):
        raise PreferencesError("contains control characters: write plain text")
    return cleaned


def _names(value: object) -> tuple[str, ...] | None:
    """Each name once, in the spelling that comes first."""
    once: dict[str, str] = {}
    for item in _texts(value):
        once.setdefault(item.casefold(), item)
    return tuple(once.values()) or None


def _arrangements(value: object) -> tuple[str, ...] | None:
    wanted: set[str] = set()
    for item in _texts(value):
        names = _ARRANGEMENTS.get(item.casefold().replace("_", " "))
        if names is None:
            raise PreferencesError(f"must be among {', '.join(WORK_ARRANGEMENTS)} (or remote, for both remote ones)")
        wanted.update(names)
    return tuple(name for name in WORK_ARRANGEMENTS if name in wanted) or None


def _languages(value: object) -> tuple[str, ...] | None:
    words = word_list("languages")
    english = {name: known for known, names in words["names"].items() for name in names} | words["codes"]
    found = [english.get(item.casefold()) for item in _texts(value)]
    if None in found:
        raise PreferencesError("must be languages by their English or German name, such as German")
    return tuple(dict.fromkeys(str(name) for name in found)) or None


def _salary(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_SALARY:
        raise PreferencesError(f"must be a yearly amount from 0 to {_MAX_SALARY:,}, a number without quotes")
    return float(value)


def _kilometres(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MAX_KM:
        raise PreferencesError(f"must be a whole number of kilometres from 1 to {_MAX_KM:,}, without quotes")
    return value


def _currency(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{3}", value):
        raise PreferencesError('must be a currency code of three letters, such as "EUR"')
    return value.upper()


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise PreferencesError("must be true or false, without quotes")
    return value


def _every(value: object) -> str:
    if value not in DIGEST_EVERY:
        raise PreferencesError(f"must be one of {', '.join(DIGEST_EVERY)}")
    return str(value)


def _matches(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MAX_MATCHES:
        raise PreferencesError(f"must be a whole number from 1 to {_MAX_MATCHES}, without quotes")
    return value


def _score(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_SCORE:
        raise PreferencesError(f"must be a whole number from 0 to {_MAX_SCORE}, without quotes")
    return value


def _channels(value: object) -> tuple[str, ...] | None:
    names = _names(value)
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


class Preferences(BaseModel):
    """The columns of `user_preferences` that a user sets, field for field. None: the user does not mind.

    Names are kept once each, in the spelling that comes first; an empty list is None. A minimum salary needs its
    currency and the other way round; quiet hours need a time zone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    locations: Annotated[tuple[str, ...] | None, BeforeValidator(_names)] = None
    max_km: Annotated[int | None, BeforeValidator(_kilometres)] = None
    work_arrangements: Annotated[tuple[str, ...] | None, BeforeValidator(_arrangements)] = None
    min_salary: Annotated[float | None, BeforeValidator(_salary)] = None
    salary_currency: Annotated[str | None, BeforeValidator(_currency)] = None
    needs_visa: Annotated[bool | None, BeforeValidator(_yes_or_no)] = None
    languages: Annotated[tuple[str, ...] | None, BeforeValidator(_languages)] = None
    excluded_companies: Annotated[tuple[str, ...] | None, BeforeValidator(_names)] = None
    digest_every: Annotated[str | None, BeforeValidator(_every)] = None
    digest_max_matches: Annotated[int | None, BeforeValidator(_matches)] = None
    digest_min_score: Annotated[int | None, BeforeValidator(_score)] = None
    digest_channels: Annotated[tuple[str, ...] | None, BeforeValidator(_channels)] = None
    email: Annotated[str | None, BeforeValidator(_email)] = None
    quiet_hours: Annotated[str | None, BeforeValidator(_quiet_hours)] = None
    time_zone: Annotated[str | None, BeforeValidator(_time_zone)] = None

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

    def as_row(self) -> dict[str, Any]:
        """Values by column; lists where the column is an array."""
        return self.model_dump(mode="json")


PREFERENCES_FIELDS = tuple(Preferences.model_fields)


def parse_preferences(content: bytes) -> Preferences:
    """Preferences from the content of a TOML file (`preferences.toml`).

    Raises:
        PreferencesError: if it is not TOML, or naming every field that is wrong.
    """
    if len(content) > MAX_FILE_BYTES:
        raise PreferencesError(f"the file is larger than {MAX_FILE_BYTES // 1024} KiB: preferences are a few lines")
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise PreferencesError("the file is not UTF-8: save it as UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"line \d+", str(error))
        where = f" ({line[0]})" if line else ""
        raise PreferencesError(f'the file is not TOML{where}: write lines such as locations = ["Berlin"]') from None
    return validate_preferences(values)


def validate_preferences(values: Mapping[str, Any]) -> Preferences:
    """Preferences from values by field name; a field that is missing does not matter to the user.

    Raises:
        PreferencesError: naming every field that is wrong.
    """
    try:
        return Preferences.model_validate({_printable(name): value for name, value in values.items()})
    except ValidationError as error:
        # Not chained: the original names the values.
        raise PreferencesError("; ".join(_message(problem) for problem in error.errors())) from None


def _message(problem: Mapping[str, Any]) -> str:
    """One of pydantic's errors: of an unknown field, of a field's value, or (without a place) of the whole."""
    place: tuple[str, ...] = problem["loc"]
    remedy = _remedy(place[0]) if problem["type"] == "extra_forbidden" else str(problem["ctx"]["error"])
    return ": ".join([*place, remedy])


def _remedy(unknown: str) -> str:
    near = difflib.get_close_matches(unknown.casefold(), PREFERENCES_FIELDS, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(PREFERENCES_FIELDS)}"
    return f"no such field; {remedy}"


def _printable(name: str) -> str:
    """A field's name as a message may show it: names are untrusted too."""
    return name if re.fullmatch(r"\w{1,40}", name) else "(a field with an odd name)"
