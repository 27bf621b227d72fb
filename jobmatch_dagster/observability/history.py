"""Dagster's history: finished runs, what they reported, and how old ones are deleted."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.raw.windows import HOUR, hour_name, hours_between, parse_hour

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
_RUNS_PER_QUERY = 500


def numeric_metadata(instance: dg.DagsterInstance, asset_key: dg.AssetKey, limit: int) -> list[dict[str, float]]:
    """Numeric metadata of an asset's newest materializations, newest first."""
    records = instance.fetch_materializations(asset_key, limit=limit).records
    return [_numbers(record.asset_materialization) for record in records]


def ended_runs(instance: dg.DagsterInstance, job_name: str, since: datetime, limit: int) -> Sequence[dg.DagsterRun]:
    """Runs of a job created since then that succeeded or failed, newest first."""
    return instance.get_runs(dg.RunsFilter(job_name=job_name, statuses=_ENDED, created_after=since), limit=limit)


def newest_success(instance: dg.DagsterInstance, job_name: str, since: datetime) -> datetime | None:
    """When the last successful run of a job ended (UTC), if that was after `since`; None if none was."""
    chosen = dg.RunsFilter(job_name=job_name, statuses=[dg.DagsterRunStatus.SUCCESS], updated_after=since)
    ends = [record.end_time for record in instance.get_run_records(chosen, limit=_RUNS_PER_QUERY)]
    newest = max((end for end in ends if end is not None and end > since.timestamp()), default=None)
    return None if newest is None else datetime.fromtimestamp(newest, UTC)


def unresolved_failures(runs: Sequence[dg.DagsterRun]) -> list[tuple[str, str]]:
    """Hour partitions whose newest run failed, with that run's id, oldest hour first.

    Args:
        runs: ended runs of one job, newest first.
    """
    seen: set[str] = set()
    failed: dict[str, str] = {}
    for run in runs:
        for partition in _hour_partitions(run):
            if partition not in seen and run.status is dg.DagsterRunStatus.FAILURE:
                failed[partition] = run.run_id
            seen.add(partition)
    return sorted(failed.items())


def delete_runs(
    instance: dg.DagsterInstance,
    *,
    before: datetime | None = None,
    tags: Mapping[str, str] | None = None,
    keep_materializations: bool = True,
) -> int:
    """Delete finished runs with their events and captured logs; returns how many.

    Args:
        instance: the instance.
        before: only runs created before then.
        tags: only runs with these tags.
        keep_materializations: keep runs that materialized anything: without their events the UI shows the partitions
            as missing.
    """
    doomed, cursor = [], None
    chosen = dg.RunsFilter(statuses=FINISHED, created_before=before, tags=dict(tags or {}))
    while runs := instance.get_runs(chosen, cursor=cursor, limit=_RUNS_PER_QUERY):
        cursor = runs[-1].run_id
        doomed += [run.run_id for run in runs if not (keep_materializations and _materialized(instance, run))]
    for run_id in doomed:
        delete_run(instance, run_id)
    return len(doomed)


def delete_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete a run, its events, and what its steps wrote to stdout and stderr."""
    delete_logs(instance, run_id)
    instance.delete_run(run_id)


def delete_logs(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete what the steps of a run wrote to stdout and stderr."""
    instance.compute_log_manager.delete_logs(prefix=[run_id])


def has_logs(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether anything that the steps of a run wrote to stdout or stderr is still stored."""
    manager = instance.compute_log_manager
    for record in instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.LOGS_CAPTURED).records:
        file_key = record.event_log_entry.get_dagster_event().logs_captured_data.file_key
        log = manager.get_log_data(manager.build_log_key_for_run(run_id, file_key))
        if log.stdout or log.stderr:
            return True
    return False


def _numbers(materialization: dg.AssetMaterialization | None) -> dict[str, float]:
    metadata = materialization.metadata if materialization else {}
    return {name: float(entry.value) for name, entry in metadata.items() if isinstance(entry.value, int | float)}


def _hour_partitions(run: dg.DagsterRun) -> list[str]:
    if partition := run.tags.get(names.TAG_PARTITION):
        return [partition]
    start, end = run.tags.get(names.TAG_RANGE_START), run.tags.get(names.TAG_RANGE_END)
    if not start or not end:
        return []
    first, last = parse_hour(start), parse_hour(end)
    return [hour_name(hour) for hour in hours_between(first, last + HOUR)]


def _materialized(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run materialized anything, even if it failed afterwards."""
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    return bool(instance.get_records_for_run(run.run_id, of_type=kind, limit=1).records)


def failing_checks(
    instance: dg.DagsterInstance, checks: Sequence[dg.AssetCheckKey]
) -> dict[dg.AssetCheckKey, tuple[dg.AssetCheckEvaluation, str]]:
    """Checks whose newest evaluation failed, with it and its run."""
    found = {}
    for key, record in instance.event_log_storage.get_latest_asset_check_execution_by_key(list(checks)).items():
        event = record.event.dagster_event if record.event else None
        evaluation = event.event_specific_data if event else None
        if isinstance(evaluation, dg.AssetCheckEvaluation) and not evaluation.passed:
            found[key] = (evaluation, record.run_id)
    return found


def materialized_at(instance: dg.DagsterInstance, asset: dg.AssetKey) -> datetime | None:
    """When an asset was materialized last; None if never."""
    event = instance.get_latest_materialization_event(asset)
    return None if event is None else datetime.fromtimestamp(event.timestamp, UTC)
