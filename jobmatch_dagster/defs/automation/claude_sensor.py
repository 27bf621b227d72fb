"""The sensor of message batches.

It is level-triggered: the ledger lists the pending batches, and the API says which of them have ended.
"""

from collections.abc import Iterator
from contextlib import closing

import dagster as dg

from jobmatch_dagster.db.enrichment.ledger import pending_batches
from jobmatch_dagster.defs.automation.schedules import sensors_are_on
from jobmatch_dagster.defs.operations.claude_batches import collect_claude_batches
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.observability.history import UNFINISHED
from jobmatch_dagster.pipeline.enrichment.collect_batches import batches_to_collect
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.postgres import PostgresResource

# Most batches end within an hour.
_INTERVAL_S = 60


def build_claude_sensors() -> Iterator[dg.SensorDefinition]:
    """The batch sensor; it starts turned on only if `JOBMATCH_AUTOMATION` says so."""
    status = dg.DefaultSensorStatus.RUNNING if sensors_are_on() else dg.DefaultSensorStatus.STOPPED

    @dg.sensor(
        name="claude_batch_sensor",
        job=collect_claude_batches,
        minimum_interval_seconds=_INTERVAL_S,
        default_status=status,
        description="Requests collect_claude_batches when a message batch has ended. Calls the API only while "
        "batches are pending.",
    )
    def claude_batch_sensor(
        context: dg.SensorEvaluationContext, database: PostgresResource, claude: ClaudeResource
    ) -> dg.RunRequest | dg.SkipReason:
        with database.database().read() as connection:
            pending = pending_batches(connection)
        if not pending:
            return dg.SkipReason("No message batch is pending.")
        counts = f"{len(pending)} batches with {sum(batch.requests for batch in pending)} requests are pending"
        if not claude.enabled:
            return dg.SkipReason(f"{counts}. ANTHROPIC_API_KEY is not set, so their answers cannot be fetched.")
        if context.instance.get_runs(dg.RunsFilter(job_name=collect_claude_batches.name, statuses=UNFINISHED), limit=1):
            return dg.SkipReason(f"{counts}. A run of collect_claude_batches is under way.")
        try:
            with closing(claude.client()) as client:
                collectable = batches_to_collect(database.database(), claude, client)
        except (PassingFailure, PermanentFailure) as error:
            return dg.SkipReason(f"{counts}. {error}")
        if not collectable:
            return dg.SkipReason(f"{counts}. None has ended.")
        # Without a run key a run that failed is requested again.
        return dg.RunRequest()

    yield claude_batch_sensor
