"""`jobs` and `job_sightings`: the merge of normalised postings, and what closes a posting."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg2
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from jobmatch_dagster.core.posting import POSTING_COLUMNS, Posting
from jobmatch_dagster.db.catalog.clusters import cluster_postings
from jobmatch_dagster.db.catalog.quarantine import quarantine_refused
from jobmatch_dagster.db.connection.bulk import stage
from jobmatch_dagster.db.connection.engine import cause_of, run_query

_PROVENANCE = ("page_id", "page_position", "page_fetched_at", "collection_hour", "run_id")
_KEY = "external_id"
# SQLSTATE classes of a row that PostgreSQL cannot store: bad value, violated constraint, limit of the program.
_REFUSAL_CLASSES = frozenset({"22", "23", "54"})


@dataclass(frozen=True)
class SightedPosting:
    """A posting and where it was seen."""

    posting: Posting
    page_id: int
    position: int
    fetched_at: datetime


@dataclass
class MergeCounts:
    """Rows of `jobs` by what happened to them."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    reopened: int = 0

    def __iadd__(self, other: "MergeCounts") -> "MergeCounts":
        self.inserted += other.inserted
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.reopened += other.reopened
        return self


def merge_postings(
    connection: Connection, sighted: Iterable[SightedPosting], run_id: str, *, rewrite: bool = False
) -> MergeCounts:
    """Write postings so that every external id ends with its newest version.

    Rows that do not differ are not touched and not sent to the database again. A version older than the last sighting
    never overwrites.

    Args:
        connection: an open transaction.
        sighted: the postings with their pages.
        run_id: Dagster run that writes.
        rewrite: compare every column instead of the hash: a row that was changed outside the pipeline is written again,
            and what was derived from it is removed, so that the next run derives it anew.
    """
    sighted = list(sighted)
    shown = ((item.posting.external_id, item.page_id, item.fetched_at) for item in sighted)
    stage(connection, "jobs", ("external_id", "page_id", "page_fetched_at"), shown, name="staged_sightings")
    seen = len({item.posting.external_id for item in sighted})
    differing = sighted if rewrite else _differing(connection, sighted)
    inserted, updated = _write(connection, differing, run_id, rewrite=rewrite) if differing else (0, 0)
    reopened = run_query(connection, "catalog/reopen_jobs")[0].reopened
    run_query(connection, "catalog/merge_sightings")
    connection.execute(text("DROP TABLE staged_sightings"))
    return MergeCounts(inserted, updated, seen - inserted - updated, reopened)


def _differing(connection: Connection, sighted: Sequence[SightedPosting]) -> list[SightedPosting]:
    """All versions of the postings of which any version differs from the stored one."""
    versions = {(item.posting.external_id, item.posting.record_hash) for item in sighted}
    external_ids, hashes = [version[0] for version in versions], [version[1] for version in versions]
    stored = run_query(
        connection, "catalog/unchanged_postings", {"external_ids": external_ids, "record_hashes": hashes}
    )
    changed = {external_id for external_id, _ in versions - {tuple(row) for row in stored}}
    return [item for item in sighted if item.posting.external_id in changed]


def _write(connection: Connection, sighted: Sequence[SightedPosting], run_id: str, *, rewrite: bool) -> tuple[int, int]:
    """Insert or update postings and recompute their clusters; returns the numbers of inserted and updated rows."""
    rows = (
        [*(getattr(item.posting, column) for column in POSTING_COLUMNS), item.page_id, item.position,
         item.fetched_at, item.posting.date_created.replace(minute=0, second=0, microsecond=0), run_id]
        for item in sighted
    )  # fmt: skip
    stage(connection, "jobs", (*POSTING_COLUMNS, *_PROVENANCE), rows, name="staged_jobs")
    inserted, updated, written = connection.execute(text(_REWRITE_SQL if rewrite else _MERGE_SQL)).one()
    connection.execute(text("DROP TABLE staged_jobs"))
    if rewrite:
        run_query(connection, "catalog/forget_derived", {"job_ids": written})
    cluster_postings(connection, written)
    return inserted, updated


def merge_or_refuse(
    connection: Connection, sighted: Sequence[SightedPosting], run_id: str, *, rewrite: bool = False
) -> tuple[MergeCounts, int]:
    """Merge postings. One that the database refuses is quarantined and does not stop the others.

    Returns:
        Counts of the rows, and the number of refused postings.
    """
    try:
        with connection.begin_nested():
            return merge_postings(connection, sighted, run_id, rewrite=rewrite), 0
    except (DBAPIError, psycopg2.Error) as error:
        origin = cause_of(error)
        if not isinstance(origin, psycopg2.Error) or (origin.pgcode or "")[:2] not in _REFUSAL_CLASSES or not sighted:
            raise
        if len(sighted) == 1:
            item = sighted[0]
            quarantine_refused(connection, item.page_id, item.position, item.posting, origin)
            return MergeCounts(), 1
    half = len(sighted) // 2
    counts, refused = merge_or_refuse(connection, sighted[:half], run_id, rewrite=rewrite)
    more, also_refused = merge_or_refuse(connection, sighted[half:], run_id, rewrite=rewrite)
    counts += more
    return counts, refused + also_refused


def record_hashes(connection: Connection, external_ids: Collection[str] | None = None) -> dict[str, str]:
    """Record hash by external id, of all postings or of these."""
    where = "" if external_ids is None else "WHERE external_id = ANY(:ids)"
    query = text(f"SELECT external_id, record_hash FROM jobs {where}")
    parameters = {} if external_ids is None else {"ids": list(external_ids)}
    return {row.external_id: row.record_hash for row in connection.execute(query, parameters)}


def hours_loaded_by(connection: Connection, run_id: str) -> list[datetime]:
    """Hours of the postings that a run wrote, oldest first."""
    query = "SELECT DISTINCT collection_hour FROM jobs WHERE run_id = :run_id ORDER BY 1"
    return list(connection.scalars(text(query), {"run_id": run_id}))


def freshness(connection: Connection, run_id: str) -> dict[str, float | None]:
    """Median and 95th percentile of the seconds from the vendor's indexing to the row, for rows that a run inserted."""
    row = run_query(connection, "catalog/freshness", {"run_id": run_id})[0]
    return {"freshness_median_s": row.median_s, "freshness_p95_s": row.p95_s}


def close_expired(connection: Connection, external_ids: Sequence[str], listed_at: datetime) -> int:
    """Close open postings that the vendor lists as expired, unless a later page has them; returns their number."""
    return len(
        run_query(connection, "catalog/close_expired", {"external_ids": list(external_ids), "listed_at": listed_at})
    )


def close_by_date(connection: Connection, now: datetime, oldest: datetime) -> Counter[str]:
    """Close open postings past their own date, or indexed before `oldest`; returns their number by reason."""
    rows = run_query(connection, "catalog/close_by_date", {"now": now, "oldest": oldest})
    return Counter(row.closed_reason for row in rows)


def _merge_sql(*, every_column: bool) -> str:
    """One statement that inserts the newest version of each external id, or updates the row if it differs.

    Rows are compared by their hash, which no older page may overwrite, or column by column, for pages as old as the
    row's own. `modified_fields` is the vendor's list, or if there is none, the columns that differ.
    """
    content = [c for c in POSTING_COLUMNS if c not in (_KEY, "modified_fields")]
    written = [*content, *_PROVENANCE]
    compared = [c for c in content if c not in ("record_hash", "text_hash", "ad_key")]
    differing = ", ".join(f"CASE WHEN jobs.{c} IS DISTINCT FROM excluded.{c} THEN '{c}' END" for c in compared)
    columns = ", ".join(POSTING_COLUMNS + _PROVENANCE)
    is_another = "jobs.record_hash IS DISTINCT FROM excluded.record_hash"
    is_newer = "excluded.page_fetched_at >= (SELECT last_seen_at FROM job_sightings WHERE job_id = jobs.id)"
    if every_column:
        known, given = (", ".join(f"{table}.{c}" for c in content) for table in ("jobs", "excluded"))
        is_another, is_newer = (
            f"({known}) IS DISTINCT FROM ({given})",
            "excluded.page_fetched_at >= jobs.page_fetched_at",
        )
    return f"""
        WITH newest AS (
            SELECT DISTINCT ON ({_KEY}) * FROM staged_jobs
            ORDER BY {_KEY}, page_fetched_at DESC, page_id DESC, page_position
        ), written AS (
            INSERT INTO jobs ({columns}) SELECT {columns} FROM newest ORDER BY {_KEY}
            ON CONFLICT ({_KEY}) DO UPDATE SET
                {", ".join(f"{c} = excluded.{c}" for c in written)},
                modified_fields = coalesce(excluded.modified_fields, array_remove(ARRAY[{differing}], NULL)),
                updated_at = now()
            WHERE {is_another} AND {is_newer}
            RETURNING id, xmax = 0 AS inserted
        )
        SELECT (SELECT count(*) FROM written WHERE inserted),
               (SELECT count(*) FROM written WHERE NOT inserted),
               (SELECT coalesce(array_agg(id), '{{}}') FROM written)
    """


_MERGE_SQL, _REWRITE_SQL = _merge_sql(every_column=False), _merge_sql(every_column=True)
