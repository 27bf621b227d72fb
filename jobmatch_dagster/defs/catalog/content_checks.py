"""Checks of the catalog stage's content: the volume of an hour, vectors that can be compared, grouped duplicates.

They look at the newest open postings, so that an hour costs the same however large the catalogue is.
"""

from datetime import timedelta
from statistics import median

import dagster as dg

from jobmatch_dagster.core.raw.windows import HOUR, hour_name, latest_collectable_hour
from jobmatch_dagster.db.catalog.embedding_models import read_model_in_force
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.postgres import PostgresResource

_POSTINGS_LOOKED_AT = 5_000
_LENGTH_TOLERANCE = 1e-3
# The same hour of the day on the days before: weekdays and weekends differ, but not by these factors.
_DAYS_COMPARED, _MIN_DAYS = 14, 5
_LEAST_RATIO, _MOST_RATIO = 0.25, 4.0
# Fewer postings than these an hour vary by chance alone.
_MIN_USUAL = 20


@dg.asset_check(asset=["catalog", "jobs"], description="The newest hour brought about as many postings as usual.")
def volume_as_usual(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Compares the newest hour that was answered for with the same hour of the days before."""
    newest = latest_collectable_hour(clock.now())
    hours = [newest - n * HOUR for n in range(24)]
    with database.database().begin() as connection:
        answered = run_query(connection, "catalog/hour_volumes", {"hours": hours})
        last = answered[-1] if answered else None
        before = [last.hour - timedelta(days=n) for n in range(1, _DAYS_COMPARED + 1)] if last else []
        counts = [row.postings for row in run_query(connection, "catalog/hour_volumes", {"hours": before})]
    usual = median(counts) if len(counts) >= _MIN_DAYS else None
    ratio = last.postings / usual if last and usual else None
    passed = ratio is None or usual is None or usual < _MIN_USUAL or _LEAST_RATIO <= ratio <= _MOST_RATIO
    told = {
        "hour": hour_name(last.hour) if last else "none was answered for",
        "postings": last.postings if last else 0,
        "usual": usual,
        "ratio": ratio,
        "days_compared": len(counts),
    }
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            **{name: value for name, value in told.items() if value is not None},
            "recovery": "Nothing to do."
            if passed
            else "Look at the pages of this hour in job_pages: filters of active_jobs changed, a feed that was cut, or "
            "an outage of the vendor. Materialize the hour again with refetch: true when the feed is whole again.",
        },
    )


# Blocking: vectors of another length or dimension would make every similarity wrong, silently.
@dg.asset_check(
    asset=["catalog", "job_embeddings"],
    blocking=True,
    description="Vectors are there, of their present text, of one dimension and of unit length.",
)
def vectors_sound(database: PostgresResource, embedder: EmbedderResource) -> dg.AssetCheckResult:
    """Looks at the newest open postings' vectors of the model in force, and for broken ones of the configured model."""
    parameters = {"limit": _POSTINGS_LOOKED_AT, "tolerance": _LENGTH_TOLERANCE}
    with database.database().begin() as connection:
        model = read_model_in_force(connection, embedder.model)
        row, configured = (
            run_query(connection, "catalog/vector_soundness", {"model": name, **parameters})[0]
            for name in (model, embedder.model)
        )
    corrupt = any(found.dimensions > 1 or found.not_unit > 0 for found in (row, configured))
    waiting = row.missing + row.stale
    return dg.AssetCheckResult(
        passed=not corrupt and waiting == 0,
        severity=dg.AssetCheckSeverity.ERROR if corrupt else dg.AssetCheckSeverity.WARN,
        metadata={
            "embedding_model": model,
            "postings": row.postings,
            "vectors_missing": row.missing,
            "vectors_stale": row.stale,
            "dimension": row.dimension or 0,
            "dimensions": row.dimensions,
            "vectors_not_unit_length": row.not_unit,
            "worst_deviation_of_length": float(row.worst_deviation),
            "vectors_missing_of_configured_model": configured.missing + configured.stale,
            "recovery": _recovery(corrupt, waiting),
        },
    )


@dg.asset_check(asset=["catalog", "jobs"], description="Postings of one ad share a cluster.")
def duplicates_grouped(database: PostgresResource) -> dg.AssetCheckResult:
    """Looks for postings of the same company, title and text that are not in one cluster."""
    with database.database().begin() as connection:
        row = run_query(connection, "catalog/duplicate_counts", {"limit": _POSTINGS_LOOKED_AT})[0]
    return dg.AssetCheckResult(
        passed=row.ungrouped_pairs == 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "postings": row.postings,
            "postings_in_clusters": row.in_clusters,
            "clusters": row.clusters,
            "share_in_clusters": row.in_clusters / row.postings if row.postings else 0.0,
            "ungrouped_pairs": row.ungrouped_pairs,
            "recovery": "Materialize catalog/jobs with rebuild: true: clusters are found anew."
            if row.ungrouped_pairs
            else "Nothing to do.",
        },
    )


checks = [volume_as_usual, vectors_sound, duplicates_grouped]


def _recovery(corrupt: bool, waiting: int) -> str:
    if corrupt:
        return (
            "Delete the rows of job_embeddings of this model (matching stops until then), materialize "
            "catalog/job_embeddings; after a change of the model see docs/runbook.md."
        )
    return "Materialize catalog/job_embeddings: it embeds what is missing or stale." if waiting else "Nothing to do."
