"""Runs of the digests of a test's world."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster.environment import environment
from jobmatch_dagster.pipeline.profiles.preferences import change_preferences
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.support.world import NOW, World

DAY = "2026-11-19"


def run_day(world: World, day: str = DAY, *, now: datetime = NOW, **config: Any) -> dict[str, Any]:
    """Run the digests of a day; returns the metadata. Every score is announced, unless the configuration says else."""
    return _run(world, "daily_digests", "user_digests", day, now, config)


def run_hour(world: World, now: datetime = NOW, **config: Any) -> dict[str, Any]:
    """Run the digests of an hour at a time; returns the metadata."""
    hour = f"{now - timedelta(hours=2):%Y-%m-%d-%H:00}"
    return _run(world, "hourly_digests", "hourly_digests", hour, now, config)


def _run(world: World, job: str, asset: str, key: str, now: datetime, config: dict[str, Any]) -> dict[str, Any]:
    run_config = {"ops": {f"notifications__{asset}": {"config": {"minimum_score": 0, **config}}}}
    with environment({"JOBMATCH_CLOCK": now.isoformat()}):
        result = run_job(world.defs, world.instance, job, partition_key=key, run_config=run_config)
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def prefer(world: World, user_key: str = "ada", **fields: Any) -> int:
    """Set preferences; returns their version."""
    return change_preferences(world.database, user_key, fields)[1]


def announced(world: World) -> int:
    """Lines of all digests."""
    return int(world.scalar("SELECT coalesce(sum(jsonb_array_length(lines)), 0) FROM user_digests"))


def add_users(world: World, number: int) -> None:
    """Users `user-1` and so on, each with the matches of ada."""
    query = "INSERT INTO users (user_key) SELECT 'user-' || n FROM generate_series(1, :number) AS n RETURNING 1"
    world.scalar(query, number=number)
    copied = "job_id, match_score, semantic_score, profile_version, embedding_model, scoring_key, record_hash"
    world.scalar(
        f"INSERT INTO user_job_matches (user_id, {copied}) SELECT users.id, {copied} FROM user_job_matches, users "
        "WHERE user_key LIKE 'user-%' RETURNING 1"
    )


def folder_of(user_key: str = "ada") -> Path:
    """The user's folder of digests."""
    return FolderSettings.read().digest_folder / user_key


def files_of(user_key: str = "ada") -> dict[str, str]:
    """The user's files of digests by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder_of(user_key).iterdir())}
