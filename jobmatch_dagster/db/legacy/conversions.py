"""What a conversion of a legacy database writes beside the postings: users, decisions and its own record."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.legacy import Decision
from jobmatch_dagster.db.connection.bulk import copy_into
from jobmatch_dagster.db.connection.engine import run_query

_DECISION_COLUMNS = (
    "user_id", "legacy_match_id", "external_id", "legacy_status", "decided_at", "outcome", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class WrittenRows:
    """Rows that a conversion wrote: quarantined records and decisions in `user_job_matches`."""

    refused: int
    decisions: int


def insert_legacy_users(connection: Connection) -> int:
    """Insert the users of the legacy table `users`, with their id as user key.

    Returns:
        Their number.
    """
    return len(run_query(connection, "legacy/carry_users"))


def insert_decisions(connection: Connection, decisions: Sequence[Decision]) -> None:
    """Insert every decision with its outcome, and those that are carried over as matches without a score."""
    ids = _ensure_users(connection, {decision.found.user_key for decision in decisions})
    rows = (
        (ids[d.found.user_key], d.found.match_id, d.found.external_id, d.found.status, d.found.changed_at,
         d.outcome, d.reason)
        for d in decisions
    )  # fmt: skip
    copy_into(connection, "legacy_decisions", _DECISION_COLUMNS, rows)
    carried = [decision for decision in decisions if decision.outcome == "carried"]
    parameters = {
        "user_ids": [ids[decision.found.user_key] for decision in carried],
        "external_ids": [decision.found.external_id for decision in carried],
        "statuses": [decision.status for decision in carried],
        "times": [decision.found.changed_at for decision in carried],
    }
    run_query(connection, "legacy/carry_decisions", parameters)


def count_written_rows(connection: Connection) -> WrittenRows:
    """Count what the conversion wrote, for its verification."""
    row = run_query(connection, "legacy/carried_counts")[0]
    return WrittenRows(row.refused, row.decisions)


def record_conversion(connection: Connection, counts: Mapping[str, object], checksums: Mapping[str, str]) -> None:
    """Record a conversion, and update the planner's statistics of the tables that it filled."""
    copy_into(connection, "legacy_conversions", ("counts", "checksums"), [(counts, checksums)])
    connection.exec_driver_sql("ANALYZE jobs")
    connection.exec_driver_sql("ANALYZE user_job_matches")


def recorded_checksums(connection: Connection) -> dict[str, str] | None:
    """Checksums of the legacy tables from before the last conversion; None without a record."""
    query = "SELECT checksums FROM legacy_conversions ORDER BY id DESC LIMIT 1"
    found: dict[str, str] | None = connection.scalar(text(query))
    return found


def _ensure_users(connection: Connection, keys: Collection[str]) -> dict[str, int]:
    parameters = {"keys": sorted(keys)}
    insert = "INSERT INTO users (user_key) SELECT unnest(CAST(:keys AS text[])) ON CONFLICT (user_key) DO NOTHING"
    connection.execute(text(insert), parameters)
    rows = connection.execute(text("SELECT user_key, id FROM users WHERE user_key = ANY(:keys)"), parameters)
    return {row.user_key: row.id for row in rows}
