"""Checks of the catalog stage: the catalogue is global, and its AI fields are there."""

import dagster as dg

from jobmatch_dagster.db.jobs import ai_coverage, columns_of_users
from jobmatch_dagster.resources.postgres import PostgresResource

# The mission's bar for postings whose ad the vendor analysed.
MIN_SKILL_COVERAGE, MIN_INDUSTRY_COVERAGE = 0.95, 0.95


@dg.asset_check(asset=["catalog", "jobs"], blocking=True, description="`jobs` holds no column that belongs to a user.")
def no_user_columns(database: PostgresResource) -> dg.AssetCheckResult:
    """Looks for user columns in the catalogue of the database."""
    with database.database().begin() as connection:
        found = columns_of_users(connection)
    return dg.AssetCheckResult(
        passed=not found,
        metadata={
            "found": ", ".join(found) or "none",
            "recovery": "Drop these columns in a migration; what belongs to a user belongs in user_job_matches.",
        },
    )


@dg.asset_check(asset=["catalog", "jobs"], description="Skills and industries are known for nearly every posting.")
def ai_fields_covered(database: PostgresResource) -> dg.AssetCheckResult:
    """Shares of open postings with skills and with industries."""
    with database.database().begin() as connection:
        coverage = ai_coverage(connection)
    passed = coverage.skills >= MIN_SKILL_COVERAGE and coverage.industries >= MIN_INDUSTRY_COVERAGE
    return dg.AssetCheckResult(
        passed=passed or coverage.postings == 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "open_postings": coverage.postings,
            "skills_share": coverage.skills,
            "industries_share": coverage.industries,
            "recovery": "Look at job_pages of the last hours: is include_ai on, did the vendor rename a field?",
        },
    )


checks = [no_user_columns, ai_fields_covered]
