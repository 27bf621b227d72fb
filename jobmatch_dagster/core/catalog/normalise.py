"""From a vendor record, of either generation, to a `Posting`.

Put here what concerns a whole record or page. Names and readers of single fields stand in `fields.py`.
"""

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from jobmatch_dagster.core.catalog.dedupe import ad_key
from jobmatch_dagster.core.catalog.legacy import vendor_record
from jobmatch_dagster.core.matching.embedding_text import posting_text
from jobmatch_dagster.core.posting import POSTING_COLUMNS, SALARY_UNITS, Posting
from jobmatch_dagster.core.raw.fields import (
    FIELDS,
    KNOWN_EXTRA,
    KNOWN_EXTRA_PREFIXES,
    REQUIRED,
    UnusableValueError,
    is_personal,
    read_amount,
    read_choice,
    read_line,
    storable,
)
from jobmatch_dagster.core.text import clean_line, sha256_hex, strip_noise
from jobmatch_dagster.errors import InputError

NORMALISER_VERSION = 2

# What a record keeps of a value that could not be used: enough to see what it was.
_MAX_KEPT_CHARACTERS = 500
_MAX_RECORD_CHARACTERS = 200_000
_MAX_INTEGER_DIGITS = 100
_SPELLINGS = {
    spelling: (name, column, read)
    for name, (g2_name, column, read) in FIELDS.items()
    for spelling in (name, g2_name)
    if spelling
}
# Columns that are not of the ad: what follows from the others, and what only some feeds tell.
_NOT_COMPARED = frozenset({"record_hash", "text_hash", "ad_key", "date_modified", "modified_fields"})
_COMPARED_COLUMNS = tuple(sorted(column for column in POSTING_COLUMNS if column not in _NOT_COMPARED))


class PageError(InputError):
    """A page that is no array of records."""


class RecordError(InputError):
    """A record that cannot become a posting.

    Attributes:
        field: name of the field that stands in the way.
        reason: what is wrong with it and what would be accepted.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True)
class Rejected:
    """A record that could not be used, as the quarantine keeps it."""

    position: int
    external_id: str | None
    field: str
    reason: str
    record: str


@dataclass
class PageContent:
    """What a page held: postings with their zero-based positions, and what could not be used."""

    postings: list[tuple[int, Posting]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    unknown_fields: dict[str, int] = field(default_factory=dict)


def parse_page(body: bytes) -> list[Any]:
    """The records of a page: a bare array, or one wrapped as `{"data": [...]}` or `{"jobs": [...]}`.

    A page of rows of the legacy project, `{"legacy_rows": [...]}`, holds them as they stood in its tables.

    Raises:
        PageError: if the body is anything else.
    """
    text = body.decode("utf-8-sig", errors="replace")
    try:
        page = _loads(text)
    except RecursionError:
        page = _elements(text)
    except ValueError:
        start = body.lstrip()[:1]
        kind = "an HTML page" if start == b"<" else "empty" if not start else "no complete JSON"
        raise PageError(f"the body is {kind}, not an array of records") from None
    if isinstance(page, dict) and isinstance(page.get("legacy_rows"), list):
        return [vendor_record(row) if isinstance(row, dict) else row for row in page["legacy_rows"]]
    if isinstance(page, dict):
        page = next((page[key] for key in ("data", "jobs") if isinstance(page.get(key), list)), page)
    if not isinstance(page, list):
        raise PageError(f"the body is JSON of type {type(page).__name__}, not an array of records")
    return page


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=_integer)


def _integer(digits: str) -> int | float:
    """Python refuses integers of over 4,300 digits; one of them must not cost the page."""
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else float(digits)


class _Unreadable(str):
    """The JSON of a record that is nested too deeply to be read."""


def _elements(text: str) -> list[Any]:
    """The elements of an array of which some are nested too deeply to be read; those as `_Unreadable`.

    Raises:
        PageError: if the text is no complete array.
    """
    elements: list[Any] = []
    depth = start = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{},]', text):
        mark = token[0]
        if mark in "]}":
            depth -= 1
        if (depth == 1 and mark == ",") or (depth == 0 and mark == "]"):
            elements.append(_element(text[start : token.start()]))
        if depth == (1 if mark == "," else 0):
            start = token.end()
        if mark in "[{":
            depth += 1
    if depth or not text.lstrip().startswith("["):
        raise PageError("the body is nested too deeply to be read")
    return elements


def _element(text: str) -> Any:
    try:
        return _loads(text)
    except (ValueError, RecursionError):
        return _Unreadable(text[:_MAX_KEPT_CHARACTERS])


def expired_ids(body: bytes) -> list[str]:
    """Ids of the expired feed, which comes as strings, integers or objects with an `id`.

    Raises:
        PageError: if the body is no array.
    """
    found = (item.get("id") if isinstance(item, dict) else item for item in parse_page(body))
    return [clean_line(str(item)) for item in found if isinstance(item, int | str) and not isinstance(item, bool)]


def normalise_page(body: bytes) -> PageContent:
    """Every record of a page as a posting, or with the reason why it is none.

    Raises:
        PageError: if the page is no array of records.
    """
    content = PageContent()
    for position, record in enumerate(parse_page(body)):
        try:
            posting, unknown = _normalise(record)
        except RecordError as error:
            content.rejected.append(_rejected(position, record, error))
            continue
        content.postings.append((position, posting))
        for name in unknown:
            content.unknown_fields[name] = content.unknown_fields.get(name, 0) + 1
    return content


def normalise_record(record: object) -> Posting:
    """One record as a posting.

    A value that its field cannot hold becomes None and is kept, with the reason, in
    `extra["_unusable"][field]`; fields that the schema does not know are kept in `extra`.

    Raises:
        RecordError: if the record is no object or lacks a usable id, title, organization, url or date_created.
    """
    return _normalise(record)[0]


def _normalise(record: object) -> tuple[Posting, list[str]]:
    if isinstance(record, _Unreadable):
        raise RecordError("(record)", "nested too deeply to be read; expected a plain object")
    if not isinstance(record, Mapping):
        raise RecordError("(record)", f"JSON of type {type(record).__name__}; expected an object")
    unusable: dict[str, Any] = {}
    values = _read_fields(record, unusable)
    extra, unknown = _read_rest(record, unusable)
    values["location"] = _location(values)
    values |= _salary(values.get("salary_raw"), unusable)
    if unusable:
        extra["_unusable"] = unusable
    posting = Posting(**values, extra=extra or None, ad_key=ad_key(values["company"], values["title"]))
    return dataclasses.replace(posting, record_hash=_record_hash(posting), text_hash=_text_hash(posting)), unknown


def _read_fields(record: Mapping[str, Any], unusable: dict[str, Any]) -> dict[str, Any]:
    """Values of the documented fields by column; what cannot be used is noted."""
    values: dict[str, Any] = {}
    for key, (name, column, read) in _SPELLINGS.items():
        if key not in record:
            continue
        try:
            found = read(record[key])
        except UnusableValueError as error:
            if name in REQUIRED:
                raise RecordError(name, str(error)) from None
            unusable[column] = _note(record[key], str(error))
            continue
        # A record that carries both spellings of a field keeps the one that says something.
        if values.get(column) is None:
            values[column] = found
    for name in REQUIRED:
        if values.get(FIELDS[name][1]) is None:
            raise RecordError(name, "missing or empty; a posting needs one")
    return values


def _read_rest(record: Mapping[str, Any], unusable: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Fields without a column, and the names of those that are news."""
    extra: dict[str, Any] = {}
    unknown: list[str] = []
    for key in record:
        if key in _SPELLINGS or is_personal(key):
            continue
        if not (key in KNOWN_EXTRA or key.startswith(KNOWN_EXTRA_PREFIXES)):
            unknown.append(clean_line(key)[:200])
        if record[key] not in (None, "", [], {}):
            _keep(extra, unusable, key, record[key])
    return extra, unknown


def _keep(extra: dict[str, Any], unusable: dict[str, Any], key: str, value: Any) -> None:
    name = clean_line(key)[:200]
    try:
        extra[name] = storable(value)
    except UnusableValueError as error:
        unusable[name] = _note(value, str(error))


def _note(value: Any, reason: str) -> dict[str, str]:
    return {"value": clean_line(_json(value)[:_MAX_KEPT_CHARACTERS]), "reason": reason}


def _location(values: Mapping[str, Any]) -> str | None:
    """One line for people: the derived places, else town and country of the raw ones."""
    if places := values.get("locations_derived"):
        return "; ".join(places)
    lines = []
    for place in values.get("locations_raw") or ():
        address = place.get("address") if isinstance(place, Mapping) else None
        if isinstance(address, Mapping):
            parts = (address.get(part) for part in ("addressLocality", "addressRegion", "addressCountry"))
            words = [part for part in parts if isinstance(part, str) and part and part != "NULL"]
            lines.append(", ".join(dict.fromkeys(words)))
    return "; ".join(dict.fromkeys(line for line in lines if line)) or None


def _salary(raw: Any, unusable: dict[str, Any]) -> dict[str, Any]:
    """Amounts of a schema.org MonetaryAmount; bounds that are the wrong way round are put right."""
    found: dict[str, Any] = {}
    if not isinstance(raw, Mapping):
        return found
    inner = raw.get("value")
    amount = inner if isinstance(inner, Mapping) else raw
    single = amount.get("value")
    readings = {
        "salary_currency": (read_line, raw.get("currency")),
        "salary_min": (read_amount, amount.get("minValue", single)),
        "salary_max": (read_amount, amount.get("maxValue", single)),
        "salary_unit": (read_choice(SALARY_UNITS), amount.get("unitText")),
    }
    for column, (read, value) in readings.items():
        try:
            found[column] = read(value)
        except UnusableValueError as error:
            unusable[column] = _note(value, str(error))
    low, high = found.get("salary_min"), found.get("salary_max")
    if low is not None and high is not None and low > high:
        found["salary_min"], found["salary_max"] = high, low
    return found


def _record_hash(posting: Posting) -> str:
    """Differs when anything changed but the query of a logo's address, which signs and expires."""
    columns = {name: getattr(posting, name) for name in _COMPARED_COLUMNS}
    logo = columns["organization_logo"]
    columns["organization_logo"] = logo.split("?", 1)[0] if logo else None
    return sha256_hex(_json(columns))


def _text_hash(posting: Posting) -> str:
    text = posting_text(
        title=posting.title,
        key_skills=posting.ai_key_skills,
        keywords=posting.ai_keywords,
        core_responsibilities=posting.ai_core_responsibilities,
        requirements_summary=posting.ai_requirements_summary,
        description=posting.description,
    )
    return sha256_hex(strip_noise(text) + "\n" + strip_noise(posting.description or ""))


def _rejected(position: int, record: Any, error: RecordError) -> Rejected:
    external_id = None
    if isinstance(record, Mapping):
        record = {key: value for key, value in record.items() if not is_personal(key)}
        if isinstance(record.get("id"), int | str):
            external_id = clean_line(str(record["id"]))[:100] or None
    text = _json(record).replace("\\u0000", "")[:_MAX_RECORD_CHARACTERS]
    return Rejected(position, external_id, error.field, error.reason, text)


def _json(value: Any) -> str:
    """Canonical JSON in ASCII; times and decimals in their one spelling."""
    try:
        return json.dumps(value, sort_keys=True, default=_plain)
    except RecursionError:
        return '"nested too deeply to be shown"'


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    raise TypeError(f"no JSON form for {type(value).__name__}")
