"""Assembly of the code location. Tests replace resources through `build_defs`.

Loading opens no connection and imports no heavy package.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import SecretStr

from jobmatch_dagster.core.vocabulary.skill_table import use_esco
from jobmatch_dagster.defs.automation.claude_sensor import build_claude_sensors
from jobmatch_dagster.defs.automation.jobs import (
    daily_digests,
    daily_upkeep,
    hourly_collection,
    hourly_digests,
    ingest_cv,
    rematch_user,
    watch,
    weekly_quality,
    weekly_trends,
)
from jobmatch_dagster.defs.automation.schedules import build_schedules
from jobmatch_dagster.defs.automation.sensors import build_sensors
from jobmatch_dagster.defs.catalog import assets as catalog
from jobmatch_dagster.defs.catalog import checks as catalog_checks
from jobmatch_dagster.defs.catalog import upkeep
from jobmatch_dagster.defs.catalog.buckets import job_embeddings_in_buckets
from jobmatch_dagster.defs.enrichment import assets as enrichment
from jobmatch_dagster.defs.enrichment import checks as enrichment_checks
from jobmatch_dagster.defs.executors import executor_of
from jobmatch_dagster.defs.external import active_jobs_api, cv_inbox
from jobmatch_dagster.defs.matching import assets as matching
from jobmatch_dagster.defs.matching import checks as matching_checks
from jobmatch_dagster.defs.matching.buckets import semantic_matches_in_buckets
from jobmatch_dagster.defs.notifications import assets as notifications
from jobmatch_dagster.defs.notifications import checks as notifications_checks
from jobmatch_dagster.defs.operations.alerts import build_check_sensor
from jobmatch_dagster.defs.operations.backfill_history import build_backfill_history
from jobmatch_dagster.defs.operations.claude_batches import collect_claude_batches
from jobmatch_dagster.defs.operations.collect_documents import collect_documents
from jobmatch_dagster.defs.operations.embed_catalog import build_embed_catalog
from jobmatch_dagster.defs.operations.explain_match import explain_match
from jobmatch_dagster.defs.operations.forget_user import forget_user
from jobmatch_dagster.defs.operations.health import health
from jobmatch_dagster.defs.operations.heartbeat import build_heartbeat_sensor
from jobmatch_dagster.defs.operations.housekeeping import housekeeping
from jobmatch_dagster.defs.operations.match_users import build_match_existing_jobs, match_users
from jobmatch_dagster.defs.operations.plan_collection import plan_collection
from jobmatch_dagster.defs.operations.repair import repair_posting, repair_profile
from jobmatch_dagster.defs.operations.run_failures import build_failure_sensor
from jobmatch_dagster.defs.operations.show_matches import show_matches
from jobmatch_dagster.defs.profiles import assets as profiles
from jobmatch_dagster.defs.quality import assets as quality
from jobmatch_dagster.defs.quality import checks as quality_checks
from jobmatch_dagster.defs.raw import assets as raw
from jobmatch_dagster.defs.raw import checks as raw_checks
from jobmatch_dagster.defs.statistics import assets as statistics
from jobmatch_dagster.environment import SettingsGroup, check_environment
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource
from jobmatch_dagster.settings import (
    GROUPS,
    ActiveJobsSettings,
    ClaudeSettings,
    EmbeddingSettings,
    MatchingSettings,
    OperationsSettings,
)

_ABOUT = """
Collects job postings every hour, matches them to CVs, and explains every match. The picture is read from left to right:
`raw` (responses of the API as they came), `catalog` (one typed row for each posting, and its vector), `profiles` (what
CVs say), `matching` (scores), `enrichment` (Claude's reasons), `notifications`, `statistics`, `quality`;
`operations/health` says whether all is well.

Begin with the jobs `show_matches` (what a user got), `explain_match` (why) and `plan_collection` (what a backfill
costs). Every failed check says in `recovery` what to click.
"""
_ASSETS = [
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
    statistics.market_trends,
    notifications.user_digests,
    notifications.hourly_digests,
    quality.match_quality,
    quality.score_calibration,
    health,
]
_ASSET_CHECKS = [
    *raw_checks.checks,
    *catalog_checks.checks,
    *matching_checks.checks,
    *enrichment_checks.checks,
    *notifications_checks.checks,
    *quality_checks.checks,
]


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """The code location.

    Args:
        resource_overrides: resources that replace the configured ones, by name.
    """
    buckets = MatchingSettings.read().buckets
    return dg.Definitions(
        # With links to their lines of code; the picture begins where the data begins.
        assets=[*_with_code(_in_buckets(_ASSETS) if buckets > 1 else _ASSETS), active_jobs_api, cv_inbox],
        asset_checks=_ASSET_CHECKS,
        jobs=[
            hourly_collection,
            daily_upkeep,
            daily_digests,
            hourly_digests,
            weekly_quality,
            weekly_trends,
            watch,
            ingest_cv,
            rematch_user,
            match_users,
            build_match_existing_jobs(buckets),
            build_embed_catalog(buckets),
            collect_claude_batches,
            build_backfill_history(buckets),
            collect_documents,
            plan_collection,
            show_matches,
            explain_match,
            repair_posting,
            repair_profile,
            forget_user,
            housekeeping,
        ],
        schedules=list(build_schedules()),
        sensors=[
            *build_sensors(),
            *build_claude_sensors(),
            *build_failure_sensor(),
            *build_check_sensor(_check_keys()),
            *build_heartbeat_sensor(),
        ],
        resources={**default_resources(), **(resource_overrides or {})},
        executor=executor_of(OperationsSettings.read().executor),
        metadata={"about": dg.MetadataValue.md(_ABOUT)},
    )


def _check_keys() -> list[dg.AssetCheckKey]:
    """The checks that no asset writes itself: cv_readable has a result for each user, and none for all."""
    return [spec.key for check in _ASSET_CHECKS for spec in check.check_specs]


def _in_buckets(assets: Sequence[Any]) -> list[Any]:
    """The assets, those that are cut into buckets with a step for each."""
    cut = {
        id(catalog.job_embeddings): job_embeddings_in_buckets,
        id(matching.semantic_matches): semantic_matches_in_buckets,
    }
    return [cut[id(asset)]() if id(asset) in cut else asset for asset in assets]


def _with_code(assets: Sequence[Any]) -> Sequence[Any]:
    """The assets with links to their lines of code."""
    with warnings.catch_warnings():
        # Dagster is pinned, and a test looks for the links.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.with_source_code_references(assets)


def default_resources() -> dict[str, Any]:
    """Resources as the environment configures them. A secret stays the name of its variable until a run needs it.

    The skill table of this process is extended as `ESCO_SKILLS` says.

    Raises:
        SettingsError: if a variable is malformed or unknown.
    """
    check_environment(GROUPS)
    use_esco(MatchingSettings.read().esco_skills)
    return {
        "database": PostgresResource(),
        "clock": ClockResource(),
        "embedder": EmbedderResource(**_configured(EmbeddingSettings.read(), EmbedderResource)),
        "matching": MatchingResource(),
        "active_jobs": ActiveJobsResource(**_configured(ActiveJobsSettings.read(), ActiveJobsResource)),
        "claude": ClaudeResource(**_configured(ClaudeSettings.read(), ClaudeResource)),
    }


def _configured(settings: SettingsGroup, resource: type[dg.ConfigurableResource[Any]]) -> dict[str, Any]:
    """The settings that the environment has, for the fields of the resource of the same name."""
    names = {variable.field: variable.name for variable in settings.variables()}
    return {
        field: _config_value(getattr(settings, field), names[field])
        for field in settings.model_fields_set & resource.model_fields.keys()
    }


def _config_value(value: Any, name: str) -> Any:
    if isinstance(value, SecretStr):
        return dg.EnvVar(name)
    return str(value) if isinstance(value, Path) else value
