"""Rows of the legacy project's tables as vendor records, and its users' decisions.

Put here what a legacy row means. Reading single values belongs in `legacy_values.py`, tables and the transaction in
`db/legacy`. Source of columns and statuses: the tables of Inclusist/job-monitor, as its scripts create them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jobmatch_dagster.core.catalog.legacy_values import (
    legacy_coordinates,
    legacy_flag,
    legacy_list,
    legacy_number,
    legacy_salary,
    legacy_time,
)
from jobmatch_dagster.core.raw.fields import FIELDS, UnusableValueError, read_flag, read_list, read_text, read_time

# Field of a G1 record -> columns of the legacy tables that hold it, the first that says something counts.
# The vendor's indexing time was not kept as a column: the time of discovery is the nearest to it.
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
"""Columns of the old `jobs` that belong to a user: they never reach the catalogue."""
# Those, and the legacy program's own, have no place in a posting.
_NOT_OF_A_POSTING = frozenset(
    {
        *USER_COLUMNS, "id", "raw_data", "salary", "location", "last_updated", "created_at", "discovered_date",
        "merged_location_ids", "is_duplicate", "canonical_job_id",
    }
)  # fmt: skip
_SEEN = ("last_updated", "discovered_date", "created_at", "posted_date")

STATUSES = {
    "saved": "saved", "shortlisted": "saved", "bookmarked": "saved", "interested": "saved",
    "applied": "applied", "applying": "applied", "interview": "applied",
    "rejected": "rejected", "deleted": "rejected", "dismissed": "rejected", "hidden": "rejected",
    "not_interested": "rejected", "archived": "rejected",
}  # fmt: skip
"""What a status of the legacy project means here."""
NO_DECISION = frozenset({"", "new", "viewed", "seen", "active", "open"})
"""Statuses that nobody decided."""


def vendor_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `raw_jobs_test`, or of the old `jobs`, as the vendor would have sent it (G1).

    The vendor's own response counts where the row kept it (`raw_data`) and says something; the columns fill the rest.
    """
    raw = row.get("raw_data")
    record: dict[str, Any] = dict(raw) if isinstance(raw, Mapping) else {}
    for name, columns, mend, read in _FIELDS:
        if name != "id" and name in record and _says_something(record[name], read):
            continue
        value = _first(row, columns, mend, read)
        if value is not None:
            record[name] = value
    if not record.get("locations_derived") and not record.get("locations_raw") and row.get("location"):
        record["locations_raw"] = [{"@type": "Place", "address": {"addressLocality": row["location"]}}]
    record |= {name: row[name] for name in row.keys() - _READ - _NOT_OF_A_POSTING - record.keys()}
    # What cannot be read as a salary is noted with its reason by the normaliser.
    record["salary_raw"] = record.get("salary_raw") or legacy_salary(row.get("salary")) or row.get("salary")
    return {name: value for name, value in record.items() if value is not None}


def seen_at(rows: Iterable[Mapping[str, Any]]) -> datetime | None:
    """When the legacy program last touched one of these rows; None when none of them says."""
    moments = [moment for row in rows for name in _SEEN if (moment := read_moment(row.get(name)))]
    return max(moments, default=None)


def read_moment(value: Any) -> datetime | None:
    """A legacy time; None when it is none."""
    try:
        moment: datetime | None = read_time(legacy_time(value))
    except UnusableValueError:
        return None
    return moment


@dataclass(frozen=True)
class LegacyStatus:
    """The status of one legacy match; `external_id` is None when no legacy table knows the posting."""

    match_id: str
    user_key: str
    external_id: str | None
    status: str
    changed_at: datetime | None


@dataclass(frozen=True)
class Decision:
    """A legacy decision and its outcome: carried as `status`, older than another one, or left with a reason."""

    found: LegacyStatus
    status: str | None
    outcome: str
    reason: str | None


def choose_decisions(found: Iterable[LegacyStatus], converted: frozenset[str]) -> list[Decision]:
    """One decision for each user and posting, the newest; the others are told with the reason.

    Args:
        found: statuses of all legacy matches, duplicates included.
        converted: external ids of the postings that are in the new `jobs`.
    """
    newest: dict[tuple[str, str], LegacyStatus] = {}
    decisions: list[Decision] = []
    oldest = datetime.min.replace(tzinfo=UTC)
    for item in sorted(found, key=lambda item: (item.changed_at or oldest, len(item.match_id), item.match_id)):
        word = item.status.strip().casefold()
        if word in NO_DECISION:
            continue
        if reason := _why_left(item, word, converted):
            decisions.append(Decision(item, None, "left", reason))
            continue
        key = (item.user_key, item.external_id or "")
        if key in newest:
            decisions.append(Decision(newest[key], None, "older", "the user decided on the same posting later"))
        newest[key] = item
    carried = (Decision(item, STATUSES[item.status.strip().casefold()], "carried", None) for item in newest.values())
    return [*decisions, *carried]


def _why_left(item: LegacyStatus, word: str, converted: frozenset[str]) -> str | None:
    if word not in STATUSES:
        return f"the status is none of {', '.join(sorted(STATUSES))}"
    if item.external_id is None:
        return "no legacy table knows the posting"
    if item.external_id not in converted:
        return "the posting could not be converted, see quarantined_records"
    return None


def _reader(name: str, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """How a legacy column is brought into the form that the vendor's reader of the field takes."""
    if read is read_list or name == "locations_derived":
        return legacy_list
    if read is read_time:
        return legacy_time
    if read is read_flag:
        return legacy_flag
    if name in ("lats_derived", "lngs_derived"):
        return legacy_coordinates
    if name == "salary_raw":
        return legacy_salary
    if (name.startswith("ai_salary_") and name.endswith("value")) or name in _NUMBERS:
        return legacy_number
    return lambda value: str(value) if read is read_text and not isinstance(value, str) else value


_NUMBERS = frozenset(
    {"ai_working_hours", "ai_work_arrangement_office_days", "linkedin_org_employees", "linkedin_org_followers"}
)


def _first(
    row: Mapping[str, Any], columns: Iterable[str], mend: Callable[[Any], Any], read: Callable[[Any], Any]
) -> Any:
    """The first column that says something usable, else the first that says anything: then it is told why not."""
    unusable = None
    for column in columns:
        value = row.get(column)
        if value is None:
            continue
        mended = mend(value)
        if _says_something(mended, read):
            return mended
        unusable = mended if unusable is None else unusable
    return unusable


def _says_something(value: Any, read: Callable[[Any], Any]) -> bool:
    try:
        return value is not None and read(value) is not None
    except UnusableValueError:
        return False


_FIELDS = tuple(
    (name, _COLUMNS.get(name, (column,)), _reader(name, read), read) for name, (_, column, read) in FIELDS.items()
)
_READ = frozenset(column for _, columns, _, _ in _FIELDS for column in columns)
