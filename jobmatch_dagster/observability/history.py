"""Dagster's own history: runs with their events and logs, and how they are removed.

Put here what works on the instance alone. How long what is kept is the housekeeping job's configuration.
"""

from collections.abc import Mapping
from datetime import datetime

import dagster as dg

_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_RUNS_PER_QUERY = 500


def delete_runs(
    instance: dg.DagsterInstance,
    *,
    before: datetime | None = None,
    tags: Mapping[str, str] | None = None,
    keep_materializations: bool = True,
) -> int:
    """Delete finished runs with their events and captured logs; gives how many.

    Args:
        instance: the instance.
        before: only runs created before then.
        tags: only runs with these tags.
        keep_materializations: spare runs that materialized anything: the UI's partitions stand on their events.
    """
    doomed, cursor = [], None
    chosen = dg.RunsFilter(statuses=_FINISHED, created_before=before, tags=dict(tags or {}))
    while runs := instance.get_runs(chosen, cursor=cursor, limit=_RUNS_PER_QUERY):
        cursor = runs[-1].run_id
        doomed += [run.run_id for run in runs if not (keep_materializations and _materialized(instance, run))]
    for run_id in doomed:
        delete_run(instance, run_id)
    return len(doomed)


def delete_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete one run, its events, and what its steps wrote to stdout and stderr."""
    delete_logs(instance, run_id)
    instance.delete_run(run_id)


def delete_logs(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete what the steps of a run wrote to stdout and stderr."""
    instance.compute_log_manager.delete_logs(prefix=[run_id])


def _materialized(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run filled anything, also one that failed later on."""
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    return bool(instance.get_records_for_run(run.run_id, of_type=kind, limit=1).records)
