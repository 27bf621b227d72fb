"""The sensor that looks after message batches.

It is level-triggered: the ledger names the batches under way, the API says which have ended, and a run takes them in.
Put here when `collect_claude_batches` runs, not what it does.
"""

from collections.abc import Iterator
from contextlib import closing

import dagster as dg

from jobmatch_dagster.db.enrichment.ledger import pending_batches
from jobmatch_dagster.defs.automation.schedules import sensors_are_on
from jobmatch_dagster.defs.automation.sensors import UNFINISHED
from jobmatch_dagster.defs.operations.claude_batches import collect_claude_batches
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.pipeline.enrichment.collect_batches import batches_to_collect
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.postgres import PostgresResource

# Most batches end within an hour.
_INTERVAL_S = 60


def build_claude_sensors() -> Iterator[dg.SensorDefinition]:
    """The batch sensor, switched on only where `JOBMATCH_AUTOMATION` says so."""
    status = dg.DefaultSensorStatus.RUNNING if sensors_are_on() else dg.DefaultSensorStatus.STOPPED

    @dg.sensor(
        name="claude_batch_sensor",
        job=collect_claude_batches,
        minimum_interval_seconds=_INTERVAL_S,
        default_status=status,
        description="Message batches under way: has those that ended taken in. Asks the API only while there are any.",
    )
    def claude_batch_sensor(
        context: dg.SensorEvaluationContext, database: PostgresResource, claude: ClaudeResource
    ) -> dg.RunRequest | dg.SkipReason:
        with database.database().begin() as connection:
            under_way = pending_batches(connection)
        if not under_way:
            return dg.SkipReason("No message batch is under way.")
        counts = f"{len(under_way)} batches with {sum(b.requests for b in under_way)} requests under way"
        if not claude.enabled:
            return dg.SkipReason(f"{counts}, but ANTHROPIC_API_KEY is not set: they cannot be taken in.")
        if context.instance.get_runs(dg.RunsFilter(job_name=collect_claude_batches.name, statuses=UNFINISHED), limit=1):
            return dg.SkipReason(f"{counts}, a run that takes them in too.")
        try:
            with closing(claude.client()) as client:
                collectable = batches_to_collect(database.database(), claude, client)
        except (PassingFailure, PermanentFailure) as error:
            return dg.SkipReason(f"{counts}. {error}")
        if not collectable:
            return dg.SkipReason(f"{counts}, none has ended.")
        # The job's state decides, not a run key: a run that failed is simply asked for again.
        return dg.RunRequest()

    yield claude_batch_sensor
