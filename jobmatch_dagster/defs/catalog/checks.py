"""Checks of the catalog stage: the catalogue is global and whole, its AI fields are there, its values are known.

Two of them block, because what comes after would be built on sand: columns of users, and keys that do not hold.
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from jobmatch_dagster.core.raw.windows import HOUR, latest_collectable_hour
from jobmatch_dagster.db.catalog.jobs import ai_coverage, columns_of_users
from jobmatch_dagster.db.connection.roles import unprotected_tables
from jobmatch_dagster.db.operations.integrity import duplicate_ids, enum_drift, hour_counts, missing_keys, orphans
from jobmatch_dagster.db.statistics.statistics import COVERAGE_BAR
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource

# So far below the mission's own figures (99.4 % and 100 %) a market may lie without anything being wrong.
_TOLERANCE = 0.03
# An hour with so few postings, or with so many times more or fewer than the hour before, is told.
_FEWEST_POSTINGS, _FACTOR = 20, 5
_NOTHING_TO_DO = "Nothing to do."
_JOBS = dg.AssetKey(["catalog", "jobs"])


def _result(passed: bool, metadata: dict[str, Any], recovery: str, *, blocks: bool = False) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        metadata={**metadata, "recovery": _NOTHING_TO_DO if passed else recovery},
    )


@dg.asset_check(asset=_JOBS, blocking=True, description="`jobs` holds no column that belongs to a user.")
def no_user_columns(database: PostgresResource) -> dg.AssetCheckResult:
    """Looks for user columns in the catalogue of the database."""
    with database.database().begin() as connection:
        found = columns_of_users(connection)
    return _result(
        not found,
        {"found": ", ".join(found) or "none"},
        "Drop these columns in a migration; what belongs to a user belongs in user_job_matches.",
        blocks=True,
    )


@dg.asset_check(asset=_JOBS, blocking=True, description="Every posting is there once, and every link leads somewhere.")
def keys_hold(database: PostgresResource) -> dg.AssetCheckResult:
    """Constraints that later stages lean on; where one is missing, external ids that come twice and lost links.

    While all of them hold there can be neither, so the tables are not read every hour.
    """
    with database.database().begin() as connection:
        missing = missing_keys(connection)
        twice, lost = (duplicate_ids(connection), orphans(connection)) if missing else (0, [])
    rows = [(orphan.child, orphan.column, orphan.parent, orphan.rows) for orphan in lost]
    return _result(
        not missing,
        {
            "duplicate_external_ids": twice,
            "orphans": sum(orphan.rows for orphan in lost),
            "links": preview(rows, ("table", "column", "points to", "orphans")),
            "constraints_missing": ", ".join(missing) or "none",
        },
        "Somebody changed the schema by hand. Delete the rows named here, add the constraints as the migrations word "
        "them, then materialize catalog/jobs with rebuild: true: what was deleted comes back from its pages.",
        blocks=True,
    )


@dg.asset_check(asset=_JOBS, description="Skills and industries are known for nearly every posting.")
def ai_fields_covered(database: PostgresResource) -> dg.AssetCheckResult:
    """Shares of open postings with skills and with industries."""
    with database.database().begin() as connection:
        coverage = ai_coverage(connection)
    known = {"ai_key_skills": coverage.skills, "ai_taxonomies_a": coverage.industries}
    low = [field for field, bar in COVERAGE_BAR.items() if known[field] < bar - _TOLERANCE]
    return _result(
        not low or coverage.postings == 0,
        {
            "open_postings": coverage.postings,
            "skills_share": coverage.skills,
            "industries_share": coverage.industries,
            **{f"{field}_bar": bar - _TOLERANCE for field, bar in COVERAGE_BAR.items()},
        },
        "Look at job_pages of the last hours: is include_ai on, did the vendor rename a field?",
    )


@dg.asset_check(asset=_JOBS, description="The vendor's enums have no value that the project does not know.")
def enums_known(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Values of experience, arrangement, salary unit and industry that are new, in postings of the last day."""
    with database.database().begin() as connection:
        strange = enum_drift(connection, clock.now() - timedelta(days=1))
    rows = [(field, value, n) for field, values in strange.items() for value, n in values.items()]
    return _result(
        not rows,
        {"unknown_values": len(rows), "values": preview(rows, ("field", "value", "postings"), limit=20)},
        "These postings are kept; the values stand in extra or in ai_taxonomies_a. Add what is new to core/posting.py "
        "and the CHECK of the column, raise NORMALISER_VERSION, and the next run reads every page again.",
    )


@dg.asset_check(asset=_JOBS, description="An hour has about as many postings as the hour before it.")
def row_counts_steady(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Postings of the newest complete hour against the hour before."""
    hour = latest_collectable_hour(clock.now())
    with database.database().begin() as connection:
        counts = hour_counts(connection, hour)
    fewest, most = sorted((counts.postings, counts.before))
    return _result(
        most < _FEWEST_POSTINGS or most <= fewest * _FACTOR,
        {
            "hour": f"{hour:%Y-%m-%d %H:%M}",
            "postings": counts.postings,
            "postings_hour_before": counts.before,
            "hour_before": f"{hour - HOUR:%Y-%m-%d %H:%M}",
        },
        "Nights and weekends differ; by day look at no_missing_hours and no_cut_hours of raw/job_pages, and whether "
        "the filters of the resource active_jobs were changed.",
    )


@dg.asset_check(asset=["matching", "semantic_matches"], description="Every table of users has its row-level security.")
def users_isolated(database: PostgresResource) -> dg.AssetCheckResult:
    """Tables that name a user and show their rows to every reader."""
    with database.database().begin() as connection:
        found = unprotected_tables(connection)
    return _result(
        not found,
        {"tables": ", ".join(found) or "none"},
        "Run `jobmatch migrate` as a user that may create roles: it makes roles, grants and policies anew. A table "
        "that no migration made: enable row-level security on it, or drop it.",
    )


checks = [no_user_columns, keys_hold, ai_fields_covered, enums_known, row_counts_steady, users_isolated]
