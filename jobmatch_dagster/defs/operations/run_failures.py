"""The sensor that notes failed runs."""

from collections.abc import Iterator

import dagster as dg

from jobmatch_dagster.observability.failures import describe_failure
from jobmatch_dagster.pipeline.operations.run_failures import report_failure
from jobmatch_dagster.resources.postgres import PostgresResource


def build_failure_sensor() -> Iterator[dg.SensorDefinition]:
    """The sensor; it spends nothing, so it is on by default."""

    @dg.run_failure_sensor(
        name="run_failure_sensor",
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Stores each failed run in run_failures with its next step, and posts it to the address in "
        "JOBMATCH_FAILURE_WEBHOOK if that is set.",
    )
    def run_failure_sensor(context: dg.RunFailureSensorContext, database: PostgresResource) -> None:
        outcome = report_failure(database.database(), describe_failure(context))
        if outcome is not None:
            context.log.info("Webhook: %s", outcome)

    yield run_failure_sensor
