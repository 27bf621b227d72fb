"""The job that explains why a user's match with a posting is what it is.

The page is the step's metadata `explanation` (Markdown) and its stdout. It has facts about a user, so the run is
tagged with the user's key; housekeeping deletes it after some days, `forget_user` at once.
"""

import sys

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.core.markdown import escaped
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.observability.runs import tag_run
from jobmatch_dagster.observability.user_history import EXPLAIN_JOB, EXPLAIN_OP
from jobmatch_dagster.pipeline.explain.page import explain
from jobmatch_dagster.pipeline.explain.pair_data import NothingToExplainError
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource

_USER_PLACEHOLDER, _POSTING_PLACEHOLDER = "USER_KEY", "EXTERNAL_ID"


class Pair(dg.Config):
    """Which user and which posting."""

    user_key: str = Field(description="The key of the user, as it was given with the CV")
    external_id: str = Field(description="The vendor's id of the posting")
    embed_again: bool = Field(
        default=True, description="Embed both texts again and compare with the stored vectors; loads the model"
    )


@dg.op(name=EXPLAIN_OP)
def write_explanation(
    context: dg.OpExecutionContext,
    config: Pair,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
    clock: ClockResource,
    claude: ClaudeResource,
) -> None:
    """Write the page that explains one pair, as metadata `explanation` and to stdout."""
    tag_run(context, {names.TAG_USER: config.user_key, names.TAG_POSTING: config.external_id})
    try:
        explained = explain(
            database.database(),
            match_settings(embedder, matching),
            config.user_key,
            config.external_id,
            now=clock.now(),
            embedder=embedder if config.embed_again else None,
            claude=claude,
        )
    except NothingToExplainError as error:
        # A mistyped key is an answer, not a failed run.
        context.add_output_metadata({"explanation": dg.MetadataValue.md(escaped(str(error)))})
        return
    sys.stdout.write(explained.page.text() + "\n")
    numbers = {
        "findings": len(explained.page.findings),
        "stored_score": explained.stored_score,
        "computed_score": explained.computed_score,
        "scores_equal": explained.is_same,
    }
    context.add_output_metadata(
        {
            "explanation": dg.MetadataValue.md(explained.page.markdown()),
            **{name: value for name, value in numbers.items() if value is not None},
        }
    )


@dg.job(
    name=EXPLAIN_JOB,
    tags={names.TAG_PURPOSE: names.PURPOSE_EXPLAIN, **names.INTERACTIVE},
    description="Explains the match of one user with one posting, from the page of the API to the score. Enter both in "
    "the Launchpad, launch, and open `explanation` in the events of the run.",
    config=dg.RunConfig({EXPLAIN_OP: Pair(user_key=_USER_PLACEHOLDER, external_id=_POSTING_PLACEHOLDER)}),
)
def explain_match() -> None:
    """Explain one pair."""
    write_explanation()
