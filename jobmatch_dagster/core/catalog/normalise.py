"""From a vendor record, of either generation, to a `Posting`.

Belongs here: what concerns a whole record. `core/raw/fields.py` names the fields, `field_readers.py` reads single
values, `page_records.py` finds the records of a page.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from jobmatch_dagster.core.catalog.dedupe import ad_key
from jobmatch_dagster.core.catalog.legacy import LEGACY_ROWS, vendor_record
from jobmatch_dagster.core.json_values import JsonObject, JsonValue
from jobmatch_dagster.core.matching.embedding_text import posting_text
from jobmatch_dagster.core.posting import POSTING_COLUMNS, Posting
from jobmatch_dagster.core.raw.documents import DOCUMENT_PAGE, document_records
from jobmatch_dagster.core.raw.field_readers import (
    UnusableValueError,
    is_empty_word,
    read_currency,
    read_money,
    read_salary_unit,
    storable,
)
from jobmatch_dagster.core.raw.fields import FIELDS, KNOWN_EXTRA, KNOWN_EXTRA_PREFIXES, REQUIRED, is_personal
from jobmatch_dagster.core.raw.page_records import UnreadableRecord, UnusableRecord, page_records, parse_body
from jobmatch_dagster.core.text import clean_line, sha256_hex, strip_noise
from jobmatch_dagster.errors import InputError

NORMALISER_VERSION = 4

# Enough of an unusable value to see what it was.
_MAX_KEPT_CHARACTERS = 500
_MAX_RECORD_CHARACTERS = 200_000
_SPELLINGS = {
    spelling: (name, vendor_field)
    for name, vendor_field in FIELDS.items()
    for spelling in (name, vendor_field.g2_name)
    if spelling
}
# Columns outside the comparison of two versions: those computed from others, and those that only some feeds send.
_NOT_COMPARED = frozenset({"record_hash", "text_hash", "ad_key", "date_modified", "modified_fields"})
_COMPARED_COLUMNS = tuple(sorted(column for column in POSTING_COLUMNS if column not in _NOT_COMPARED))


class RecordError(InputError):
    """A record that cannot become a posting.

    Attributes:
        field: name of the field that prevents it.
        reason: what is wrong with it and what would be accepted.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True)
class Rejected:
    """A record that could not be used, as the quarantine stores it."""

    position: int
    external_id: str | None
    field: str
    reason: str
    record: str


@dataclass
class PageContent:
    """What a page contains: postings with their zero-based positions, rejected records, and counts of new fields."""

    postings: list[tuple[int, Posting]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    unknown_fields: dict[str, int] = field(default_factory=dict)


def parse_stored_page(body: bytes) -> list[JsonValue]:
    """The records of a stored page: as the vendor sent them, or as the vendor would have sent those of another source.

    Raises:
        PageError: if the page is not an array of records.
    """
    page = parse_body(body)
    if isinstance(page, dict) and isinstance(rows := page.get(LEGACY_ROWS), list):
        return [vendor_record(row) if isinstance(row, dict) else row for row in rows]
    if isinstance(page, dict) and isinstance(document := page.get(DOCUMENT_PAGE), dict):
        return document_records(document)
    return page_records(page)


def normalise_page(body: bytes) -> PageContent:
    """Every record of a page as a posting, or with the reason why it cannot be one.

    Raises:
        PageError: if the page is not an array of records.
    """
    content = PageContent()
    for position, record in enumerate(parse_stored_page(body)):
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

    A value that its field cannot take becomes None and is stored with the reason in `extra["_unusable"][field]`.
    Fields that the schema does not know are stored in `extra`.

    Raises:
        RecordError: if the record is no object or lacks a usable id, title, organization, url or date_created.
    """
    return _normalise(record)[0]


def _normalise(record: object) -> tuple[Posting, list[str]]:
    if isinstance(record, UnreadableRecord):
        raise RecordError("(record)", "nested too deeply to be read; expected a plain object")
    if isinstance(record, UnusableRecord):
        raise RecordError(record.field, record.reason)
    if not isinstance(record, Mapping):
        raise RecordError("(record)", f"JSON of type {type(record).__name__}; expected an object")
    unusable: dict[str, JsonValue] = {}
    values = _read_fields(record, unusable)
    extra, unknown = _read_rest(record, unusable)
    values["location"] = _location(values)
    values |= _salary(values.get("salary_raw"), unusable)
    _order_bounds(values)
    if unusable:
        extra["_unusable"] = unusable
    posting = Posting(**values, extra=extra or None, ad_key=ad_key(values["company"], values["title"]))
    return dataclasses.replace(posting, record_hash=_record_hash(posting), text_hash=_text_hash(posting)), unknown


def _read_fields(record: JsonObject, unusable: dict[str, JsonValue]) -> dict[str, Any]:
    """Values of the documented fields by column; unusable values are noted."""
    values: dict[str, Any] = {}
    for key, (name, vendor_field) in _SPELLINGS.items():
        if key not in record:
            continue
        try:
            value = vendor_field.read(record[key])
        except UnusableValueError as error:
            if name in REQUIRED:
                raise RecordError(name, str(error)) from None
            unusable[vendor_field.column] = _note(record[key], str(error))
            continue
        # If a record has both spellings of a field, the one with a value counts.
        if values.get(vendor_field.column) is None:
            values[vendor_field.column] = value
    for name in REQUIRED:
        if values.get(FIELDS[name].column) is None:
            raise RecordError(name, "missing or empty; a posting needs one")
    return values


def _read_rest(record: JsonObject, unusable: dict[str, JsonValue]) -> tuple[dict[str, JsonValue], list[str]]:
    """Fields without a column, and the names of those that are new."""
    extra: dict[str, JsonValue] = {}
    unknown: list[str] = []
    for key in record:
        if key in _SPELLINGS or is_personal(key):
            continue
        name = clean_line(key)[:200]
        if not (key in KNOWN_EXTRA or key.startswith(KNOWN_EXTRA_PREFIXES)):
            unknown.append(name)
        if record[key] not in (None, "", [], {}):
            try:
                extra[name] = storable(record[key])
            except UnusableValueError as error:
                unusable[name] = _note(record[key], str(error))
    return extra, unknown


def _note(value: JsonValue, reason: str) -> dict[str, str]:
    return {"value": clean_line(_json(value)[:_MAX_KEPT_CHARACTERS]), "reason": reason}


def _location(values: Mapping[str, Any]) -> str | None:
    """One line for people: the derived places, else town, region and country of the raw ones."""
    if places := values.get("locations_derived"):
        return "; ".join(places)
    lines = []
    for place in values.get("locations_raw") or ():
        address = place.get("address") if isinstance(place, Mapping) else None
        if isinstance(address, Mapping):
            parts = (_name(address.get(part)) for part in ("addressLocality", "addressRegion", "addressCountry"))
            lines.append(", ".join(dict.fromkeys(part for part in parts if part)))
        elif name := _name(address) or _name(place):
            lines.append(name)
    return "; ".join(dict.fromkeys(line for line in lines if line)) or None


def _name(value: JsonValue) -> str | None:
    """A place's name: text, or an object of schema.org with a name."""
    if isinstance(value, Mapping):
        value = value.get("name")
    return clean_line(value) if isinstance(value, str) and not is_empty_word(value) else None


def _salary(raw: JsonValue, unusable: dict[str, JsonValue]) -> dict[str, object]:
    """Amounts of a schema.org MonetaryAmount; the unit may stand beside the value."""
    found: dict[str, object] = {}
    if not isinstance(raw, Mapping):
        return found
    inner = raw.get("value")
    amount = inner if isinstance(inner, Mapping) else raw
    single = amount.get("value")

    def read(column: str, reader: Callable[[JsonValue], object], value: JsonValue) -> None:
        try:
            found[column] = reader(value)
        except UnusableValueError as error:
            unusable[column] = _note(value, str(error))

    read("salary_currency", read_currency, raw.get("currency") or amount.get("currency"))
    read("salary_min", read_money, amount.get("minValue", single))
    read("salary_max", read_money, amount.get("maxValue", single))
    read("salary_unit", read_salary_unit, amount.get("unitText") or raw.get("unitText"))
    return found


def _order_bounds(values: dict[str, Any]) -> None:
    """Put lower and upper bounds that a source swapped in their order."""
    for low, high in (("salary_min", "salary_max"), ("ai_salary_minvalue", "ai_salary_maxvalue")):
        bounds = values.get(low), values.get(high)
        if None not in bounds and values[low] > values[high]:
            values[high], values[low] = bounds


def _record_hash(posting: Posting) -> str:
    """Changes with any column, except the query of the logo's address, which is signed and expires."""
    columns = {name: getattr(posting, name) for name in _COMPARED_COLUMNS}
    logo = columns["organization_logo"]
    columns["organization_logo"] = logo.split("?", 1)[0] if logo else None
    return sha256_hex(_json(columns))


def _text_hash(posting: Posting) -> str:
    return sha256_hex(strip_noise(posting_text(posting)) + "\n" + strip_noise(posting.description or ""))


def _rejected(position: int, record: JsonValue, error: RecordError) -> Rejected:
    external_id = None
    if isinstance(record, Mapping):
        record = {key: value for key, value in record.items() if not is_personal(key)}
        if isinstance(record.get("id"), int | str):
            external_id = clean_line(str(record["id"]))[:100] or None
    text = _json(record).replace("\\u0000", "")[:_MAX_RECORD_CHARACTERS]
    return Rejected(position, external_id, error.field, error.reason, text)


def _json(value: object) -> str:
    """Canonical JSON in ASCII; times and decimals have one spelling."""
    try:
        return json.dumps(value, sort_keys=True, default=_plain)
    except RecursionError:
        return '"nested too deeply to be shown"'


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    raise TypeError(f"no JSON form for {type(value).__name__}")
