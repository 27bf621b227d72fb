"""Failures as Dagster sees them: how a failed call ends a step, and what is noted of a failed run.

`errors.py` says what is permanent and what passes; dagster.yaml says that a run with a failed step is not retried.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.operations.next_steps import next_step
from jobmatch_dagster.core.raw.windows import HourNotAvailableError
from jobmatch_dagster.db.operations.run_failures import RunFailure
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.resources.clock import wall_time

# For steps that call the API of postings: a failure that passes within minutes is retried, later ones are left to the
# next run.
RETRY_POLICY = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
# Tags that say what the run worked on.
_INPUT_TAGS = ("jobmatch/", names.TAG_PARTITION, names.TAG_RANGE_START, names.TAG_RANGE_END, names.TAG_BACKFILL)


@contextmanager
def translated_failures(**inputs: str) -> Iterator[None]:
    """A block whose permanent failures are not retried by the step, nor those that ask for a long pause.

    Args:
        inputs: what the step worked on; shown with the failure, beside the next step.

    Raises:
        dagster.Failure: in place of such a failure, with the same message.
    """
    try:
        yield
    except (PermanentFailure, HourNotAvailableError) as error:
        raise _failure(error, permanent=True, inputs=inputs) from error
    except PassingFailure as error:
        if error.wait_s is None:
            raise
        raise _failure(error, permanent=False, inputs=inputs) from error


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


def _failure(error: Exception, *, permanent: bool, inputs: Mapping[str, str]) -> dg.Failure:
    metadata: dict[str, bool | str] = {
        names.PERMANENT_FAILURE: permanent,
        "next_step": next_step(type(error).__name__),
        **inputs,
    }
    return dg.Failure(str(error), metadata=metadata, allow_retries=False)


def _innermost_class(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return (error.cls_name if error else None) or "unknown"


def _partition(run: dg.DagsterRun) -> str | None:
    if names.TAG_PARTITION in run.tags or names.TAG_RANGE_START not in run.tags:
        return run.tags.get(names.TAG_PARTITION)
    return f"{run.tags[names.TAG_RANGE_START]} to {run.tags.get(names.TAG_RANGE_END, '')}"
