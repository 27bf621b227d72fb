"""The code location as a whole: it loads fast, and every asset keeps the house rules."""

import json
import subprocess
import sys

import dagster as dg
import pytest

from jobmatch_dagster.build import build_defs

_HEAVY = ("torch", "sentence_transformers", "transformers", "anthropic", "pandas", "matplotlib", "scipy")
_ASSETS = {
    "raw/job_pages", "catalog/jobs", "catalog/job_embeddings", "catalog/expired_jobs", "catalog/modified_jobs",
    "profiles/cv_profiles", "matching/semantic_matches", "matching/user_semantic_matches",
    "enrichment/claude_matches", "enrichment/user_claude_matches", "statistics/job_statistics",
    "statistics/user_statistics", "statistics/market_trends", "quality/match_quality", "quality/score_calibration",
    "operations/health", "notifications/user_digests", "notifications/hourly_digests",
}  # fmt: skip
_JOBS = {
    "hourly_collection", "daily_upkeep", "weekly_quality", "ingest_cv", "rematch_user", "match_users",
    "collect_documents", "embed_catalog",
    "match_existing_jobs", "collect_claude_batches", "backfill_history", "explain_match", "forget_user", "housekeeping",
    "repair_posting", "repair_profile", "plan_collection", "show_matches", "weekly_trends", "watch",
    "daily_digests", "hourly_digests",
}  # fmt: skip
# They count or measure; the results are in their metadata.
_WITHOUT_TABLE = {
    "statistics/job_statistics", "statistics/user_statistics", "statistics/market_trends", "quality/match_quality",
    "operations/health",
}  # fmt: skip
_PARTITIONS = {
    "hour": {"raw/job_pages", "catalog/jobs", "catalog/job_embeddings", "matching/semantic_matches",
             "enrichment/claude_matches", "notifications/hourly_digests"},
    "week": {"statistics/market_trends"},
    "day": {"catalog/expired_jobs", "catalog/modified_jobs", "notifications/user_digests"},
    "user": {"profiles/cv_profiles", "matching/user_semantic_matches", "enrichment/user_claude_matches"},
}  # fmt: skip
# What the pipeline reads and does not make.
_EXTERNAL = {"raw/active_jobs_api", "profiles/cv_inbox"}
_ALL_SPECS = {spec.key.to_user_string(): spec for spec in build_defs().resolve_all_asset_specs()}
_SPECS = {key: spec for key, spec in _ALL_SPECS.items() if key not in _EXTERNAL}


def test_it_loads_in_a_fresh_interpreter_without_heavy_packages() -> None:
    script = (
        "import json, sys, time; began = time.monotonic()\n"
        "from jobmatch_dagster.definitions import defs\n"
        "repository = defs().get_repository_def(); repository.get_all_jobs()\n"
        f"print(json.dumps([time.monotonic() - began, [m for m in {_HEAVY!r} if m in sys.modules]]))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    _, imported = json.loads(printed)
    assert imported == []


def test_it_holds_what_the_architecture_names() -> None:
    defs = build_defs()
    repository = defs.get_repository_def()
    assert set(_ALL_SPECS) == _ASSETS | _EXTERNAL
    assert {job.name for job in repository.get_all_jobs()} - {"__ASSET_JOB"} == _JOBS
    assert {schedule.name for schedule in repository.schedule_defs} == {
        "hourly_collection_schedule",
        "daily_upkeep_schedule",
        "daily_digests_schedule",
        "hourly_digests_schedule",
        "housekeeping_schedule",
        "weekly_quality_schedule",
        "weekly_trends_schedule",
        "watch_schedule",
    }
    assert {sensor.name for sensor in repository.sensor_defs} >= {"cv_inbox_sensor", "cv_profile_sensor"}
    dg.Definitions.validate_loadable(defs)


@pytest.mark.parametrize("key", sorted(_ASSETS))
def test_every_asset_says_what_it_is(key: str) -> None:
    spec = _SPECS[key]
    assert len(spec.description or "") > 100
    assert "Grain:" in (spec.description or "")
    assert "again" in (spec.description or "")
    assert spec.owners == ["team:jobmatch"]
    assert spec.kinds
    assert spec.code_version
    assert spec.group_name == key.split("/", maxsplit=1)[0]
    if key in _WITHOUT_TABLE:
        return
    assert spec.metadata["dagster/table_name"]
    schema = spec.metadata["dagster/column_schema"]
    undescribed = [column.name for column in schema.columns if not column.description]
    assert not undescribed


@pytest.mark.parametrize(("kind", "keys"), sorted(_PARTITIONS.items()))
def test_assets_are_partitioned_as_the_architecture_says(kind: str, keys: set[str]) -> None:
    classes = {
        "hour": dg.HourlyPartitionsDefinition,
        "day": dg.DailyPartitionsDefinition,
        "week": dg.WeeklyPartitionsDefinition,
        "user": dg.DynamicPartitionsDefinition,
    }
    assert {key for key, spec in _SPECS.items() if isinstance(spec.partitions_def, classes[kind])} == keys


def test_nothing_that_spends_credits_is_on_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    def states() -> set[str]:
        repository = build_defs().get_repository_def()
        # The sensors that notify of failures and of good hours spend nothing.
        notifying = {"run_failure_sensor", "check_failure_sensor", "heartbeat_sensor"}
        sensors = [sensor for sensor in repository.sensor_defs if sensor.name not in notifying]
        return {item.default_status.value for item in (*repository.schedule_defs, *sensors)}

    monkeypatch.delenv("JOBMATCH_AUTOMATION", raising=False)
    assert states() == {"STOPPED"}
    monkeypatch.setenv("JOBMATCH_AUTOMATION", "running")
    assert states() == {"RUNNING"}


def test_two_assets_of_one_table_are_slices_of_it() -> None:
    tables = {key: spec.metadata.get("dagster/table_name") for key, spec in _SPECS.items()}
    assert tables["matching/semantic_matches"] == tables["matching/user_semantic_matches"] == "user_job_matches"
