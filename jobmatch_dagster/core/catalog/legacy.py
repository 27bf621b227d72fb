"""Rows of the legacy project's tables as vendor records, and the decisions of its users.

Belongs here: what a legacy row means. `legacy_values.py` reads single values, `db/legacy` has the tables. Source of
columns and statuses: the tables of Inclusist/job-monitor, as its scripts create them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from jobmatch_dagster.core.catalog.legacy_values import (
    legacy_coordinates,
    legacy_flag,
    legacy_list,
    legacy_number,
    legacy_salary,
    legacy_text,
    legacy_time,
)
from jobmatch_dagster.core.json_values import JsonObject, JsonValue
from jobmatch_dagster.core.raw import field_readers as readers
from jobmatch_dagster.core.raw.field_readers import Reader, UnusableValueError
from jobmatch_dagster.core.raw.fields import FIELDS

Converter = Callable[[JsonValue], JsonValue]

# Field of a G1 record -> columns of the legacy tables. The first column with a usable value counts.
# No column has the vendor's indexing time; the time of discovery is closest to it.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("external_id", "job_id"),
    "organization": ("company", "organization"),
    "description_text": ("description", "description_text"),
    "date_posted": ("posted_date", "date_posted"),
    "date_created": ("date_created", "discovered_date", "posted_date", "created_at", "last_updated"),
    "remote_derived": ("remote", "remote_derived"),
}
USER_COLUMNS = (
    "match_score", "match_reasoning", "key_alignments", "potential_gaps", "priority", "status", "notes", "feedback",
    "user_id", "semantic_score", "claude_score",
)  # fmt: skip
"""Columns of the old `jobs` that belong to a user; they never reach the catalog."""
# Those and the legacy program's own columns are no part of a posting.
_NOT_OF_A_POSTING = frozenset(
    {
        *USER_COLUMNS, "id", "raw_data", "salary", "location", "last_updated", "created_at", "discovered_date",
        "merged_location_ids", "is_duplicate", "canonical_job_id",
    }
)  # fmt: skip
LEGACY_ROWS = "legacy_rows"
"""Key of a page with legacy rows: `{"legacy_rows": [...]}`."""
_SEEN = ("last_updated", "discovered_date", "created_at", "posted_date")
# The reader of a field -> the conversion of a legacy value to the form that the reader takes. Values of other fields
# have that form already.
_CONVERTERS: dict[Reader, Converter] = {
    readers.read_list: legacy_list,
    readers.read_places: legacy_list,
    readers.read_time: legacy_time,
    readers.read_flag: legacy_flag,
    readers.read_latitudes: legacy_coordinates,
    readers.read_longitudes: legacy_coordinates,
    readers.read_salary: legacy_salary,
    readers.read_amount: legacy_number,
    readers.read_count: legacy_number,
    readers.read_office_days: legacy_number,
    readers.read_weekly_hours: legacy_number,
    readers.read_text: legacy_text,
}

STATUSES = {
    "saved": "saved", "shortlisted": "saved", "bookmarked": "saved", "interested": "saved",
    "applied": "applied", "applying": "applied", "interview": "applied",
    "rejected": "rejected", "deleted": "rejected", "dismissed": "rejected", "hidden": "rejected",
    "not_interested": "rejected", "archived": "rejected",
}  # fmt: skip
"""Legacy status -> status in this project."""
NO_DECISION = frozenset({"", "new", "viewed", "seen", "active", "open"})
"""Legacy statuses that are no decision of a user."""


def vendor_record(row: JsonObject) -> dict[str, JsonValue]:
    """A row of `raw_jobs_test`, or of the old `jobs`, as the vendor would have sent it (G1).

    Usable values of the vendor's own response (`raw_data`) count. The columns supply the others.
    """
    raw = row.get("raw_data")
    record: dict[str, JsonValue] = dict(raw) if isinstance(raw, Mapping) else {}
    for name, columns, read in _FIELDS:
        if name != "id" and name in record and _is_usable(record[name], read):
            continue
        value = _first_usable(row, columns, read)
        if value is not None:
            record[name] = value
    if not record.get("locations_derived") and not record.get("locations_raw") and row.get("location"):
        record["locations_raw"] = [{"@type": "Place", "address": {"addressLocality": row["location"]}}]
    record |= {name: row[name] for name in row.keys() - _READ - _NOT_OF_A_POSTING - record.keys()}
    # A salary that cannot be read is passed on, so that the normaliser notes it with the reason.
    record["salary_raw"] = record.get("salary_raw") or legacy_salary(row.get("salary")) or row.get("salary")
    return {name: value for name, value in record.items() if value is not None}


def last_seen_at(rows: Iterable[JsonObject]) -> datetime | None:
    """When the legacy program last touched one of these rows; None if no row says."""
    moments = [moment for row in rows for name in _SEEN if (moment := read_moment(row.get(name)))]
    return max(moments, default=None)


def read_moment(value: JsonValue) -> datetime | None:
    """A legacy time; None if the value is no time."""
    try:
        return readers.read_time(legacy_time(value))
    except UnusableValueError:
        return None


@dataclass(frozen=True)
class LegacyStatus:
    """The status of one legacy match; `external_id` is None if no legacy table has the posting."""

    match_id: str
    user_key: str
    external_id: str | None
    status: str
    changed_at: datetime | None

    @property
    def word(self) -> str:
        """The status in lower case, as in `STATUSES` and `NO_DECISION`."""
        return self.status.strip().casefold()


@dataclass(frozen=True)
class Decision:
    """A legacy decision and its outcome: carried as `status`, older than another decision, or left with a reason."""

    found: LegacyStatus
    status: str | None
    outcome: Literal["carried", "older", "left"]
    reason: str | None


def choose_decisions(found: Iterable[LegacyStatus], converted: frozenset[str]) -> list[Decision]:
    """The newest decision of each user on each posting as carried, every other one with the reason.

    Args:
        found: statuses of all legacy matches, duplicates included.
        converted: external ids of the postings that are in the new `jobs`.
    """
    newest: dict[tuple[str, str], LegacyStatus] = {}
    decisions: list[Decision] = []
    oldest = datetime.min.replace(tzinfo=UTC)
    for item in sorted(found, key=lambda item: (item.changed_at or oldest, len(item.match_id), item.match_id)):
        if item.word in NO_DECISION:
            continue
        if reason := _why_left(item, converted):
            decisions.append(Decision(item, None, "left", reason))
            continue
        key = (item.user_key, item.external_id or "")
        if key in newest:
            decisions.append(Decision(newest[key], None, "older", "the user decided on the same posting later"))
        newest[key] = item
    carried = (Decision(item, STATUSES[item.word], "carried", None) for item in newest.values())
    return [*decisions, *carried]


def _why_left(item: LegacyStatus, converted: frozenset[str]) -> str | None:
    if item.word not in STATUSES:
        return f"the status is none of {', '.join(sorted(STATUSES))}"
    if item.external_id is None:
        return "no legacy table knows the posting"
    if item.external_id not in converted:
        return "the posting could not be converted, see quarantined_records"
    return None


def _first_usable(row: JsonObject, columns: Iterable[str], read: Reader) -> JsonValue:
    """The first usable value, else the first value at all, so that the normaliser notes why it is unusable."""
    convert = _CONVERTERS.get(read)
    unusable: JsonValue = None
    for column in columns:
        value = row.get(column)
        if value is None:
            continue
        converted = convert(value) if convert else value
        if _is_usable(converted, read):
            return converted
        unusable = converted if unusable is None else unusable
    return unusable


def _is_usable(value: JsonValue, read: Reader) -> bool:
    try:
        return value is not None and read(value) is not None
    except UnusableValueError:
        return False


_FIELDS = tuple((name, _COLUMNS.get(name, (field.column,)), field.read) for name, field in FIELDS.items())
_READ = frozenset(column for _, columns, _ in _FIELDS for column in columns)
