"""What is noted of a failed run: where it failed, the class of the error, and the next step."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.operations.next_steps import next_step
from jobmatch_dagster.db.operations.run_failures import RunFailure
from jobmatch_dagster.resources.clock import wall_time

# Tags that say what the run worked on.
_INPUT_TAGS = ("jobmatch/", names.TAG_PARTITION, names.TAG_RANGE_START, names.TAG_RANGE_END, names.TAG_BACKFILL)


def describe_failure(context: dg.RunFailureSensorContext) -> RunFailure:
    """The failed run of a sensor's context, without any message of an error."""
    run, steps = context.dagster_run, context.get_step_failure_events()
    error_class = _innermost_class(
        steps[0].step_failure_data.error if steps else context.failure_event.job_failure_data.error
    )
    partition = _partition(run)
    record = context.instance.get_run_record_by_id(run.run_id)
    ended = record.end_time if record and record.end_time else wall_time().timestamp()
    return RunFailure(
        run_id=run.run_id,
        job_name=run.job_name,
        partition_key=partition,
        # Whatever the job is: a partition that is a user's key belongs to that user.
        user_key=run.tags.get(names.TAG_USER) or partition,
        step_key=steps[0].step_key if steps else None,
        error_class=error_class,
        next_step=next_step(error_class, run.job_name),
        inputs={name: value for name, value in run.tags.items() if name.startswith(_INPUT_TAGS)},
        failed_at=datetime.fromtimestamp(ended, UTC),
    )


def _innermost_class(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return (error.cls_name if error else None) or "unknown"


def _partition(run: dg.DagsterRun) -> str | None:
    if names.TAG_PARTITION in run.tags or names.TAG_RANGE_START not in run.tags:
        return run.tags.get(names.TAG_PARTITION)
    return f"{run.tags[names.TAG_RANGE_START]} to {run.tags.get(names.TAG_RANGE_END, '')}"
