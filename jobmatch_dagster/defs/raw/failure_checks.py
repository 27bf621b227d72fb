"""Check of the raw stage: hours whose run failed and that no later run made good."""

from datetime import datetime, timedelta

import dagster as dg

from jobmatch_dagster.core.raw.windows import HOUR, hour_name, parse_hour

_FAILURES_LOOK_BACK = timedelta(days=7)
_MAX_RUNS, _MAX_NAMED = 500, 10
_PARTITION = "dagster/partition"
_RANGE_START, _RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@dg.asset_check(asset=["raw", "job_pages"], description="No hour's run failed without a later one that succeeded.")
def no_standing_failures(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Partitions of hourly_collection whose newest run of the last seven days failed."""
    since = datetime.now().astimezone() - _FAILURES_LOOK_BACK
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
    runs = context.instance.get_runs(
        dg.RunsFilter(job_name="hourly_collection", statuses=ended, created_after=since), limit=_MAX_RUNS
    )
    standing = standing_failures(runs)
    named = ", ".join(f"{partition} ({run_id[:8]})" for partition, run_id in standing[:_MAX_NAMED])
    return dg.AssetCheckResult(
        passed=not standing,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "runs_looked_at": len(runs),
            "failed_partitions": len(standing),
            "failed": named or "none",
            "recovery": "Open the job hourly_collection, Partitions, choose the failed ones, launch; read the run's "
            "next step in run_failures first."
            if standing
            else "Nothing to do.",
        },
    )


def standing_failures(runs: list[dg.DagsterRun]) -> list[tuple[str, str]]:
    """Partitions (with the run) that failed and that no later run succeeded with; runs come newest first."""
    done: set[str] = set()
    standing: dict[str, str] = {}
    for run in runs:
        succeeded = run.status is dg.DagsterRunStatus.SUCCESS
        for partition in _partitions(run):
            if partition not in done and not succeeded:
                standing[partition] = run.run_id
            done.add(partition)
    return sorted(standing.items())


def _partitions(run: dg.DagsterRun) -> list[str]:
    if partition := run.tags.get(_PARTITION):
        return [partition]
    start, end = run.tags.get(_RANGE_START), run.tags.get(_RANGE_END)
    if not start or not end:
        return []
    first, last = (parse_hour(key) for key in (start, end))
    return [hour_name(first + n * HOUR) for n in range((last - first) // HOUR + 1)]


checks = [no_standing_failures]
