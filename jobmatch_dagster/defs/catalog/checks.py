"""Checks of `catalog/jobs` and `catalog/job_embeddings`: schema, links, AI fields, volumes, vectors, duplicates.

Those of schema, links and vectors block: later stages would compute on corrupt data.
"""

from datetime import timedelta

import dagster as dg

from jobmatch_dagster.core.operations.next_steps import materialize_asset
from jobmatch_dagster.core.raw.windows import HOUR, hour_name, latest_collectable_hour
from jobmatch_dagster.db.catalog import health
from jobmatch_dagster.db.catalog.embedding_models import read_current_model
from jobmatch_dagster.db.operations.integrity import duplicate_ids, missing_keys, orphans
from jobmatch_dagster.db.statistics.jobs_and_users import COVERAGE_BAR
from jobmatch_dagster.observability.check_results import check_result
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.postgres import PostgresResource

_JOBS = dg.AssetKey(["catalog", "jobs"])
_EMBEDDINGS = dg.AssetKey(["catalog", "job_embeddings"])
# A market may lie this far below the shares of the first catalog (99.4 % and 100 %).
_COVERAGE_TOLERANCE = 0.03
# Hours with fewer postings vary by chance alone; neighbouring hours differ by less than this factor.
_FEWEST_POSTINGS, _HOUR_FACTOR = 20, 5
# Weekdays and weekends differ, but not by these factors.
_LEAST_RATIO, _MOST_RATIO = 0.25, 4.0
_NEW_VALUES_SINCE = timedelta(days=1)
_VALUES_SHOWN = 20


@dg.asset_check(asset=_JOBS, blocking=True, description="The table jobs has no column that belongs to a user.")
def no_user_columns(database: PostgresResource) -> dg.AssetCheckResult:
    """Looks for columns named like user data, for instance status or priority."""
    with database.database().read() as connection:
        found = health.columns_of_users(connection)
    return check_result(
        not found,
        {"user_columns": ", ".join(found) or "none"},
        "Write a migration that drops these columns of jobs; user data belongs in user_job_matches.",
        severity=dg.AssetCheckSeverity.ERROR,
    )


@dg.asset_check(asset=_JOBS, blocking=True, description="Every posting is stored once and every foreign key holds.")
def keys_hold(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Names missing or disabled constraints, and counts the rows that break them.

    While all constraints are enforced no row can break them, so rows are counted only when one is missing.
    """
    with database.database().read() as connection:
        missing = missing_keys(connection)
        duplicates, lost = (duplicate_ids(connection), orphans(connection)) if missing else (0, [])
    rows = [(orphan.child, orphan.column, orphan.parent, orphan.rows) for orphan in lost]
    return check_result(
        not missing,
        {
            "duplicate_external_ids": duplicates,
            "orphans": sum(orphan.rows for orphan in lost),
            "links": preview(rows, ("table", "column", "refers to", "orphans")),
            "constraints_missing": ", ".join(missing) or "none",
        },
        "The schema was changed outside the migrations. Delete the duplicate and orphaned rows, add the missing "
        "constraints as sql/migrations defines them, then load the deleted postings from the stored pages. "
        + _load_again(clock),
        severity=dg.AssetCheckSeverity.ERROR,
    )


@dg.asset_check(asset=_JOBS, description="Nearly every open posting has skills and an industry.")
def ai_fields_covered(database: PostgresResource) -> dg.AssetCheckResult:
    """Compares the shares of open postings with skills and with industries with their lowest accepted values."""
    with database.database().read() as connection:
        coverage = health.ai_coverage(connection)
    known = {"ai_key_skills": coverage.skills, "ai_taxonomies_a": coverage.industries}
    bars = {field: bar - _COVERAGE_TOLERANCE for field, bar in COVERAGE_BAR.items()}
    return check_result(
        coverage.postings == 0 or all(known[field] >= bar for field, bar in bars.items()),
        {
            "open_postings": coverage.postings,
            "skills_share": coverage.skills,
            "industries_share": coverage.industries,
            **{f"{field}_bar": bar for field, bar in bars.items()},
        },
        "Launch explain_match with any user and a posting of the newest hour; its last section is the record as it "
        "came. If it has no ai_ fields, remove include_ai=False from the filters of ActiveJobsResource in build.py. If "
        "the vendor renamed a field, add the new name to core/raw/fields.py and raise NORMALISER_VERSION: the next run "
        "loads all pages again.",
    )


@dg.asset_check(asset=_JOBS, description="The vendor sent no unknown coded value in the last day.")
def enums_known(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Lists unknown values of experience level, work arrangement, salary unit and industry."""
    with database.database().read() as connection:
        unknown = health.unknown_values(connection, clock.now() - _NEW_VALUES_SINCE)
    rows = [(value.field, value.value, value.postings) for value in unknown]
    return check_result(
        not unknown,
        {"unknown_values": len(unknown), "values": preview(rows, ("field", "value", "postings"), limit=_VALUES_SHOWN)},
        "No posting is lost: these values are stored in jobs.extra or in ai_taxonomies_a. Add them to "
        "core/posting.py and, in a migration, to the CHECK constraint of the column; then raise NORMALISER_VERSION: "
        "the next run loads all pages again.",
    )


@dg.asset_check(asset=_JOBS, description="The newest hour has about as many postings as the hour before it.")
def row_counts_steady(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Compares the postings of the newest complete hour with those of the hour before it."""
    hour = latest_collectable_hour(clock.now())
    with database.database().read() as connection:
        counts = health.hour_pair(connection, hour)
    fewest, most = sorted((counts.postings, counts.before))
    return check_result(
        most < _FEWEST_POSTINGS or most <= fewest * _HOUR_FACTOR,
        {
            "hour": hour_name(hour),
            "postings": counts.postings,
            "hour_before": hour_name(hour - HOUR),
            "postings_hour_before": counts.before,
        },
        "Nothing to do if a night or a weekend begins or ends. Otherwise read the checks no_missing_hours and "
        "no_cut_hours of raw/job_pages, and see whether the filters in build.py changed.",
    )


@dg.asset_check(asset=_JOBS, description="The newest hour has about as many postings as usual at this time of day.")
def volume_as_usual(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Compares the newest collected hour with the same hour of the previous days."""
    with database.database().read() as connection:
        volume = health.newest_volume(connection, latest_collectable_hour(clock.now()))
    usual, ratio = (volume.usual, volume.ratio) if volume else (None, None)
    hour = hour_name(volume.hour) if volume else "none collected"
    return check_result(
        usual is None or ratio is None or usual < _FEWEST_POSTINGS or _LEAST_RATIO <= ratio <= _MOST_RATIO,
        {
            "hour": hour,
            "postings": volume.postings if volume else 0,
            "usual_postings": usual,
            "ratio_to_usual": ratio,
            "days_compared": volume.days_compared if volume else 0,
        },
        "See whether the filters in build.py changed, or whether the vendor reports an outage. When "
        "the feed is complete again, fetch this hour once more. "
        + materialize_asset("raw/job_pages", partition=hour, refetch=True),
    )


@dg.asset_check(asset=_JOBS, description="Postings of the same ad share a cluster.")
def duplicates_grouped(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Counts pairs of open postings with the same company, title and text that are not in one cluster."""
    with database.database().read() as connection:
        counts = health.duplicate_counts(connection)
    return check_result(
        counts.ungrouped_pairs == 0,
        {
            "postings": counts.postings,
            "postings_in_clusters": counts.in_clusters,
            "clusters": counts.clusters,
            "share_in_clusters": counts.share_in_clusters,
            "ungrouped_pairs": counts.ungrouped_pairs,
        },
        f"Build the clusters again. {_load_again(clock)}",
    )


@dg.asset_check(
    asset=_EMBEDDINGS, blocking=True, description="Every open posting has a valid vector of its current text."
)
def vectors_sound(database: PostgresResource, embedder: EmbedderResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Examines the newest open postings: vectors of the model that matching uses, and of the configured one.

    A vector of another length or dimension makes similarities silently wrong; that blocks later stages.
    """
    with database.database().read() as connection:
        model = read_current_model(connection, embedder.model)
        used, configured = (health.vector_health(connection, name) for name in (model, embedder.model))
    corrupt = [name for name, found in ((model, used), (embedder.model, configured)) if found.is_corrupt]
    return check_result(
        not corrupt and used.to_embed == 0,
        {
            "embedding_model": model,
            "postings": used.postings,
            "vectors_missing": used.missing,
            "vectors_stale": used.stale,
            "dimension": used.dimension or 0,
            "dimensions": used.dimensions,
            "vectors_not_unit_length": used.not_unit,
            "worst_deviation_of_length": used.worst_deviation,
            "vectors_missing_of_configured_model": configured.to_embed,
        },
        _embed_again(corrupt, clock),
        severity=dg.AssetCheckSeverity.ERROR if corrupt else dg.AssetCheckSeverity.WARN,
    )


checks = [
    no_user_columns,
    keys_hold,
    ai_fields_covered,
    enums_known,
    row_counts_steady,
    volume_as_usual,
    duplicates_grouped,
    vectors_sound,
]


def _load_again(clock: ClockResource) -> str:
    return materialize_asset("catalog/jobs", partition=_newest_hour(clock), rebuild=True)


def _embed_again(corrupt: list[str], clock: ClockResource) -> str:
    embed = materialize_asset("catalog/job_embeddings", partition=_newest_hour(clock))
    if not corrupt:
        return f"Embed the postings whose vectors are missing or stale. {embed}"
    models = list(dict.fromkeys(corrupt))
    again = materialize_asset("catalog/job_embeddings", partition=_newest_hour(clock), again_models=models)
    return f"Embed the postings of the corrupt model again; until that is done nothing is matched. {again}"


def _newest_hour(clock: ClockResource) -> str:
    return hour_name(latest_collectable_hour(clock.now()))
