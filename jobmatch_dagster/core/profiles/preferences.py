"""What a user asks of postings: where, how, for how much, and not from whom.

Put here the shape of preferences and the reading of what a person writes. How postings are held against them belongs to
the matching.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from jobmatch_dagster.core.posting import WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.cv.vocabulary import table
from jobmatch_dagster.errors import InputError

MAX_FILE_BYTES = 64 * 1024
_MAX_ENTRIES = 100
_MAX_CHARACTERS = 100
_MAX_SALARY = 1_000_000_000
# What people write for the vendor's words.
_ARRANGEMENTS = {
    "remote": ("Remote OK", "Remote Solely"),
    "home office": ("Remote OK", "Remote Solely"),
    "remote only": ("Remote Solely",),
    "onsite": ("On-site",),
    "office": ("On-site",),
} | {name.casefold(): (name,) for name in WORK_ARRANGEMENTS}


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """Field for field the columns of `user_preferences` that a user sets. None means: does not matter."""

    locations: tuple[str, ...] | None = None
    work_arrangements: tuple[str, ...] | None = None
    min_salary: float | None = None
    salary_currency: str | None = None
    needs_visa: bool | None = None
    languages: tuple[str, ...] | None = None
    excluded_companies: tuple[str, ...] | None = None

    def as_row(self) -> dict[str, Any]:
        """Values by column; lists where the column is an array."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


FIELDS = tuple(field.name for field in fields(Preferences))


class PreferencesError(InputError):
    """Preferences that cannot be taken in. The message names each field and its remedy, never what was written."""


def read_preferences(content: bytes) -> Preferences:
    """Preferences from a TOML file (`preferences.toml`).

    Raises:
        PreferencesError: no TOML, unknown fields, wrong kinds of values.
    """
    if len(content) > MAX_FILE_BYTES:
        raise PreferencesError(f"the file is larger than {MAX_FILE_BYTES // 1024} KiB: preferences are a few lines")
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise PreferencesError("the file is not UTF-8: save it as UTF-8 text") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = re.search(r"line \d+", str(error))
        where = f" ({place[0]})" if place else ""
        raise PreferencesError(f'no TOML{where}: write lines such as locations = ["Berlin"]') from error
    return check_preferences(values)


def check_preferences(values: Mapping[str, Any]) -> Preferences:
    """Preferences from values by field name; a field left out does not matter.

    Raises:
        PreferencesError: naming every field that is wrong.
    """
    problems: list[str] = []
    found: dict[str, Any] = {}
    for name, value in values.items():
        try:
            if name not in _READERS:
                raise _unknown(name)
            found[name] = _READERS[name](value)
        except PreferencesError as error:
            problems.append(f"{_shown(name)}: {error}")
    if (found.get("min_salary") is None) != (found.get("salary_currency") is None) and not problems:
        missing = "salary_currency" if found.get("salary_currency") is None else "min_salary"
        problems.append(f"{missing}: missing; an amount needs its currency, and a currency its amount")
    if problems:
        raise PreferencesError("; ".join(problems))
    return Preferences(**found)


def _unknown(name: str) -> PreferencesError:
    near = difflib.get_close_matches(name.casefold(), FIELDS, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(FIELDS)}"
    return PreferencesError(f"no such field; {remedy}")


def _shown(name: str) -> str:
    """A field's name as it may stand in a message: names are untrusted too."""
    return name if re.fullmatch(r"\w{1,40}", name) else "(a field with an odd name)"


def _strings(value: Any) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence) or not all(isinstance(item, str) for item in values):
        raise PreferencesError('must be a list of texts, such as ["Berlin", "Hamburg"]')
    cleaned = [" ".join(item.split()) for item in values]
    if len(cleaned) > _MAX_ENTRIES or any(not 0 < len(item) <= _MAX_CHARACTERS for item in cleaned):
        raise PreferencesError(f"at most {_MAX_ENTRIES} texts of 1 to {_MAX_CHARACTERS} characters")
    if any(not item.isprintable() for item in cleaned):
        raise PreferencesError("holds control characters: write plain text")
    return cleaned


def _names(value: Any) -> tuple[str, ...] | None:
    once: dict[str, str] = {}
    for item in _strings(value):
        once.setdefault(item.casefold(), item)
    return tuple(once.values()) or None


def _arrangements(value: Any) -> tuple[str, ...] | None:
    wanted: set[str] = set()
    for item in _strings(value):
        names = _ARRANGEMENTS.get(item.casefold().replace("_", " "))
        if names is None:
            raise PreferencesError(f"must be of {', '.join(WORK_ARRANGEMENTS)} (remote stands for both remote ones)")
        wanted.update(names)
    return tuple(name for name in WORK_ARRANGEMENTS if name in wanted) or None


def _languages(value: Any) -> tuple[str, ...] | None:
    words = table("languages")
    english = {name: known for known, names in words["names"].items() for name in names} | words["codes"]
    found = [english.get(item.casefold()) for item in _strings(value)]
    if None in found:
        raise PreferencesError("must be languages by their English or German name, such as German")
    return tuple(dict.fromkeys(str(name) for name in found)) or None


def _salary(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_SALARY:
        raise PreferencesError(f"must be a yearly amount from 0 to {_MAX_SALARY:,}, a number without quotes")
    return float(value)


def _currency(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{3}", value):
        raise PreferencesError('must be a currency code of three letters, such as "EUR"')
    return value.upper()


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise PreferencesError("must be true or false, without quotes")
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "locations": _names,
    "work_arrangements": _arrangements,
    "min_salary": _salary,
    "salary_currency": _currency,
    "needs_visa": _yes_or_no,
    "languages": _languages,
    "excluded_companies": _names,
}
