"""Assembly of the code location, with a seam for tests.

Put here what belongs to the location. No connection is opened and nothing heavy is imported at load time.
"""

import os
from collections.abc import Mapping
from typing import Any

import dagster as dg

from jobmatch_dagster.defs.automation.claude_sensor import build_claude_sensors
from jobmatch_dagster.defs.automation.jobs import (
    daily_upkeep,
    hourly_collection,
    ingest_cv,
    rematch_user,
    weekly_quality,
)
from jobmatch_dagster.defs.automation.schedules import build_schedules
from jobmatch_dagster.defs.automation.sensors import build_sensors
from jobmatch_dagster.defs.catalog import assets as catalog
from jobmatch_dagster.defs.catalog import checks as catalog_checks
from jobmatch_dagster.defs.catalog import upkeep
from jobmatch_dagster.defs.enrichment import assets as enrichment
from jobmatch_dagster.defs.enrichment import checks as enrichment_checks
from jobmatch_dagster.defs.matching import assets as matching
from jobmatch_dagster.defs.matching import checks as matching_checks
from jobmatch_dagster.defs.operations.backfill_history import backfill_history
from jobmatch_dagster.defs.operations.claude_batches import collect_claude_batches
from jobmatch_dagster.defs.operations.explain_match import explain_match
from jobmatch_dagster.defs.operations.forget_user import forget_user
from jobmatch_dagster.defs.operations.housekeeping import housekeeping
from jobmatch_dagster.defs.operations.match_users import match_existing_jobs, match_users
from jobmatch_dagster.defs.operations.run_failures import build_failure_sensor
from jobmatch_dagster.defs.profiles import assets as profiles
from jobmatch_dagster.defs.quality import assets as quality
from jobmatch_dagster.defs.quality import checks as quality_checks
from jobmatch_dagster.defs.raw import assets as raw
from jobmatch_dagster.defs.raw import checks as raw_checks
from jobmatch_dagster.defs.statistics import assets as statistics
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """The code location.

    Args:
        resource_overrides: resources to put in place of the configured ones, by name.
    """
    return dg.Definitions(
        assets=[
            raw.job_pages,
            catalog.jobs,
            catalog.job_embeddings,
            upkeep.expired_jobs,
            upkeep.modified_jobs,
            profiles.cv_profiles,
            matching.semantic_matches,
            matching.user_semantic_matches,
            enrichment.claude_matches,
            enrichment.user_claude_matches,
            statistics.job_statistics,
            statistics.user_statistics,
            quality.match_quality,
            quality.score_calibration,
        ],
        asset_checks=[
            *raw_checks.checks,
            *catalog_checks.checks,
            *matching_checks.checks,
            *enrichment_checks.checks,
            *quality_checks.checks,
        ],
        jobs=[
            hourly_collection,
            daily_upkeep,
            weekly_quality,
            ingest_cv,
            rematch_user,
            match_users,
            match_existing_jobs,
            collect_claude_batches,
            backfill_history,
            explain_match,
            forget_user,
            housekeeping,
        ],
        schedules=list(build_schedules()),
        sensors=[*build_sensors(), *build_claude_sensors(), *build_failure_sensor()],
        resources={**default_resources(), **(resource_overrides or {})},
        # Steps are short and share one model: a process for each would cost more than the work.
        executor=dg.in_process_executor,
    )


def default_resources() -> dict[str, Any]:
    """Resources as the environment configures them. Secrets stay names of variables until a run needs them."""
    return {
        "database": PostgresResource(),
        "clock": ClockResource(),
        "embedder": EmbedderResource(**_present(name="EMBEDDING_MODEL", backend="EMBEDDING_BACKEND")),
        "matching": MatchingResource(),
        "active_jobs": ActiveJobsResource(
            **_present(base_url="ACTIVE_JOBS_BASE_URL", generation="ACTIVE_JOBS_GENERATION"),
            **_secret(api_key="RAPIDAPI_KEY"),
        ),
        "claude": ClaudeResource(
            **_present(model="CLAUDE_MODEL", prices_file="CLAUDE_PRICES"),
            **_number(budget_usd_per_day="CLAUDE_BUDGET_USD_PER_DAY", budget_usd_per_run="CLAUDE_BUDGET_USD_PER_RUN"),
            **_whole_number(batch_min="CLAUDE_BATCH_MIN", max_pairs_per_run="CLAUDE_MAX_PAIRS"),
            fill_profiles=os.environ.get("CLAUDE_FILL_PROFILES") == "1",
            **_secret(api_key="ANTHROPIC_API_KEY"),
        ),
    }


def _present(**variables: str) -> dict[str, Any]:
    return {field: os.environ[name] for field, name in variables.items() if os.environ.get(name)}


def _number(**variables: str) -> dict[str, Any]:
    return {field: float(text) for field, text in _present(**variables).items()}


def _whole_number(**variables: str) -> dict[str, Any]:
    return {field: int(text) for field, text in _present(**variables).items()}


def _secret(**variables: str) -> dict[str, Any]:
    return {field: dg.EnvVar(name) for field, name in variables.items() if os.environ.get(name)}
