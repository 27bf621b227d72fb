"""Taking in what Claude still owes: message batches that have ended, answers that are held, pairs that wait.

Put here the op; the steps are those of the enrichment stage.
"""

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.db.enrichment.ledger import give_another_chance
from jobmatch_dagster.errors import PermanentFailure
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.pipeline.enrichment.ask import enrich_pairs
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.postgres import PostgresResource


class AskSettings(dg.Config):
    """What else is asked about."""

    retry_failed: bool = Field(
        default=False, description="Give failed pairs another chance, for instance after an outage or a mended setting"
    )


@dg.op(pool=names.POOL_CLAUDE)
def ask_waiting_pairs(
    context: dg.OpExecutionContext, config: AskSettings, database: PostgresResource, claude: ClaudeResource
) -> None:
    """Take in batches that have ended, apply held answers, ask about pairs that wait; of all active users."""
    if config.retry_failed:
        with database.database().begin() as connection:
            give_another_chance(connection)
    try:
        report = enrich_pairs(database.database(), claude, context.run_id, None, log_progress("pairs asked about"))
    except PermanentFailure as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    context.add_output_metadata(dict(report.metadata()))


@dg.job(
    name="collect_claude_batches",
    tags={names.TAG_PURPOSE: "claude"},
    description="What Claude owes, of all users: take in ended message batches, apply answers, ask about the rest.",
)
def collect_claude_batches() -> None:
    """Take in what Claude still owes."""
    ask_waiting_pairs()
