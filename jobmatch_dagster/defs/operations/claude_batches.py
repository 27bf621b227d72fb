"""The job that stores the answers of ended message batches and asks Claude about pairs that still wait."""

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.db.enrichment.ledger import ask_again, retry_failed
from jobmatch_dagster.errors import PermanentFailure
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.pipeline.enrichment.ask import enrich_pairs
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource


class AskSettings(dg.Config):
    """What is asked about besides waiting pairs."""

    retry_failed: bool = Field(
        default=False, description="Ask about failed pairs again, for instance after an outage or a corrected setting"
    )
    again_request: str = Field(default="", description="Ask again about the pair of this request (its hash)")
    again_prompt_version: str = Field(
        default="", description="Ask again about the undecided and saved pairs that this version of the prompt answered"
    )
    again_generic: bool = Field(
        default=False,
        description="Ask again about the undecided and saved pairs whose reasons name no fact of the pair",
    )


@dg.op(pool=names.POOL_CLAUDE)
def ask_waiting_pairs(
    context: dg.OpExecutionContext,
    config: AskSettings,
    database: PostgresResource,
    claude: ClaudeResource,
    matching: MatchingResource,
) -> None:
    """Store answers of ended batches, apply stored answers, and ask about waiting pairs of all active users."""
    with database.database().begin() as connection:
        if config.retry_failed:
            retry_failed(connection)
        ask_again(
            connection,
            request_hash=config.again_request,
            prompt_version=config.again_prompt_version,
            generic=config.again_generic,
        )
    try:
        progress = log_progress("pairs asked about")
        report = enrich_pairs(database.database(), claude, matching, context.run_id, None, progress)
    except PermanentFailure as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    context.add_output_metadata(dict(report.metadata()))


@dg.job(
    name="collect_claude_batches",
    tags={names.TAG_PURPOSE: "claude", **names.BULK},
    description="Stores the answers of ended message batches and asks Claude about pairs that still wait, for all "
    "users.",
)
def collect_claude_batches() -> None:
    """Collect Claude's answers."""
    ask_waiting_pairs()
