"""Runs of the project's jobs from a command: in this process, and shown in the UI like every other run."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.cli.run_origin import shown_in_ui
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.errors import JobmatchError

# The terminal shows what a command prints; Dagster's events are in the instance.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class RunFailedError(JobmatchError):
    """A run failed; the message has the reason of the failed step.

    Attributes:
        permanent: whether a retry cannot help until a person changes something.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


def run_job(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    job_name: str,
    *,
    partition_key: str | None = None,
    tags: Mapping[str, str] | None = None,
    run_config: Mapping[str, Any] | None = None,
    asset_selection: Sequence[dg.AssetKey] | None = None,
) -> dg.ExecuteInProcessResult:
    """Run a job and wait for its end.

    Raises:
        RunFailedError: if it fails.
    """
    job = defs.resolve_job_def(job_name)
    with shown_in_ui(instance, job_name):
        result = job.execute_in_process(
            instance=instance,
            partition_key=partition_key,
            tags=dict(tags or {}),
            run_config={**(run_config or {}), **_QUIET},
            asset_selection=list(asset_selection) if asset_selection else None,
            raise_on_error=False,
        )
    if not result.success:
        raise RunFailedError(
            f"The run of {job_name} failed ({result.run_id}): {_reason(result)}", permanent=_is_permanent(result)
        )
    return result


def hour_range(first: datetime, last: datetime) -> dict[str, str]:
    """Tags of one run over the hours from `first` to `last`, both included.

    A single hour is a partition, as for the schedule: in a run of a range Dagster lists each hour since the first
    day for every check, which takes seconds.
    """
    if first == last:
        return {names.TAG_PARTITION: hour_name(first)}
    return {
        names.TAG_RANGE_START: hour_name(first),
        names.TAG_RANGE_END: hour_name(last),
    }


def materialize(defs: dg.Definitions, instance: dg.DagsterInstance, *keys: Sequence[str]) -> dg.ExecuteInProcessResult:
    """Materialize unpartitioned assets.

    Raises:
        RunFailedError: if it fails.
    """
    return run_job(defs, instance, "__ASSET_JOB", asset_selection=[dg.AssetKey(list(key)) for key in keys])


def run_requested(
    defs: dg.Definitions, instance: dg.DagsterInstance, sensor_name: str, resources: Mapping[str, Any]
) -> int:
    """Evaluate a sensor once and run what it requests; returns the number of runs.

    Raises:
        RunFailedError: if a run fails.
    """
    with dg.build_sensor_context(instance=instance, sensor_name=sensor_name, resources=dict(resources)) as context:
        sensor = defs.resolve_sensor_def(sensor_name)
        tick = sensor(context)
    if isinstance(tick, dg.RunRequest):
        tick = dg.SensorResult(run_requests=[tick])
    if not isinstance(tick, dg.SensorResult):
        return 0
    for change in tick.dynamic_partitions_requests or ():
        if isinstance(change, dg.AddDynamicPartitionsRequest):
            instance.add_dynamic_partitions(change.partitions_def_name, list(change.partition_keys))
    for request in tick.run_requests or ():
        run_job(
            defs,
            instance,
            request.job_name or sensor.job_name or "",
            partition_key=request.partition_key,
            tags=request.tags,
            run_config=request.run_config,
        )
    return len(tick.run_requests or ())


def _reason(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data.user_failure_data
            if failure and failure.description:
                return failure.description
            return f"{event.step_key}: {_innermost(event.step_failure_data.error)}"
    for event in result.all_events:
        if event.is_run_failure:
            return _innermost(event.job_failure_data.error) if event.job_failure_data.error else str(event.message)
    return "see the run in the UI"


def _is_permanent(result: dg.ExecuteInProcessResult) -> bool:
    failures = [e.step_failure_data.user_failure_data for e in result.all_events if e.is_step_failure]
    marks = [failure.metadata.get(names.PERMANENT_FAILURE) for failure in failures if failure]
    return any(mark is not None and mark.value is True for mark in marks)


def _innermost(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error else "Dagster gives no reason"
