"""Failed runs: each is noted in `run_failures` with its next step and, if configured, told to a webhook.

Put here what is noted of a failure and what a person does next. The error's message stays in the run: it may quote
what must not leave it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.operations.next_steps import next_step
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.operations.run_failures import RunFailure, note_run_failure, note_webhook
from jobmatch_dagster.resources.postgres import PostgresResource
from jobmatch_dagster.resources.webhook import tell_webhook

_PARTITION, _RANGE_START, _RANGE_END = (
    "dagster/partition",
    "dagster/asset_partition_range_start",
    "dagster/asset_partition_range_end",
)
_INPUT_TAGS = ("jobmatch/", "dagster/partition", "dagster/asset_partition_range", "dagster/backfill")


def describe_failure(context: dg.RunFailureSensorContext) -> RunFailure:
    """What is noted of a failed run."""
    run, event = context.dagster_run, context.failure_event
    steps = context.get_step_failure_events()
    error: Any = steps[0].step_failure_data.error if steps else event.job_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    error_class = (error.cls_name if error else None) or "unknown"
    tags = run.tags
    partition = tags.get(_PARTITION)
    if partition is None and _RANGE_START in tags:
        partition = f"{tags[_RANGE_START]} to {tags.get(_RANGE_END, '')}"
    record = context.instance.get_run_record_by_id(run.run_id)
    ended = record.end_time if record and record.end_time else datetime.now(UTC).timestamp()
    return RunFailure(
        run_id=run.run_id,
        job_name=run.job_name,
        partition_key=partition,
        # Whatever job it was, launched from an asset too: a partition that is a user's key is the user's.
        user_key=tags.get(names.TAG_USER) or partition,
        step_key=steps[0].step_key if steps else None,
        error_class=error_class,
        next_step=next_step(error_class, run.job_name),
        inputs={name: value for name, value in tags.items() if name.startswith(_INPUT_TAGS)},
        failed_at=datetime.fromtimestamp(ended, UTC),
    )


def note_failure(database: Database, failure: RunFailure) -> str | None:
    """Keep a failure and tell the webhook, once; gives what became of the message.

    The partition of a run of one user is the user's key: it stays in the house.
    """
    with database.begin() as connection:
        if not note_run_failure(connection, failure):
            return None
    outcome = tell_webhook(
        {
            "run_id": failure.run_id,
            "job": failure.job_name,
            "partition": None if failure.user_key else failure.partition_key,
            "step": failure.step_key,
            "error": failure.error_class,
            "next_step": failure.next_step,
            "failed_at": failure.failed_at.isoformat(),
        }
    )
    if outcome is not None:
        with database.begin() as connection:
            note_webhook(connection, failure.run_id, outcome)
    return outcome


def build_failure_sensor() -> Iterator[dg.SensorDefinition]:
    """The sensor; it spends nothing, so it is on."""

    @dg.run_failure_sensor(
        name="run_failure_sensor",
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="A failed run: noted in run_failures with its next step and, if JOBMATCH_FAILURE_WEBHOOK is set, "
        "told to that address.",
    )
    def run_failure_sensor(context: dg.RunFailureSensorContext, database: PostgresResource) -> None:
        outcome = note_failure(database.database(), describe_failure(context))
        if outcome is not None:
            context.log.info("Webhook: %s", outcome)

    yield run_failure_sensor
