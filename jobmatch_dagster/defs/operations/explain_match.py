"""Why a user's match with a posting is what it is.

The page is the step's metadata `explanation` (Markdown, in the UI) and its stdout. It holds facts about a user, so
the run carries the user's key as a tag, housekeeping deletes it after some days and `forget_user` at once. Put here
the op; the page is made in `defs/explain`.
"""

import sys

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.observability.runs import tag_run
from jobmatch_dagster.pipeline.explain.page import explain
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource

_USER_PLACEHOLDER, _POSTING_PLACEHOLDER = "USER_KEY", "EXTERNAL_ID"


class Pair(dg.Config):
    """Which user and which posting (the vendor's id)."""

    user_key: str
    external_id: str
    embed_again: bool = True
    """Embed both texts again and compare with the stored vectors; loads the model."""


@dg.op
def write_explanation(
    context: dg.OpExecutionContext,
    config: Pair,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
    clock: ClockResource,
) -> None:
    """Write the page that explains one pair: metadata `explanation`, and stdout."""
    tag_run(context, {names.TAG_USER: config.user_key, names.TAG_POSTING: config.external_id})
    explained = explain(
        database.database(),
        match_settings(embedder, matching),
        config.user_key,
        config.external_id,
        now=clock.now(),
        embedder=embedder if config.embed_again else None,
    )
    sys.stdout.write(explained.page.text() + "\n")
    numbers = {
        "findings": len(explained.page.findings),
        "stored_score": explained.stored_score,
        "computed_score": explained.computed_score,
        "same": explained.is_same,
    }
    context.add_output_metadata(
        {
            "explanation": dg.MetadataValue.md(explained.page.markdown()),
            **{name: value for name, value in numbers.items() if value is not None},
        }
    )


@dg.job(
    name="explain_match",
    tags={names.TAG_PURPOSE: names.PURPOSE_EXPLAIN},
    description="One user and one posting: the match's whole way. Put both into the launchpad, launch, and open "
    "`explanation` in the run's events (or the step's stdout).",
    config=dg.RunConfig({"write_explanation": Pair(user_key=_USER_PLACEHOLDER, external_id=_POSTING_PLACEHOLDER)}),
)
def explain_match() -> None:
    """Explain one pair."""
    write_explanation()
